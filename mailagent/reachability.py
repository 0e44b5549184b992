"""Servers that do not answer: back-off with jitter, in real seconds, and since when it has been so."""

import logging
import random
from dataclasses import dataclass
from datetime import datetime

from mailagent.edge import clock
from mailagent.edge.imap import MailboxRefused
from mailagent.errors import EXIT_STATE, EXIT_UNREACHABLE, PermanentError, UserError

log = logging.getLogger(__name__)

FIRST_RETRY_S = 5.0
LONGEST_RETRY_S = 900.0
FIRST_REFUSED_S = 60.0  # a refused login: hammering locks accounts
LONGEST_REFUSED_S = 1800.0


@dataclass(slots=True)
class Reachability:
    """One server: when to try it again, since when it fails, and whether somebody was told."""

    name: str
    retry_at: float = 0.0  # monotonic
    wait_s: float = FIRST_RETRY_S
    failing_since: datetime | None = None
    alarmed: bool = False
    exit_code: int = 0  # what a command that ends now has to tell: 69 no answer, 78 a person must mend it

    def is_due(self) -> bool:
        """Tell whether it may be tried now."""
        return clock.monotonic() >= self.retry_at

    def failed(self, problem: Exception, now: datetime) -> None:
        """Note a failure; the next try waits twice as long, and long at once where a person must mend it."""
        refused = isinstance(problem, PermanentError | UserError)
        if refused:
            self.wait_s = max(self.wait_s, FIRST_REFUSED_S)
        wait_s = self.wait_s * random.uniform(0.8, 1.2)
        self.retry_at = clock.monotonic() + wait_s
        self.wait_s = min(self.wait_s * 2, LONGEST_REFUSED_S if refused else LONGEST_RETRY_S)
        self.failing_since = self.failing_since or now
        self.exit_code = EXIT_STATE if refused or isinstance(problem, MailboxRefused) else EXIT_UNREACHABLE
        level = logging.ERROR if self.exit_code == EXIT_STATE else logging.WARNING
        log.log(level, "fate=unreachable what=%s retry_s=%d why=%r", self.name, wait_s, str(problem))

    def worked(self) -> None:
        """Note a success; all is forgotten."""
        if self.failing_since is not None:
            log.info("fate=reachable what=%s", self.name)
        self.retry_at, self.wait_s, self.failing_since = 0.0, FIRST_RETRY_S, None
        self.alarmed, self.exit_code = False, 0
