"""Addresses in descriptions and comments: kept with the item's write, and gone with it."""

from __future__ import annotations

from typing import Any

import pytest

from sync_engine.admin_map import AdminMapping
from sync_engine.store.mentions import LONGEST, MOST, mentioned, parent_key, url_key

CARD = "https://boards.example.com/c/abc12"


@pytest.mark.parametrize(
    ("url", "key"),
    [
        (CARD, CARD),
        ("HTTPS://Boards.Example.com/c/abc12/", CARD),
        (f"{CARD}?focus=1#comment-3", CARD),
        ("https://ines@boards.example.com/c/abc12", CARD),
        ("https://Boards.example.com/C/Abc12", "https://boards.example.com/C/Abc12"),
        ("https://boards.example.com", "https://boards.example.com"),
        ("boards.example.com/c/abc12", None),
        (f"https://example.com/{'x' * LONGEST}", None),
        (None, None),
    ],
)
def test_addresses_that_lead_to_one_place_have_one_normal_form(
    url: str | None, key: str | None
) -> None:
    assert url_key(url) == key


def test_a_title_after_an_items_address_is_one_step_down() -> None:
    assert parent_key(f"{CARD}/14-install-the-door") == CARD
    assert parent_key("https://boards.example.com/c") is None
    assert parent_key("https://boards.example.com") is None


@pytest.mark.parametrize(
    "text",
    [
        f"See {CARD}.",
        f"({CARD})",
        f"[the card]({CARD}?x=1), please",
        f"<{CARD}>",
        f'"card":{CARD}',
        f"[card|{CARD}]",
        f"{CARD}\n{CARD}/",
    ],
)
def test_an_address_is_found_in_whatever_a_tool_makes_of_it(text: str) -> None:
    assert list(mentioned(text)) == [CARD]


def test_a_text_of_many_addresses_counts_only_so_far() -> None:
    assert len(mentioned(" ".join(f"https://example.com/a/{n}" for n in range(500)))) == MOST
    assert mentioned("://" * 1000) == {}


def kept(bench: Any) -> set[tuple[str, str, str, str]]:
    return set(bench.rows("SELECT kind, record_id, url_key, task_id FROM mention"))


def test_mentions_follow_the_text(bench: Any) -> None:
    other = "https://desk.example.com/t/9"
    bench.ledger.put("t00", description=f"As in {CARD}/14-door", comments=[f"and {other}", "fine"])
    bench.ledger.put("t01", url="https://Tool.example.com/t01/?a=b")
    bench.pull()
    assert kept(bench) == {
        ("task", "t00", f"{CARD}/14-door", "t00"),
        ("comment", "t00-0", other, "t00"),
    }
    assert bench.rows("SELECT parent_key FROM mention WHERE kind = 'task'") == [(CARD,)]
    assert bench.rows("SELECT id, url_key FROM task WHERE url_key IS NOT NULL") == [
        ("t01", "https://tool.example.com/t01")
    ]
    bench.ledger.put("t00", description=f"As in {other}", comments=["never mind", "fine"])
    bench.pull()
    assert kept(bench) == {("task", "t00", other, "t00")}
    bench.ledger.put("t00", description="Settled.")
    bench.pull()
    assert kept(bench) == set()


def test_mentions_go_with_the_task_and_come_back_with_it(bench: Any) -> None:
    bench.ledger.put("t00", description=CARD, comments=[f"{CARD}/2"])
    bench.pull()
    before = kept(bench)
    held = bench.ledger.tasks["t00"]
    bench.ledger.remove("t00")
    bench.census()
    assert len(before) == 2
    assert kept(bench) == set()
    bench.ledger.put("t00", **{k: v for k, v in held.items() if k not in ("id", "updated")})
    bench.pull()
    assert kept(bench) == before


def test_a_replay_keeps_what_a_pull_kept(bench: Any) -> None:
    from sync_engine.replay import replay
    from sync_engine.store.lease import release

    bench.ledger.put("t00", description=CARD, status="odd")
    bench.ledger.put("t01", comments=[CARD])
    bench.pull()
    before = kept(bench)
    bench.source_with(mapping=AdminMapping(status={"odd": "done"}), mapping_fingerprint="other")
    lease = bench.lease()
    report = replay(bench.engine, bench.source, lease)
    release(bench.engine, lease)
    assert report.tally.written == 1
    assert len(before) == 2
    assert kept(bench) == before
