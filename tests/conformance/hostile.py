"""Which deliberately wrong connector to Pebble fails which check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from connectors.sdk.errors import ConnectorError, Unavailable
from connectors.sdk.records import Custom
from tests.conformance.hostile_mapping import (
    Boastful,
    Modest,
    OneIdForAll,
    Open,
    Part,
    Picky,
    Remembers,
    Silent,
    TouchesItems,
    Trusts,
    UnknownField,
    altering,
)
from tests.conformance.hostile_reading import (
    AlwaysAll,
    Anonymous,
    Believes,
    Blames,
    ByItems,
    Chatty,
    CryingWolf,
    DoubleCensus,
    Endless,
    Forgetful,
    Hasty,
    InTheAddress,
    Keeps,
    Learns,
    Locked,
    LosesBoards,
    Miscounts,
    Mute,
    Nameless,
    Pretentious,
    ReadsThrottles,
    ShortCensus,
    StopsAtRepeats,
    SwallowsLater,
    Taking,
    Tongueless,
    TwinLanes,
    Unhelpful,
    confirming,
    looking_back,
    swallowing,
)
from tests.conformance.pebble import Pebble
from tests.conformance.pebble_sandbox import PebbleSandbox
from tests.conformance.reading import Subject

WRONG: Mapping[str, Sequence[type[Pebble]]] = {
    "mapping_is_pure": [TouchesItems, Remembers],
    "mapping_is_total": [Trusts],
    "an_odd_value_drops_no_record": [Picky],
    "records_are_well_formed": [
        altering(created_at=lambda task: datetime(2026, 1, 1)),  # noqa: DTZ001 - no zone: the point
        altering(status=lambda task: "unknown"),
        altering(title=lambda task: None),
        altering(id=lambda task: ""),
        altering(title=lambda task: "a\0b"),
    ],
    "ids_are_unique": [OneIdForAll, altering(id=lambda task: task.status_label)],
    "ids_are_stable": [altering(id=lambda task: task.title)],
    "references_resolve": [altering(project_id=lambda task: "elsewhere")],
    "mapping_gives_back_what_the_tool_holds": [
        altering(title=lambda task: task.title.upper()),
        altering(id=lambda task: f"x{task.id}"),
    ],
    "provides_is_true": [UnknownField, Boastful, Modest],
    "options_are_described": [Silent, Open],
    "declarations_are_well_formed": [Part],
    "check_tells_who_we_are": [Anonymous],
    "what_there_is_to_map_is_named": [
        Tongueless,
        Pretentious,
        Nameless,
        Learns,
        Taking,
        altering(custom=lambda task: (Custom(id="risk", name="Risk", value="High"),)),
        altering(custom=lambda task: (Custom(id="size", name="Risk", value="High"),)),
    ],
    "lanes_and_pages_are_well_formed": [TwinLanes, Forgetful],
    "a_cut_pull_resumes_to_the_same_set": [Hasty],
    "cursors_are_inclusive": [looking_back(timedelta(seconds=-1))],
    "later_changes_are_read": [looking_back(timedelta(days=-1))],
    "a_future_date_does_not_carry_the_cursor_away": [ByItems],
    "an_unchanged_tool_is_quiet": [AlwaysAll, CryingWolf],
    "census_lists_what_was_read": [ShortCensus, DoubleCensus],
    "count_is_none_or_right": [Miscounts],
    "what_is_gone_is_told_apart": [
        confirming("unknown", "deleted", "access_lost"),
        confirming(None, "access_lost", "access_lost"),
        confirming(None, "deleted", "deleted"),
    ],
    "tombstones_are_only_for_what_is_gone": [CryingWolf, Mute],
    "a_hidden_container_harms_no_other": [LosesBoards],
    "each_fault_ends_in_its_error": [swallowing(ConnectorError), Blames, Believes],
    "each_fault_later_ends_in_its_error": [SwallowsLater],
    "odd_shapes_do_not_crash": [Believes],
    "a_short_throttle_is_waited_out": [ReadsThrottles],
    "a_failed_request_never_ends_a_full_pull_well": [swallowing(Unavailable)],
    "page_loops_end_in_an_error": [Endless, StopsAtRepeats],
    "a_wrong_credential_is_refused": [Locked, Unhelpful],
    "secrets_appear_nowhere": [InTheAddress, Chatty, Keeps],
}


def wrong_subjects(check: str, folder: Path) -> list[Subject]:
    """The subjects that must fail a check; `folder` has a README that says nothing."""
    if check == "documents_are_there":
        (folder / "README.md").write_text("# Pebble\n\nIt is easy.\n")
        return [Subject(Pebble, PebbleSandbox, folder)]
    return [Subject(connector, PebbleSandbox) for connector in WRONG.get(check, ())]
