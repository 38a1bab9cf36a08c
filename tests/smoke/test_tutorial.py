"""The tutorial, step by step, as a newcomer types it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

DAY = re.compile(r"\d{4}-\d\d-\d\d")
pytestmark = pytest.mark.slow


def _run(arguments: list[str], cwd: Path) -> subprocess.CompletedProcess[str]:
    flagstaff = Path(sys.executable).parent / "flagstaff"
    environ = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [flagstaff, *arguments], cwd=cwd, env=environ, capture_output=True, text=True, check=False
    )


def test_every_step_does_what_it_says(root: Path, tmp_path: Path) -> None:
    """Each command of the tutorial up to "your own", in order, after the demonstration."""
    demo = _run(["demo"], tmp_path)
    assert demo.returncode == 0, demo.stdout + demo.stderr
    folder = tmp_path / "flagstaff-demo"

    text = (root / "docs" / "tutorial.md").read_text("utf-8").partition("## 6.")[0]
    [added] = re.findall(r"```json\n(.*?)\n```", text, re.DOTALL)
    config = (folder / "flagstaff.yaml").read_text("utf-8")
    assert config.count('"set": {') == 1
    changed = config.replace('"set": {', '"set": {' + added, 1)
    (folder / "stricter.yaml").write_text(changed)

    soon = str(datetime.now(UTC).date() + timedelta(days=30))
    said: dict[str, subprocess.CompletedProcess[str]] = {}
    for line in re.findall(r"^\$ flagstaff (.+)$", text, re.MULTILINE):
        words = shlex.split(DAY.sub(soon, line))
        said[" ".join(words[2:4])] = _run(words, tmp_path)
    assert len(said) >= 6

    wrong = said.pop("tasks --where")  # the last of them has a typing mistake in it
    assert wrong.returncode == 1
    assert "status" in wrong.stderr
    for step, done in said.items():
        assert done.returncode == 0, f"{step}: {done.stdout}{done.stderr}"
    assert "ATL-" in said["flags --where"].stdout
    assert "Source:" in said["standards explain"].stdout
    assert f"waived until {soon}" in said["flags waive"].stdout
    assert "overdue" in said["standards preview"].stdout
    assert "Ada Lindqvist" in said["digest preview"].stdout
