"""What is wrong in the demonstration's work, on purpose, and what is only nearly wrong.

`PLANTED` says for each standard of the catalogue (by its reference) which subjects break it;
`NEAR_MISSES` which come close and do not. Everything else in the portfolio is healthy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from connectors.sdk.records import Link, Record, Status
from sync_engine.demo.company import JIRA_SITE, LEFT, OVERLOADED, Colleague
from sync_engine.demo.draft import Draft, at, workday


@dataclass(frozen=True, slots=True)
class Plant:
    """A task that is made healthy in `state`, and then spoilt (or nearly so).

    Args:
        refs: standards that it breaks, by reference.
        near: standards that it nearly breaks.
        under: id of the task that it is a part of; None: any epic, where the tool has epics.
        owner: who has it; None: whoever has least to do.
    """

    id: str
    title: str
    state: Status
    spoil: Callable[[Draft, date], None]
    refs: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    under: str | None = None
    owner: str | None = None
    kind: str | None = None


def _nothing(_draft: Draft, _today: date) -> None:
    """It is healthy; another task is not, because of it."""


def _unowned(draft: Draft, _today: date) -> None:
    draft.now["assignee_ids"] = ()


def _no_due(draft: Draft, _today: date) -> None:
    draft.now["due_on"] = None


def _no_estimate(draft: Draft, _today: date) -> None:
    draft.now["estimate_minutes"] = draft.now["remaining_minutes"] = None


def _due(days: int) -> Callable[[Draft, date], None]:
    """Due that many days after today."""

    def spoil(draft: Draft, today: date) -> None:
        draft.now["due_on"] = today + timedelta(days=days)
        start = draft.now.get("start_on")
        if start is not None and start > draft.now["due_on"]:
            draft.now["start_on"] = draft.now["due_on"] - timedelta(days=5)

    return spoil


def _pushed(times: int) -> Callable[[Draft, date], None]:
    """The due date was moved later, again and again."""

    def spoil(draft: Draft, today: date) -> None:
        final = draft.now["due_on"]
        draft.now["due_on"] = final - timedelta(days=7 * times)
        for push in range(times, 0, -1):
            draft.set(at(workday(today, push), 16), due_on=final - timedelta(days=7 * (push - 1)))

    return spoil


def _quiet(working_days: int) -> Callable[[Draft, date], None]:
    """In progress, and nothing has happened for that many working days."""

    def spoil(draft: Draft, today: date) -> None:
        last = workday(today, working_days)
        draft.rewind()
        draft.created = min(draft.created, at(workday(today, working_days + 10)))
        draft.move("in_progress", at(last, 11))

    return spoil


def _long(draft: Draft, today: date) -> None:
    """In progress for five weeks, and still talked about."""
    draft.rewind()
    draft.created = min(draft.created, at(workday(today, 40)))
    draft.move("in_progress", at(workday(today, 25)))
    draft.say("Still waiting for the second measurement series.", at(workday(today, 1), 15))


def _logged_todo(draft: Draft, today: date) -> None:
    draft.log(180, workday(today, 2))


def _start_late(draft: Draft, _today: date) -> None:
    draft.now["start_on"] = draft.now["due_on"] + timedelta(days=4)


def _blocked(working_days: int, reason: str | None) -> Callable[[Draft, date], None]:
    """Blocked since then; with a reason that people can read, or without."""

    def spoil(draft: Draft, today: date) -> None:
        when = at(workday(today, working_days), 12)
        draft.rewind()
        draft.created = min(draft.created, when - timedelta(days=10))
        draft.move("in_progress", when - timedelta(days=1))
        draft.set(when, blocked=True)
        if reason:
            draft.say(reason, when + timedelta(minutes=5))
        else:
            draft.log(30, workday(today, 1))

    return spoil


def _reopened(times: int) -> Callable[[Draft, date], None]:
    """Done, and taken up again, that often; in progress now."""

    def spoil(draft: Draft, today: date) -> None:
        draft.rewind()
        draft.created = min(draft.created, at(workday(today, 12)))
        draft.move("in_progress", at(workday(today, 9), 9))
        for turn in range(times, 0, -1):
            draft.move("done", at(workday(today, 2 * turn), 10))
            draft.move("in_progress", at(workday(today, 2 * turn - 1), 11))

    return spoil


def _about(key: str) -> Callable[[Draft, date], None]:
    """Its description says which other item it is about."""

    def spoil(draft: Draft, _today: date) -> None:
        draft.now["description"] += f" See {JIRA_SITE}/browse/{key}"

    return spoil


def _spent(percent: int) -> Callable[[Draft, date], None]:
    """More time booked than estimated."""

    def spoil(draft: Draft, today: date) -> None:
        draft.now["estimate_minutes"] = 600
        held = draft.now.get("spent_minutes") or 0
        draft.log(6 * percent - held, workday(today, 1))
        draft.now["remaining_minutes"] = 60

    return spoil


def _late_log(draft: Draft, today: date) -> None:
    """Time was booked a week after completion."""
    draft.rewind()
    draft.created = min(draft.created, at(workday(today, 30)))
    draft.move("in_progress", at(workday(today, 20)))
    draft.log(120, workday(today, 18))
    draft.move("done", at(workday(today, 12)))
    draft.log(90, workday(today, 5))
    draft.now["remaining_minutes"] = 0


def _nothing_left(draft: Draft, _today: date) -> None:
    draft.now["remaining_minutes"] = 0


def _reviewed(draft: Draft, today: date) -> None:
    draft.move("in_progress", at(workday(today, 1), 14), "In Review")


def _children_done(draft: Draft, today: date) -> None:
    """A part that was done a while ago."""
    draft.rewind()
    draft.created = min(draft.created, at(workday(today, 20)))
    draft.move("in_progress", at(workday(today, 12)))
    draft.move("done", at(workday(today, 8)))


_LEFT, _BUSY = (Colleague(name, ()).id for name in (LEFT, OVERLOADED))

PLANTS: tuple[Plant, ...] = (
    Plant("ATL-201", "Damp the tilt sensor on cold start", "in_progress", _unowned, ("T01",)),
    Plant("AUT-201", "Choose the stand lighting", "in_progress", _unowned, ("T01",)),
    Plant("OFF-201", "Label the archive boxes", "in_progress", _unowned, ("T01",)),
    Plant("ATL-202", "Trim the boot loader image", "in_progress", _nothing, ("T02",), owner=_LEFT),
    Plant("CLD-202", "Paginate the device list", "in_progress", _nothing, ("T02",), owner=_LEFT),
    Plant("DAT-201", "Tune the compaction schedule", "in_progress", _no_due, ("T04", "T17"),
          kind="loose"),
    Plant("BRA-201", "Redraw the device pictograms", "in_progress", _no_due, ("T04",)),
    Plant("CLD-203", "Throttle the alert mails", "in_progress", _no_estimate, ("T05",)),
    Plant("ATL-203", "Verify the alarm relay timing", "in_progress", _due(-6), ("T06",)),
    Plant("ATL-204", "Release the service log format", "todo", _due(-12), ("T06",)),
    Plant("CLD-204", "Retire the old sign-in page", "in_progress", _due(-9), ("T06",)),
    Plant("SEC-201", "Close the penetration findings", "todo", _due(-20), ("T06",)),
    Plant("SPR-201", "Approve the launch film script", "in_progress", _due(-5), ("T06",)),
    Plant("OFF-202", "Sign the moving contract", "todo", _due(-8), ("T06",)),
    Plant("ATL-301", "Freeze the display texts", "in_progress", _due(0), near=("T06",)),
    Plant("CLD-205", "Move the invoices to the new export", "todo", _pushed(4), ("T07",)),
    Plant("DAT-202", "Switch on the anomaly score", "todo", _pushed(5), ("T07",)),
    Plant("CLD-301", "Shorten the tenant switch", "todo", _pushed(2), near=("T07",)),
    Plant("ATL-205", "Model the warm-up drift", "in_progress", _quiet(13), ("T08", "T09")),
    Plant("DAT-203", "Describe the roll-up windows", "in_progress", _quiet(18), ("T08", "T09")),
    Plant("WEB-201", "Rewrite the support pages", "in_progress", _quiet(12), ("T08", "T09")),
    Plant("HIR-201", "Shortlist the test engineers", "in_progress", _quiet(14), ("T08", "T09")),
    Plant("DAT-301", "Name the schema owners", "in_progress", _quiet(8), near=("T08",)),
    Plant("SEC-202", "Recertify the build servers", "in_progress", _long, ("T09",)),
    Plant("DAT-204", "Sketch the replay screen", "todo", _logged_todo, ("T10",)),
    Plant("SPR-202", "Print the dealer posters", "todo", _start_late, ("T11",)),
    Plant("SEC-203", "Encrypt the lab laptops", "todo", _start_late, ("T11",)),
    Plant("ATL-206", "Ship the calibration wizard", "done", _due(30), ("T14",)),
    Plant("ATL-207", "Translate the wizard", "todo", _nothing, under="ATL-206"),
    Plant("ATL-208", "Record the wizard tutorial", "done", _nothing, under="ATL-206"),
    Plant("OFF-203", "Equip the meeting rooms", "done", _due(30), ("T14",)),
    Plant("OFF-213", "Hang the screens", "todo", _nothing, under="OFF-203"),
    Plant("ATL-302", "Ship the service menu", "done", _due(30), near=("T14",)),
    Plant("ATL-303", "Show the serial number", "cancelled", _nothing, under="ATL-302"),
    Plant("CLD-207", "Split the usage report", "in_progress", _nothing, ("T15",)),
    Plant("CLD-217", "Export the usage report", "done", _children_done, under="CLD-207"),
    Plant("CLD-218", "Chart the usage report", "done", _children_done, under="CLD-207"),
    Plant("ATL-209", "Certify the field bus", "todo", _due(15)),
    Plant("ATL-210", "Book the certification lab", "todo", _due(40), ("T16",), under="ATL-209"),
    Plant("SPR-203", "Plan the dealer tour", "todo", _due(20)),
    Plant("SPR-213", "Reserve the tour van", "todo", _due(33), ("T16",), under="SPR-203"),
    Plant("ATL-304", "Prove the watchdog", "todo", _due(15)),
    Plant("ATL-305", "Inject watchdog faults", "todo", _due(15), near=("T16",), under="ATL-304"),
    Plant("DAT-205", "Compare two message brokers", "todo", _nothing, ("T17",), kind="loose"),
    Plant("SEC-204", "Collect the auditors' questions", "todo", _nothing, ("T17",), kind="loose"),
    Plant("WEB-202", "Fix it", "in_progress", _nothing, ("T18",)),
    Plant("ATL-211", "Replace the relay supplier", "in_progress", _blocked(2, None), ("T20",)),
    Plant("CLD-208", "Sign the map licence", "in_progress", _blocked(2, None), ("T20",)),
    Plant("CLD-308", "Renew the mail domain", "in_progress",
          _blocked(2, "Blocked: the registrar wants a signed form, expected tomorrow."),
          near=("T20",)),
    Plant("SEC-205", "Rotate the partner keys", "in_progress", _blocked(8, None),
          ("T20", "T21")),
    Plant("CLD-209", "Repair the search ranking", "in_progress", _reopened(2), ("T22",)),
    Plant("CLD-302", "Repair the map clustering", "in_progress", _reopened(1), near=("T22",)),
    Plant("CLD-210", "Write the privacy statement", "todo", _nothing, ("T25",)),
    Plant("WEB-203", "Write the privacy statement", "todo", _nothing, ("T25",)),
    Plant("SEC-206", "Approve the door system", "todo", _nothing),
    Plant("OFF-204", "Install the door system", "done", _about("SEC-206"), ("T26",)),
    Plant("CLD-211", "Deliver the product feed", "done", _nothing),
    Plant("SPR-204", "Receive the product feed", "in_progress", _about("CLD-211"), ("T26",)),
    Plant("SEC-306", "Approve the visitor network", "todo", _nothing),
    Plant("OFF-304", "Install the visitor network", "todo", _about("SEC-306"), near=("T26",)),
    Plant("DAT-206", "Backfill last year's readings", "done", _late_log, ("T28",)),
    Plant("ATL-212", "Rework the update channel", "in_progress", _spent(150), ("T29",)),
    Plant("CLD-212", "Rework the alert rules", "in_progress", _spent(135), ("T29",)),
    Plant("ATL-306", "Rework the self-test", "in_progress", _spent(115), near=("T29",)),
    Plant("DAT-207", "Drain the old queue", "in_progress", _nothing_left, ("T30",)),
    Plant("ATL-213", "Single source for the relay chip", "todo", _unowned, ("P11",), kind="risk"),
    *(Plant(f"ATL-{22 + n}0", title, "in_progress", _reviewed) for n, title in enumerate((
        "Review the bus timing", "Review the menu texts", "Review the alarm matrix",
        "Review the pin layout", "Review the fault codes"))),
    Plant("ATL-214", "Deliver the bus stack", "todo", _due(30)),
    Plant("ATL-215", "Integrate the bus stack", "todo", _due(16), ("D15",)),
    Plant("CLD-213", "Agree the tenant model", "todo", _due(25), ("D16",)),
    Plant("CLD-214", "Agree the billing model", "todo", _due(25), ("D16",)),
    Plant("SEC-207", "Announce the key rotation", "done", _nothing, ("D18",)),
    Plant("SEC-217", "Automate the key rotation", "todo", _nothing),
    Plant("ATL-216", "Pair the bench controllers", "in_progress", _nothing, owner=_BUSY),
    Plant("DAT-216", "Archive the raw readings", "in_progress", _nothing, owner=_BUSY),
    Plant("SPR-216", "Rehearse the live demo", "in_progress", _nothing, owner=_BUSY),
    Plant("WEB-216", "Proofread the product pages", "in_progress", _nothing, owner=_BUSY),
    Plant("FAC-216", "Inspect the emergency lights", "in_progress", _nothing, owner=_BUSY),
)  # fmt: skip

_BLOCKS = (("ATL-214", "ATL-215"), ("CLD-213", "CLD-214"), ("CLD-214", "CLD-213"),
           ("SEC-217", "SEC-207"))  # fmt: skip


def planted_links() -> Iterator[tuple[str, Record]]:
    """The dependencies that some standards speak of, with the project of each."""
    for before, after in _BLOCKS:
        yield (
            before[:3],
            Link(id=f"blocks:{before}:{after}", type="blocks", from_id=before, to_id=after),
        )


def _by_ref(names: Callable[[Plant], tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    table: dict[str, list[str]] = {}
    for plant in PLANTS:
        for ref in names(plant):
            table.setdefault(ref, []).append(plant.id)
    return {ref: tuple(ids) for ref, ids in sorted(table.items())}


PLANTED: dict[str, tuple[str, ...]] = {
    **_by_ref(lambda plant: plant.refs),
    "S01": (_BUSY,),  # a person
    "S02": ("ATL/column/In Review",),  # a column of a board
    "S03": ("DAT/sprint/12",),  # sprints
    "S07": ("CLD/sprint/12",),
    "P01": ("BRA",),  # projects
    "P03": ("SPR",),
    "P07": ("CLD/milestone/2.1",),  # a milestone
    "P17": ("LEG",),
}
"""By the catalogue's reference: the logical ids of the subjects that break the standard."""

NEAR_MISSES: dict[str, tuple[str, ...]] = {
    **_by_ref(lambda plant: plant.near),
    "P03": ("WEB",),  # reported eleven days ago
}
"""By the catalogue's reference: subjects that come close to breaking it, and do not."""
