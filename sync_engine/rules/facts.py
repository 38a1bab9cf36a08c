"""The catalogue's types and look-ups: what a fact is, and which facts a subject has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

Subject = Literal[
    "task", "project", "person", "milestone", "sprint", "dependency", "approval", "request",
    "connection", "portfolio",
]  # fmt: skip
FactType = Literal[
    "text", "word", "number", "minutes", "percent", "yes/no", "day", "instant", "person", "list",
    "people",
]  # fmt: skip

SUBJECTS: tuple[Subject, ...] = (
    "task", "project", "person", "milestone", "sprint", "dependency", "approval", "request",
    "connection", "portfolio",
)  # fmt: skip
PLURALS: Mapping[str, str] = {
    "person": "people", "dependency": "dependencies", "request": "service requests",
}  # fmt: skip
"""What several subjects are called, where it is not the subject with an s."""


SHARED = ("person", "portfolio")
"""Subjects that are no connection's own: what is said of them comes from several tools."""

SPOKEN_OF: tuple[str, ...] = (*SUBJECTS, "flag")
"""What conditions may be about: the subjects of standards, and flags in filters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A documented column about a subject.

    Args:
        name: canonical, with underscores; people write it with spaces.
        type: decides which comparisons make sense.
        meaning: one sentence for the reference.
        synonyms: other ways to write it.
        needs: fields of records ("task.due_on") that the tool must provide; without one of them
            the fact is unknown for all that the connection has.
        null: what no value means: "empty" (there is none) or "unknown" (nobody can say).
        words: the only values of a `word`; for a number, names of values.
        column: the column of the subject's own table, where it is one.
        unit: of a number.
    """

    name: str
    subject: Subject | Literal["flag"]
    type: FactType
    meaning: str
    synonyms: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    null: Literal["empty", "unknown"] = "empty"
    words: Mapping[str, int] | tuple[str, ...] = ()
    column: str | None = None
    unit: str | None = None

    @property
    def shown(self) -> str:
        """As people write it."""
        return self.name.replace("_", " ")


RELATIONS: Mapping[str, tuple[str, ...]] = {
    "subtask": ("subtask", "subtasks"),
    "linked_task": ("linked task", "linked tasks"),
    "blocker": ("blocker", "blockers"),
    "task": ("task", "tasks"),
}
RELATION_WORDS = tuple(word for words in RELATIONS.values() for word in words)
RELATED_TO: Mapping[str, tuple[str, ...]] = {
    "task": ("subtask", "linked_task", "blocker"),
    "project": ("task",),
    "milestone": ("task",),
    "sprint": (),
    "person": ("task",),
    "dependency": (),
    "approval": (),
    "request": ("subtask", "linked_task", "blocker"),
    "connection": (),
    "portfolio": ("task",),
    "flag": (),
}
"""Which relations each subject has."""

LINK = Fact(
    name="link", subject="task", type="word",
    meaning="How a linked task stands to this one; only within `linked task (…)`. "
    '"blocks" reads: the linked task blocks this one.',
    words=("blocks", "blocked_by", "precedes", "follows", "duplicates", "duplicated_by", "clones",
           "cloned_by", "relates", "other"),
    needs=("link.type",),
)  # fmt: skip


def plural(subject: str) -> str:
    """What several of a kind of subject are called."""
    return PLURALS.get(subject, f"{subject}s")


def relation_of(word: str) -> str:
    """The relation that a word names."""
    plain = word.replace("_", " ")
    return next(name for name, words in RELATIONS.items() if plain in words)


@cache
def of(subject: str) -> Mapping[str, Fact]:
    """The facts of a subject, by canonical name."""
    from sync_engine.rules.catalogue import CATALOGUE

    return {fact.name: fact for fact in CATALOGUE if fact.subject == subject}


@cache
def _written(subject: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for fact in of(subject).values():
        for written in (fact.name, *fact.synonyms):
            name = written.replace(" ", "_")
            if found.setdefault(name, fact.name) != fact.name:
                raise ValueError(f"{written!r} names both {found[name]} and {fact.name}")
    return found


def find(subject: str, written: str, *, linked: bool = False) -> Fact | None:
    """The fact that a subject has under a name, in any way to write it (underscores for spaces).

    `linked`: the subject is a linked task, which also has `link`.
    """
    if linked and written == LINK.name:
        return LINK
    name = _written(subject).get(written)
    return of(subject)[name] if name else None


def words_of(subject: str) -> tuple[str, ...]:
    """Every way to write a fact of a subject, with spaces."""
    return tuple(name.replace("_", " ") for name in _written(subject))


@cache
def all_words() -> tuple[str, ...]:
    """Every way to write a fact of any subject, with spaces."""
    words = {"link", *(word for subject in SPOKEN_OF for word in words_of(subject))}
    return tuple(sorted(words))


def subjects_with(name: str) -> list[str]:
    """The subjects that have a fact."""
    return [subject for subject in SPOKEN_OF if find(subject, name)]


def missing(needed: Iterable[Fact], provided: Mapping[str, Iterable[str]]) -> list[str]:
    """Of the needed facts, those that a tool providing these fields cannot supply (as shown)."""
    have = {f"{kind}.{name}" for kind, names in provided.items() for name in names}
    return sorted({fact.shown for fact in needed if not have.issuperset(fact.needs)})
