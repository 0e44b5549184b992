"""Dovecot and Postfix on loopback ports of their own, in a folder of their own, for the benchmarks.

The maildir of a user can be filled, kept aside and put back as plain files while nobody is logged in: UIDVALIDITY and
UIDs stay, so that every run of a benchmark meets the same mailbox. Needs root (Postfix does), openssl and the Debian
packages dovecot-imapd, dovecot-lmtpd and postfix.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

DOMAIN = "example.test"
PASSWORD = "bench"
_PORT_NAMES = ("imap", "imaps", "smtp", "smtps", "lmtp", "sasl")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A mail that lies in a mailbox; `received_at` becomes its INTERNALDATE."""

    raw: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Ports:
    """Loopback ports; `smtps` and `imaps` are implicit TLS, `smtps` wants a login."""

    imap: int
    imaps: int
    smtp: int
    smtps: int
    lmtp: int
    sasl: int


@dataclass(frozen=True, slots=True)
class Stack:
    """Running servers. Every mailbox in DOMAIN exists, with PASSWORD."""

    folder: Path
    ports: Ports

    @property
    def ca_file(self) -> Path:
        return self.folder / "cert.pem"

    def maildir(self, user: str) -> Path:
        """Return where the mail of `user`, a whole address, lies."""
        return self.folder / "mail" / user

    def fill(self, user: str, mails: Iterable[Waiting]) -> None:
        """Put mails into the INBOX of `user` as a delivery would; nobody may be logged in."""
        new = self.maildir(user) / "new"
        for number, mail in enumerate(mails):
            at = mail.received_at.timestamp()
            path = new / f"{int(at)}.M{number:06d}P1.bench"
            path.write_bytes(mail.raw)
            os.utime(path, (at, at))
            shutil.chown(path, "mail", "mail")

    def empty(self, user: str) -> None:
        """Give `user` an empty mailbox, known to the server under a UIDVALIDITY that then stays."""
        shutil.rmtree(self.maildir(user), ignore_errors=True)
        self._status(user, "uidvalidity", "INBOX")

    def count(self, user: str, mailbox: str) -> int:
        """Return how many mails a mailbox of `user` holds."""
        return int(self._status(user, "messages", mailbox).rpartition("=")[2])

    def _status(self, user: str, what: str, mailbox: str) -> str:
        doveadm = ["doveadm", "-c", str(self.folder / "dovecot.conf"), "-f", "flow"]
        command = [*doveadm, "mailbox", "status", "-u", user, what, mailbox]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout


@contextmanager
def dovecot_postfix(folder: Path) -> Iterator[Stack]:
    """Run both servers under `folder`; stop them at the end."""
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    stack = Stack(folder, Ports(*free_ports(len(_PORT_NAMES))))
    _certificate(folder)
    _write_dovecot(stack)
    _write_postfix(stack)
    try:
        _run("dovecot", "-c", str(folder / "dovecot.conf"))
        _run("postfix", "-c", str(folder / "postfix"), "start")
        for port in (stack.ports.imaps, stack.ports.smtps):
            _wait_for(port)
        yield stack
    finally:
        subprocess.run(["postfix", "-c", str(folder / "postfix"), "stop"], stderr=subprocess.DEVNULL, timeout=60)
        subprocess.run(["doveadm", "-c", str(folder / "dovecot.conf"), "stop"], timeout=60)


def free_ports(count: int) -> list[int]:
    """Return ports of loopback that nobody holds now."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def keep(source: Path, aside: Path) -> None:
    """Copy a folder whole, owners and times too; what was at `aside` goes."""
    shutil.rmtree(aside, ignore_errors=True)
    subprocess.run(["cp", "-a", str(source), str(aside)], check=True, timeout=60)


def _run(*command: str) -> None:
    # No pipe: a daemon would keep it open, and the wait for its end would never end.
    quiet = subprocess.DEVNULL
    subprocess.run(command, check=True, stdin=quiet, stdout=quiet, stderr=quiet, timeout=60)


def _wait_for(port: int, timeout_s: float = 15.0) -> None:
    until = time.monotonic() + timeout_s
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


def _certificate(folder: Path) -> None:
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    key, certificate = str(folder / "key.pem"), str(folder / "cert.pem")
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=localhost"]
    _run(*request, "-addext", names, "-keyout", key, "-out", certificate)


def _write_dovecot(stack: Stack) -> None:
    folder, ports = stack.folder, stack.ports
    for name in ("mail", "home"):
        (folder / name).mkdir()
        shutil.chown(folder / name, "mail", "mail")
    (folder / "dovecot.conf").write_text(f"""\
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_username_format = %Lu
mail_location = maildir:{folder}/mail/%u
mail_uid = mail
mail_gid = mail
first_valid_uid = 1
first_valid_gid = 1
mail_max_userip_connections = 200
recipient_delimiter = +
lmtp_save_to_detail_mailbox = no
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid=mail gid=mail home={folder}/home/%u allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  process_min_avail = 1
  inet_listener imap {{
    port = {ports.imap}
  }}
  inet_listener imaps {{
    port = {ports.imaps}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {ports.lmtp}
  }}
}}
service auth {{
  inet_listener sasl {{
    address = 127.0.0.1
    port = {ports.sasl}
  }}
}}
""")


def _write_postfix(stack: Stack) -> None:
    folder, ports, settings = stack.folder, stack.ports, stack.folder / "postfix"
    for name in ("postfix", "queue", "data"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix", "postfix")
    (settings / "mailboxes").write_text(f"/@{DOMAIN.replace('.', '[.]')}$/ ok\n")
    (settings / "main.cf").write_text(f"""\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.{DOMAIN}
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
local_recipient_maps =
virtual_mailbox_domains = {DOMAIN}
virtual_mailbox_maps = regexp:{settings}/mailboxes
virtual_transport = lmtp:inet:127.0.0.1:{ports.lmtp}
lmtp_destination_recipient_limit = 1
recipient_delimiter = +
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_tls_cert_file = {folder}/cert.pem
smtpd_tls_key_file = {folder}/key.pem
smtpd_tls_security_level = may
smtpd_client_connection_rate_limit = 0
smtpd_client_connection_count_limit = 0
smtpd_error_sleep_time = 0
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{ports.sasl}
default_transport = error:5.1.2 no outside world here
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
default_process_limit = 20
""")
    (settings / "master.cf").write_text(_master_cf(ports))


def _master_cf(ports: Ports) -> str:
    login = "-o smtpd_sasl_auth_enable=yes -o smtpd_relay_restrictions=permit_sasl_authenticated,reject"
    return f"""\
127.0.0.1:{ports.smtp} inet n - n - - smtpd
127.0.0.1:{ports.smtps} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes {login}
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
