"""`make picture`: docs/digest.png, the top of the sample digest as a mail program shows it. Wants Chromium.

Run it again when the digest has changed its looks, and look at what it made.
"""

import html
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from mailagent.edge.templates import Templates
from mailagent.samples import SAMPLES, kind_of

NAME = "digest"
WIDTH, HEIGHT = 600, 870  # CSS pixels: a mail on a desktop, and three lines that need the owner
SCALE = 1.35  # sharper than the screen it is likely shown on, and small enough to load at once
LARGEST = 150_000  # bytes
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

_PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; background: #fff; color: #000; font: 15px/1.5 Arial, sans-serif; }}
header {{ padding: 14px 16px; background: #f1f3f5; border-bottom: 1px solid #d0d4d8; }}
iframe {{ border: 0; width: 100%; height: {height}px; }}
.more {{ position: fixed; bottom: 0; width: 100%; height: 60px; background: linear-gradient(#fff0, #fff); }}
</style><header><b>{subject}</b><br>{sender}</header><iframe scrolling="no" srcdoc="{letter}"></iframe>
<div class="more"></div>"""


def main() -> int:
    """Write the picture; returns the exit code."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print("make picture needs Chromium: apt-get install chromium fonts-liberation", file=sys.stderr)
        return 1
    target = Path(__file__).parents[1] / "docs" / "digest.png"
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(_page(), encoding="utf-8")
        _photograph(browser, page, target)
    size = target.stat().st_size
    print(f"{target}: {size:,} bytes")
    if size > LARGEST:
        print(f"That is more than {LARGEST:,}: lower SCALE or HEIGHT.", file=sys.stderr)
        return 1
    return 0


def _page() -> str:
    sample = SAMPLES[NAME]
    letter = Templates().render(kind_of(NAME), sample.contents, sample.frame)
    return _PAGE.format(
        height=HEIGHT,
        subject=html.escape(letter.subject),
        sender=html.escape(f"{sample.frame.agent_name} <{sample.frame.agent_address}>"),
        letter=html.escape(letter.html),
    )


def _photograph(browser: str, page: Path, target: Path) -> None:
    words = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-color-profile=srgb"]
    words += [f"--user-data-dir={page.parent / 'profile'}", f"--force-device-scale-factor={SCALE}"]
    words += [f"--window-size={WIDTH},{HEIGHT}", f"--screenshot={target}", page.as_uri()]
    subprocess.run([browser, *words], check=True, timeout=60, capture_output=True)


if __name__ == "__main__":
    sys.exit(main())
