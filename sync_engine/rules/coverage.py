"""The PMO's catalogue of standards, held against the packs: what is checked by which standard, and
what is not, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sync_engine.rules.standards import Standard


@dataclass(frozen=True, slots=True)
class Lacking:
    """Why an entry of the catalogue has no standard, and what it would take."""

    why: str
    needed: str


CATALOGUE: Mapping[str, str] = {
    "T01": "Active work has an owner", "T02": "The owner is still there",
    "T03": "One person is accountable", "T04": "Active work has a due date",
    "T05": "Work is estimated", "T06": "Overdue work is planned anew",
    "T07": "Due dates stay", "T08": "Active work moves", "T09": "Work ends when work like it ends",
    "T10": "What has begun does not stand as to do", "T11": "It starts before it is due",
    "T12": "Finished work has a day on which it was finished",
    "T13": "Closed work says how it ended", "T14": "Closed work has no open parts",
    "T15": "Work whose parts are done is closed", "T16": "Parts are due before the whole",
    "T17": "Work belongs somewhere", "T18": "Titles and descriptions say something",
    "T19": "Stories have acceptance criteria", "T20": "What is blocked says by what",
    "T21": "Long blocks are spoken of", "T22": "Closed work stays closed",
    "T23": "Priorities are set, and differ", "T24": "Status words are known, no step is skipped",
    "T25": "Work is entered once", "T26": "Tools agree on linked work",
    "T27": "Owners belong to the project's team", "T28": "No time is booked on finished work",
    "T29": "Effort keeps to the estimate", "T30": "Open work has something left to do",
    "T31": "Time is booked, and on estimated work",
    "S01": "People do few things at once", "S02": "Columns keep their limits",
    "S03": "Sprints have a goal", "S04": "Sprints are short, and one at a time",
    "S05": "Sprints do not grow", "S06": "Sprints begin with sized and owned work",
    "S07": "Sprints end in time", "S08": "Work is not carried from sprint to sprint",
    "S09": "Nobody has more to do than time", "S10": "Nobody approves their own request",
    "P01": "Projects have a lead and a sponsor", "P02": "Projects have dates",
    "P03": "Projects report", "P04": "Reports say what the work says",
    "P05": "Milestones have work", "P06": "Near milestones are nearly done",
    "P07": "Milestones are kept", "P08": "Work begins with a baseline",
    "P09": "Scope stays near the baseline", "P10": "Cost and progress keep to the plan",
    "P11": "Risks and issues have an owner", "P12": "Risks have a response and are reviewed",
    "P13": "Serious issues are decided", "P14": "Changes are approved, and then carried out",
    "P15": "Decisions come in time", "P16": "Active projects are active",
    "P17": "Closed projects have no open work", "P18": "The PMO's own fields are filled",
    "P19": "Names and labels are as agreed", "P20": "Closed projects look back",
    "D01": "Logic: nothing hangs loose", "D02": "Leads: none", "D03": "Lags: few",
    "D04": "Relationship types: finish to start", "D05": "Hard constraints: few",
    "D06": "High float: little", "D07": "Negative float: none", "D08": "High duration: little",
    "D09": "Invalid dates: none", "D10": "Resources: work is assigned",
    "D11": "Missed tasks: few finish after the baseline", "D12": "Critical path test: passed",
    "D13": "Critical path length index", "D14": "Baseline execution index",
    "D15": "Dates agree with dependencies", "D16": "No circle of dependencies",
    "D17": "What is waited for is owned and in time", "D18": "Nothing is done before its turn",
    "V01": "Service levels are met", "V02": "Service levels at risk are seen",
    "V03": "Urgent requests are taken at once", "V04": "Who waits is asked again",
    "V05": "Approvals of requests come in time", "V06": "Problems have a root cause",
    "V07": "Major incidents are reviewed", "V08": "Requests are not passed around",
    "H01": "Connections are read in time", "H02": "What was seen can still be seen",
    "H03": "Words, people and fields are mapped", "H04": "Counts agree with the tool's",
    "H05": "Credentials are valid", "H06": "Request limits are not used up",
    "H07": "Webhooks work, and items are understood", "H08": "Mass deletions wait for a word",
}  # fmt: skip
"""What each entry asks for, by its id in the catalogue."""

LACKING: Mapping[str, Lacking] = {
    "D05": Lacking(
        "No tool that is read tells the constraint on a task's date.",
        "A field for it in the normalized task, from a tool that has one.",
    ),
}
"""Entries without a standard."""


def by_ref(standards: Iterable[Standard]) -> dict[str, list[Standard]]:
    """The standards by their entry in the catalogue."""
    found: dict[str, list[Standard]] = {}
    for standard in standards:
        if standard.ref is not None:
            found.setdefault(standard.ref, []).append(standard)
    return found


def table(standards: Iterable[Standard]) -> list[str]:
    """The catalogue as lines of a table: what checks each entry, or why nothing does."""
    covered = by_ref(standards)
    lines = ["| Ref | What it asks for | Checked by |", "| --- | --- | --- |"]
    for ref, asked in CATALOGUE.items():
        if ref in covered:
            told = ", ".join(f"[`{each.id}`](#{each.id})" for each in covered[ref])
        else:
            lacking = LACKING[ref]
            told = f"Nothing. {lacking.why} Needed: {lacking.needed[0].lower()}{lacking.needed[1:]}"
        lines.append(f"| {ref} | {asked} | {told} |")
    return lines
