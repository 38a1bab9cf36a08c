"""`flagstaff digest` where digests go to roles: as each gets it, who gets it, who left."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from sync_engine import clock
from sync_engine.connect import KEY_FILE
from sync_engine.digest import leaving, outbox
from sync_engine.store import upgrade
from sync_engine.store.engine import open_engine
from sync_engine.store.flag_models import FlagRow
from sync_engine.store.models import Identity
from tests.cli.conftest import Flagstaff

CONFIGURATION = """
store: sqlite:///flagstaff.db
web: {url: https://flagstaff.example.com}
digests:
  - {to: [owners, leads], name: mine, fallback: pmo@example.com, channels: [file]}
"""


@pytest.fixture
def engine(tmp_path: Path) -> sa.Engine:
    """A store with Ann, who owns a flag, and Lea, who leads her."""
    (tmp_path / "flagstaff.yaml").write_text(CONFIGURATION)
    engine = open_engine(f"sqlite:///{tmp_path / 'flagstaff.db'}")
    upgrade.upgrade(engine, clock.now())
    with engine.begin() as connection:
        connection.execute(
            sa.insert(Identity).values(
                id=1, name="Ann", email="ann@example.com", lead_email="lea@example.com",
                source="file",
            )
        )  # fmt: skip
        now = clock.now() - timedelta(days=1)
        connection.execute(
            sa.insert(FlagRow).values(
                fingerprint="f" * 40, standard="s", pack="p", standard_version="1",
                standard_title="s", subject="task", subject_id="1", severity="high", state="open",
                said="No due date.", remedy="Give it one.", title="Write the handbook",
                opened_at=now, first_opened_at=now, assessed_at=now, identity_id=1,
            )
        )  # fmt: skip
    return engine


def test_a_preview_is_as_its_recipient_gets_it(flagstaff: Flagstaff, engine: sa.Engine) -> None:
    shown = flagstaff("digest", "preview", "mine", "--to", "lea@example.com", "--json").json
    assert shown["to"] == "lea@example.com"
    assert f"https://flagstaff.example.com/flags/{'f' * 40}" in shown["text"]
    assert "/letters/" not in shown["text"]  # files may be read by others
    wrong = flagstaff("digest", "preview", "mine", "--to", "bo@example.com")
    assert wrong.code == 1
    assert "goes now to: ann@example.com, lea@example.com" in " ".join(wrong.err.split())


def test_sending_reaches_each_role_once(
    flagstaff: Flagstaff, engine: sa.Engine, tmp_path: Path
) -> None:
    for composed in (2, 0):
        said = flagstaff("digest", "send", "--now", "--json").json
        assert said["composed"] == composed
    names = sorted(path.name for path in (tmp_path / "digests").glob("*.html"))
    assert [name.rpartition("_")[2] for name in names] == [
        "ann@example.com.html", "lea@example.com.html",
    ]  # fmt: skip


def test_digests_go_out_without_links_that_act_where_there_is_no_key(
    flagstaff: Flagstaff, engine: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is queued for a mail server that nobody runs is what would be sent."""
    mail = "mail: {host: 127.0.0.1, port: 1, security: none, from: pmo@example.com}\n"
    (tmp_path / "flagstaff.yaml").write_text(CONFIGURATION.replace("[file]", "[email]") + mail)
    preview = ("digest", "preview", "mine", "--to", "lea@example.com")
    assert "/letters/" in flagstaff(*preview).out
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    monkeypatch.setenv("FLAGSTAFF_KEY", "no key")
    said = flagstaff("digest", "send", "--now", "--json")
    assert said.json["composed"] == 2
    assert said.err.count("FLAGSTAFF_KEY is not base64") == 1
    with engine.connect() as connection:
        bodies = connection.execute(sa.text("SELECT body FROM outbox")).scalars().all()
    assert len(bodies) == 2
    assert all(b"/letters/" not in body for body in bodies)
    assert "/letters/" not in flagstaff(*preview).out


def test_a_mail_password_that_cannot_be_had_holds_up_mails_alone(
    flagstaff: Flagstaff, engine: sa.Engine, tmp_path: Path
) -> None:
    mail = "mail: {host: 127.0.0.1, from: pmo@example.com, user: pmo, password: 'env:NO_SUCH'}\n"
    (tmp_path / "flagstaff.yaml").write_text(
        CONFIGURATION.replace("[file]", "[email, file]") + mail
    )
    said = flagstaff("digest", "send", "--now", "--json")
    assert said.code == 2
    assert said.json["composed"] == 2
    states = sorted((each["channel"], each["state"]) for each in said.json["deliveries"])
    assert states == [("email", "queued"), ("file", "sent"), ("file", "sent")]
    [held] = [each["said"] for each in said.json["deliveries"] if each["channel"] == "email"]
    assert "NO_SUCH is not set" in held
    assert len(list((tmp_path / "digests").glob("*.html"))) == 2


def test_one_digest_is_sent_by_its_name(
    flagstaff: Flagstaff, engine: sa.Engine, tmp_path: Path
) -> None:
    more = "  - {to: [bo@example.com], name: all, channels: [file]}\n"
    (tmp_path / "flagstaff.yaml").write_text(CONFIGURATION + more)
    said = flagstaff("digest", "send", "all", "--json").json
    assert [each["to"] for each in said["deliveries"]] == ["bo@example.com"]
    assert "today's was sent already" in " ".join(flagstaff("digest", "send", "all").out.split())
    for wrong, told in (("none", "Say which digest: mine, all."), ("bo@example.com", '"all"')):
        refused = flagstaff("digest", "send", wrong)
        assert refused.code == 1
        assert told in " ".join(refused.err.split())


def test_a_digest_that_cannot_be_composed_is_told(
    flagstaff: Flagstaff, engine: sa.Engine, tmp_path: Path
) -> None:
    (tmp_path / "flagstaff.yaml").write_text(
        CONFIGURATION.replace("fallback", "scope: 'nonsense = 1', fallback")
    )
    said = flagstaff("digest", "send", "--now")
    assert said.code == 2
    assert "Nothing to send" not in said.out
    assert 'The digest "mine" could not be composed: The scope' in " ".join(said.out.split())
    told = flagstaff("digest", "send", "--now", "--json").json
    assert (told["composed"], [each["digest"] for each in told["troubles"]]) == (0, ["mine"])


def test_a_time_that_is_none_is_told_with_its_place(
    flagstaff: Flagstaff, engine: sa.Engine, tmp_path: Path
) -> None:
    (tmp_path / "flagstaff.yaml").write_text(
        CONFIGURATION.replace("fallback", "when: Blurday 08:00, fallback")
    )
    for command in (("digest", "send"), ("digest", "preview", "mine"), ("config", "check")):
        said = flagstaff(*command)
        assert said.code == 1
        assert "flagstaff.yaml:5:39: digests.mine.when" in said.out + said.err
        assert "unexpected" not in said.err


def test_readers_shows_who_left(flagstaff: Flagstaff, engine: sa.Engine) -> None:
    assert flagstaff("digest", "readers", "--json").json == {"readers": []}
    flagstaff("digest", "send", "--now")
    reader = outbox.meet(engine, "mine", ["ann@example.com"], clock.now())["ann@example.com"]
    assert leaving.unsubscribe(engine, reader.token, clock.now())
    rows = flagstaff("digest", "readers", "mine", "--json").json["readers"]
    assert [(row["to"], row["left_at"] is not None) for row in rows] == [
        ("ann@example.com", True), ("lea@example.com", False),
    ]  # fmt: skip
    assert "left on" in flagstaff("digest", "readers").out


def test_a_channel_that_needs_what_is_not_installed_is_told(
    flagstaff: Flagstaff, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync_engine.digest.channels.apprise.installed", lambda: False)
    (tmp_path / "flagstaff.yaml").write_text(
        "connections: []\nchannels: {phone: {kind: apprise, webhook: 'env:X'}}\n"
    )
    said = flagstaff("config", "check")
    assert said.code == 1
    assert "install flagstaff[notify]" in " ".join((said.out + said.err).split())
