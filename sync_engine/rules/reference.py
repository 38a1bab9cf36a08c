"""Writes the reference pages of facts, standards and the language.

``python -m sync_engine.rules.reference`` writes them under docs/reference, ``--check`` only says
whether they are up to date.
"""

# ruff: noqa: E501

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from connectors.sdk import registry
from sync_engine.rules import coverage, entries, facts, packs
from sync_engine.rules.facts import LINK, Fact
from sync_engine.rules.language import MAX_BYTES, MAX_DEPTH, MAX_PARTS, MAX_RELATED
from sync_engine.rules.pack import Pack
from sync_engine.rules.resolve import LONGEST, MOST_STARS
from sync_engine.rules.standards import said_in_general

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference"
MADE = (
    "<!-- Written by `python -m sync_engine.rules.reference`; change the source, not this page. -->"
)

LANGUAGE = f"""# The language of standards

{MADE}

Standards, filters (`--where`) and the scopes of digests are sentences about facts.
Which facts there are says [facts.md](facts.md).

| To say | Write |
| --- | --- |
| a value | `status = in_progress`, `owner != ann`, `owner = "ann@example.com"` |
| one of several | `status in (todo, in_progress)`, `type not in (epic, milestone)` |
| there is none | `owner is empty`, `due is not empty` |
| a number or effort | `points >= 8`, `estimate > 40 hours`, `spent > 120% of estimate` |
| a day | `due before today`, `start after 2026-03-01`, `due = today` |
| an age | `last activity older than 5 working days`, `created older than 2 weeks` |
| soon | `due within 10 working days` (from today on) |
| near another day | `due within 5 working days of sprint end` (either way) |
| long before or after it | `due more than 2 weeks after milestone due` |
| fact against fact | `start > due`, `due after milestone due` |
| text within text | `title contains "draft"`, `labels contains "rel"` |
| how text looks | `key like "REL-*"`, `title like "?? - *"`, `title starts with "DRAFT"`, `label like "team-*"` |
| a yes/no fact | `blocked`, `not owner active` |
| a list | `label = release` (any of them), `label != release` (none of them) |
| a custom field | `field "Risk rating" = high`, `field "Cost centre" is empty` |
| history | `due date moved 3 times or more`, `due date moved later 2 times or more` |
| related tasks | `any subtask (status != done)`, `all subtasks (status = done)`, `no subtask (blocked)` |
| linked tasks | `any linked task (link = blocks and status != done)`, `any blocker (owner is empty)` |
| counting | `count of subtasks (status = todo) > 3`, `count per owner of (status = in_progress) > 5` |
| adding up | `sum of remaining of subtasks (status != done) > 40 hours`, `sum of points per owner of (status = in_progress) > 20` |
| a share | `share of tasks (status = done) < 80%`, `share per project of (blocked) > 20%` |
| a parameter | `updated older than :days` (the unit comes from the parameter) |
| together | `and`, `or`, `not`, parentheses; `and` binds more than `or` |

Facts are written with spaces or underscores, in any case. Text is compared whatever the case of A to Z;
quote it when it has spaces or is a word of the language. A day of effort is 8 hours, a week 5 days.
A condition has at most {MAX_BYTES} bytes, {MAX_DEPTH} levels of parentheses, {MAX_PARTS} comparisons and listed values, and
{MAX_RELATED} conditions on related records.

In what follows `like`, `*` stands for any text, none included, and `?` for one character; all else stands for
itself, and the whole text must look so. A pattern has at most {LONGEST} characters and {MOST_STARS} times `*`.

## Three answers

A standard's answer is *flagged*, *met* or *not assessable*. *Empty* means that the tool says there is
none; *unknown* means that the tool, or our access to it, cannot say: the connector does not provide the
field, a status word is not mapped, a custom field is not on the item.

* `=`, `!=`, `in`, `contains` and `is empty` are safe with empty: `owner != ann` holds for work that
  nobody owns.
* `<`, `>`, `before`, `after`, ages and `within` are unknown when a value is empty. Say
  `due is not empty and …` where the empty ones shall count as met.
* A count, share or sum of which some parts are unknown lies between two bounds; the answer is known if both
  give it. A task without a value adds nothing to a sum; there is no share of no tasks. A task counts once,
  however often it is linked; where the condition asks for `link`, once for every kind of link.
* Unknown spreads only as far as it matters: `blocked or owner is empty` holds for unowned work though
  nobody can say whether it is blocked; `any subtask (…)` holds as soon as one surely does.
* A subject whose scope is unknown, but whose condition surely does not hold, is not flagged.

## Days

A day begins and ends in the PMO's time zone. `older than 5 working days` holds from the sixth working day
after; the day itself is not counted, week-ends, public holidays and the calendar's own days off neither.
`within 3 working days` holds up to the day before the fourth working day from now: a Saturday is no farther than the
Friday before it. Answers therefore change at midnight, and in between only when data do. Two facts are so many days
apart by the days that they fall on in that zone.
"""


def facts_page() -> str:
    """Every fact of every subject."""
    lines = [
        "# Facts", "", MADE, "",
        "What conditions can speak of. A fact is unknown where the connector does not provide the "
        "fields that it needs; see [language.md](language.md) for what that means. The last column "
        "says for which of the tools it is known at all.",
    ]  # fmt: skip
    for subject in facts.SPOKEN_OF:
        lines += ["", f"## {subject.capitalize()}", ""]
        known = facts.of(subject)
        if subject == "request":
            lines += ["A task of a service desk. It has every fact of a task, and these:", ""]
            known = {name: known[name] for name in known if name not in facts.of("task")}
        lines += ["| Fact | Type | Meaning | Needs | Known in |",
                  "| --- | --- | --- | --- | --- |"]  # fmt: skip
        lines += [_row(fact) for fact in known.values()]
        if subject == "task":
            lines.append(_row(LINK))
    return "\n".join(lines) + "\n"


def _row(fact: Fact) -> str:
    names = ", ".join(f"`{name}`" for name in (fact.shown, *fact.synonyms))
    kind = fact.type if fact.unit in (None, "%") else f"{fact.type} ({fact.unit})"
    meaning = fact.meaning.replace("|", "\\|")
    if fact.words and isinstance(fact.words, tuple):
        meaning += f" One of {', '.join(f'`{word}`' for word in fact.words)}."
    needs = ", ".join(f"`{need}`" for need in fact.needs) or "–"
    return f"| {names} | {kind} | {meaning} | {needs} | {_known_in(fact)} |"


@cache
def _provided() -> dict[str, frozenset[str]]:
    """By tool: the fields that it provides, as facts need them ("task.due_on")."""
    return {
        name: frozenset(
            f"{kind.__name__.lower()}.{field}"
            for kind, fields in registry.get(name).provides.items()
            for field in fields
        )
        for name in registry.names()
    }


def _known_in(fact: Fact) -> str:
    """The tools that can tell a fact: all, all but a few, or each by name."""
    if not fact.needs:
        return "all"
    able = [name for name, fields in _provided().items() if fields.issuperset(fact.needs)]
    rest = [name for name in _provided() if name not in able]
    if not rest:
        return "all"
    if len(rest) <= len(able):
        return f"all but {', '.join(rest)}"
    return ", ".join(able) or "none"


def standards_page() -> str:
    """Every standard of every pack that comes with the product."""
    shipped = [packs.load(path) for path in sorted(packs.folders()[-1].glob("*.yaml"))]
    every = [standard for pack in shipped for standard in pack.standards]
    first = next(pack for pack in shipped if pack.name == "pmo-core")
    on = sum(standard.enabled for standard in every)
    lines = [
        "# Standards", "", MADE, "",
        f"{len(every)} standards in {len(shipped)} packs. Without a word in the configuration, those of "
        f"`pmo-core` that are not marked as off are in force: {sum(s.enabled for s in first.standards)}. "
        f"With all packs it would be {on}; the others need a field, a pattern or a habit that not "
        "every PMO has. [What the catalogue asks for, and what checks it](#the-catalogue).",
    ]  # fmt: skip
    for pack in shipped:
        lines += _pack(pack)
    lines += ["", "## The catalogue", "", *coverage.table(every)]
    return "\n".join(lines) + "\n"


def _pack(pack: Pack) -> Iterator[str]:
    yield from ("", f"## {pack.title} (`{pack.name}`)", "")
    yield "| Id | Ref | What it flags | Subject | Severity | Parameters |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for standard in pack.standards:
        params = ", ".join(
            f"`{name}` {entries.shown_param(param)}" for name, param in standard.params.items()
        )
        severity = standard.severity + ("" if standard.enabled else " (off)")
        yield (
            f"| [`{standard.id}`](#{standard.id}) | {standard.ref or '–'} | {standard.title} | "
            f"{standard.subject} | {severity} | {params or '–'} |"
        )
    for entry, standard in zip(pack.entries, pack.standards, strict=True):
        yield from ("", f"### {standard.id}", "", f"**{standard.title}.** {standard.why}", "")
        if entry.scope:
            yield f"* Assessed: `{' '.join(entry.scope.split())}`"
        yield f"* Flagged when: `{' '.join(entry.flag_when.split())}`"
        yield f"* Says: {said_in_general(standard)}"
        yield f"* Remedy: {standard.remedy}"
        if entry.escalate:
            for reason in filter(
                None,
                (
                    entry.escalate.after and f"open longer than {entry.escalate.after}",
                    entry.escalate.when and f"`{entry.escalate.when}`",
                ),
            ):
                yield f"* More severe ({entry.escalate.to}) when {reason}"
        if entry.limit:
            yield f"* Suspect itself when it flags more than {entry.limit} of what it assesses"
        yield f"* Source: {standard.source}"


def pages() -> dict[Path, str]:
    """The pages by file."""
    return {
        FOLDER / "language.md": LANGUAGE,
        FOLDER / "facts.md": facts_page(),
        FOLDER / "standards.md": standards_page(),
    }


def main(arguments: list[str]) -> int:
    """Write the pages, or with ``--check`` name those that are out of date."""
    stale = []
    for path, text in pages().items():
        if path.is_file() and path.read_text("utf-8") == text:
            continue
        stale.append(path.name)
        if "--check" not in arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    if stale and "--check" in arguments:
        sys.stderr.write(
            f"out of date: {', '.join(stale)}; run python -m sync_engine.rules.reference\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
