"""The loop: waits, fetches, ticks, sends; signals, sd_notify, and the only user of `schedule`.

    wake up -> commands -> fetch -> tick -> send -> keep house -> wait

What is due is always computed from what is stored. `schedule` is a metronome for what only recurs, and is set up anew
whenever wall time and monotonic time part. Work comes in slices, then the watchdog is fed. The wait is the IDLE.
"""

import logging
import select
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import schedule

from mailagent.commands import clock_is_wrong, facts, settle
from mailagent.core import events as ev
from mailagent.core.model import Role
from mailagent.desk import Settled
from mailagent.diskspace import DiskSpace
from mailagent.edge import clock, config, logs, memory
from mailagent.edge.control import Answer, Do, Request
from mailagent.edge.imap import AuthenticationRefused, MailboxRefused, MailboxUnreachable
from mailagent.edge.notify import Notifier
from mailagent.edge.smtp_answers import QueueStopped
from mailagent.errors import EXIT_STATE, ConfigError, TransientError, UserError
from mailagent.house import House
from mailagent.intake import Folder
from mailagent.reachability import Reachability
from mailagent.recovery import recover
from mailagent.signals import Signals
from mailagent.timekeeping import Timekeeper

log = logging.getLogger(__name__)

SLICE_S = 10.0  # a round of work, then the watchdog is fed
REST_S = 5.0  # after a refusal of the disk
ALARM_AFTER = timedelta(hours=1)
CLOCK_JUMP_S = 60.0
STUCK_S = 1.0  # how soon to try again what is due and could not be done
HEARTBEAT_S = 60
MAILBOX_TROUBLE = (MailboxUnreachable, MailboxRefused, AuthenticationRefused, ConfigError)
SUBMISSION_TROUBLE = (QueueStopped, ConfigError)


def run(settings: config.Config, config_path: Path) -> int:
    """Run until SIGTERM or SIGINT; `config_path` is what a reload reads anew.

    Returns the exit code; raises UserError where it cannot start.
    """
    memory.keep_small()
    config.prove_secrets(settings)
    logs.set_up(settings.log.level)
    with Signals() as signals, House.open(settings, lambda: signals.stop) as house:
        Daemon(house, config_path, signals, Notifier.from_environment()).run()
    return 0


def once(settings: config.Config, config_path: Path) -> int:
    """Fetch all that waits, tick, send, write the office, and exit.

    Returns 0, or 69 where a server did not answer, or 78 where a person must mend something.
    """
    config.prove_secrets(settings)
    logs.set_up(settings.log.level)
    with Signals() as signals, House.open(settings, lambda: signals.stop) as house:
        return Daemon(house, config_path, signals, Notifier()).once()


class Daemon:
    """One process, one thread that owns IMAP and decides."""

    def __init__(self, house: House, config_path: Path, signals: Signals, notifier: Notifier) -> None:
        self._house = house
        self._config_path = config_path
        self._signals = signals
        self._notifier = notifier
        self._imap = Reachability("imap")
        self._smtp = Reachability("smtp")
        self._metronome = schedule.Scheduler()
        self._skew_s = clock.now().timestamp() - clock.monotonic()
        self._look = True  # fetch at the next round, whatever IDLE says
        self._fetched = False  # the last fetch brought everything there was
        self._fresh = False  # it was in this round
        self._rest_until = 0.0  # monotonic; the disk refused, and is left in peace until then
        self._worked = False  # something was done in this round
        self._is_grown = True  # work was done since memory was given back
        self._held = False  # some part of a round could not be done
        self._recovered = False
        self._time = Timekeeper(house.store.last_at)
        self._disk = DiskSpace(house.store, house.desk)
        self._refusing: set[str] = set()  # folders beside the inbox that cannot be read
        self._idle_asked: list[Request] = []

    def run(self) -> None:
        """Go round until told to stop."""
        self._house.open_control()
        self._set_metronome()
        self._notifier.ready("starting")
        log.info("fate=started seq=%d notes=%r", self._house.store.seq, self._house.notes)
        while not self._signals.stop:
            self._round()
            self._notifier.alive()
            if self._worked:
                self._is_grown = True
            elif not self._signals.stop:
                self._rest_and_wait()
        self._notifier.stopping("stopping")
        self._house.store.write_office(force=True)
        log.info("fate=stopped seq=%d", self._house.store.seq)

    def once(self) -> int:
        """Round after round of everything, to the end of what waits."""
        self._worked = True
        while self._worked and not self._signals.stop:
            self._round()
        self._house.store.write_office(force=True)
        return max(EXIT_STATE if self._held else 0, self._imap.exit_code, self._smtp.exit_code)

    def _round(self) -> None:
        self._worked = self._fresh = False
        self._mind_the_clock()
        if self._signals.take_reload():
            self._reload()
        self._answer_commands()
        self._guard("recovery", self._recover)
        self._guard("fetch", self._fetch)
        self._guard("tick", self._tick)
        self._guard("send", self._send)
        self._metronome.run_pending()
        self._answer_idle()

    def _guard(self, name: str, work: Callable[[datetime], None]) -> None:
        """Run one part of the round; a full disk or the like stops this part and the rest of it, not the loop."""
        now = clock.now()
        if self._signals.stop or clock.monotonic() < self._rest_until:
            return
        if not self._time.is_sane(now):
            self._held = True
            return
        try:
            work(now)
        except TransientError as problem:
            if not self._signals.stop:
                log.error("fate=held part=%s why=%r", name, str(problem))
            self._rest_until = clock.monotonic() + REST_S
            self._worked, self._held = False, True
            self._disk.met(problem, now)

    def _recover(self, now: datetime) -> None:
        """Once, before anything is fetched: bring what a crash left to its end."""
        if not self._recovered:
            house = self._house
            recover(house.store, house.desk, house.archive, house.understanding, now)
            self._recovered = True

    # --- mail in ---

    def _fetch(self, now: datetime) -> None:
        mailbox = self._house.mailbox
        if not (self._look or self._worked) or not self._imap.is_due() or not self._disk.has_room():
            return
        try:
            if not mailbox.is_open:
                mailbox.open()
                for folder in self._house.folders:
                    self._house.intake.refile(folder)
            self._fetched = self._fetch_folders()
        except MAILBOX_TROUBLE as problem:
            mailbox.close()
            self._fetched = False
            self._look = True
            self._imap.failed(problem, now)
            self._alarm(self._imap, problem, now)
            return
        self._imap.worked()
        self._fresh = self._fetched
        self._look = not self._fetched

    def _fetch_folders(self) -> bool:
        """Read the folders, the inbox last; it stays selected for the wait. Returns whether all of it was read."""
        until = clock.monotonic() + SLICE_S
        *beside, inbox = self._house.folders
        for folder in beside:
            try:
                if not self._fetch_folder(folder, until):
                    return False
                self._refusing.discard(folder.name)
            except MailboxRefused as problem:
                self._tell_refused(folder, problem)
        return self._fetch_folder(inbox, until)

    def _fetch_folder(self, folder: Folder, until: float) -> bool:
        """Read one folder; returns whether all of it was read before `until` (monotonic)."""
        more = True
        while more:
            batch = self._house.intake.fetch(self._house.mailbox, folder, clock.now())
            self._worked = self._worked or batch.listed > 0
            more = batch.more
            if self._signals.stop or (more and clock.monotonic() > until):
                return False
        return True

    def _tell_refused(self, folder: Folder, problem: MailboxRefused) -> None:
        """A junk folder that is not there must not stop the inbox; told once."""
        if folder.name not in self._refusing:
            self._refusing.add(folder.name)
            log.error("fate=not-read mailbox=%s why=%r", folder.name, str(problem))

    # --- what is due ---

    def _tick(self, now: datetime) -> None:
        """Settle what is due, after a look into the inbox; where that is out of reach for long, digests go alone."""
        store = self._house.store
        out_for_long = self._imap.failing_since is not None and now - self._imap.failing_since > ALARM_AFTER
        if not (self._fetched or out_for_long):
            return
        due = tuple(one for one in store.due(now) if self._fetched or isinstance(one, ev.OwnerDue))
        if due and not self._fresh and not out_for_long:
            # Whatever came in since the last look belongs into the digest: look first, then tick.
            self._look = self._worked = True
        elif due:
            outcomes = self._house.desk.settle(due, now)
            # What changes nothing is asked for again, but not before the loop has waited.
            self._worked = self._worked or any(one.seq is not None for one in outcomes)
            _tell(outcomes)

    # --- mail out ---

    def _send(self, now: datetime) -> None:
        if not self._smtp.is_due():
            return
        until = clock.monotonic() + SLICE_S
        try:
            while self._house.outbox.send_due(clock.now()):
                self._worked = True
                if self._signals.stop or clock.monotonic() > until:
                    break
        except SUBMISSION_TROUBLE as problem:
            self._smtp.failed(problem, now)
            return
        self._smtp.worked()

    def _alarm(self, line: Reachability, problem: Exception, now: datetime) -> None:
        since = line.failing_since
        if line.alarmed or since is None or now - since < ALARM_AFTER:
            return
        line.alarmed = True  # the desk would not tell it twice either
        event = ev.Alarmed(
            Role.SYSADMIN,
            "sysadmin",
            topic=f"{line.name}-{since:%Y-%m-%dT%H:%M}",
            headline="The mailbox cannot be read",
            happened=(f"Since {since:%d %b %H:%M} UTC the agent could not read its mailbox: {problem}",),
            to_do=("Run `mailagent check` on the machine; it says what works and how to mend what does not.",),
        )
        self._house.desk.settle([event], now)

    # --- commands ---

    def _answer_commands(self) -> None:
        for request in self._house.requests():
            if request.ask.do is Do.IDLE:
                self._idle_asked.append(request)
                self._look = True
            else:
                request.reply(self._answer(request))

    def _answer(self, request: Request) -> Answer:
        ask = request.ask
        if ask.do is Do.RELOAD:
            return self._reload()
        if ask.do is Do.WAKE:
            self._look = True
            return Answer()
        if ask.do is Do.STATUS:
            return facts(self._house.store, mailbox_is_open=self._house.mailbox.is_open)
        assert ask.event is not None, "decode_ask refuses a settle without an event"
        now = clock.now()
        if not self._time.is_sane(now):
            return clock_is_wrong(now)
        self._worked = True
        return settle(self._house.desk, ask.event, now)

    def _answer_idle(self) -> None:
        """Tell whoever waits for quiet whether this round was quiet, and until when it stays so."""
        store = self._house.store
        times = [at for at in (store.next_due_at(), store.next_letter_at()) if at is not None]
        quiet = not self._worked and self._fetched
        for request in self._idle_asked:
            request.reply(Answer(idle=quiet, next_due_at=min(times, default=None)))
        self._idle_asked.clear()

    def _reload(self) -> Answer:
        """Take the configuration anew, or keep the old one and say why."""
        self._notifier.reloading()
        try:
            settings = config.load(self._config_path)
            config.prove_secrets(settings)
            self._house.reload(settings)
        except UserError as problem:
            log.error("fate=reload-refused why=%r", str(problem))
            self._notifier.ready("reload refused, the old configuration stays; see the log")
            return Answer(ok=False, said=f"The old configuration stays: {problem}", exit_code=problem.exit_code)
        self._look = True
        self._imap.worked()
        self._smtp.worked()
        self._refusing.clear()
        logs.set_up(self._house.settings.log.level)
        self._set_metronome()
        log.info("fate=reloaded")
        self._notifier.ready("reloaded")
        return Answer(said="The configuration was reloaded.")

    # --- the metronome and the wait ---

    def _set_metronome(self) -> None:
        self._metronome.clear()
        self._skew_s = clock.now().timestamp() - clock.monotonic()
        self._every(self._house.settings.imap.poll_seconds, self._poll)
        self._every(1, self._house.store.write_office)
        self._every(HEARTBEAT_S, self._heartbeat)
        self._every(3600, self._keep_house)

    def _every(self, seconds: int, work: Callable[[], object]) -> None:
        def guarded() -> None:
            try:
                work()
            except Exception:
                log.exception("fate=held part=%s", getattr(work, "__name__", "recurring work"))

        self._metronome.every(seconds).seconds.do(guarded)

    def _mind_the_clock(self) -> None:
        """`schedule` is naive: when wall and monotonic time part, its jobs are registered anew."""
        skew_s = clock.now().timestamp() - clock.monotonic()
        if abs(skew_s - self._skew_s) > CLOCK_JUMP_S:
            log.warning("fate=clock-moved seconds=%d", skew_s - self._skew_s)
            self._set_metronome()

    def _poll(self) -> None:
        self._look = True

    def _heartbeat(self) -> None:
        state = "reading the mailbox" if self._house.mailbox.is_open else "waiting for the mailbox"
        self._notifier.status(f"{state}; journal {self._house.store.seq}, {self._house.store.books().seen} mails seen")

    def _keep_house(self) -> None:
        now = clock.now()
        before = now - timedelta(days=self._house.store.policy.letters_kept_days)
        finished = self._house.store.finished_letters_before(before, 500)
        if finished:
            self._house.desk.settle([ev.HouseKept(finished)], now)

    def _rest_and_wait(self) -> None:
        if self._is_grown:
            memory.give_back()
            self._is_grown = False
        self._wait()

    def _wait(self) -> None:
        """Wait for mail, a signal, a command, or the next due instant, whichever is first."""
        wait_s = self._wait_s(clock.now())
        others = (self._signals.fileno, *self._house.control_filenos())
        mailbox = self._house.mailbox
        if mailbox.is_open and self._imap.is_due():
            try:
                self._look = mailbox.wait(others, wait_s).mail or self._look
            except MAILBOX_TROUBLE as problem:
                mailbox.close()
                self._look = True
                self._imap.failed(problem, clock.now())
        else:
            poller = select.poll()
            for fileno in others:
                poller.register(fileno, select.POLLIN)
            poller.poll(wait_s * 1000)
        self._signals.drain()

    def _wait_s(self, now: datetime) -> float:
        """Seconds until something is due, by the earliest of all that can be."""
        store = self._house.store
        waits = [float(HEARTBEAT_S)]
        if store.office_behind:
            waits.append(1.0)
        if self._metronome.idle_seconds is not None:
            waits.append(self._metronome.idle_seconds)
        if self._notifier.watchdog_s is not None:
            waits.append(self._notifier.watchdog_s)
        moments = [store.next_due_at(), store.next_letter_at() if self._smtp.is_due() else None]
        # What is past due now could not be done in the round that has just ended.
        waits += [(at - now).total_seconds() if at > now else STUCK_S for at in moments if at is not None]
        waits += [line.retry_at - clock.monotonic() for line in (self._imap, self._smtp) if not line.is_due()]
        return max(0.0, min(waits), self._rest_until - clock.monotonic())


def _tell(outcomes: tuple[Settled, ...]) -> None:
    for one in outcomes:
        log.info("fate=%r tick=%s", one.refused or one.broke or "done", type(one.event).__name__)
