"""Settings and digests: what is sent by their forms, what is refused, what becomes of it."""

from __future__ import annotations

import html
import io
import re
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from argon2 import PasswordHasher

from sync_engine import accounts, invitations, own_account
from sync_engine.accounts import AccountError, Passwords
from sync_engine.store.digest_models import Outgoing
from sync_engine.store.engine import reading
from sync_engine.views import audit as audit_view
from sync_engine.views.about import about
from tests.console.portfolio import NOW, fill, table
from tests.console.site import (
    ACTOR,
    CHEAP,
    PASSWORD,
    PEOPLE,
    Browser,
    Site,
    free_port,
    served,
)
from tests.console.test_accounts import made, signed_in, who

OUTBOX = table(Outgoing)
DIGEST = {"to": "olga@acme.example", "when": "Tue 07:30", "channels": "file"}


def send(browser: Browser, path: str, **fields: Any) -> requests.Response:
    """A form as a page of ours sends it."""
    found = re.search(r'name="_csrf" value="([^"]+)"', browser.get("/settings").text)
    return browser.post(path, csrf=found[1] if found else None, **fields)


def words(answer: requests.Response) -> str:
    """What a page says, without its markup."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def actions(site: Site) -> list[str]:
    """What the audit log says was done, the latest last."""
    with site.engine.connect() as connection:
        return list(connection.execute(sa.text("SELECT action FROM audit ORDER BY id")).scalars())


# -- accounts, on both databases -------------------------------------------------------------------


def test_a_link_works_once_for_three_days(store: sa.Engine) -> None:
    """Not after a later one, for nobody disabled; its token is kept nowhere."""
    user = made(store)
    first = invitations.make(store, user.address, ACTOR, NOW)
    token = invitations.make(store, user.address, ACTOR, NOW)
    later = NOW + invitations.LASTS
    with reading(store) as connection:
        assert invitations.of(connection, first, NOW) is None
        assert invitations.of(connection, token, NOW) == user
        assert invitations.of(connection, token, later) is None
        assert invitations.waiting(connection, NOW) == {user.id: later}
        assert token not in str(connection.execute(sa.text("SELECT * FROM invitation")).all())
    _, session = signed_in(store)
    hashed = CHEAP.hash("another one of mine")
    with pytest.raises(AccountError, match="has run out"):
        invitations.accept(store, token, hashed, later)
    assert invitations.accept(store, token, hashed, NOW) == user
    assert who(store, session) is None
    assert signed_in(store, "another one of mine") is not None
    with pytest.raises(AccountError, match="has been used"):
        invitations.accept(store, token, hashed, NOW)


def test_a_link_of_who_is_disabled_or_gone_works_no_more(store: sa.Engine) -> None:
    """Nor does it when they are let in again."""
    made(store)
    made(store, PEOPLE["viewer"])
    vic = PEOPLE["viewer"].address
    token = invitations.make(store, vic, ACTOR, NOW)
    accounts.change(store, vic, ACTOR, NOW, enabled=False)
    with pytest.raises(AccountError, match="let them in again first"):
        invitations.make(store, vic, ACTOR, NOW)
    accounts.change(store, vic, ACTOR, NOW, enabled=True)
    with reading(store) as connection:
        assert invitations.of(connection, token, NOW) is None
    invitations.make(store, vic, ACTOR, NOW)
    accounts.remove(store, vic, ACTOR, NOW)
    with store.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM invitation")).scalar_one() == 0


def test_one_ends_a_session_of_ones_own(store: sa.Engine) -> None:
    """And of nobody else."""
    user = made(store)
    other = made(store, PEOPLE["viewer"])
    (_, here), (_, there) = signed_in(store), signed_in(store)
    with reading(store) as connection:
        held = own_account.sessions(connection, user, here, NOW)
    assert [each.here for each in held].count(True) == 1
    elsewhere = next(each for each in held if not each.here)
    with pytest.raises(AccountError, match="signed out already"):
        own_account.end_session(store, other, elsewhere.handle, NOW)
    own_account.end_session(store, user, elsewhere.handle, NOW)
    assert who(store, here) == user
    assert who(store, there) is None


def test_another_password_needs_the_present_one(store: sa.Engine) -> None:
    """Wrong tries count as they do at the door."""
    user = made(store)

    def change(current: str, new: str) -> None:
        own_account.change_password(store, CHEAP, user, current, new, "192.0.2.1", NOW)

    for current, new, why in (
        ("wrong", "a new one of mine", "present password"), (PASSWORD, "short", "12 to 1024")
    ):  # fmt: skip
        with pytest.raises(AccountError, match=why):
            change(current, new)
    change(PASSWORD, "a new one of mine")
    assert signed_in(store) is None
    for _ in range(accounts.TRIES_OF_ADDRESS - 1):
        accounts.failed(store, user.address, "192.0.2.1", NOW)
    with pytest.raises(accounts.ThrottledError):
        change("a new one of mine", "a third one of mine")


def test_the_audit_log_is_read_a_page_at_a_time(store: sa.Engine) -> None:
    """By who, what and when; each kind of change is listed once."""
    made(store)
    for number in range(4):
        made(store, accounts.NewAccount(f"p{number}@acme.example", "", "viewer"))
    accounts.change(store, "p1@acme.example", ACTOR, NOW + timedelta(days=1), name="P")
    with reading(store) as connection:
        assert audit_view.actions(connection) == ["user added", "user changed"]
        first, following = audit_view.changes(connection, audit_view.Sought(), most=4)
        rest, end = audit_view.changes(connection, audit_view.Sought(before=following), most=4)
        assert [each.action for each in first] == ["user changed", *["user added"] * 3]
        assert (len(rest), end) == (2, None)
        assert first[0].differences == (("name", "p1@acme.example", "P"),)
        late = audit_view.Sought(since=NOW + timedelta(hours=1), action="user changed")
        assert len(audit_view.changes(connection, late)[0]) == 1
        assert audit_view.changes(connection, audit_view.Sought(who="nobody"))[0] == []
        told = about(store, connection)
    assert told.size is not None
    assert told.size > 1000
    assert told.assessed_at is None


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Adak"])
def test_the_audit_log_takes_any_day(site: Site, zone: str) -> None:
    accounts.change(site.engine, PEOPLE["admin"].address, ACTOR, NOW, zone=zone)
    admin = site.browser("admin")
    every = admin.get("/settings/audit?since=0001-01-01&until=9999-12-31")
    assert every.status_code == 200
    assert "user changed" in every.text
    none = admin.get("/settings/audit?since=9999-12-31&until=0001-01-01")
    assert "No such change" in words(none)


# -- pages -----------------------------------------------------------------------------------------


def test_an_admin_invites_somebody_who_chooses_a_password(site: Site) -> None:
    """The link is shown once, works once, and nobody else ever knows the password."""
    admin = site.browser("admin")
    wrong = send(admin, "/settings/users/new", address="new@acme.example", role="manager",
                 scope='portfolio = "Core" and colour = red')  # fmt: skip
    assert wrong.status_code == 422
    assert "<mark>colour</mark>" in wrong.text
    added = send(admin, "/settings/users/new", address="New@acme.example", name="Neo",
                 role="manager", scope='portfolio = "Core"')  # fmt: skip
    found = re.search(r"/welcome\?token=[\w-]+", added.text)
    assert found is not None
    path = found[0]
    assert "token=" not in admin.get("/settings/users").text
    guest = site.browser()
    page = guest.get(path)
    assert "Choose a password" in page.text
    proof = re.search(r'name="_csrf" value="([^"]+)"', page.text)
    assert proof is not None
    token = path.partition("=")[2]
    short = guest.post("/welcome", csrf=proof[1], token=token, password="short")
    assert short.status_code == 422
    chosen = guest.post("/welcome", csrf=proof[1], token=token, password="a few words in a row")
    assert (chosen.status_code, chosen.headers["Location"]) == (303, "/")
    assert "Neo" in guest.get("/settings").text
    assert site.browser().get(path).status_code == 410


class _NeverHashed(Passwords):
    """Making a hash takes memory and time, of which nobody is owed any who has no link."""

    def hash(self, password: str) -> str:
        """Fails the test."""
        pytest.fail(f"{password} was hashed")


def test_a_link_is_looked_at_before_a_password_is_hashed(site: Site) -> None:
    site.console.passwords = _NeverHashed(PasswordHasher(1, 8, 1))
    refused = site.browser().post("/welcome", token="x" * 43, password="a few words in a row")
    assert refused.status_code == 410


def test_an_account_is_changed_and_let_in_no_more(site: Site) -> None:
    """The last admin stays one; who is let in no more is out at once."""
    admin, viewer = site.browser("admin"), site.browser("viewer")
    mine, theirs = PEOPLE["admin"].address, PEOPLE["viewer"].address
    form = admin.get(f"/settings/users/one?address={mine}").text
    was = re.findall(r'name="was" value="(\w+)"', form)[0]
    change = {"address": mine, "name": "Olga", "role": "viewer"}
    stale = send(admin, "/settings/users/one", **change, was="0")
    assert "was changed meanwhile" in words(stale)
    answer = send(admin, "/settings/users/one", **change, was=was)
    assert answer.status_code == 422
    assert "No admin would be left" in words(answer)
    assert send(admin, "/settings/users/disable", address=theirs).status_code == 303
    assert viewer.get("/").headers["Location"].startswith("/sign-in")
    assert send(admin, "/settings/users/remove", address=theirs).status_code == 303
    assert send(admin, "/settings/users/remove", address=theirs).status_code == 404
    assert actions(site)[-2:] == ["user changed", "user removed"]


def test_a_token_is_shown_once_and_revoked(site: Site) -> None:
    """An admin's scope is for admins; a token is nobody else's to revoke."""
    viewer = site.browser("viewer")
    refused = send(viewer, "/settings/tokens", name="x", scope="admin", lasts="90")
    assert refused.status_code == 422
    fresh = send(viewer, "/settings/tokens", name="Report <b>", scope="read", lasts="90")
    assert re.search(r"flag_[\w-]{40}", fresh.text)
    listed = viewer.get("/settings/tokens").text
    assert "flag_" not in listed
    assert "Report &lt;b&gt;" in listed
    assert send(site.browser("admin"), "/settings/tokens/revoke", id="1").status_code == 404
    assert send(viewer, "/settings/tokens/revoke", id="1").status_code == 303
    assert send(viewer, "/settings/tokens", name="x", scope="read", lasts="7").status_code == 400


def test_ones_profile_and_password(site: Site) -> None:
    """A zone that is none is said beside its field; another password signs one out."""
    browser = site.browser("viewer")
    wrong = send(browser, "/settings/profile", name="Vic", zone="Moon/Base")
    assert wrong.status_code == 422
    assert "no time zone is called" in words(wrong).lower()
    assert send(browser, "/settings/profile", name="Vico", zone="Asia/Tokyo").status_code == 303
    assert site.user("viewer").zone == "Asia/Tokyo"
    assert send(browser, "/settings/password", current="x", new="y" * 12).status_code == 422
    changed = send(browser, "/settings/password", current=PASSWORD, new="a new one of mine")
    assert changed.headers["Location"] == "/sign-in"
    assert browser.get("/settings").headers["Location"].startswith("/sign-in")


def test_a_digest_is_made_changed_and_removed(site: Site) -> None:
    """By version: what somebody else changed meanwhile is not overwritten."""
    pmo = site.browser("pmo")
    wrong = send(pmo, "/digests/form", name="Daily", **{**DIGEST, "scope": "colour = red"})
    assert wrong.status_code == 422
    assert "colour" in words(wrong)
    assert send(pmo, "/digests/form", name="Daily", **DIGEST).status_code == 303
    page = words(pmo.get("/digests"))
    assert "Daily" in page
    assert "Tue 07:30" in page
    assert "in 6 days" in page
    twice = send(pmo, "/digests/form", name="Daily", **DIGEST)
    assert "already" in words(twice)
    version = {"name": "Daily", "version": "1"}
    assert send(pmo, "/digests/form", **version, **DIGEST | {"cap": "5"}).status_code == 303
    stale = send(pmo, "/digests/form", **version, **DIGEST | {"cap": "6"})
    assert stale.status_code == 422
    assert "was changed meanwhile by pat@acme.example" in words(stale)
    assert "cap: 5" in pmo.get("/digests/yaml?name=Daily").text
    of_file = send(pmo, "/digests/remove", name="Weekly", version="1")
    assert of_file.status_code == 409
    assert send(pmo, "/digests/remove", **version).status_code == 409
    assert send(pmo, "/digests/remove", name="Daily", version="2").status_code == 303
    pmo.get("/settings")  # what is said once is said
    assert "Daily" not in words(pmo.get("/digests"))
    assert "digest removed" in actions(site)


def test_a_manager_sees_what_is_sent_to_them(site: Site) -> None:
    """Others' messages do not exist."""
    manager = site.browser("manager")
    assert "ada@acme.example" not in words(manager.get("/digests/log"))
    assert "eve@acme.example" in words(manager.get("/digests/log"))
    assert "pat@acme.example" not in words(manager.get("/digests"))
    for path in ("/digests", "/digests/preview?name=Weekly", "/api/v1/digests"):
        shown = manager.get(path).text
        assert "eve@acme.example" in shown
        assert "ada@acme.example" not in shown  # who is told as well
        assert "ada@acme.example" in site.browser("viewer").get(path).text
    assert manager.get("/digests/preview?name=Weekly").status_code == 200
    for path in ("preview", "preview/letter"):
        assert manager.get(f"/digests/{path}?name=Weekly&to=ada@acme.example").status_code == 404
        assert manager.get(f"/digests/{path}?name=None").status_code == 404


def test_a_preview_has_a_policy_of_its_own_and_gives_no_rights(
    sqlite_store: sa.Engine, tmp_path: Path
) -> None:
    """Nothing in it runs, and its links would do nothing in the recipient's name."""
    fill(sqlite_store)
    digest = {"name": "Mine", "to": ["eve@acme.example"], "when": "Mon 08:00"}
    mail = {"host": "127.0.0.1", "security": "none", "from": "flags@acme.example"}
    with sqlite_store.begin() as connection:
        connection.execute(
            sa.text("UPDATE digest_reader SET subscription = 'Mine' WHERE token = 'token-eve'")
        )
    with served(
        sqlite_store, tmp_path, url="http://127.0.0.1:1", also={"digests": [digest], "mail": mail}
    ) as site:
        viewer = site.browser("viewer")
        letter = viewer.get("/digests/preview/letter?name=Mine")
        policy = letter.headers["Content-Security-Policy"]
        assert "sandbox" in policy
        assert "script-src" not in policy
        assert "default-src 'none'" in policy
        assert (
            "frame-src 'self'"
            in viewer.get("/digests/preview?name=Mine").headers["Content-Security-Policy"]
        )
        assert "token-eve" not in letter.text
        acts = re.findall(r'href="(http://127\.0\.0\.1:1/[^"]+)"', letter.text)
        assert any("unsubscribe" in each for each in acts)
        past = viewer.get("/digests/preview?name=Mine&day=2026-11-20")
        assert "Nothing was sent on that day" in past.text
        ahead = viewer.get("/digests/preview?name=Mine&day=2026-11-30")
        assert "30 November" in ahead.text
        assert viewer.get("/digests/preview?name=Mine&day=soon").status_code == 422
        assert viewer.get("/digests/preview?name=Mine&day=2099-01-01").status_code == 422


def test_a_message_that_was_given_up_is_released(site: Site) -> None:
    """By the PMO, once; the server's words are shown as they are."""
    pmo = site.browser("pmo")
    assert "5.1.1 no such user &lt;b&gt;here&lt;/b&gt;" in pmo.get("/digests/log/2").text
    assert send(pmo, "/digests/log/2/release").status_code == 303
    assert send(pmo, "/digests/log/2/release").status_code == 409
    assert "message released" in actions(site)
    assert "No such message" in pmo.get("/digests/log?state=parked").text


class _Sink:
    def __init__(self) -> None:
        self.subjects: list[str] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.subjects.append(envelope.content.decode())
        return "250 OK"


def test_the_mail_server_is_set_and_tried(site: Site) -> None:
    """A test message to oneself, through a real server; what it says is told."""
    admin = site.browser("admin")
    assert "No mail server is named" in words(send(admin, "/settings/general/test-mail"))
    sink = _Sink()
    port = str(free_port())
    controller = Controller(sink, hostname="127.0.0.1", port=int(port))
    controller.start()
    fields = {"part": "mail", "host": "127.0.0.1", "port": port, "security": "none",
              "from": "flags@acme.example"}  # fmt: skip
    wrong = send(admin, "/settings/general/change", **fields | {"port": "many"})
    assert "whole number" in words(wrong)
    half = send(admin, "/settings/general/change", **fields | {"user": "ada"})
    assert half.status_code == 422
    assert "belong together" in words(half)
    assert send(admin, "/settings/general/change", **fields).status_code == 303
    assert "127.0.0.1" in words(admin.get("/settings/general"))
    assert send(admin, "/settings/general/test-mail").status_code == 303
    controller.stop()
    assert len(sink.subjects) == 1
    assert "To: Olga <olga@acme.example>" in sink.subjects[0]
    down = send(admin, "/settings/general/test-mail")
    assert down.status_code == 502
    assert f"127.0.0.1:{port}" in words(down)
    reset = send(admin, "/settings/general/reset", part="mail", version="1")
    assert reset.status_code == 303


def test_settings_of_the_file_are_read_only(site: Site) -> None:
    """And the address and the sign-in service, which share an entry, do not lose each other."""
    admin = site.browser("admin")
    zone = {"part": "timezone", "timezone": "Europe/Berlin"}
    refused = send(admin, "/settings/general/change", **zone)
    assert refused.status_code == 409
    assert "flagstaff.yaml:1" in words(refused)
    url = {"part": "address", "url": "http://flags.acme.example"}
    assert send(admin, "/settings/general/change", **url).status_code == 303
    oidc = {"part": "sign-in", "version": "1", "issuer": "https://login.acme.example",
            "client_id": "flagstaff", "client_secret": "canary-secret",
            "title": "Acme"}  # fmt: skip
    missing = send(admin, "/settings/general/change", **oidc | {"issuer": ""})
    assert "needed" in words(missing)
    assert send(admin, "/settings/general/change", **oidc).status_code == 303
    moved = {"part": "sign-in", "version": "2", "issuer": "https://evil.example",
             "client_id": "flagstaff"}  # fmt: skip
    told = send(admin, "/settings/general/change", **moved)
    assert "typed anew" in words(told)
    page = words(admin.get("/settings/general"))
    assert "http://flags.acme.example" in page
    assert "https://login.acme.example" in page
    assert "canary" not in page
    assert "canary" not in admin.get("/settings/audit").text
    packed = admin.get("/settings/export")
    with zipfile.ZipFile(io.BytesIO(packed.content)) as archive:
        text = archive.read("flagstaff.yaml").decode()
    assert "https://login.acme.example" in text
    assert "canary" not in text
    assert send(admin, "/settings/general/reset", part="sign-in", version="2").status_code == 303
    assert "http://flags.acme.example" in words(admin.get("/settings/general"))


def test_a_person_is_named_with_leave(site: Site) -> None:
    """Rows of leave; two that overlap are told."""
    pmo = site.browser("pmo")
    ada = {"name": "Ada", "emails": "ada@acme.example", "lead": "eve@acme.example",
           "capacity_hours": "32", "leave.0.first": "2026-12-21",
           "leave.0.last": "2026-12-31"}  # fmt: skip
    over = ada | {"leave.1.first": "2026-12-30", "leave.1.last": "2027-01-02"}
    wrong = send(pmo, "/settings/people/form", **over)
    assert wrong.status_code == 422
    assert "overlap" in words(wrong)
    assert 'value="2026-12-30"' in wrong.text
    assert send(pmo, "/settings/people/form", **ada).status_code == 303
    page = words(pmo.get("/settings/people"))
    assert "32 hours a week · led by eve@acme.example" in page
    assert "Away: 2026-12-21 to 2026-12-31" in page
    key = "ada@acme.example"
    assert "capacity_hours: 32" in pmo.get(f"/settings/people/yaml?key={key}").text
    assert send(pmo, "/settings/people/remove", key=key, version="1").status_code == 303


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/digests/form", {"name": ["a", "b"]}),
        ("/digests/form", {"name": "x", "version": "one"}),
        ("/digests/form", {"name": "x", "cap": "9" * 5000, "to": "a@b.example"}),
        ("/settings/people/form", {"leave.99999999999.first": "x", "name": "A"}),
        ("/settings/people/form", {"leave..first": "x", "name": "\u202eA"}),
    ],
)
def test_forms_of_the_wrong_shape_are_refused_in_words(
    site: Site, path: str, fields: dict[str, Any]
) -> None:
    """Never by a mistake of ours."""
    answer = send(site.browser("pmo"), path, **fields)
    assert answer.status_code in (303, 400, 422)
    assert "Traceback" not in answer.text


def test_a_day_that_is_over_lists_what_was_sent_however_much_followed(site: Site) -> None:
    """Not only what is among the latest."""
    with site.engine.begin() as connection:
        row = dict(connection.execute(sa.select(OUTBOX).where(OUTBOX.c.id == 1)).mappings().one())
        later = [
            {**row, "id": 100 + n, "period_key": f"later-{n}", "message_id": f"<later-{n}>",
             "queued_at": NOW - timedelta(hours=1), "subject": "Of another day"}
            for n in range(60)
        ]  # fmt: skip
        connection.execute(sa.insert(OUTBOX), later)
    day = (NOW - timedelta(days=2)).date()
    shown = (
        site.browser("viewer")
        .get(f"/digests/preview?name=Weekly&to=eve@acme.example&day={day}")
        .text
    )
    assert "8 flags need a hand" in shown
    assert "Of another day" not in shown


def test_who_gets_no_digest_is_not_told_that_nobody_does(
    sqlite_store: sa.Engine, tmp_path: Path
) -> None:
    others = [{"to": ["ada@acme.example"], "when": "Mon 08:00", "channels": ["file"]}]
    with served(sqlite_store, tmp_path, also={"digests": others}) as site:
        assert "No digest goes to you." in words(site.browser("manager").get("/digests"))
        assert "1 digest goes out." in words(site.browser("viewer").get("/digests"))
