"""Slack, Teams, webhooks and Apprise against a real HTTP server that fails at every point."""

from __future__ import annotations

import base64
import email
import email.policy
import hmac
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sync_engine.digest.channels import apprise, slack, teams, webhook
from sync_engine.digest.channels.base import Channel, Letter
from sync_engine.digest.channels.board import Board
from sync_engine.digest.channels.configured import boards
from sync_engine.digest.channels.email import EmailChannel, MailSettings
from sync_engine.digest.compose import compose
from sync_engine.digest.model import DigestInput, FlagLine, HealthLine, Subscription
from sync_engine.digest.render import render
from sync_engine.digest.run import deliver, queue_due
from sync_engine.settings import load
from sync_engine.store.digest_models import Outgoing
from tests.digest.hostile import LINKS, TITLES

SUNDAY = datetime(2026, 11, 22, 12, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
KINDS = ("slack", "bot", "teams", "hook")
SECRET = "a secret of more than twenty-four characters"
PATH = "/services/T0/B0/very-secret-part"

_outbox = Outgoing.__table__  # type: ignore[attr-defined]


@dataclass
class Receiver:
    """A real HTTP server: keeps what it takes, and answers as it is told, one after the other.

    A reply is a status, with a body and headers; "drop" takes the message and hangs up without an
    answer; "refuse" hangs up before it reads.
    """

    port: int = 0
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    replies: list[Any] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{PATH}"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    held = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            reply = held.replies.pop(0) if held.replies else (200, b"ok", {})
            if reply == "refuse":
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, said, headers = (200, b"", {}) if reply == "drop" else reply
            if 200 <= status < 300 and b'"ok":false' not in said:
                held.taken.append(({k.lower(): v for k, v in self.headers.items()}, body))
            if reply == "drop":
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(status)
            for name, value in {"Content-Length": str(len(said)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *args: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    held.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield held
    server.shutdown()
    thread.join()
    server.server_close()


def configured(folder: Path, url: str, *, private: bool = True) -> dict[str, Channel]:
    ways: dict[str, Any] = {
        "slack": {"kind": "slack", "webhook": "env:HOOK"},
        "bot": {"kind": "slack", "token": "env:TOKEN", "channel": "C1", "url": url},
        "teams": {"kind": "teams", "webhook": "env:HOOK"},
        "hook": {"kind": "webhook", "url": url, "secret": "env:SECRET"},
        "lost": {"kind": "teams", "webhook": "env:NOWHERE"},
    }
    for way in ways.values():
        way["allow_private_network"] = private
    file = folder / "flagstaff.yaml"
    file.write_text(json.dumps({"connections": [], "channels": ways}))
    environ = {"HOOK": url, "TOKEN": "xoxb-very-secret-part", "SECRET": SECRET}
    return boards(load(file), environ)


@pytest.fixture
def ways(receiver: Receiver, tmp_path: Path) -> dict[str, Channel]:
    return configured(tmp_path, receiver.url)


@pytest.fixture
def weekly_board(weekly: Subscription) -> Callable[[str], Subscription]:
    return lambda name: replace(weekly, to=(), channels=(), boards=(name,))


@pytest.fixture
def queued(
    store: sa.Engine,
    ways: dict[str, Channel],
    gatherer: Any,
    make_flag: Any,
    weekly_board: Callable[[str], Subscription],
) -> Callable[[str], None]:
    gatherer.flags = (make_flag(),)

    def put(name: str) -> None:
        for now in (SUNDAY, MONDAY):
            queue_due(store, [weekly_board(name)], now, channels=ways, gather=gatherer)

    return put


def row(store: sa.Engine) -> Any:
    with store.connect() as connection:
        return connection.execute(sa.select(_outbox)).one()


OK: dict[str, Any] = {"bot": (200, b'{"ok":true}', {})}


@pytest.mark.parametrize("name", KINDS)
def test_a_digest_is_posted_once(
    name: str, store: sa.Engine, ways: dict[str, Channel], queued: Any, receiver: Receiver
) -> None:
    queued(name)
    receiver.replies = [OK.get(name, (202, b"", {}))]
    (done,) = deliver(store, ways, lambda: MONDAY)
    assert (done.state, done.recipient, done.channel) == ("sent", name, name)
    assert deliver(store, ways, lambda: MONDAY + timedelta(days=1)) == []
    ((headers, body),) = receiver.taken
    assert body == row(store).body  # the frozen bytes
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert headers["idempotency-key"].startswith("msg_")


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(
    ("reply", "state", "wait"),
    [
        ("refuse", "queued", 60),
        ((500, b"oops", {}), "queued", 60),
        ((503, b"", {"Retry-After": "900"}), "queued", 900),
        ((429, b"", {"Retry-After": "3600"}), "queued", 3600),
        ((429, b"", {"Retry-After": "99999999"}), "queued", 86400),
        ((302, b"", {"Location": "http://127.0.0.1:1/"}), "queued", 60),
        ((401, b"no", {}), "queued", 60),
        ((404, b"no_service", {}), "queued", 60),
        ((400, b"invalid_payload", {}), "parked", 0),
        ((413, b"", {}), "parked", 0),
    ],
)
def test_what_goes_wrong_is_classed_and_nothing_is_lost(
    name: str, reply: Any, state: str, wait: float, store: sa.Engine, ways: dict[str, Channel],
    queued: Any, receiver: Receiver,
) -> None:  # fmt: skip
    queued(name)
    receiver.replies = [reply]
    (done,) = deliver(store, ways, lambda: MONDAY)
    assert done.state == state
    assert receiver.taken == []
    assert "very-secret-part" not in done.text
    if state == "parked":
        return
    assert row(store).next_at == MONDAY + timedelta(seconds=wait)
    assert deliver(store, ways, lambda: MONDAY + timedelta(seconds=wait - 1)) == []
    receiver.replies = [OK.get(name, (200, b"ok", {}))]
    (again,) = deliver(store, ways, lambda: MONDAY + timedelta(seconds=wait))
    assert again.state == "sent"
    assert len(receiver.taken) == 1


@pytest.mark.parametrize("name", KINDS)
def test_a_lost_answer_repeats_it_once_under_the_same_key(
    name: str, store: sa.Engine, ways: dict[str, Channel], queued: Any, receiver: Receiver
) -> None:
    queued(name)
    receiver.replies = ["drop", OK.get(name, (200, b"ok", {}))]
    (first,) = deliver(store, ways, lambda: MONDAY)
    assert first.state == "queued"
    (second,) = deliver(store, ways, lambda: MONDAY + timedelta(minutes=1))
    assert second.state == "sent"
    assert deliver(store, ways, lambda: MONDAY + timedelta(days=1)) == []
    (one, two) = receiver.taken
    assert one[1] == two[1]
    assert one[0]["idempotency-key"] == two[0]["idempotency-key"]


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("ratelimited", "queued"),
        ("channel_not_found", "queued"),
        ("invalid_auth", "queued"),
        ("invalid_blocks", "parked"),
    ],
)
def test_slack_says_no_in_answers_of_200(
    said: str, state: str, store: sa.Engine, ways: dict[str, Channel], queued: Any,
    receiver: Receiver,
) -> None:  # fmt: skip
    queued("bot")
    receiver.replies = [(200, b'{"ok":false,"error":"%s"}' % said.encode(), {})]
    (done,) = deliver(store, ways, lambda: MONDAY)
    assert done.state == state
    assert said in done.text


def test_the_bot_names_its_channel_and_shows_its_token_to_slack_alone(
    store: sa.Engine, ways: dict[str, Channel], queued: Any, receiver: Receiver
) -> None:
    queued("bot")
    receiver.replies = [OK["bot"]]
    deliver(store, ways, lambda: MONDAY)
    ((headers, body),) = receiver.taken
    assert headers["authorization"] == "Bearer xoxb-very-secret-part"
    assert json.loads(body)["channel"] == "C1"
    assert b"very-secret-part" not in row(store).body


def test_a_webhook_is_signed_so_that_the_receiver_can_tell(
    store: sa.Engine, ways: dict[str, Channel], queued: Any, receiver: Receiver
) -> None:
    queued("hook")
    deliver(store, ways, lambda: MONDAY)
    ((headers, body),) = receiver.taken
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(SECRET.encode(), signed, "sha256")).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    document = json.loads(body)
    assert (document["type"], document["data"]["period"]) == ("digest", "2026-W48")
    assert document["data"]["first"][0]["title"] == "Write the handbook"


def test_secrets_of_webhooks_are_base64_after_their_prefix() -> None:
    raw = bytes(range(32))
    assert webhook.key_of("whsec_" + base64.b64encode(raw).decode()) == raw
    for bad in ("short", "whsec_" + "!" * 40):
        with pytest.raises(ValueError, match=r"characters or more|base64"):
            webhook.key_of(bad)


def test_a_private_address_is_refused_unless_allowed(
    store: sa.Engine, queued: Any, receiver: Receiver, tmp_path: Path
) -> None:
    queued("hook")
    (done,) = deliver(store, configured(tmp_path, receiver.url, private=False), lambda: MONDAY)
    assert done.state == "queued"
    assert "private network" in done.text
    assert receiver.taken == []


def test_a_secret_that_cannot_be_had_stops_its_channel_only(
    store: sa.Engine, ways: dict[str, Channel], queued: Any, receiver: Receiver
) -> None:
    queued("lost")
    (done,) = deliver(store, ways, lambda: MONDAY)
    assert done.state == "queued"
    assert "channels.lost.webhook: the environment variable NOWHERE is not set" in done.text


def letter_of(given: DigestInput) -> Letter:
    digest = compose(given)
    return Letter(
        digest=digest, rendered=render(digest), subscription="core", recipient="board",
        recipient_name=None, period_key="2026-W48", message_key="k" * 40, at=given.now,
    )  # fmt: skip


def strings(held: Any) -> Iterator[tuple[str, str]]:
    """Every text of a document, with the name that it has there."""
    if isinstance(held, dict):
        for name, value in held.items():
            if isinstance(value, str):
                yield name, value
            yield from strings(value)
    elif isinstance(held, list):
        for value in held:
            yield from strings(value)


@pytest.mark.parametrize("title", TITLES, ids=range(len(TITLES)))
def test_hostile_words_stay_words_in_every_channel(
    title: str, sample: DigestInput, make_flag: Callable[..., FlagLine]
) -> None:
    flags = tuple(
        make_flag(id=str(n), rule=title[:200], title=title, sentence=title, remedy=title, key=title,
                  project=title, owner=title, tool=title, url=url)
        for n, url in enumerate(LINKS[:4])
    )  # fmt: skip
    given = replace(
        sample, flags=(*flags, *(replace(f, id=f"b{f.id}", rule="x") for f in flags[:2])),
        subscription=replace(sample.subscription, title=title),
    )  # fmt: skip
    letter = letter_of(given)
    for body in (slack.message(letter), teams.message(letter), webhook.message(letter)):
        document = json.loads(body)
        assert len(body) < 200_000
        for name, text in strings(document):
            assert not {"\u202e", "\u2066", "\r", "\x00", "\x1b"} & set(text)
            if name.endswith("url"):
                assert text.startswith(("https://jira.example.com", "https://flagstaff.example"))
    block_kit = json.loads(slack.message(letter))
    assert len(block_kit["blocks"]) <= 50
    assert "<" not in block_kit["text"]
    assert "mrkdwn" not in {value for name, value in strings(block_kit) if name == "type"}
    card = json.loads(teams.message(letter))
    assert len(teams.message(letter)) <= teams.MOST_BYTES
    kinds = {value for name, value in strings(card) if name == "type"}
    assert "TextBlock" not in kinds  # which would read Markdown


@pytest.mark.parametrize("title", TITLES, ids=range(len(TITLES)))
def test_hostile_words_stay_words_in_a_mail(
    title: str, sample: DigestInput, make_flag: Callable[..., FlagLine], plain_mail: MailSettings
) -> None:
    flags = tuple(
        make_flag(id=title[:50] + str(n), rule=title[:200], title=title, sentence=title,
                  remedy=title, key=title, project=title, owner=title, tool=title, url=url)
        for n, url in enumerate(LINKS)
    )  # fmt: skip
    given = replace(
        sample, flags=flags, recipient_name=title, notes=(title,),
        subscription=replace(sample.subscription, title=title, scope=title),
    )  # fmt: skip
    letter = replace(letter_of(given), recipient="maria@example.com", recipient_name=title)
    bare = letter_of(replace(given, flags=(), notes=(), recipient_name=None)).rendered
    page = letter.rendered.html
    for tag in ("<script", "<svg", "<iframe", "<form", "<base", "<v:rect", "onerror=alert(1)>"):
        assert tag not in page
    assert page.count("<meta") == bare.html.count("<meta")
    assert page.count("<img") == bare.html.count("<img")
    links = set(re.findall(r'href="([^"]*)"', page))
    assert all(link.startswith("https://flagstaff.example") for link in links), links
    assert len(page) < 400_000
    for text in (letter.rendered.text, letter.rendered.subject):
        assert not {"\u202e", "\u2066", "\r", "\x00", "\x1b", "\u2028"} & set(text)
    forged = replace(letter.rendered, subject=title)  # as if the subject were theirs alone
    raw = EmailChannel(plain_mail).freeze(replace(letter, rendered=forged)).body
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert message["Bcc"] is None
    assert len(message.get_all("Subject", [])) == len(message.get_all("To", [])) == 1
    assert message["To"].addresses[0].addr_spec == "maria@example.com"


def test_a_card_says_what_it_has_no_room_for(
    sample: DigestInput, make_flag: Callable[..., FlagLine]
) -> None:
    many = tuple(
        make_flag(id=str(n), rule=str(n), title="t" * 120, sentence="s" * 400, remedy="r" * 400)
        for n in range(300)
    )
    given = replace(sample, flags=many, subscription=replace(sample.subscription, cap=300))
    letter = letter_of(given)
    assert len(teams.message(letter)) <= teams.MOST_BYTES
    said = [text for _, text in strings(json.loads(teams.message(letter)))]
    assert any("more entries" in text for text in said)
    blocks = json.loads(slack.message(letter))["blocks"]
    assert any("more entries" in text for _, text in strings(blocks))


def test_a_large_digest_of_hostile_titles_is_within_what_chats_take(
    sample: DigestInput, make_flag: Callable[..., FlagLine]
) -> None:
    """Slack: 50 blocks, 150 characters of a header, 3,000 of an address and of the text for
    notifications, 12,000 in all, no text empty. Teams: 28 KB, a version that its clients draw."""
    now = sample.now
    flags = tuple(
        make_flag(id=str(n), rule=f"r{n % 17}", title=(title := TITLES[n % len(TITLES)])[:10_000],
                  sentence=title[:10_000], remedy=title[:10_000], key=title[:10_000],
                  project=title[:10_000], owner=title[:10_000],
                  url=f"https://jira.example.com/{'x' * 1000}",
                  opened_at=now - timedelta(days=n % 3 * 40))
        for n in range(200)
    )  # fmt: skip
    health = tuple(
        HealthLine(subject=TITLES[n][:500], problem=TITLES[n][:5000], remedy=None, since=None,
                   stale=True)
        for n in range(len(TITLES))
    )  # fmt: skip
    whole = replace(sample.subscription, cap=200, title="A title " * 40)
    letter = letter_of(replace(sample, flags=flags, health=health, subscription=whole))
    message = json.loads(slack.message(letter, "C1"))
    blocks = message["blocks"]
    assert 5 < len(blocks) <= 50
    assert len(message["text"]) <= 3000 * len("&amp;")
    texts = [text for name, text in strings(blocks) if name == "text"]
    links = [text for name, text in strings(blocks) if name == "url"]
    assert 5_000 < sum(map(len, texts + links)) <= 10_000
    assert all(texts)
    assert max(map(len, links)) <= 3000
    assert all(len(each["text"]["text"]) <= 150 for each in blocks if each["type"] == "header")
    assert any("more entries" in each for each in texts)
    assert any("more findings" in each for each in texts)
    assert "How far to trust this" in texts
    body = teams.message(letter)
    assert 10_000 < len(body) <= 28 * 1024
    (attachment,) = json.loads(body)["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert attachment["content"]["version"] in ("1.2", "1.3", "1.4", "1.5")
    told = [text for name, text in strings(attachment) if name == "text"]
    assert all(told)
    assert {"How far to trust this", "Do first"} <= set(told)


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")  # Apprise asks for it
def test_apprise_hands_it_over_or_says_what_is_missing(
    receiver: Receiver, sample: DigestInput, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = apprise.AppriseChannel("phone", lambda: f"json://127.0.0.1:{receiver.port}/x")
    body = channel.freeze(letter_of(sample)).body
    assert channel.send("phone", body).outcome == "sent"
    assert b"Core portfolio" in receiver.taken[0][1]
    receiver.replies = [(500, b"", {})] * 9
    assert channel.send("phone", body).outcome == "down"
    monkeypatch.setattr(apprise, "installed", lambda: False)
    assert "install flagstaff[notify]" in channel.send("phone", body).text


def test_boards_are_channels(ways: dict[str, Channel]) -> None:
    assert all(isinstance(ways[name], Board) for name in KINDS)
