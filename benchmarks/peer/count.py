"""Print how many followups the peer has: a run that left mails unread is no run."""

import os

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
    django.setup()
    from helpdesk.models import FollowUp, Ticket

    print(Ticket.objects.count(), FollowUp.objects.count())
