"""What documents show works: configurations load, packs compile, commands exist, links lead on."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest

from sync_engine.cli.app import build
from sync_engine.rules import examples
from sync_engine.rules.packs import from_source
from sync_engine.settings.load import check, installed_connectors
from sync_engine.settings.models import Settings
from sync_engine.settings.source import parse

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)(?:#[^)\s]*)?\)")
BLOCK = re.compile(r"^(?P<indent> *)```yaml\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"(?:^\$ |`|^)flagstaff (?P<words>[^`\n#]+)", re.MULTILINE)
DOCUMENTS = sorted(
    file.relative_to(ROOT)
    for pattern in ("*.md", "docs/**/*.md", "connectors/*/README.md")
    for file in ROOT.glob(pattern)
)


def _text(document: Path) -> str:
    return (ROOT / document).read_text("utf-8")


def _blocks() -> list[tuple[str, str]]:
    """Every block of YAML, with the place where it stands."""
    return [
        (f"{document}:{_text(document)[: block.start()].count(chr(10)) + 1}",
         textwrap.dedent(block["text"]))
        for document in DOCUMENTS
        for block in BLOCK.finditer(_text(document))
    ]  # fmt: skip


BLOCKS = _blocks()


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_link_within_the_repository_leads_somewhere(document: Path) -> None:
    """A link to a file that was moved or never written is a broken promise."""
    folder = (ROOT / document).parent
    assert not [link for link in LINK.findall(_text(document)) if not (folder / link).exists()]


def test_documents_show_configurations() -> None:
    """The pattern still finds them."""
    assert len(BLOCKS) >= 10


@pytest.mark.parametrize(("place", "text"), BLOCKS, ids=[place for place, _ in BLOCKS])
def test_every_block_of_yaml_is_valid(place: str, text: str) -> None:
    """A configuration that is copied from a document is taken; so is a pack."""
    source = parse(text, place)
    if "pack" in source.data:
        assert not examples.check(from_source(source))
    else:
        keys = {field.alias or name for name, field in Settings.model_fields.items()}
        assert source.data.keys() <= keys
        if "mail" not in source.data:  # a digest is shown without the section beside it
            source = parse(
                f"{text}\nmail: {{host: smtp.example.com, from: pmo@example.com}}", place
            )
        check(source, ROOT, installed_connectors())


def _walk(command: Any, words: list[str]) -> Any:
    """The command that the words begin with, or None."""
    for word in words:
        children = getattr(command, "commands", {})
        if word not in children:
            return None if children and not command.invoke_without_command else command
        command = children[word]
    return command


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_command_that_is_shown_exists(document: Path) -> None:
    """Commands and long options are those of the command line."""
    root = build()
    wrong = []
    for shown in COMMAND.finditer(_text(document)):
        words = re.sub(r"^-c \S+ ", "", shown["words"]).split()
        names = [word for word in words if re.fullmatch(r"[a-z-]+", word) and word[0] != "-"]
        command = _walk(root, names)
        options = {word.partition("=")[0] for word in words if word.startswith("--")}
        known = {opt for each in getattr(command, "params", ()) for opt in each.opts}
        known |= {opt for each in root.params for opt in each.opts} | {"--help"}
        if command is None or not options <= known:
            wrong.append(shown[0])
    assert not wrong
