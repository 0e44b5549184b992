"""mailagent: a mail daemon that briefs workers, reads their reports by mail and keeps their hours within the cap."""

__version__ = "0.1.0"
