"""`/api/v1/standards`: which there are, from where, whether they hold, and how each is met."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import BaseModel, Field

from sync_engine.rules.entries import shown_param
from sync_engine.rules.standards import said_in_general
from sync_engine.views import marks
from sync_engine.views import standards as views
from sync_engine.views.catalogue import Card, Catalogue
from sync_engine.web.api.problems import understood
from sync_engine.web.api.resources import TEXT, USUAL, After, Limit, Page, Resources
from sync_engine.web.api.shapes import Assessed, Compliance, Severities, Week
from sync_engine.web.console.ask import Ask, Asked
from sync_engine.web.console.library import Library
from sync_engine.web.console.needs import ALL, Needs
from sync_engine.web.console.refusals import missing

READ = Needs(ALL, "visible")
ORDER = "standards"
Id = Annotated[
    str, Path(min_length=1, max_length=60, pattern=TEXT, description="The standard's stable name.")
]


class Standard(BaseModel):
    """A standard of a pack."""

    id: str
    title: str
    subject: str = Field(description="What it is asked of.")
    severity: Literal["info", "low", "medium", "high", "critical"]
    on: bool = Field(description="It is assessed: its pack is switched on, and it is, too.")
    pack: str
    pack_title: str
    origin: Literal["product", "file", "console"] = Field(description="Where its pack comes from.")
    source: str = Field(description="On what it rests.")
    ref: str | None = Field(description="Its id in the PMO's catalogue.")
    changed: bool = Field(description="It is set otherwise than its pack says.")
    wrong: str | None = Field(description="Why what is set of it makes no sense.")
    compliance: Compliance | None = Field(
        description="Of what the caller may see, at the last assessment of everything; null: it "
        "was not assessed."
    )


class Standards(Page):
    """A page of standards."""

    standards: list[Standard]
    assessed: Assessed | None = Field(description="null: nothing was ever assessed.")


class Parameter(BaseModel):
    """A parameter, with its unit."""

    name: str
    value: str
    pack_value: str
    help: str


class Examples(BaseModel):
    """The standard's test of itself: facts of subjects."""

    flagged: list[dict[str, Any]]
    met: list[dict[str, Any]]
    not_assessable: list[dict[str, Any]]


class Blind(BaseModel):
    """A connection where something of it could not be assessed."""

    connection: str
    tool: str
    times: int
    missing: list[str] = Field(description="Facts that the tool does not provide.")
    read: bool = Field(description="false: it was never read, so nothing is known of its tool.")


class WholeStandard(BaseModel):
    """All that there is to say about a standard."""

    standard: Standard
    scope: str | None = Field(description="Which subjects are assessed; null: all.")
    flag_when: str
    says: str
    why: str
    remedy: str
    version: str
    parameters: list[Parameter]
    examples: Examples
    assessed: Assessed | None = Field(description="null: nothing was ever assessed.")
    weeks: list[Week] = Field(description="The oldest first.")
    open_flags: Severities
    waived_flags: int
    not_assessable: list[Blind] = Field(description="Where, the worst first.")


def register(resources: Resources) -> None:
    """Add the routes."""
    library = Library(resources.console)

    @resources.get("/standards", READ, answer=Standards, may=(400,))
    def list_standards(
        ask: Asked,
        on: Annotated[
            bool | None, Query(description="Those that are assessed, or are not; else all.")
        ] = None,
        limit: Limit = USUAL,
        after: After = None,
    ) -> Standards:
        """List standards, by id."""
        known = library.catalogue()
        with ask.reading() as connection, understood():
            key = "" if after is None else marks.read(after, ORDER, str)[0]
            found = views.fared(connection, ask.visible(connection), ask.moment.today)
        cards = sorted(
            (card for card in known.cards.values() if card.id > key and on in (None, card.on)),
            key=lambda card: card.id,
        )
        more = len(cards) > limit
        return Standards(
            standards=[_standard(card, known, found) for card in cards[:limit]],
            assessed=Assessed.of(found.assessed),
            next=marks.made(ORDER, cards[limit - 1].id) if more else None,
        )

    @resources.get("/standards/{id}", READ, answer=WholeStandard, may=(404,))
    def show_standard(ask: Asked, id: Id) -> WholeStandard:
        """Show a standard with its text, its examples and its course."""
        known = library.catalogue()
        card = known.cards.get(id)
        if card is None:
            raise missing()
        return _whole(ask, card, known)


def _standard(card: Card, known: Catalogue, found: views.Fared) -> Standard:
    standard = card.standard
    shelf = next(each for each in known.shelves if each.name == card.pack)
    return Standard(
        id=card.id, title=standard.title, subject=standard.subject, severity=standard.severity,
        on=card.on, pack=card.pack, pack_title=shelf.title, origin=shelf.origin,
        source=standard.source, ref=standard.ref, changed=card.setting is not None,
        wrong=card.wrong, compliance=Compliance.of(found.now.get(card.id)) if card.on else None,
    )  # fmt: skip


def _whole(ask: Ask, card: Card, known: Catalogue) -> WholeStandard:
    standard, declared = card.standard, card.member.entry
    with ask.reading() as connection:
        visible = ask.visible(connection)
        found = views.fared(connection, visible, ask.moment.today, card.id)
        flags = views.flagged(connection, visible, card.id)
        day = found.assessed.day if found.assessed else None
        blind = views.blind(connection, visible, standard, day)
    return WholeStandard(
        standard=_standard(card, known, found), scope=standard.scope_text or None,
        flag_when=standard.flag_text, says=said_in_general(standard), why=standard.why,
        remedy=standard.remedy, version=standard.version,
        parameters=[
            Parameter(name=name, value=shown_param(value), help=declared.params[name].help or "",
                      pack_value=shown_param(card.member.standard.params[name]))
            for name, value in standard.params.items()
        ],
        examples=Examples(
            flagged=list(declared.examples.flags), met=list(declared.examples.passes),
            not_assessable=list(declared.examples.not_assessable),
        ),
        assessed=Assessed.of(found.assessed), weeks=Week.course(found.weeks.get(card.id, ())),
        open_flags=Severities.of(flags.by_severity), waived_flags=flags.waived,
        not_assessable=[
            Blind(connection=each.connection, tool=each.tool, times=each.unknown,
                  missing=list(each.missing), read=each.read)
            for each in blind
        ],
    )  # fmt: skip
