"""The application behind the web address: probes, metrics, and what else is served."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
from fastapi import APIRouter, FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.middleware.gzip import GZipMiddleware

from sync_engine.web.console.headers import SecurityHeaders
from sync_engine.web.console.needs import refuse_strangers
from sync_engine.web.console.serving import mount
from sync_engine.web.console.site import Console
from sync_engine.web.hosts import NamedHosts

Probe = Callable[[], tuple[bool, Mapping[str, Any]]]
"""Whether all is well, and what there is to say about it."""

PROBES = ("/healthz", "/readyz", "/metrics")


def make_app(
    *,
    healthz: Probe,
    readyz: Probe,
    metrics: CollectorRegistry,
    routers: Sequence[APIRouter] = (),
    console: Console | None = None,
) -> FastAPI:
    """The application of one process.

    Args:
        healthz: whether the process works; false asks for a restart.
        readyz: whether it does its duty: store reachable, configuration sound.
        routers: what is served besides, to programs that prove by themselves who they are.
        console: what people see, if they are served.

    Raises:
        UndeclaredError: a page of the console does not say what it needs.
    """
    app = FastAPI(title="Flagstaff", openapi_url=None, docs_url=None, redoc_url=None)

    app.add_middleware(GZipMiddleware, minimum_size=1024)
    app.add_middleware(NamedHosts)
    app.add_middleware(SecurityHeaders)

    @app.get("/healthz")
    def _healthz() -> Response:
        return _probed(healthz)

    @app.get("/readyz")
    def _readyz() -> Response:
        return _probed(readyz)

    @app.get("/metrics")
    def _metrics() -> Response:
        return Response(generate_latest(metrics), media_type=CONTENT_TYPE_LATEST)

    for router in routers:
        app.include_router(router)
    if console is not None:
        mount(app, console)
    refuse_strangers(app, PROBES)
    return app


def _probed(probe: Probe) -> Response:
    fine, facts = probe()
    return Response(
        orjson.dumps(facts), status_code=200 if fine else 503, media_type="application/json"
    )
