"""Running command lines in this process, as the console script does."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog

from sync_engine.cli.boundary import run


@dataclass(frozen=True)
class Said:
    """What a command line answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as the one JSON document that it must be."""
        return json.loads(self.out)


Flagstaff = Callable[..., Said]


@pytest.fixture
def flagstaff(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Flagstaff]:
    """Runs `flagstaff …` in a folder of the test's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FLAGSTAFF_STATE", str(tmp_path / "state"))
    for name in ("FLAGSTAFF_CONFIG", "FLAGSTAFF_STORE"):
        monkeypatch.delenv(name, raising=False)
    handlers, level = logging.getLogger().handlers, logging.getLogger().level

    def running(*arguments: str) -> Said:
        capsys.readouterr()
        code = run(arguments)
        told = capsys.readouterr()
        assert "Traceback" not in told.out + told.err
        return Said(code, told.out, told.err)

    yield running
    logging.getLogger().handlers = handlers
    logging.getLogger().setLevel(level)
    structlog.reset_defaults()
