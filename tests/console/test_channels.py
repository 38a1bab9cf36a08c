"""Channels of digests in the console: made, chosen, tried, changed; their secrets never shown."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.sdk.records import Record
from connectors.sdk.sandbox import Reply, Request, Sandbox, serve
from sync_engine.digest.channels.configured import boards
from sync_engine.digest.greeting import greet
from tests.console.portfolio import NOW
from tests.console.site import Browser, Site, served
from tests.console.test_settings import actions, send, words

FORM = "/settings/channels/form"
SECRET = "canary-secret-of-twenty-four-characters"
PRIVATE = {"allow_private_network": "on"}


class Receiver(Sandbox):
    """Takes messages, as Slack, Teams or a program does; `says`: its answer."""

    def __init__(self) -> None:
        super().__init__([], lambda: NOW)
        self.says = Reply(200, b"ok")
        self.taken: list[Request] = []

    def handle(self, request: Request) -> Reply:
        """Keep it."""
        self.taken.append(request)
        return self.says

    def native_id(self, record: Record) -> str:
        """No records are held here."""
        raise NotImplementedError

    def adopt(self, record: Record) -> Record | None:
        """None."""
        raise NotImplementedError

    def options(self, base_url: str) -> dict[str, Any]:
        """Nothing is read here."""
        raise NotImplementedError


@pytest.fixture
def receiver() -> Iterator[tuple[Receiver, str]]:
    """And where it is."""
    held = Receiver()
    with serve(held) as url:
        yield held, url


def exported(admin: Browser) -> str:
    """What is in force, as YAML."""
    with zipfile.ZipFile(io.BytesIO(admin.get("/settings/export").content)) as archive:
        return archive.read("flagstaff.yaml").decode()


def test_a_channel_is_made_tried_and_chosen(site: Site, receiver: tuple[Receiver, str]) -> None:
    """The trial goes out signed; what the receiver says is told; the secret is shown nowhere."""
    held, url = receiver
    admin, pmo = site.browser("admin"), site.browser("pmo")
    made = {"kind": "webhook", "name": "intranet", "url": f"{url}/in", "secret": SECRET, **PRIVATE}
    for wrong, told in (
        ({"name": "email"}, "cannot be the name"),
        ({"secret": "short"}, "24 characters"),
        ({"url": ""}, "This is needed"),
        ({"secret": "env:A_SECRET_THAT_IS_LONG_ENOUGH"}, "type the secret itself"),
    ):
        refused = send(admin, FORM, **made | wrong)
        assert refused.status_code == 422
        assert told in words(refused)
        assert SECRET not in refused.text
    assert send(admin, FORM, **made).status_code == 303
    assert send(admin, "/settings/channels/try", name="intranet").status_code == 303
    [message] = held.taken
    assert message.headers["webhook-signature"].startswith("v1,")
    assert message.json()["data"]["title"] == "Flagstaff can write to you"
    digest = {"name": "Board", "when": "Tue 07:30", "channels": "intranet"}
    assert "intranet (Webhook)" in words(pmo.get("/digests/form"))
    assert send(pmo, "/digests/form", **digest).status_code == 303
    assert "Told by Board." in words(admin.get("/settings/channels"))
    held.says = Reply(401, f"no {SECRET}".encode())
    down = send(admin, "/settings/channels/try", name="intranet")
    assert down.status_code == 502
    assert "refuses the address or the credential (401)" in words(down)
    text = exported(admin)
    assert "intranet:" in text
    assert "kept:channel.intranet.secret" in text
    seen = [down.text, text, words(admin.get("/settings/audit")), admin.get(FORM).text,
            admin.get(f"{FORM}?name=intranet").text, admin.get("/settings/channels").text,
            admin.get("/settings/channels/yaml?name=intranet").text]  # fmt: skip
    assert not any(SECRET in each for each in seen)
    assert actions(site)[-4:] == ["channel added", "trial message", "digest added",
                                  "trial message"]  # fmt: skip


def test_a_channel_keeps_its_secret_and_is_kept_by_its_digest(
    site: Site, receiver: tuple[Receiver, str]
) -> None:
    """Left empty, the secret stays; another address wants it anew; a digest that rests on the
    channel keeps it from being removed."""
    held, url = receiver
    admin = site.browser("admin")
    made = {"kind": "webhook", "name": "intranet", "url": url, "secret": SECRET, **PRIVATE}
    send(admin, FORM, **made)
    change = {"name": "intranet", "version": "1", "url": url, **PRIVATE}
    moved = send(admin, FORM, **change | {"url": "https://other.example"})
    assert "typed anew" in words(moved)
    # What a form cannot say: the kind stays what it was.
    assert send(admin, FORM, kind="apprise", **change).status_code == 303
    assert send(admin, FORM, **change).status_code == 422  # somebody else was first
    send(admin, "/settings/channels/try", name="intranet")
    assert held.taken[0].headers["webhook-signature"].startswith("v1,")
    send(admin, "/digests/form", name="Board", when="Tue 07:30", channels="intranet")
    kept = send(admin, "/settings/channels/remove", name="intranet", version="2")
    assert kept.status_code == 409
    assert 'the digest "Board" rests on it' in words(kept).replace("The digest", "the digest")
    send(admin, "/digests/remove", name="Board", version="1")
    assert send(admin, "/settings/channels/remove", name="intranet", version="2").status_code == 303
    with site.engine.connect() as connection:
        count = sa.text("SELECT count(*) FROM credential")
        assert connection.execute(count).scalar_one() == 0


@pytest.mark.parametrize("kind", ["slack", "bot", "teams"])
def test_a_trial_says_nothing_empty(site: Site, receiver: tuple[Receiver, str], kind: str) -> None:
    """Slack and Teams refuse a text of no letters."""
    held, url = receiver
    held.says = Reply(200, b'{"ok":true}')
    admin = site.browser("admin")
    way = {"token": "xoxb-canary", "channel": "C1", "url": url} if kind == "bot" else (
        {"webhook": f"{url}/hook"}
    )  # fmt: skip
    known = "slack" if kind == "bot" else kind
    assert send(admin, FORM, kind=known, name="c", **way, **PRIVATE).status_code == 303
    assert send(admin, "/settings/channels/try", name="c").status_code == 303
    body = held.taken[0].body
    assert b"Flagstaff can write to you" in body
    assert b'"text":""' not in body


def test_channels_of_the_file_are_read_only_and_for_admins(
    sqlite_store: sa.Engine, tmp_path: Path, receiver: tuple[Receiver, str]
) -> None:
    """They can be tried, and not be said otherwise."""
    held, url = receiver
    way = {"kind": "teams", "webhook": f"{url}/canary-path", "allow_private_network": True}
    with served(sqlite_store, tmp_path, also={"channels": {"team": way}}) as site:
        admin = site.browser("admin")
        page = admin.get("/settings/channels")
        assert "flagstaff.yaml:1, and is changed there" in words(page)
        assert "canary" not in page.text
        assert admin.get(f"{FORM}?name=team").status_code == 404
        twice = send(admin, FORM, kind="teams", name="team", webhook=f"{url}/mine", **PRIVATE)
        assert "stands in" in words(twice)
        assert send(admin, "/settings/channels/try", name="team").status_code == 303
        assert len(held.taken) == 1
        for role in ("pmo", "manager", "viewer"):
            browser = site.browser(role)
            assert browser.get("/settings/channels").status_code == 403
            assert send(browser, "/settings/channels/try", name="team").status_code == 403
            assert "/settings/channels" not in browser.get("/settings").text


def test_an_entry_of_the_console_yields_to_the_file(
    site: Site, receiver: tuple[Receiver, str]
) -> None:
    """One channel that became wrong leaves the others in force."""
    _, url = receiver
    admin = site.browser("admin")
    for name in ("one", "two"):
        send(admin, FORM, kind="teams", name=name, webhook=f"{url}/{name}", **PRIVATE)
    with site.engine.begin() as connection:
        wrong = '{"kind": "slack"}'
        connection.execute(
            sa.text("UPDATE config_entry SET document = :it WHERE name = 'one'"), {"it": wrong}
        )
    site.console.changed()
    page = words(admin.get("/settings/channels"))
    assert 'The channel "one"' in page
    assert "is left out" in page
    channels = boards(site.console.configuration())
    assert list(channels) == ["two"]
    assert greet(channels["two"], "two", "two", NOW).outcome == "sent"
