"""The demo's mail world and its people: two programs, run by file path, that know nothing of mailagent but its mails.

world.py   mailboxes over real IMAP and SMTP in one process (extra `demo`: pymap, aiosmtpd)
people.py  a worker and an owner who read and answer mail there
"""
