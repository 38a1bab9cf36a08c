"""The contract's checks, for a connection that reads no board."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import ClassVar

import pytest

from connectors.github import mapping
from connectors.github.connector import GitHub
from connectors.github.sandbox import GitHubSandbox
from connectors.sdk.contract import Can
from connectors.sdk.records import Record
from tests.conformance import checks_faults, checks_reading  # noqa: F401 - they add to the list
from tests.conformance.checks import CHECKS, Check
from tests.conformance.reading import Subject


class Plain(GitHub):
    """What a connection without boards provides, as if there were no other."""

    provides: ClassVar[Mapping[type[Record], frozenset[str]]] = mapping.provided(boards=False)
    streams: ClassVar[Mapping[str, Can]] = {
        name: can for name, can in GitHub.streams.items() if name != "sprints"
    }


INCREMENTAL = [name for name, can in GitHub.streams.items() if Can.INCREMENTAL in can]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_connection_without_boards_keeps_the_contract(check: Check) -> None:
    quiet = dict.fromkeys(INCREMENTAL, "each list is per repository")
    check(Subject(Plain, partial(GitHubSandbox, board=False), quiet=quiet))
