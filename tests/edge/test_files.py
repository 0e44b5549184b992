"""A file's name is as durable as its bytes, also where the first try to make it so failed."""

import subprocess
import sys
from pathlib import Path

from tests.conftest import needs

# Opens the same file twice: the first sync of the folder fails.
OPENS_TWICE = """
import sys
from pathlib import Path
from mailagent.edge.files import AppendFile
path = Path(sys.argv[1])
try:
    AppendFile(path)
    sys.exit("the first sync did not fail")
except OSError:
    pass
AppendFile(path).append(b"kept")
"""


@needs("strace")
def test_a_name_that_could_not_be_synced_is_synced_at_the_next_try(tmp_path: Path) -> None:
    trace, path = tmp_path / "trace", tmp_path / "folder" / "lines"
    path.parent.mkdir()
    inject = ["-e", "trace=fsync", "-e", "inject=fsync:error=EIO:when=1"]
    command = ["strace", "-y", "-o", str(trace), *inject, sys.executable, "-c", OPENS_TWICE, str(path)]

    done = subprocess.run(command, capture_output=True, text=True, timeout=30)

    assert (done.returncode, path.read_bytes()) == (0, b"kept"), done.stderr
    synced = [line for line in trace.read_text().splitlines() if f"<{path.parent}>" in line]
    assert ["EIO" in line for line in synced] == [True, False]
