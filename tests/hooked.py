"""What the tests of webhooks share: signed calls, an address that listens, a tool with hooks."""

from __future__ import annotations

import base64
import hmac
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Literal

from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from connectors.sdk.contract import Connector, Scope
from connectors.sdk.gate import Gates
from connectors.sdk.http import Door, open_door
from connectors.sdk.sandbox import Request, Sandbox
from connectors.sdk.webhooks import Call, Registered, Registrar, Webhook
from tests.conformance.reading import Subject

ADDRESS = "https://flagstaff.example.com/hooks/work/0123456789abcdef"
SECRET = "an invented secret of 32 bytes or more"
OTHER = "another secret, just as long as that one"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)

_SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8)
)


def json_like(*names: str, words: Iterable[Any] = ()) -> st.SearchStrategy[Any]:
    """Any JSON, more often than not with the names and words that a tool's calls have."""
    scalars = st.one_of(_SCALARS, st.sampled_from(list(words))) if words else _SCALARS
    keys = st.one_of(st.sampled_from(names), st.text(max_size=5)) if names else st.text(max_size=5)
    return st.recursive(
        scalars,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=6)
        ),
        max_leaves=20,
    )


def call_of(body: Any, url: str = ADDRESS, method: str = "POST", **headers: str) -> Call:
    """A call, with underscores in the names of headers for dashes; what is no bytes is JSON."""
    named = {name.lower().replace("_", "-"): value for name, value in headers.items()}
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Call(method, url, named, raw)


def signature(
    *parts: bytes | str,
    secret: str = SECRET,
    digest: str = "sha256",
    encoding: Literal["hex", "base64"] = "hex",
) -> str:
    """The HMAC of some bytes, made here by itself and not with what is tested."""
    whole = b"".join(each.encode() if isinstance(each, str) else each for each in parts)
    made = hmac.new(secret.encode(), whole, digest)
    return made.hexdigest() if encoding == "hex" else base64.b64encode(made.digest()).decode()


def only_the_signed_is_believed(
    webhook: Webhook, call: Call, *headers: str, now: datetime = NOW
) -> None:
    """Whether nothing but the very bytes and headers that were signed are believed."""
    assert webhook.verify(call, [SECRET], now)
    assert webhook.verify(call, [OTHER, SECRET], now)
    assert not webhook.verify(call, [OTHER], now)
    assert not webhook.verify(call, [], now)
    for place in range(len(call.body)):
        changed = bytearray(call.body)
        changed[place] ^= 1
        assert not webhook.verify(replace(call, body=bytes(changed)), [SECRET], now), place
    assert not webhook.verify(replace(call, body=call.body + b" "), [SECRET], now)
    for name in headers:
        rest = {each: value for each, value in call.headers.items() if each != name}
        assert not webhook.verify(replace(call, headers=rest), [SECRET], now), name
        for wrong in ("", "é", call.headers[name][:-1], flipped(call.headers[name])):
            forged = replace(call, headers={**call.headers, name: wrong})
            assert not webhook.verify(forged, [SECRET], now), (name, wrong)


def flipped(text: str) -> str:
    """A text with another first letter after what stands before a `=`."""
    start = text.index("=") + 1 if text.startswith("sha") else 0
    other = "1" if text[start] != "1" else "2"
    return text[:start] + other + text[start + 1 :]


class Ear:
    """An address at which a webhook listens, as the engine would let it.

    Attributes:
        heard: what came.
        deaf: answer 404 to everything.
    """

    def __init__(self, webhook: Webhook) -> None:
        self.webhook = webhook
        self.heard: list[Call] = []
        self.deaf = False
        self.address = ""

    def answer(self, call: Call) -> tuple[int, Mapping[str, str], bytes]:
        """The status, headers and body of an answer."""
        self.heard.append(call)
        if self.deaf:
            return 404, {}, b""
        greeting = self.webhook.greet(call, [])
        if greeting is None:
            return 200, {}, b""
        return greeting.status, greeting.headers, greeting.body


@contextmanager
def listening(webhook: Webhook) -> Iterator[Ear]:
    """Listens on a free port of this machine."""
    ear = Ear(webhook)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, told, said = ear.answer(Call(self.command, ear.address, headers, body))
            self.send_response_only(status)
            for name, value in told.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_HEAD = do_POST  # noqa: N815  what http.server calls

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing on stderr."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    ear.address = f"http://127.0.0.1:{server.server_address[1]}/hooks/work/key"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield ear
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Hooked:
    """An imitated tool, what reads it, and an address that it may call."""

    sandbox: Any
    connector: Connector
    webhook: Any
    http: Door
    scopes: list[Scope]
    ear: Ear
    start: int  # of what is asked about hooks, in the tool's log

    def items(self, stream: str) -> set[str]:
        """The ids of the items of a stream, as the connector reads them."""
        return {
            item.id
            for lane in self.connector.lanes(stream, {}).lanes
            for page in self.connector.pull(stream, lane.name, None)
            for item in page.items
        }

    def registered(self, address: str | None = None) -> list[Registered]:
        """The hooks that call an address, by default ours."""
        return list(self.webhook.registered(self.http, self.scopes, address or self.ear.address))

    def register(self) -> list[Registered]:
        """Make the hooks, as the engine does: one container after the other."""
        made: list[Registered] = []
        for scope in self.scopes:
            made += self.webhook.register(self.http, [scope], self.ear.address, SECRET)
            if not made[-1].scope:
                break
        return made

    def requests(self) -> list[Request]:
        """What was asked about hooks."""
        asked: list[Request] = self.sandbox.log[self.start :]
        return asked


@contextmanager
def hooked(connector: type[Connector], sandbox: Callable[..., Sandbox]) -> Iterator[Hooked]:
    """The company in an imitated tool, in which there are no hooks yet."""
    webhook: Any = connector.webhook  # type: ignore[attr-defined]
    with Subject(connector, sandbox).tool(small_pages=False) as tool, listening(webhook) as ear:
        config, clock = tool.config(), tool.clock
        gates = Gates(now=clock.now, monotonic=clock.monotonic)
        door = open_door(
            connector, config, gates=gates, now=clock.now, sleep=clock.sleep, tokens=tool.tokens
        )
        reading = connector(config, door)
        scopes = [each for each in reading.scopes() if each.state == "active"]
        try:
            yield Hooked(tool.sandbox, reading, webhook, door, scopes, ear, len(tool.sandbox.log))
        finally:
            door.close()


def made_once_and_taken_back(tool: Hooked) -> list[Registered]:
    """Whether hooks are found by the address that they call, and by no other; those made."""
    assert isinstance(tool.webhook, Registrar)
    assert len(tool.scopes) > 1
    assert tool.registered() == []
    made = tool.register()
    listed = tool.registered()
    assert {each.id for each in listed} == {each.id for each in made}
    assert {(each.url, each.trouble) for each in listed} == {(tool.ear.address, "")}
    assert {each.scope for each in listed} in ({""}, {each.id for each in tool.scopes})
    assert tool.registered(tool.ear.address + "x") == []
    for hook in listed:
        tool.webhook.renew(tool.http, hook)
    assert tool.registered() == listed
    for hook in listed:
        tool.webhook.remove(tool.http, hook)
    assert tool.registered() == []
    return made


class Described:
    """A vendor's description of its API, as far as it speaks of requests.

    Args:
        like: paths of ours that are the same as described ones: pattern → replacement.
    """

    def __init__(self, file: Path, **like: str) -> None:
        self.spec = json.loads(file.read_text())
        self._like = like

    def complaints(self, request: Request) -> list[str]:
        """What it has against a request."""
        path = request.path
        for ours, theirs in self._like.items():
            path = re.sub(ours, theirs, path)
        found = [
            each for each in self.spec["paths"]
            if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(each)), path)
        ]  # fmt: skip
        template = min(found, key=lambda each: each.count("{"), default=None)
        operation = template and self.spec["paths"][template].get(request.method.lower())
        if not template or operation is None:
            return [f"no such operation: {request.method} {path}"]
        shared = self.spec["paths"][template].get("parameters", [])
        given = map(self._follow, [*shared, *operation.get("parameters", [])])
        named = {each["name"]: each for each in given if each["in"] == "query"}
        wrong = [f"no parameter {name}" for name in request.query.keys() - named.keys()]
        for name, parameter in named.items():
            if parameter.get("required") and name not in request.query:
                wrong.append(f"{name} is missing")
            for value in request.query.get(name, ()):
                wrong += self._wrong(name, value, self._follow(parameter["schema"]))
        if request.body:
            wrong += self._in_body(template, request)
        return [f"{request.method} {template}: {each}" for each in wrong]

    def _follow(self, held: Any) -> Any:
        while "$ref" in held:
            found = self.spec
            for name in held["$ref"].removeprefix("#/").split("/"):
                found = found[name]
            held = found
        return held

    def _wrong(self, name: str, value: str, schema: Any) -> list[str]:
        values = value.split(",") if schema.get("type") == "array" else [value]
        schema = schema.get("items", schema)
        shape = {"boolean": "true|false", "integer": r"\d+"}.get(schema.get("type", ""), ".*")
        return [
            f"{name}={each}" for each in values
            if not re.fullmatch(shape, each) or each not in schema.get("enum", [each])
        ]  # fmt: skip

    def _in_body(self, template: str, request: Request) -> list[str]:
        place = template.replace("~", "~0").replace("/", "~1")
        pointer = f"#/paths/{place}/{request.method.lower()}/requestBody"
        schema = {**self.spec, "$ref": f"{pointer}/content/application~1json/schema"}
        return [each.message for each in Draft202012Validator(schema).iter_errors(request.json())]
