"""Make docs/images/console.png: the console's overview of the demonstration's company.

Run `python docs/images/console.py` from the repository's root; needs the dev dependencies and a
Chromium (`CHROMIUM` names another than /usr/bin/chromium). It takes a minute: the demonstration
reads its tools first.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
WIDTH, HEIGHT = 1180, 760
ADDRESS = re.compile(r"The console: (http://\S+)")


def main() -> int:
    """Serve the demonstration, take the picture, and stop it."""
    flagstaff = Path(sys.executable).with_name("flagstaff")
    with tempfile.TemporaryDirectory() as folder:
        demo = subprocess.Popen(  # noqa: S603 - our own command
            [flagstaff, "demo", "--serve", "--out", Path(folder) / "demo"],
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            for line in demo.stderr or ():
                if found := ADDRESS.search(line):
                    _take(found[1])
                    return 0
        finally:
            demo.terminate()
            demo.wait()
    return 1  # it said itself why it ended


def _take(address: str) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.goto(address)
        page.screenshot(path=HERE / "console.png")
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
