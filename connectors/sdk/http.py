"""The one HTTP door: whatever a connector asks goes through here, and nothing else does.

It paces (`gate.py`), retries (`retry.py`, the only layer), bounds time and bytes and checks whom
it talks to (`wire.py`, `transport.py`), reads strictly (`answers.py`, `json_body.py`), renews
credentials (`oauth.py`), and lets no secret into any text (`scrub.py`). It follows redirects on
the same host only.
"""

from __future__ import annotations

import hashlib
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Container, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote_plus, urljoin, urlsplit

import orjson

from connectors.sdk.answers import Call, Reader, is_passing
from connectors.sdk.contract import Access, Answer, Clock, Connector, Options, Xml
from connectors.sdk.errors import Refused, Throttled, Unavailable
from connectors.sdk.gate import LONGEST_COOLDOWN, Gate, Gates
from connectors.sdk.json_body import NotJson, parse_json
from connectors.sdk.oauth import Bearer, TokenStore
from connectors.sdk.retry import Again, retrying
from connectors.sdk.scrub import Scrubber, secrets_in
from connectors.sdk.statuses import CHECK_CREDENTIAL, seconds_asked
from connectors.sdk.wire import Bounds, Origin, Raw, TooSlow, Wire, origin_of

__all__ = ["Bounds", "Door", "Gates", "open_door"]

_HOPS = 5
_XML = "application/xml; charset=utf-8"
_REPEATABLE = frozenset({"GET", "PROPFIND", "REPORT"})  # wherever a redirect leads
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TRIES_TOO_SLOW = 2
_LONGEST_PATIENCE = 900.0
_SIGN_IN_LATER = 30.0  # seconds, where the sign-in service is busy and does not say for how long
_QUOTA = timedelta(hours=1)  # a limit for so long a period is a quota, the others are paces


class Door:
    """The `Http` of one connection, safe for the threads of its lanes; made by `open_door`.

    Attributes:
        requests: HTTP calls made, redirects and retries included.
        retries: how many of them repeated another.
        bytes: received, after decompression.
        waited_seconds: slept at the gate and before retries, over all threads.
        share: of an hourly or daily quota (0 … 1) after whose use nothing more is asked.
        budget_used: largest share (0 … 1) of a limit that an answer called used; None: none told.
    """

    def __init__(
        self,
        connector: type[Connector],
        base_url: str,
        *,
        wire: Wire,
        gate: Gate,
        scrub: Scrubber,
        bounds: Bounds,
        now: Clock,
        sleep: Callable[[float], object],
    ) -> None:
        self.requests = 0
        self.retries = 0
        self.bytes = 0
        self.waited_seconds = 0.0
        self.budget_used: float | None = None
        self.share = 1.0
        self.bearer: Bearer | None = None
        self.on_attempt: Callable[[str], object] | None = None
        self._connector = connector
        self._base = base_url.rstrip("/")
        self._path = urlsplit(self._base).path
        self._origin = _origin(connector, base_url)
        self._wire = wire
        self._gate = gate
        self._scrub = scrub
        self._reader = Reader(connector, scrub, now)
        self._bounds = bounds
        self._patience = min(bounds.patience, _LONGEST_PATIENCE)
        self._spent_until: datetime | None = None
        self._now = now
        self._sleep = sleep
        self._counting = threading.Lock()

    def close(self) -> None:
        """Close the connections."""
        self._wire.close()

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """See `Http.get`."""
        return self.request("GET", path, params=params).data

    def post(self, path: str, json: Any = None, params: Mapping[str, Any] | None = None) -> Any:
        """See `Http.post`."""
        return self.request("POST", path, json=json, params=params).data

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        xml: Xml | None = None,
        accept: Container[int] = (),
        etag: str | None = None,
        scope: str | None = None,
    ) -> Answer:
        """See `Http.request`."""
        url = self._url(path)
        call = Call(method, url, self._what(method, url), scope, accept, _pairs(params))
        if etag:
            call.headers["If-None-Match"] = etag
        if json is not None:
            call.headers["Content-Type"] = "application/json"
            call.body = orjson.dumps(json)
        if xml is not None:
            call.speaks_xml = True
            call.headers |= {**xml.headers, "Accept": "application/xml", "Content-Type": _XML}
            call.body = xml.text.encode()
        return retrying(lambda: self._attempt(call), self._pause)

    def send(
        self, method: str, path: str, json: Any = None, *, params: Mapping[str, Any] | None = None
    ) -> Answer:
        """See `Http.send`."""
        url = self._url(path)
        call = Call(method, url, self._what(method, url), None, (), _pairs(params))
        if json is not None:
            call.headers["Content-Type"] = "application/json"
            call.body = orjson.dumps(json)
        try:
            return self._attempt(call)
        except Again as again:
            failure = again.error
        # Outside the handler, so that nothing that holds a URL hangs on it.
        raise failure

    def ask(
        self,
        url: str,
        form: Mapping[str, str],
        *,
        basic: tuple[str, str] | None = None,
        bearer: str | None = None,
    ) -> tuple[int, Any]:
        """Post a form to the sign-in service: what `Bearer` asks with."""
        what = self._what("POST", url)
        headers = {}
        if bearer is not None:
            headers["Authorization"] = f"Bearer {bearer}"
        elif basic is not None:
            encoded = b64encode(":".join(map(quote_plus, basic)).encode()).decode()
            headers["Authorization"] = f"Basic {encoded}"
        self._scrub.add_headers(headers)
        raw = self._send(what, "POST", url, body=form, headers=headers)
        asked = seconds_asked(raw.headers, self._now())
        if raw.status == 429 or (raw.status in (403, 503) and asked is not None):
            asked = _SIGN_IN_LATER if asked is None else asked
            until = self._now() + timedelta(seconds=min(asked, LONGEST_COOLDOWN.total_seconds()))
            raise Throttled(
                f"{what} was answered with {raw.status}: too many requests.", until=until
            )
        try:
            data = parse_json(raw.body, repair=True)[0]
        except NotJson:
            if 200 <= raw.status < 300:  # a proxy's page says nothing about the credential
                raise Unavailable(f"{what}: the sign-in service's answer is not JSON.") from None
            return raw.status, None
        if raw.status >= 400 and isinstance(data, dict):
            data = {name: self._scrub(v) if isinstance(v, str) else v for name, v in data.items()}
        return raw.status, data

    def _attempt(self, call: Call) -> Answer:
        call.tries += 1
        if call.tries > 1:
            with self._counting:
                self.retries += 1
        token = self._authorize(call)
        try:
            raw = self._follow(call)
        except TooSlow as error:
            raise Again(error, _TRIES_TOO_SLOW) from None
        except Unavailable as error:
            raise Again(error, self._bounds.tries) from None
        try:
            answer = self._reader.answer(call, raw)
        except Again:
            self._learn(Answer(raw.status, raw.headers, None, raw.url))
            raise
        self._learn(answer)
        if raw.status == 401 and token and not call.renewed and 401 not in call.accept:
            self._renew(call, token)
        wrong = self._reader.verdict(call, answer, raw)
        if wrong is None:
            return answer
        if isinstance(wrong, Throttled):
            # Whoever comes next waits at the gate, this call too, or gives up there.
            self._gate.close((wrong.until - self._now()).total_seconds())
            raise Again(wrong, self._bounds.tries, wait=0.0)
        if is_passing(wrong):
            raise Again(wrong, self._bounds.tries)
        raise wrong

    def _learn(self, answer: Answer) -> None:
        """Heed what an answer says is left of the tool's limits, and of our share in them."""
        for budget in self._connector.budget(answer):
            self._gate.learn(budget)
            if not budget.limit:
                continue
            used = 1 - budget.remaining / budget.limit
            with self._counting:
                self.budget_used = max(used, self.budget_used or 0.0)
                if used >= self.share and (budget.per or budget.resets_in) >= _QUOTA:
                    self._spent_until = self._now() + budget.resets_in

    def _authorize(self, call: Call) -> str | None:
        if self.bearer is None:
            return None
        token = self._signed_in(self.bearer.token)
        call.headers["Authorization"] = f"Bearer {token}"
        return token

    def _renew(self, call: Call, token: str) -> None:
        """Get another token and try again, once."""
        refused = Refused(f"{call.what} was refused (401).", remedy=CHECK_CREDENTIAL)
        call.renewed = True
        bearer = self.bearer
        if bearer is not None:
            self._signed_in(lambda: bearer.renew(token))
        raise Again(refused, call.tries + 1, wait=0.0)

    def _signed_in(self, sign_in: Callable[[], str]) -> str:
        """What the sign-in service gives; no gate stands before it, so waiting is done here."""
        try:
            return sign_in()
        except Throttled as error:
            seconds = max((error.until - self._now()).total_seconds(), 0.0)
            if seconds > self._patience:
                raise
            raise Again(error, self._bounds.tries, seconds) from None
        except TooSlow as error:
            raise Again(error, _TRIES_TOO_SLOW) from None
        except Unavailable as error:
            raise Again(error, self._bounds.tries) from None

    def _follow(self, call: Call) -> Raw:
        """The answer at the end of the redirects."""
        url, params = call.url, call.params
        for _ in range(_HOPS + 1):
            raw = self._exchange(call, url, params)
            location = raw.headers.get("location")
            if raw.status not in _REDIRECTS or raw.status in call.accept or location is None:
                return raw
            url, params = self._target(call, raw.url, location), ()
            if call.method not in _REPEATABLE and raw.status not in (307, 308):
                raise Refused(
                    f"{call.what} was redirected ({raw.status}) to where it cannot be repeated.",
                    remedy="Set `url` to the address at which the tool answers itself.",
                )
        raise Refused(f"{call.what} was redirected more than {_HOPS} times.", remedy="Check `url`.")

    def _target(self, call: Call, url: str, location: str) -> str:
        """Where a redirect leads."""
        try:
            target = urljoin(url, location)
        except ValueError:
            target = ""
        if not self._is_ours(target):
            raise Refused(
                f"{call.what} was redirected to another address"
                f" ({self._scrub(str(origin_of(target)))}), which is not followed.",
                remedy="If the tool has moved there, set `url` to its new address.",
            )
        return target

    def _exchange(self, call: Call, url: str, params: Sequence[tuple[str, str]]) -> Raw:
        """One HTTP call, after the gate."""
        path = urlsplit(url).path.removeprefix(self._path)
        if self._spent_until is not None and self._now() < self._spent_until:
            raise Throttled(
                f"{call.what} has to wait until {self._spent_until:%Y-%m-%d %H:%M} UTC: this "
                f"connection has used its share of the quota ({100 * self.share:g}%).",
                until=self._spent_until,
            )
        while (wait := self._gate.enter(path)) > 0:
            if wait > self._patience:
                raise self._throttled(call, wait)
            self._pause(wait)
        return self._send(
            call.what, call.method, url, params=params, body=call.body, headers=call.headers
        )

    def _send(self, what: str, method: str, url: str, **how: Any) -> Raw:
        """Count and announce one call."""
        if self.on_attempt is not None:
            self.on_attempt(f"before {what}")
        with self._counting:
            self.requests += 1
        raw = self._wire.send(method, url, what=what, **how)
        with self._counting:
            self.bytes += len(raw.body)
        if self.on_attempt is not None:
            self.on_attempt(f"after {what}")
        return raw

    def _throttled(self, call: Call, seconds: float) -> Throttled:
        until = self._now() + min(timedelta(seconds=seconds), LONGEST_COOLDOWN)
        return Throttled(
            f"{call.what} has to wait until {until:%Y-%m-%d %H:%M} UTC: too many requests.",
            until=until,
        )

    def _pause(self, seconds: float) -> None:
        if seconds <= 0:
            return
        with self._counting:
            self.waited_seconds += seconds
        self._sleep(seconds)

    def _url(self, path: str) -> str:
        if "://" not in path.split("?", 1)[0]:
            return f"{self._base}/{path.removeprefix('/')}"
        if not self._is_ours(path):
            raise Refused(
                f"{self._connector.title} gave a link to another address"
                f" ({self._scrub(str(origin_of(path)))}), which is not followed.",
                remedy="If the tool has moved there, set `url` to its new address.",
            )
        return path

    def _is_ours(self, url: str) -> bool:
        """Whether a URL has our scheme, host and port; from http to https may be gone up."""
        theirs = origin_of(url)
        upgrade = Origin("https", self._origin.host, 443) if self._origin.port == 80 else None
        return theirs in (self._origin, upgrade) and theirs is not None

    def _what(self, method: str, url: str) -> str:
        """The request in words: no query, no secret."""
        words = f"{self._connector.title} at {origin_of(url)}: {method} {urlsplit(url).path}"
        return self._scrub(words)


def _pairs(params: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name, value in (params or {}).items():
        if value is None:
            continue
        values = value if isinstance(value, (list, tuple, set, frozenset)) else (value,)
        pairs += [(name, str(v).lower() if isinstance(v, bool) else str(v)) for v in values]
    return pairs


def _utc_now() -> datetime:
    return datetime.now(UTC)


def open_door(  # noqa: PLR0913 - all of them are the caller's to say
    connector_class: type[Connector],
    config: Options,
    *,
    gates: Gates | None = None,
    now: Clock = _utc_now,
    sleep: Callable[[float], object] = time.sleep,
    on_attempt: Callable[[str], object] | None = None,
    tokens: TokenStore | None = None,
    bounds: Bounds | None = None,
    connection: str = "",
) -> Door:
    """The door of one configured account.

    Args:
        connector_class: says where it leads (`access`) and how its vendor speaks.
        config: an instance of the connector's `Config`.
        gates: the gates of the process, so that connections with one credential share one.
        now: the wall clock.
        sleep: may raise to break off a wait (a daemon that is told to stop).
        on_attempt: called as `"before GET …"` and `"after GET …"` around every HTTP call.
        tokens: where refreshed OAuth tokens are kept; needed if the connector uses OAuth.
        bounds: what one request may cost.
        connection: its name, under which the tokens of a login are kept.

    Raises:
        Refused: the configured address is none.
    """
    bounds = bounds or Bounds()
    access = connector_class.access(config)
    scrub = Scrubber()
    scrub.add(*secrets_in(config))
    scrub.add_headers(access.headers)
    door = Door(
        connector_class,
        access.base_url,
        wire=Wire(
            access.headers,
            parallel=connector_class.parallel,
            private=config.allow_private_network,
            bounds=bounds,
        ),
        gate=(gates or Gates(now=now)).gate(
            _limit_scope(connector_class, access), connector_class.limits
        ),
        scrub=scrub,
        bounds=bounds,
        now=now,
        sleep=sleep,
    )
    door.on_attempt = on_attempt
    door.share = (config.quota_share or 100) / 100
    if access.oauth is not None:
        if tokens is None:
            raise TypeError("a connector that uses OAuth needs `tokens`")
        scrub.add(access.oauth.client_secret, access.oauth.refresh_token)
        door.bearer = Bearer(
            access.oauth, tokens, door.ask, learn=scrub.add, now=now, connection=connection
        )
    return door


def _origin(connector: type[Connector], url: str) -> Origin:
    origin = origin_of(url)
    if origin is None:
        raise Refused(
            f"{connector.title} has no valid address.",
            remedy="Set `url` to an address that begins with https://.",
        )
    return origin


def _limit_scope(connector: type[Connector], access: Access) -> str:
    """What a vendor counts requests by: the credential at the host. Tells no secret."""
    credential = [f"{header}={value}" for header, value in sorted(access.headers.items())]
    if access.oauth is not None:
        credential += [access.oauth.client_id, access.oauth.refresh_token, access.oauth.subject]
    digest = hashlib.sha256("\n".join(credential).encode()).hexdigest()[:16]
    return f"{connector.name}:{_origin(connector, access.base_url)}:{digest}"
