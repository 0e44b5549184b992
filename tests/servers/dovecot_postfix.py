"""Dovecot and Postfix from their Debian packages, on free loopback ports in a folder of their own; needs root.

    people -> submission (STARTTLS, AUTH) -> Postfix -> LMTP -> Dovecot -> IMAP (TLS) -> people

Plus addresses are delivered and show in Delivered-To. The submission port writes Authentication-Results for whoever
logged in; a second one does not; both strip what others wrote under our name. Nothing can leave the machine.
"""

import itertools
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.certificates import make_certificate
from tests.servers.world import PATIENCE_S, Accepted, Endpoint, Person, World

AUTHSERV_ID = "mx.example.test"
_MASTER = "/usr/lib/postfix/sbin/master"
_PEOPLE = ("agent", "owner", "ana", "ben")
_WORLDS = 2000
_QUEUES = ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "saved", "trace")


@dataclass(frozen=True)
class Ports:
    """Where the servers of one stack listen, on 127.0.0.1."""

    imap: int
    imaps: int
    lmtp: int
    sasl: int
    inbound: int
    submission: int
    unproven: int


class Stack:
    """One Dovecot and one Postfix; `world()` gives new, empty mailboxes in a domain of their own each time."""

    def __init__(self, folder: Path, *, durable: bool) -> None:
        self.folder = folder
        self.ports = Ports(*_free_ports(7))
        self.certificate = make_certificate(folder / "tls")
        self.durable = durable
        self.secret = secrets.token_hex(8)
        self._numbers = itertools.count(1)
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start both and wait until they listen."""
        _write_dovecot(self)
        _write_postfix(self)
        dovecot = ["dovecot", "-F", "-c", str(self.folder / "dovecot.conf")]
        postfix = [_MASTER, "-c", str(self.folder / "postfix"), "-d"]
        environment = {**os.environ, "MAIL_CONFIG": str(self.folder / "postfix")}
        for command, folder in ((dovecot, self.folder), (postfix, self.folder / "queue")):
            self._processes.append(subprocess.Popen(command, env=environment, cwd=folder, start_new_session=True))
        for port in (self.ports.imaps, self.ports.lmtp, self.ports.inbound, self.ports.submission, self.ports.unproven):
            self._wait_until_it_listens(port)

    def stop(self) -> None:
        """Stop what was started, by its own process group; nothing here is worth the seconds of a polite farewell."""
        for process in self._processes:
            os.killpg(process.pid, signal.SIGKILL)
        for process in self._processes:
            process.wait(PATIENCE_S)

    def world(self) -> World:
        """Make four empty mailboxes in a new domain."""
        domain = _domain(next(self._numbers))
        people = [Person(name.title(), f"{name}@{domain}", f"{name}-{self.secret}") for name in _PEOPLE]
        endpoint = {name: self._endpoint(name, "starttls") for name in ("submission", "unproven")}
        return World(
            *people,
            imap=self._endpoint("imaps", "tls"),
            smtp=endpoint["submission"],
            smtp_unproven=endpoint["unproven"],
            smtp_inbound=self._endpoint("inbound", "none"),
            authserv_id=AUTHSERV_ID,
            log=PostfixLog(self.folder / "postfix.log", domain),
            state=self.folder,
        )

    def _endpoint(self, name: str, security: str) -> Endpoint:
        return Endpoint("localhost", getattr(self.ports, name), security, self.certificate.ca_file)

    def _wait_until_it_listens(self, port: int) -> None:
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                dead = [process.args for process in self._processes if process.poll() is not None]
                if dead or time.monotonic() > until:
                    raise AssertionError(f"nothing listens on {port}; ended: {dead}; see {self.folder}") from None
                time.sleep(0.02)


@dataclass(frozen=True)
class PostfixLog:
    """Reads Postfix's log for one domain."""

    path: Path
    domain: str

    def accepted(self) -> tuple[Accepted, ...]:
        """Return what was delivered, in the order of delivery."""
        senders: dict[str, str] = {}
        ids: dict[str, str] = {}
        logins: dict[str, str] = {}
        delivered: list[Accepted] = []
        for line in self.path.read_text("utf-8", "replace").splitlines():
            match = re.search(r"postfix/\w+\[\d+\]: ([0-9A-Za-z]+): (.*)", line)
            if match is None:
                continue
            queue_id, text = match.groups()
            if found := re.search(r"sasl_username=(\S+)", text):
                logins[queue_id] = found[1]
            if found := re.match(r"message-id=(\S+)", text):
                ids[queue_id] = found[1]
            if found := re.match(r"from=<([^>]*)>", text):
                senders[queue_id] = found[1]
            if (found := re.match(r"to=<([^>]*)>.* status=sent", text)) and found[1].endswith("@" + self.domain):
                delivered.append(
                    Accepted(senders.get(queue_id, ""), found[1], ids.get(queue_id, ""), logins.get(queue_id, ""))
                )
        return tuple(delivered)


@contextmanager
def dovecot_and_postfix(*, durable: bool = False) -> Iterator[Stack]:
    """Run a stack; `durable` lets Dovecot fsync as it does in real life, for measuring."""
    folder = Path(tempfile.mkdtemp(prefix="mailworld-", dir="/tmp"))  # short, for the sockets in it
    folder.chmod(0o755)
    stack = Stack(folder, durable=durable)
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _domain(number: int) -> str:
    return f"t{number}.example.test"


def _free_ports(count: int) -> list[int]:
    """Find free ports; another process may take one before we do, which has not been seen."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listening.getsockname()[1] for listening in sockets]
    for listening in sockets:
        listening.close()
    return ports


def _write_dovecot(stack: Stack) -> None:
    folder, ports = stack.folder, stack.ports
    for name in ("mail", "home"):
        (folder / name).mkdir()
        shutil.chown(folder / name, "mail", "mail")
    (folder / "users").write_text(  # all at once: Dovecot looks at the file again only in the next second
        "".join(
            f"{name}@{_domain(number)}:{{PLAIN}}{name}-{stack.secret}\n"
            for number in range(1, _WORLDS + 1)
            for name in _PEOPLE
        )
    )
    (folder / "dovecot.conf").write_text(
        textwrap.dedent(f"""\
            base_dir = {folder}/run
            state_dir = {folder}/run
            log_path = {folder}/dovecot.log
            protocols = imap lmtp
            listen = 127.0.0.1
            ssl = yes
            ssl_cert = <{stack.certificate.chain_file}
            ssl_key = <{stack.certificate.key_file}
            disable_plaintext_auth = no
            auth_mechanisms = plain login
            auth_username_format = %Lu
            auth_failure_delay = 0
            mail_location = maildir:{folder}/mail/%u
            mail_fsync = {"optimized" if stack.durable else "never"}
            mail_uid = mail
            mail_gid = mail
            first_valid_uid = 1
            first_valid_gid = 1
            mail_max_userip_connections = 200
            recipient_delimiter = +
            lmtp_save_to_detail_mailbox = no
            passdb {{
              driver = passwd-file
              args = username_format=%u {folder}/users
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
            service anvil {{
              unix_listener anvil-auth-penalty {{
                mode = 0
              }}
            }}
            """)
    )


def _write_postfix(stack: Stack) -> None:
    folder, ports = stack.folder, stack.ports
    conf, queue = folder / "postfix", folder / "queue"
    for name in ("private", "public", "maildrop", "pid", *_QUEUES):
        (queue / name).mkdir(parents=True)
        if name != "pid":
            shutil.chown(queue / name, "postfix")
    conf.mkdir()
    (folder / "data").mkdir()
    shutil.chown(folder / "data", "postfix", "postfix")
    (conf / "main.cf").write_text(
        textwrap.dedent(f"""\
            compatibility_level = 3.6
            queue_directory = {queue}
            data_directory = {folder}/data
            inet_interfaces = 127.0.0.1
            inet_protocols = ipv4
            myhostname = mx.example.test
            mydestination =
            mynetworks = 127.0.0.0/8
            alias_maps =
            alias_database =
            local_recipient_maps =
            smtpd_relay_restrictions = reject_unauth_destination
            smtpd_peername_lookup = no
            virtual_mailbox_domains = regexp:{conf}/domains
            virtual_mailbox_maps = regexp:{conf}/mailboxes
            virtual_transport = lmtp:inet:127.0.0.1:{ports.lmtp}
            recipient_delimiter = +
            lmtp_destination_recipient_limit = 1
            smtpd_tls_cert_file = {stack.certificate.chain_file}
            smtpd_tls_key_file = {stack.certificate.key_file}
            smtpd_tls_security_level = may
            smtpd_client_connection_rate_limit = 0
            smtpd_client_connection_count_limit = 0
            smtpd_error_sleep_time = 0
            smtpd_soft_error_limit = 1000
            smtpd_hard_error_limit = 1000
            header_checks = regexp:{conf}/headers
            default_transport = error:5.1.2 no outside world in tests
            maillog_file = {folder}/postfix.log
            maillog_file_prefixes = {folder}
            default_process_limit = 20
            smtpd_sasl_type = dovecot
            smtpd_sasl_path = inet:127.0.0.1:{ports.sasl}
            """)
    )
    (conf / "domains").write_text("/^t[0-9]+\\.example\\.test$/ ok\n")
    (conf / "mailboxes").write_text(f"/^({'|'.join(_PEOPLE)})(\\+[^@]*)?@t[0-9]+\\.example\\.test$/ ok\n")
    (conf / "logins").write_text("/^([^@+]+)(\\+[^@]*)?@(.*)$/ $1@$3\n")
    # PREPEND happens before the mail's own headers are checked, so ours goes by another name until then.
    (conf / "prove").write_text(f"/^[^@]+@(.+)$/ PREPEND X-{stack.secret}: {AUTHSERV_ID}; dmarc=pass header.from=$1\n")
    (conf / "headers").write_text(
        f"/^Authentication-Results[[:space:]]*:.*{re.escape(AUTHSERV_ID)}/ IGNORE\n"  # in comments and quotes, too
        f"/^X-{stack.secret}: (.*)$/ REPLACE Authentication-Results: $1\n"
    )
    (conf / "master.cf").write_text(_services(ports, conf))
    for written in conf.iterdir():  # Postfix waits 2 s before it trusts a file that has just been written
        os.utime(written, (0, 0))


def _services(ports: Ports, conf: Path) -> str:
    submission = (
        "-o smtpd_tls_security_level=encrypt -o smtpd_sasl_auth_enable=yes "
        f"-o smtpd_sender_login_maps=regexp:{conf}/logins "
        "-o smtpd_relay_restrictions=permit_sasl_authenticated,reject "
        "-o smtpd_recipient_restrictions=reject_unlisted_recipient,permit_sasl_authenticated,reject "
        "-o smtpd_sender_restrictions=reject_authenticated_sender_login_mismatch"
    )
    lines = [
        f"127.0.0.1:{ports.inbound} inet n - n - - smtpd",
        f"127.0.0.1:{ports.submission} inet n - n - - smtpd {submission},check_sender_access,regexp:{conf}/prove",
        f"127.0.0.1:{ports.unproven} inet n - n - - smtpd {submission}",
        "pickup unix n - n 60 1 pickup",
        "qmgr unix n - n 300 1 qmgr",
        "tlsmgr unix - - n 1000? 1 tlsmgr",
        "rewrite unix - - n - - trivial-rewrite",
        "flush unix n - n 1000? 0 flush",
        "cleanup unix n - n - 0 cleanup",
        "verify unix - - n - 1 verify",
        "anvil unix - - n - 1 anvil",
        "scache unix - - n - 1 scache",
        "postlog unix-dgram n - n - 1 postlogd",
    ]
    lines += [f"{name} unix - - n - 0 bounce" for name in ("bounce", "defer", "trace")]
    lines += [
        f"{name} unix - - n - - {name.replace('retry', 'error')}" for name in ("proxymap", "error", "retry", "lmtp")
    ]
    return "\n".join(lines) + "\n"
