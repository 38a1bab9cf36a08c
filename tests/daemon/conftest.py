"""A tool to read and a configuration that reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.sdk.records import Person, Project, Task
from connectors.sdk.sandbox import Sandbox, serve
from connectors.trello.sandbox import SANDBOX

WEB = "web: {listen: '127.0.0.1:0'}"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def tool() -> Sandbox:
    """Two boards with a handful of cards."""
    records: list[Any] = [
        Project(id=f"board{number}", name=f"Board {number}", created_at=NOW) for number in range(2)
    ]
    records.append(Person(id="ada", name="Ada Quist"))
    records += [
        Task(
            id=f"card{number}", project_id=f"board{number % 2}", title=f"Card {number}",
            status="in_progress", status_label="Doing", created_at=NOW, updated_at=NOW,
        )
        for number in range(6)
    ]  # fmt: skip
    return SANDBOX(records, lambda: datetime.now(UTC))


@pytest.fixture
def base_url(tool: Sandbox) -> Iterator[str]:
    """Where the tool answers."""
    with serve(tool) as url:
        yield url


@pytest.fixture
def write_config(tmp_path: Path, tool: Sandbox, base_url: str) -> Callable[..., Path]:
    """Writes a configuration file that reads the tool."""

    def write(
        store: str = "sqlite:///flagstaff.db", every: str = "1s", extra: str = "", hook: str = WEB
    ) -> Path:
        options = tool.options(base_url)
        lines = [
            f"store: {store}",
            "connections:",
            "  - name: boards",
            "    connector: trello",
            f"    every: {every}",
            "    options:",
            "      allow_private_network: true",
            *(f"      {key}: {value}" for key, value in options.items()
              if key != "allow_private_network"),
            hook,
            "log: {format: json}",
            extra,
        ]  # fmt: skip
        file = tmp_path / "flagstaff.yaml"
        file.write_text("\n".join(lines))
        return file

    return write
