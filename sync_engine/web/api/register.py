"""All resources of the API, and its description."""

from __future__ import annotations

from importlib.metadata import version

import orjson
from fastapi import Response
from fastapi.openapi.utils import get_openapi

from sync_engine.web.api import (
    audit,
    compliance,
    connections,
    digests,
    flags,
    people,
    projects,
    standards,
    users,
)
from sync_engine.web.api.resources import ROOT, Resources
from sync_engine.web.console.needs import OPEN, declare

RESOURCES = (flags, projects, people, standards, connections, digests, audit, users, compliance)
ABOUT = (
    "The work of many tools, checked against standards. Callers send a token of an account as "
    "`Authorization: Bearer flag_…`, and see what the account may see. A list gives a mark as "
    "`next`; give it back as `after` for the following page."
)


def register_all(resources: Resources) -> None:
    """Register every resource, and the description of them all."""
    for resource in RESOURCES:
        resource.register(resources)
    body = orjson.dumps(description(resources))

    def describe() -> Response:
        return Response(body, media_type="application/json")

    declare(describe, OPEN)
    resources.router.add_api_route(f"{ROOT}/openapi.json", describe, include_in_schema=False)


def description(resources: Resources) -> dict[str, object]:
    """The API as OpenAPI describes it: nothing but its own routes."""
    made = get_openapi(
        title="Flagstaff", version=version("flagstaff"), description=ABOUT,
        routes=resources.router.routes,
    )  # fmt: skip
    made["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    made["security"] = [{"token": []}]
    return made
