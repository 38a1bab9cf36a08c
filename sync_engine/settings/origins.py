"""Where each thing of a configuration comes from (pure)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sync_engine.settings.entry import Kind
from sync_engine.settings.load import Configuration, digest_key, entries
from sync_engine.settings.models import Settings
from sync_engine.settings.source import Path_

_LISTED = frozenset({"connections", "digests", "standards", "channels"})


@dataclass(frozen=True, slots=True)
class Origin:
    """One thing that is configured.

    Args:
        place: ``file:line``, or who made it in the store and when.
        read_only: it stands in the file, and is changed there only.
    """

    kind: Kind
    name: str
    place: str
    read_only: bool


def origins(configuration: Configuration) -> list[Origin]:
    """All that the file and the store say; what neither says has its default, and is not told."""
    found = list(_of_file(configuration.file or configuration))
    found += [
        Origin(entry.kind, entry.name, entry.origin, read_only=False)
        for entry in configuration.entries
    ]
    return found


def _of_file(file: Configuration) -> Iterator[Origin]:
    source = file.source

    def held(kind: Kind, name: str, path: Path_) -> Origin:
        place = source.place(path)
        return Origin(kind, name, f"{source.file}:{place.line if place else 1}", read_only=True)

    for key in source.data:
        if key in Settings.model_fields and key not in _LISTED:
            yield held("setting", key, (key,))
    for index, entry in entries(source.data, "connections"):
        yield held("connection", entry["name"], ("connections", index))
    for index, entry in entries(source.data, "digests"):
        name = digest_key(entry) or file.settings.digests[index].key
        yield held("digest", name, ("digests", index))
    for name in source.data.get("channels") or {}:
        yield held("channel", name, ("channels", name))
    standards = source.data.get("standards") or {}
    for index, name in enumerate(standards.get("packs") or ()):
        yield held("pack choice", name, ("standards", "packs", index))
    for id in standards.get("set") or {}:
        yield held("standard", id, ("standards", "set", id))
