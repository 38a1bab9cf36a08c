"""What all pages are made of: style, script, pictures; and the switch between light and dark."""

from __future__ import annotations

from fastapi import Response

from sync_engine.web.console import tokens
from sync_engine.web.console.ask import Asked
from sync_engine.web.console.assets import assets
from sync_engine.web.console.needs import Needs
from sync_engine.web.console.refusals import Refusal, missing
from sync_engine.web.console.site import Pages

FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}


def register(pages: Pages) -> None:
    """Add the routes."""

    @pages.get("/static/{digest}/{name}", Needs(None, "none", known=False))
    def static(digest: str, name: str) -> Response:
        asset = assets().get(name)
        if asset is None or asset.digest != digest:
            raise missing()
        return Response(asset.body, media_type=asset.type, headers=FOR_EVER)

    @pages.post("/theme", Needs(None, "none", changes=True))
    def theme(ask: Asked) -> Response:
        chosen = ask.form.text("theme")
        if chosen not in tokens.THEMES:
            raise Refusal(400, "There are the themes light, dark, and what your system says.")
        response = ask.go(ask.form.text("back") or "/")
        ask.set_cookie(response, tokens.THEME, chosen, tokens.YEAR_SECONDS)
        return response
