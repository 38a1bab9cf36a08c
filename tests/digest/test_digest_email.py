"""E-mail over a real SMTP server: headers, sign-in, what each answer of the server leads to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from sync_engine.digest import outbox
from sync_engine.digest.channels.email import EmailChannel, MailSettings
from sync_engine.digest.model import Subscription
from sync_engine.digest.run import deliver, queue_due
from sync_engine.store.digest_models import Delivery, Outgoing

PASSWORD = "correct-horse-battery"
SUNDAY = datetime(2026, 11, 22, 12, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
READERS = ("ann@example.com", "ben@example.com", "cleo@example.com")


@pytest.fixture
def queue(
    sqlite_store: sa.Engine, weekly: Subscription, gatherer: Any
) -> Callable[[EmailChannel, tuple[str, ...]], None]:
    """Puts a digest for some readers into the outbox."""

    def put(channel: EmailChannel, readers: tuple[str, ...]) -> None:
        subscription = replace(weekly, to=readers)
        for now in (SUNDAY, MONDAY):
            queue_due(
                sqlite_store, [subscription], now, channels={"email": channel}, gather=gatherer
            )

    return put


def states(engine: sa.Engine) -> dict[str, str]:
    table = Outgoing.__table__  # type: ignore[attr-defined]
    with engine.connect() as connection:
        rows = connection.execute(sa.select(table.c.recipient, table.c.state))
        return {row.recipient: row.state for row in rows}


# -- what the server says -----------------------------------------------------------------------


def test_every_reader_gets_an_envelope_of_their_own(
    sqlite_store: sa.Engine, post_office: Any, plain_mail: MailSettings, queue: Any
) -> None:
    readers = tuple(f"reader{n}@example.com" for n in range(50))
    channel = EmailChannel(plain_mail)
    queue(channel, readers)

    done = deliver(sqlite_store, {"email": channel}, lambda: MONDAY)

    assert sorted(r for r, _ in post_office.taken) == sorted(readers)
    assert all(b"\r\nTo: Maria Holm <%b>\r\n" % r.encode() in body for r, body in post_office.taken)
    assert {d.state for d in done} == {"sent"}
    assert len(post_office.sessions) == 1
    assert deliver(sqlite_store, {"email": channel}, lambda: MONDAY + timedelta(hours=9)) == []
    assert len(post_office.taken) == 50


@pytest.mark.parametrize("where", ["rcpt", "data"])
def test_a_refused_reader_is_parked_and_the_others_are_served(
    sqlite_store: sa.Engine, post_office: Any, plain_mail: MailSettings, queue: Any, where: str
) -> None:
    getattr(post_office, where)[READERS[0]] = "550 5.1.1 no such user"
    channel = EmailChannel(plain_mail)
    queue(channel, READERS)

    deliver(sqlite_store, {"email": channel}, lambda: MONDAY)

    assert states(sqlite_store) == dict(zip(READERS, ("parked", "sent", "sent"), strict=True))
    deliver(sqlite_store, {"email": channel}, lambda: MONDAY + timedelta(days=1))
    assert [r for r, _ in post_office.taken] == list(READERS[1:])

    getattr(post_office, where).clear()
    assert outbox.release(sqlite_store, 1, MONDAY + timedelta(days=1))
    deliver(sqlite_store, {"email": channel}, lambda: MONDAY + timedelta(days=1))
    assert [r for r, _ in post_office.taken] == [*READERS[1:], READERS[0]]
    assert not outbox.release(sqlite_store, 1, MONDAY)


@pytest.mark.parametrize("where", ["rcpt", "data"])
def test_come_back_later_means_later(
    sqlite_store: sa.Engine, post_office: Any, plain_mail: MailSettings, queue: Any, where: str
) -> None:
    getattr(post_office, where)[READERS[0]] = "450 4.7.1 greylisted"
    channel = EmailChannel(plain_mail)
    queue(channel, READERS)

    deliver(sqlite_store, {"email": channel}, lambda: MONDAY)
    assert states(sqlite_store) == dict(zip(READERS, ("queued", "sent", "sent"), strict=True))
    deliver(sqlite_store, {"email": channel}, lambda: MONDAY + timedelta(seconds=59))
    assert len(post_office.taken) == 2

    getattr(post_office, where).clear()
    deliver(sqlite_store, {"email": channel}, lambda: MONDAY + timedelta(seconds=61))
    assert sorted(r for r, _ in post_office.taken) == sorted(READERS)


@pytest.mark.parametrize("where", ["rcpt", "data"])
def test_a_server_that_closes_is_left_alone_for_the_round(
    sqlite_store: sa.Engine, post_office: Any, plain_mail: MailSettings, queue: Any, where: str
) -> None:
    getattr(post_office, where)[READERS[0]] = "421 4.3.2 shutting down"
    channel = EmailChannel(plain_mail)
    queue(channel, READERS)

    done = deliver(sqlite_store, {"email": channel}, lambda: MONDAY)

    assert [(d.recipient, d.state) for d in done] == [(READERS[0], "queued")]
    deliver(sqlite_store, {"email": channel}, lambda: MONDAY)
    assert [r for r, _ in post_office.taken] == list(READERS[1:])


@pytest.mark.parametrize("where", ["rcpt", "data"])
@pytest.mark.parametrize(
    ("answer", "state"), [("554 5.7.1 spam", "parked"), ("450 4.7.1 greylisted", "queued")]
)
def test_a_server_that_refuses_one_reader_and_hangs_up_harms_no_other(
    sqlite_store: sa.Engine,
    post_office: Any,
    plain_mail: MailSettings,
    queue: Any,
    where: str,
    answer: str,
    state: str,
) -> None:
    post_office.hangs_up = True
    getattr(post_office, where)[READERS[0]] = answer
    channel = EmailChannel(plain_mail)
    queue(channel, READERS)

    first, *_ = deliver(sqlite_store, {"email": channel}, lambda: MONDAY)

    assert answer.partition(" ")[2] in first.text
    assert states(sqlite_store) == dict(zip(READERS, (state, "sent", "sent"), strict=True))


def test_a_server_that_takes_only_some_messages_in_a_session_gets_the_rest_in_another(
    sqlite_store: sa.Engine, post_office: Any, plain_mail: MailSettings, queue: Any
) -> None:
    post_office.most = 2
    readers = tuple(f"reader{n}@example.com" for n in range(6))
    channel = EmailChannel(plain_mail)
    queue(channel, readers)
    done = deliver(sqlite_store, {"email": channel}, lambda: MONDAY)
    assert [each.state for each in done] == ["sent"] * 6
    assert len(post_office.taken) == 6


@pytest.mark.parametrize(
    ("how", "said"), [("drop", "closed the connection"), ("hold", "closed the connection|in time")]
)
def test_no_answer_after_the_message_repeats_it_with_the_same_bytes(
    sqlite_store: sa.Engine,
    post_office: Any,
    plain_mail: MailSettings,
    queue: Any,
    how: str,
    said: str,
) -> None:
    mail = replace(plain_mail, timeout=0.3) if how == "hold" else plain_mail
    channel = EmailChannel(mail)
    post_office.data[READERS[0]] = how
    queue(channel, READERS[:1])

    (done,) = deliver(sqlite_store, {"email": channel}, lambda: MONDAY)
    assert done.state == "queued"
    assert any(part in done.text for part in said.split("|"))

    post_office.data.clear()
    deliver(sqlite_store, {"email": channel}, lambda: MONDAY + timedelta(minutes=2))
    first, second = post_office.taken
    assert first == second
    assert states(sqlite_store) == {READERS[0]: "sent"}


def test_a_refused_sender_concerns_the_channel_not_the_reader(
    sqlite_store: sa.Engine, post_office: Any, plain_mail: MailSettings, queue: Any
) -> None:
    post_office.rcpt["MAIL"] = "553 5.7.1 not your address"
    channel = EmailChannel(plain_mail)
    queue(channel, READERS)
    (done,) = deliver(sqlite_store, {"email": channel}, lambda: MONDAY)
    assert done.state == "queued"
    assert "refuses the sender pmo@example.com" in done.text


def test_nobody_listens(sqlite_store: sa.Engine, plain_mail: MailSettings, queue: Any) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    channel = EmailChannel(replace(plain_mail, port=port))
    queue(channel, READERS)
    (done,) = deliver(sqlite_store, {"email": channel}, lambda: MONDAY)
    assert done.state == "queued"
    assert f"127.0.0.1:{port} could not be used" in done.text


def test_a_server_that_drips_is_cut_off(plain_mail: MailSettings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        stop = threading.Event()

        def drip() -> None:
            peer, _ = server.accept()
            with peer:
                while not stop.wait(0.05):
                    try:
                        peer.sendall(b"2")  # an answer that never ends
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        port = server.getsockname()[1]
        channel = EmailChannel(replace(plain_mail, port=port, timeout=5, deadline=0.4))
        answer = channel.send("ann@example.com", b"x")
        stop.set()
        thread.join()
    assert answer.outcome == "down"


def test_given_up_after_five_days(
    sqlite_store: sa.Engine, post_office: Any, plain_mail: MailSettings, queue: Any
) -> None:
    post_office.rcpt[READERS[0]] = "452 4.2.2 mailbox full"
    channel = EmailChannel(plain_mail)
    queue(channel, READERS[:1])
    tries = 0
    for hour in range(24 * 6):
        at = partial(MONDAY.__add__, timedelta(hours=hour))
        tries += len(deliver(sqlite_store, {"email": channel}, at))
    assert states(sqlite_store) == {READERS[0]: "parked"}
    assert 20 < tries < 40
    with sqlite_store.connect() as connection:
        log = connection.execute(sa.select(sa.func.count()).select_from(Delivery)).scalar_one()
    assert log == tries


# -- sign-in ------------------------------------------------------------------------------------


def secure(office: Any, password: str) -> MailSettings:
    return MailSettings(
        host="localhost",
        port=office.port,
        sender="pmo@example.com",
        user="pmo",
        password=SecretStr(password),
        ca_file=office.cert,
        timeout=5,
    )


def test_sends_with_starttls_and_password(
    sqlite_store: sa.Engine, secure_office: Any, queue: Any
) -> None:
    channel = EmailChannel(secure(secure_office, PASSWORD))
    queue(channel, READERS)
    deliver(sqlite_store, {"email": channel}, lambda: MONDAY)
    assert [r for r, _ in secure_office.taken] == list(READERS)


def test_a_wrong_password_is_told_and_never_shown(
    sqlite_store: sa.Engine, secure_office: Any, queue: Any
) -> None:
    channel = EmailChannel(secure(secure_office, "wrong-and-canary"))
    queue(channel, READERS)
    (done,) = deliver(sqlite_store, {"email": channel}, lambda: MONDAY)
    assert done.state == "queued"
    assert "refuses the user name or password" in done.text
    assert "[hidden]" in done.text
    with sqlite_store.connect() as connection:
        dump = str(connection.execute(sa.select(Outgoing.__table__)).all())  # type: ignore[attr-defined]
        dump += str(connection.execute(sa.select(Delivery.__table__)).all())  # type: ignore[attr-defined]
    assert "canary" not in dump + done.text + repr(channel.settings)


def test_an_unknown_certificate_is_refused(secure_office: Any) -> None:
    channel = EmailChannel(replace(secure(secure_office, PASSWORD), ca_file=None))
    answer = channel.send("ann@example.com", b"x")
    assert answer.outcome == "down"
    assert "certificate that is not trusted" in answer.text


def test_a_server_without_tls_is_refused(post_office: Any, plain_mail: MailSettings) -> None:
    answer = EmailChannel(replace(plain_mail, security="starttls")).send("ann@example.com", b"x")
    assert answer.outcome == "down"
    assert "does not offer what is configured" in answer.text
    assert post_office.taken == []
