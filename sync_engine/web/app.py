"""The application behind the web address: probes, metrics, and what else is served."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
from fastapi import APIRouter, FastAPI, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

Probe = Callable[[], tuple[bool, Mapping[str, Any]]]
"""Whether all is well, and what there is to say about it."""

HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def make_app(
    *,
    healthz: Probe,
    readyz: Probe,
    metrics: CollectorRegistry,
    routers: Sequence[APIRouter] = (),
) -> FastAPI:
    """The application of one process.

    Args:
        healthz: whether the process works; false asks for a restart.
        readyz: whether it does its duty: store reachable, configuration sound.
        routers: what is served besides.
    """
    app = FastAPI(title="Flagstaff", openapi_url=None, docs_url=None, redoc_url=None)

    @app.middleware("http")
    async def harden(request: Request, call_next: Callable[[Request], Any]) -> Response:
        answer: Response = await call_next(request)
        for name, value in HEADERS.items():
            answer.headers.setdefault(name, value)
        return answer

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
    return app


def _probed(probe: Probe) -> Response:
    fine, facts = probe()
    return Response(
        orjson.dumps(facts), status_code=200 if fine else 503, media_type="application/json"
    )
