"""Accounts that may be one person's: for somebody to decide."""

from __future__ import annotations

from fastapi import Response

from sync_engine.commands import CommandError
from sync_engine.configure import people
from sync_engine.connect import known_people
from sync_engine.digest.text import plural
from sync_engine.people import Suggestion, assign_identities
from sync_engine.settings import load_people
from sync_engine.web.console.ask import Ask, Asked
from sync_engine.web.console.needs import PMO, Needs
from sync_engine.web.console.refusals import Refusal
from sync_engine.web.console.site import Pages

SHOWN = 25
CHANGED = (
    "These accounts are no longer suggested as they were shown: somebody has decided, or a tool "
    "has changed. Look at them anew."
)


def register(pages: Pages) -> None:
    """Add the routes."""

    @pages.get("/people/same", Needs(PMO, "whole"))
    def show(ask: Asked) -> Response:
        return _page(ask)

    @pages.post("/people/same", Needs(PMO, "whole", changes=True))
    def decide(ask: Asked) -> Response:
        do, keys = ask.form.text("do"), frozenset(ask.form.all("account"))
        if do not in ("accept", "refuse"):
            raise Refusal(400, "Say whether they are one person's or not.")
        desk = ask.desk
        held = next((each for each in people.suggestions(desk) if _keys(each) == keys), None)
        if held is None:
            return _page(ask, CHANGED, 409)
        try:
            if do == "refuse":
                people.refuse(desk, ask.actor, held)
                said = f"They stay apart: the accounts called {held.name} are of different people."
            else:
                people.accept(desk, ask.actor, held)
                known = known_people(load_people(desk.configuration()))
                assign_identities(ask.engine, known)
                said = (
                    f"{plural(len(held.accounts), 'account')} of {held.name} are one person's now."
                )
        except CommandError as error:
            text = str(error)
            return _page(ask, f"{text[:1].upper()}{text[1:]}.", 422)
        ask.console.changed()
        return ask.go("/people/same", said=said)


def _page(ask: Ask, error: str | None = None, status: int = 200) -> Response:
    found = people.suggestions(ask.desk)
    return ask.page(
        "same_person.html.j2", status=status, found=found[:SHOWN], count=len(found), error=error,
        headline=headline(found), key=_key,
    )  # fmt: skip


def headline(found: list[Suggestion]) -> str:
    """What there is to decide."""
    if not found:
        return "No accounts of different tools look alike that are not decided on already."
    return (
        "Accounts of different tools that look like one person's. Only when somebody says so is "
        "their work added up."
    )


def _keys(suggestion: Suggestion) -> frozenset[str]:
    return frozenset(_key(account.key) for account in suggestion.accounts)


def _key(key: tuple[str, str]) -> str:
    return "/".join(key)
