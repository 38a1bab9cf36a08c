"""Digests as files: an HTML and a text file per recipient and period in a folder."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

import orjson

from sync_engine.digest.channels.base import Answer, Frozen, Letter

_NAME_LIMIT = 60


class FileChannel:
    """Writes `<subscription>_<period>_<recipient>.html` and `.txt`, each whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def freeze(self, letter: Letter) -> Frozen:
        """Names and contents of both files."""
        parts = (letter.subscription, letter.period_key, letter.recipient)
        name = "_".join(safe_name(part) for part in parts)
        body = {"name": name, "html": letter.rendered.page, "text": letter.rendered.text}
        return Frozen(orjson.dumps(body), f"{letter.message_key}.file")

    def send(self, recipient: str, body: bytes) -> Answer:  # noqa: ARG002
        """Write both files. Writing them again leaves the same files."""
        files = orjson.loads(body)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for suffix, part in ((".txt", "text"), (".html", "html")):
                _write(self.folder / f"{files['name']}{suffix}", files[part])
        except OSError as error:
            return Answer(
                "down",
                f"The digest could not be written to {self.folder}: {error.strerror}."
                " Make the folder writable, or name another.",
            )
        return Answer("sent", f"Written to {self.folder / files['name']}.html")

    def close(self) -> None:
        """Nothing is kept open."""


def safe_name(text: str) -> str:
    """A part of a file name that no file system misreads; different texts stay different."""
    name = re.sub(r"[^A-Za-z0-9@.+-]+", "-", text).strip(".-")[:_NAME_LIMIT]
    if name and name == text:
        return name
    return f"{name or 'x'}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
