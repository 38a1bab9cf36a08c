"""What helps while a condition is written: what is wrong, what may follow, what facts there are."""

from __future__ import annotations

import orjson
from fastapi import Response

from sync_engine.rules import assist, facts
from sync_engine.web.console.ask import Asked
from sync_engine.web.console.needs import ALL, Needs
from sync_engine.web.console.refusals import Refusal, missing
from sync_engine.web.console.site import Pages

HELP = Needs(ALL, "none")
MOST_TEXT, MOST_PARAMS = 5_000, 50


def register(pages: Pages) -> None:
    """Add the routes."""

    @pages.get("/standards/_language", HELP)
    def language(
        text: str = "", subject: str = "task", cursor: int = -1, params: str = ""
    ) -> Response:
        if subject not in facts.SPOKEN_OF or len(text) > MOST_TEXT:
            raise Refusal(422, "This takes a subject and a condition.")
        types = dict(each.split(":", 1) for each in params.split(",")[:MOST_PARAMS] if ":" in each)
        wrong = assist.trouble(text, subject, types) if text.strip() else None
        found = assist.proposals(text, len(text) if cursor < 0 else cursor, subject, types)
        body = {"trouble": wrong, "start": found.start, "words": found.words}
        return Response(orjson.dumps(body), media_type="application/json")

    @pages.get("/standards/_facts", HELP)
    def fact_list(ask: Asked, subject: str = "task") -> Response:
        if subject not in facts.SUBJECTS:
            raise missing()
        return ask.page(
            "standard_facts.html.j2", subject=subject, subjects=facts.SUBJECTS,
            known=facts.of(subject).values(),
        )  # fmt: skip
