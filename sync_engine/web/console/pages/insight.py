"""What an admin looks up: who changed what, what runs here, and all that is configured as YAML."""

from __future__ import annotations

import io
import zipfile
from datetime import date

from fastapi import Response

from sync_engine.configure import export
from sync_engine.settings import SettingsError
from sync_engine.views.about import about
from sync_engine.views.audit import Sought, actions, changes
from sync_engine.web.console.ask import Asked
from sync_engine.web.console.needs import ADMIN, Needs
from sync_engine.web.console.pages.configured import sentence
from sync_engine.web.console.refusals import Refusal
from sync_engine.web.console.site import Pages
from sync_engine.web.numbers import Number

WHOLE = Needs(ADMIN, "whole")


def register(pages: Pages) -> None:
    """Add the routes."""

    @pages.get("/settings/audit", WHOLE)
    def audit(
        ask: Asked, who: str = "", action: str = "", since: str = "", until: str = "",
        before: Number | None = None,
    ) -> Response:  # fmt: skip
        errors: dict[str, str] = {}
        first, last = (_day(text, name, errors) for name, text in
                       (("since", since), ("until", until)))  # fmt: skip
        moment = ask.shown_moment
        sought = Sought(
            who.strip().lower(), action, moment.span_of(first)[0] if first else None,
            moment.span_of(last)[1] if last else None, before,
        )  # fmt: skip
        with ask.reading() as connection:
            rows, following = changes(connection, sought)
            known = actions(connection)
        asked = {"who": who, "action": action, "since": since, "until": until}
        return ask.page(
            "audit.html.j2", rows=rows, following=following, asked=asked, known=known,
            errors=errors,
        )  # fmt: skip

    @pages.get("/settings/about", WHOLE)
    def show(ask: Asked) -> Response:
        with ask.reading() as connection:
            found = about(ask.engine, connection)
        configuration = ask.console.configuration()
        file = configuration.file or configuration
        return ask.page(
            "about.html.j2", found=found, file=file.source.file, left_out=configuration.left_out,
        )  # fmt: skip

    @pages.get("/settings/export", WHOLE)
    def everything(ask: Asked) -> Response:
        try:
            files = export.whole(ask.console.configuration(), ask.now)
        except SettingsError as error:
            raise Refusal(409, sentence(error)) from error
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in files.items():
                archive.writestr(name.lstrip("/"), text)
        said = f'attachment; filename="flagstaff-{ask.now:%Y-%m-%d}.zip"'
        return Response(
            packed.getvalue(), media_type="application/zip", headers={"Content-Disposition": said}
        )


def _day(text: str, name: str, errors: dict[str, str]) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        errors[name] = "Write a day as 2026-12-24."
        return None
