"""Every route says what it needs, and answers each role accordingly: from the route table."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests
from fastapi import APIRouter, FastAPI, Request

from sync_engine.accounts import ROLES
from sync_engine.configure import standards
from sync_engine.configure.changes import Desk
from sync_engine.web.api.register import register_all as register_resources
from sync_engine.web.api.resources import Resources
from sync_engine.web.console.needs import (
    ADMIN,
    ALL,
    OPEN,
    Needs,
    UndeclaredError,
    check,
    declare,
    guarded,
    refuse_strangers,
)
from sync_engine.web.console.pages import register_all
from sync_engine.web.console.site import Pages
from tests.console.site import ACTOR, Browser, Site

STANDARD = "/standards/many-owners"
PACK = "/standards/_packs/{name}"
OF_CONNECTION = ("", "/runs", "/items", "/words", "/words/ask", "/settings", "/check", "/begin",
                 "/writeback", "/sign-in", "/read", "/census", "/accept", "/switch", "/remove",
                 "/purge")  # fmt: skip
OWN: dict[str, str] = {
    "/static/{digest}/{name}": "/static/0/flagstaff.css",
    "/digests/log/{id}": "/digests/log/1",
    "/digests/log/{id}/release": "/digests/log/1/release",
    "/flags/{id}": "/flags/1",
    "/flags/{id}/acknowledge": "/flags/1/acknowledge",
    "/flags/{id}/waive": "/flags/1/waive",
    "/flags/{id}/end-waiver": "/flags/1/end-waiver",
    "/flags/views/{id}/delete": "/flags/views/1/delete",
    "/api/v1/flags/{id}": "/api/v1/flags/1",
    "/api/v1/flags/{id}/acknowledge": "/api/v1/flags/1/acknowledge",
    "/api/v1/flags/{id}/waive": "/api/v1/flags/1/waive",
    "/api/v1/flags/{id}/end-waiver": "/api/v1/flags/1/end-waiver",
    "/projects/{connection}/{id:path}": "/projects/engineering/alpha",
    "/api/v1/projects/{connection}/{id:path}": "/api/v1/projects/engineering/alpha",
    "/people/{id}": "/people/2",
    "/api/v1/people/{id}": "/api/v1/people/2",
    "/standards/{id}": STANDARD,
    "/api/v1/standards/{id}": f"/api/v1{STANDARD}",
    "/standards/{id}/tune": f"{STANDARD}/tune",
    "/standards/{id}/reset": f"{STANDARD}/reset",
    **{f"{PACK}{rest}": f"/standards/_packs/acme{rest}"
       for rest in ("", "/write", "/drop", "/yaml", "/preview", "/publish", "/remove", "/export")},
    "/connections/new/{tool}": "/connections/new/trello",
    **{f"/connections/{{name}}{each}": f"/connections/engineering{each}" for each in OF_CONNECTION},
    "/api/v1/connections/{name}": "/api/v1/connections/engineering",
    "/api/v1/connections/{name}/runs": "/api/v1/connections/engineering/runs",
    "/connections/{name}/yaml": "/connections/engineering/yaml",
    f"{PACK}/versions/{{number}}": "/standards/_packs/acme/versions/1",
}  # fmt: skip
"""By route with parameters: an address of a row that a manager of Core may see, or of nothing."""

FOREIGN: dict[str, str] = {
    "/digests/log/{id}": "/digests/log/2",
    "/flags/{id}": "/flags/94",
    "/flags/{id}/acknowledge": "/flags/94/acknowledge",
    "/flags/{id}/waive": "/flags/94/waive",
    "/flags/{id}/end-waiver": "/flags/94/end-waiver",
    "/api/v1/flags/{id}": "/api/v1/flags/94",
    "/api/v1/flags/{id}/acknowledge": "/api/v1/flags/94/acknowledge",
    "/api/v1/flags/{id}/waive": "/api/v1/flags/94/waive",
    "/api/v1/flags/{id}/end-waiver": "/api/v1/flags/94/end-waiver",
    "/projects/{connection}/{id:path}": "/projects/engineering/gamma",
    "/api/v1/projects/{connection}/{id:path}": "/api/v1/projects/engineering/gamma",
    "/people/{id}": "/people/3",
    "/api/v1/people/{id}": "/api/v1/people/3",
    "/standards/{id}": "/standards/no-such",
    "/api/v1/standards/{id}": "/api/v1/standards/no-such",
    "/api/v1/connections/{name}": "/api/v1/connections/office",
    "/api/v1/connections/{name}/runs": "/api/v1/connections/office/runs",
    **{f"/connections/{{name}}{each}": f"/connections/office{each}" for each in ("", "/runs")},
}
"""By route that shows one row: the address of one that a manager of Core may not see."""


def table(site: Site) -> list[Any]:
    """All routes of the console and of the API."""
    pages, resources = Pages(site.console), Resources(site.console)
    register_all(pages)
    register_resources(resources)
    return [*pages.router.routes, *resources.router.routes]


def publish_pack(site: Site) -> None:
    """A pack of the console's own, with a version."""
    desk = Desk(site.engine, site.console.configuration(), site.console.now)
    text = "pack: acme\ntitle: Acme\nextends: finance\n"
    standards.save_draft(desk, ACTOR, "acme", text, version=None)
    standards.publish(desk, ACTOR, "acme", version=1)


def test_each_route_answers_each_role(site: Site) -> None:
    """Signed out: the door, or 401 of the API. Too little a role: 403. A foreign row: 404."""
    routes = table(site)
    publish_pack(site)
    assert len(routes) >= 8
    browsers = {role: site.browser(role) for role in ROLES}
    for route in routes:
        needs, (method, *_) = route.needs, sorted(route.methods - {"HEAD"})
        where = f"{method} {route.path}"
        path = OWN.get(route.path, route.path)
        assert "{" not in path, f"{where}: name an address of it in OWN"
        if "{" in route.path and needs.rows == "visible":
            assert route.path in FOREIGN, f"{where}: name the address of a foreign row in FOREIGN"
        if needs.roles is None:
            continue
        signed_out = site.browser().ask(method, path)
        if path.startswith("/api/"):
            assert signed_out.status_code == 401, where
        else:
            assert signed_out.status_code == 303, where
            assert signed_out.headers["Location"].startswith("/sign-in?next="), where
        for role in ROLES:
            answer = browsers[role].ask(method, path)
            if role not in needs.roles:
                assert answer.status_code == 403, f"{where} as {role}"
            elif needs.changes:
                assert answer.status_code == 403, f"{where} as {role}, forged"
                assert "out of date" in answer.text, f"{where} as {role}, forged"
            else:
                assert answer.status_code < 400, f"{where} as {role}"
        if route.path in FOREIGN:
            foreign = _foreign(browsers["manager"], method, FOREIGN[route.path])
            assert foreign.status_code == 404, f"{where}, a foreign row"


def test_no_number_is_too_large(site: Site) -> None:
    """In an address there is nothing under it; in a form it is none that the page has sent."""
    publish_pack(site)
    huge, admin = "99999999999999999999", site.browser("admin")
    asked = 0
    for route in table(site):
        if route.needs.roles is None or "GET" not in route.methods:
            continue
        path = OWN.get(route.path, route.path)
        numbers = [
            each
            for each in route.dependant.query_params
            if "int" in str(each.field_info.annotation)
        ]
        asks = [f"{path}?{each.alias}={huge}" for each in numbers]
        asks += [re.sub(r"\{[^}]+\}", huge, route.path)] if "{" in route.path else []
        asked += len(asks)
        for each in asks:
            assert admin.get(each).status_code < 500, each
    assert asked > 20
    assert admin.post("/settings/tokens/revoke", id=huge).status_code == 404
    assert admin.post(f"/digests/log/{huge}/release").status_code == 404
    assert admin.post("/flags/1/acknowledge", seen=huge).status_code == 400
    named = {"do": "acknowledge", "flag": f"000000000001{huge}"[:20], "expected": "1"}
    assert admin.post("/flags/chosen", **named).status_code == 400
    assert admin.post("/standards/_packs/acme/yaml", version="9" * 5_000).status_code == 400


@pytest.mark.parametrize("written", ["%00", "%FF", "%ED%A0%80"])
def test_what_is_no_text_is_refused_in_every_address(site: Site, written: str) -> None:
    """NUL, no UTF-8, half of a pair: as a name and as what is asked for, signed in or not."""
    admin, asked = site.browser("admin"), 0
    for route in table(site):
        if "GET" not in route.methods:
            continue
        refusal = 422 if route.path.startswith("/api/") else 400
        path = OWN.get(route.path, route.path)
        asks = [f"{path}?any={written}", f"{path}?a%5B{written}=1"]
        asks += [f"{path}?{each.alias}=a{written}" for each in route.dependant.query_params]
        asks += [re.sub(r"\{[^}]+\}", f"a{written}", route.path)] if "{" in route.path else []
        asked += len(asks)
        for each in asks:
            answer = admin.get(each)
            assert answer.status_code == refusal, each
            assert "no text" in answer.text, each
    assert asked > 150
    assert site.browser().get(f"/flags?where={written}").status_code == 400
    assert admin.get("/flags?where=title+%3D+%22%EF%BF%BD%0D%0A%22").status_code == 200


def _foreign(browser: Browser, method: str, path: str) -> requests.Response:
    """Ask for a foreign row, with all that a page of ours or a program would send."""
    if method == "GET":
        return browser.get(path)
    if not path.startswith("/api/"):
        return browser.post(path)
    headers = {"Origin": browser.site.address, "X-CSRF-Token": browser.proof()}
    body = {"until": "2026-12-24", "reason": "x"} if path.endswith("/waive") else {}
    return browser.session.post(browser.site.address + path, json=body, headers=headers, timeout=30)


def _router() -> APIRouter:
    async def let_in(request: Request, _needs: Needs) -> Request:
        return request

    return APIRouter(route_class=guarded(let_in))


def _page() -> str:
    return "something"


@pytest.mark.parametrize(
    ("needs", "method", "said"),
    [
        (None, "GET", "does not say what it needs"),
        (Needs(ALL, "visible"), "POST", "whether it changes anything"),
        (Needs(ADMIN, "none", changes=True), "GET", "whether it changes anything"),
        (Needs(ALL, "whole"), "GET", "shows all rows"),
        (Needs(None, "whole"), "GET", "shows all rows"),
    ],
)
def test_a_route_that_says_nothing_or_nonsense_is_refused(
    needs: Needs | None, method: str, said: str
) -> None:
    """The application is not even built."""

    def page() -> str:
        return "something"

    if needs is not None:
        declare(page, needs)
    with pytest.raises(UndeclaredError, match=said):
        _router().add_api_route("/new", page, methods=[method])


def test_a_route_past_the_guard_is_refused() -> None:
    """On the console's router or beside it."""
    router = _router()
    declare(_page, OPEN)
    router.add_api_route("/fine", _page)
    check([router])
    plain = APIRouter()
    plain.add_api_route("/new", _page)
    with pytest.raises(UndeclaredError, match="/new is not guarded"):
        check([router, plain])
    app = FastAPI(openapi_url=None)
    app.add_api_route("/stray", _page)
    with pytest.raises(UndeclaredError, match="/stray is not guarded"):
        refuse_strangers(app, ())
    refuse_strangers(app, ("/stray",))
