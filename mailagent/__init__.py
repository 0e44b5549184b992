"""mailagent: a mail daemon that briefs workers, reads their reports by mail and keeps their hours within the cap."""

from mailagent import lean as lean

__version__ = "0.1.0"
