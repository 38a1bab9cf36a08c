"""One event is one line, whatever it says, and holds no secret."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from sync_engine import logs
from sync_engine.secrets import fetch

CANARY = "canary-9b2e-token-value"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    before = logging.getLogger().handlers
    logs.configure("json", "debug", stream)
    yield stream
    structlog.reset_defaults()
    logging.getLogger().handlers = before


def test_an_event_is_one_json_line_with_what_was_bound(log: io.StringIO) -> None:
    with logs.bound(run=7, connection="engineering"):
        logs.get("pull").info("page written", items=3)
    [event] = [json.loads(line) for line in log.getvalue().splitlines()]
    assert event.pop("timestamp").endswith("Z")
    assert event == {
        "level": "info", "event": "page written", "part": "pull", "run": 7,
        "connection": "engineering", "items": 3,
    }  # fmt: skip


def test_secrets_are_taken_out_by_value_by_key_and_from_urls(
    log: io.StringIO, tmp_path: Path
) -> None:
    fetch("env:T", "it", tmp_path, {"T": CANARY})
    told = logs.get("door")
    told.warning(f"refused with {CANARY}", nested={"deep": [f"x{CANARY}y"]})
    told.info("asked", api_key="letmein", headers={"Authorization": "Basic abc"}, tokens=["q"])
    told.info("GET https://a.example.com/x?key=hush&token=hush2 failed")
    told.info("cannot open postgresql://pmo:hush3@db.example.com/pmo")
    told.error("failed", exc_info=ValueError(f"in an error: {CANARY}"))
    text = log.getvalue()
    assert len(text.splitlines()) == 5
    for secret in (CANARY, "letmein", "Basic abc", '"q"', "hush"):
        assert secret not in text
    assert "https://a.example.com/x?***" in text


@pytest.mark.parametrize(
    "text", ["a\r\nlevel=error faked", "\x1b[2J\x1b[31mred", "a\u2028b", "\x9b2J"]
)
@pytest.mark.parametrize("format", ["json", "plain"])
def test_vendor_text_cannot_forge_lines_or_steer_the_terminal(text: str, format: str) -> None:
    stream = io.StringIO()
    before = logging.getLogger().handlers
    logs.configure("json" if format == "json" else "plain", "info", stream)
    logs.get("x").info("title", title=text, **{text: "key"})
    logging.getLogger("library").warning("said %s", text)
    structlog.reset_defaults()
    logging.getLogger().handlers = before
    written = stream.getvalue()
    assert written.count("\n") == 2
    assert len(written.splitlines()) == 2
    assert all(character not in written for character in "\r\x1b\x9b\u2028")


def test_levels_are_respected() -> None:
    stream = io.StringIO()
    before = logging.getLogger().handlers
    logs.configure("plain", "warning", stream)
    logs.get("x").info("quiet")
    logs.get("x").warning("loud")
    structlog.reset_defaults()
    logging.getLogger().handlers = before
    assert "loud" in stream.getvalue()
    assert "quiet" not in stream.getvalue()
