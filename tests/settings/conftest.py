"""A registry with one invented connector, and files to read."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field, SecretStr

from connectors.sdk.contract import Access, Options
from sync_engine.settings import Configuration, SettingsError, load


class BoardConfig(Options):
    """Options of the invented tool."""

    url: str = Field("https://board.example.com", description="Address of the tool.")
    key: str | None = Field(None, description="Application key.")
    token: SecretStr = Field(min_length=10, description="Credential.")
    boards: tuple[str, ...] = Field((), description="Boards to read.")


class Board:
    """The invented tool's connector: only what the settings need."""

    Config = BoardConfig

    @classmethod
    def access(cls, config: BoardConfig) -> Access:
        pair = b64encode(f"pmo:{config.token.get_secret_value()}".encode()).decode()
        return Access(config.url, {"Authorization": f"Basic {pair}"})


class OneTool:
    """A registry that knows the invented tool."""

    def names(self) -> Sequence[str]:
        return ["board"]

    def get(self, name: str) -> Any:
        return {"board": Board}[name]


@pytest.fixture
def registry() -> OneTool:
    return OneTool()


@pytest.fixture
def read(tmp_path: Path, registry: OneTool) -> Callable[[str], Configuration]:
    """Reads text as the configuration file `flagstaff.yaml`."""

    def reading(text: str) -> Configuration:
        file = tmp_path / "flagstaff.yaml"
        file.write_text(text, encoding="utf-8")
        return load(file, registry)

    return reading


@pytest.fixture
def refused(read: Callable[[str], Configuration], tmp_path: Path) -> Callable[[str], list[str]]:
    """The sentences with which a text is refused, without the folder's path."""

    def refusing(text: str) -> list[str]:
        with pytest.raises(SettingsError) as caught:
            read(text)
        return [line.removeprefix(f"{tmp_path}/") for line in caught.value.lines()]

    return refusing


CONNECTION = """\
connections:
  - name: engineering
    connector: board
    options: {token: "env:BOARD_TOKEN"}
"""


@pytest.fixture
def connection() -> str:
    """A file with one valid connection, to be extended."""
    return CONNECTION
