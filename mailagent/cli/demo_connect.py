"""How to join the demo with a mail program of one's own, as the owner or as a worker."""

import shlex
from collections.abc import Iterator

from mailagent.cli.demo_stage import AGENT, PLAYERS, Player, Stage, World


def hints(stage: Stage, world: World) -> Iterator[str]:
    """Tell the servers, the passwords, and a command line of mutt for each."""
    passwords = dict(stage.passwords)
    yield "\nIt goes on at natural speed; Ctrl-C ends it. Join in as any of them:\n"
    yield f"  IMAP 127.0.0.1, port {world.imap}; SMTP 127.0.0.1, port {world.smtp}; neither encrypts"
    yield "  (in Thunderbird: connection security None, password transmitted insecurely)\n"
    yield f"  {'user':<20} password"
    for one in PLAYERS:
        yield f"  {one.address:<20} {passwords[one.address]}"
    yield f"\nIn mutt, here as the owner; what he writes to {AGENT} is for the desk:\n"
    yield f"  {mutt(PLAYERS[-1], passwords[PLAYERS[-1].address], world)}\n"


def mutt(player: Player, password: str, world: World) -> str:
    """The command line that opens somebody's mailbox in mutt, without his own settings, ready to answer."""
    user = player.address.replace("@", "%40")
    settings = (
        "set ssl_starttls=no",
        "set ssl_force_tls=no",
        f'set imap_user="{player.address}"',
        f'set imap_pass="{password}"',
        f'set from="{player.address}"',
        f'set realname="{player.name}"',
        f'set smtp_url="smtp://{user}@127.0.0.1:{world.smtp}/"',
        f'set smtp_pass="{password}"',
        "set smtp_authenticators=plain",
        f'set folder="imap://127.0.0.1:{world.imap}/"',
        'set record=""',
        'set postponed=""',
        "set reply_to=yes",
    )
    words = ["mutt", "-n", "-F", "/dev/null", *(word for one in settings for word in ("-e", one))]
    return shlex.join([*words, "-f", f"imap://127.0.0.1:{world.imap}/INBOX"])
