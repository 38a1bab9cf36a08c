"""What the connector says of itself."""

from __future__ import annotations

import re
from pathlib import Path

from connectors.sdk.contract import Can
from connectors.zendesk.connector import Zendesk
from connectors.zendesk.history import FIELDS
from connectors.zendesk.words import PRIORITIES, STATUS_TITLES, STATUSES, TYPES, WAITS


def test_exports_have_a_limit_of_their_own() -> None:
    assert [
        (limit.requests, limit.per.total_seconds(), limit.path) for limit in Zendesk.limits
    ] == [
        (200, 60, ""),
        (10, 60, "/api/v2/incremental"),
    ]


def test_no_stream_claims_a_census() -> None:
    assert not any(Can.CENSUS in can for can in Zendesk.streams.values())
    assert [name for name, can in Zendesk.streams.items() if Can.TOMBSTONES in can] == ["tasks"]


def test_only_what_zendesk_tells_is_claimed_as_history() -> None:
    assert set(FIELDS.values()) >= Zendesk.history
    assert "due_on" not in {*FIELDS.values(), *Zendesk.history}


def test_the_readme_describes_every_option_status_and_word(root: Path) -> None:
    readme = (root / "connectors" / "zendesk" / "README.md").read_text()
    for name in Zendesk.Config.model_fields:
        assert f"| `{name}` |" in readme
    for word, title in STATUS_TITLES.items():
        [row] = [
            line
            for line in readme.splitlines()
            if line.startswith("| *") and f"*{title.lower()}*" in line and "type" not in line
        ]
        assert f"`{STATUSES[word]}`" in row
        assert ("| yes:" in row) == (word in WAITS)
    for word in (*TYPES, *PRIORITIES):
        assert re.search(rf"\b{word}\b", readme)
