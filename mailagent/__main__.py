"""Lets `python -m mailagent` be the same as `mailagent`."""

import sys

from mailagent.cli import main

if __name__ == "__main__":
    sys.exit(main())
