"""Signing in with an organisation's account: to the sign-in service and back."""

from __future__ import annotations

import threading
from dataclasses import asdict
from datetime import datetime, timedelta

from fastapi import Response
from fastapi.responses import RedirectResponse
from itsdangerous import BadSignature, URLSafeSerializer

from connectors.sdk.single_sign_on import Service
from sync_engine import accounts, clock
from sync_engine.admission import admit
from sync_engine.oidc import LONGEST_AGE, Attempt, Provider, SignInError
from sync_engine.secrets import SecretError, oidc_secret
from sync_engine.web.console import tokens
from sync_engine.web.console.ask import Ask, Asked, local
from sync_engine.web.console.needs import OPEN
from sync_engine.web.console.pages.configured import sentence
from sync_engine.web.console.pages.door import let_in, show_door
from sync_engine.web.console.refusals import missing
from sync_engine.web.console.site import Pages

BACK = "/sign-in/oidc/back"
OLD = "the sign-in took too long, or began in another browser; begin anew"


class Providers:
    """The sign-in service that is configured now, with what was read of it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: Provider | None = None

    def of(self, ask: Ask) -> Provider:
        """It. Raises `Refusal`: none is configured."""
        web = ask.settings.web
        if web.oidc is None or web.url is None or ask.console.demo is not None:
            raise missing()
        redirect = web.url.rstrip("/") + BACK
        with self._lock:
            held = self._held
            if held is None or (held.oidc, held.redirect) != (web.oidc, redirect):
                private, now = web.oidc.allow_private_network, ask.console.now
                service = Service(private=private, now=now, sleep=clock.sleep)
                held = self._held = Provider(web.oidc, redirect, now=now, service=service)
            return held


def register(pages: Pages) -> None:
    """Add the routes."""
    providers = Providers()

    @pages.get("/sign-in/oidc", OPEN)
    def begin(ask: Asked, next: str = "/") -> Response:
        provider = providers.of(ask)
        if ask.user is not None:
            return ask.go(next)
        attempt = Attempt.new()
        try:
            address = provider.begin(attempt)
        except SignInError as error:
            return show_door(ask, next, sentence(error), status=502)
        response = RedirectResponse(address, 303)
        ask.set_cookie(response, tokens.GUEST, ask.held)
        sealed = _serializer(ask).dumps(
            {**asdict(attempt), "next": local(next), "at": ask.now.isoformat()}
        )
        ask.set_cookie(response, tokens.OIDC, str(sealed), int(LONGEST_AGE.total_seconds()))
        return response

    @pages.get(BACK, OPEN)
    def back(ask: Asked) -> Response:
        provider = providers.of(ask)
        path = "/"
        try:
            attempt, path = _kept(ask)
            said = dict(ask.request.query_params.multi_items())
            secret = oidc_secret(ask.console.configuration())
            person = provider.finish(attempt, said, secret)
            user = admit(ask.engine, person, ask.now, create=provider.oidc.create)
        except (SignInError, SecretError) as error:
            response = show_door(ask, path, sentence(error), status=403)
        else:
            response = let_in(ask, accounts.open_session(ask.engine, user.id, ask.now), path)
        ask.set_cookie(response, tokens.OIDC, None)  # an attempt is used once
        return response


def _kept(ask: Ask) -> tuple[Attempt, str]:
    """The sign-in that this browser began, and where it wanted to go. Raises `SignInError`."""
    sealed = ask.cookie(tokens.OIDC)
    if sealed is None or ask.user is not None:
        raise SignInError(OLD)
    try:
        held = _serializer(ask).loads(sealed)
    except BadSignature:
        raise SignInError(OLD) from None
    age = ask.now - datetime.fromisoformat(held["at"])
    if not timedelta(0) <= age <= LONGEST_AGE:
        raise SignInError(OLD)
    return Attempt(held["state"], held["nonce"], held["verifier"]), str(held["next"])


def _serializer(ask: Ask) -> URLSafeSerializer:
    """Bound to the browser's own cookie: what another browser was given does not fit."""
    return URLSafeSerializer(ask.held, salt="oidc")
