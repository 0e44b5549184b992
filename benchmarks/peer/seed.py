"""Give the peer an office equal to ours: one queue of type imap, a ticket for each job, its submitter the job's worker.

Run by the peer's own Python after `manage.py migrate`. Prints, and checks, how many tickets there are.
"""

import argparse
import os

import django


def main() -> None:
    args = _arguments()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
    django.setup()
    queue = _queue(args)
    _tickets(queue, args)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--imap-port", type=int, required=True)
    parser.add_argument("--user", required=True)
    parser.add_argument("--password", required=True)
    parser.add_argument("--workers", type=int, required=True)
    parser.add_argument("--tickets", type=int, required=True)
    return parser.parse_args()


def _queue(args: argparse.Namespace) -> object:
    from helpdesk.models import Queue

    return Queue.objects.create(
        title="Bench",
        slug="bench",
        email_address=args.user,
        allow_email_submission=True,
        email_box_type="imap",
        email_box_host="127.0.0.1",
        email_box_port=args.imap_port,
        email_box_ssl=False,
        email_box_user=args.user,
        email_box_pass=args.password,
        email_box_imap_folder="INBOX",
        email_box_interval=0,
    )


def _tickets(queue: object, args: argparse.Namespace) -> None:
    from helpdesk.models import Ticket

    for number in range(1, args.tickets + 1):
        worker = f"ana+w{(number - 1) % args.workers + 1}@{args.user.partition('@')[2]}"
        ticket = Ticket.objects.create(title=f"Job {number}", queue=queue, submitter_email=worker, description="A job.")
        assert ticket.id == number, "the subject of a reply names the ticket by its number"
    print(Ticket.objects.count())


if __name__ == "__main__":
    main()
