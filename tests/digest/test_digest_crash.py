"""Every point at which the process can die between "due" and "sent", tried in turn (SIGKILL)."""

from __future__ import annotations

import os
import signal
import smtplib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from sync_engine.crash import CrashPoints
from sync_engine.digest import outbox
from sync_engine.digest.channels.base import Channel
from sync_engine.digest.channels.email import EmailChannel, MailSettings
from sync_engine.digest.channels.file import FileChannel
from sync_engine.digest.model import Subscription
from sync_engine.digest.run import deliver, queue_due
from sync_engine.store.digest_models import Delivery, DigestReader, Outgoing
from sync_engine.store.engine import open_engine

SUNDAY = datetime(2026, 11, 22, 12, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
READERS = ("ann@example.com", "ben@example.com")
SMTP_STEPS = ("connect", "send", "getreply", "close")


@dataclass
class Household:
    """A store, a mail server and a subscription that is due."""

    store: sa.Engine
    subscription: Subscription
    mail: MailSettings
    folder: Path
    gather: Any

    def work(self, engine: sa.Engine) -> None:
        """What the daemon does at a tick."""
        channels: dict[str, Channel] = {
            "email": EmailChannel(self.mail),
            "file": FileChannel(self.folder),
        }
        queue_due(engine, [self.subscription], MONDAY, channels=channels, gather=self.gather)
        deliver(engine, channels, lambda: MONDAY)

    def work_and_die(self, at: int) -> int:
        """The same in a process that is killed at a point; how many points it passed if it was
        not."""
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            points = CrashPoints(at)
            engine = open_engine(self.store.url.render_as_string(hide_password=False))
            points.arm(engine)
            for step in SMTP_STEPS:
                setattr(smtplib.SMTP, step, _counted(getattr(smtplib.SMTP, step), points))
            self.work(engine)
            os.write(write, str(points.passed).encode())
            os._exit(0)
        os.close(write)
        with os.fdopen(read) as pipe:
            said = pipe.read()
        _, status = os.waitpid(child, 0)
        assert said or os.WTERMSIG(status) == signal.SIGKILL
        self._wait_for_the_server()
        return int(said or 0)

    def _wait_for_the_server(self) -> None:
        """PostgreSQL lets go of what a dead client held when it notices: till then others pass by
        those messages."""
        if self.store.dialect.name == "postgresql":
            with self.store.begin() as connection:
                connection.execute(sa.text(f"LOCK TABLE {Outgoing.__tablename__}"))

    def reset(self) -> None:
        """Before the period fell due."""
        with self.store.begin() as connection:
            for table in (Delivery, Outgoing, DigestReader):
                connection.execute(sa.delete(table))
        outbox.meet(self.store, self.subscription.name, READERS, SUNDAY)

    def let_claims_lapse(self) -> set[str]:
        """As a quarter of an hour does. Who was being written to when the process died."""
        table = Outgoing.__table__  # type: ignore[attr-defined]
        with self.store.begin() as connection:
            return set(
                connection.execute(
                    sa.update(table)
                    .where(table.c.state == "sending", table.c.channel == "email")
                    .values(claimed_until=SUNDAY)
                    .returning(table.c.recipient)
                ).scalars()
            ) | set(
                connection.execute(
                    sa.update(table)
                    .where(table.c.state == "sending")
                    .values(claimed_until=SUNDAY)
                    .returning(sa.literal("a file"))
                ).scalars()
            )


def _counted(method: Callable[..., Any], points: CrashPoints) -> Callable[..., Any]:
    def step(*args: Any, **kwargs: Any) -> Any:
        points.point()
        result = method(*args, **kwargs)
        points.point()
        return result

    return step


@pytest.fixture
def household(
    store: sa.Engine, weekly: Subscription, plain_mail: MailSettings, gatherer: Any, tmp_path: Path
) -> Household:
    subscription = replace(weekly, to=READERS, channels=("email", "file"))
    return Household(store, subscription, plain_mail, tmp_path / "digests", gatherer)


@pytest.mark.slow
def test_no_crash_loses_a_digest_or_repeats_more_than_the_one_in_doubt(
    household: Household, post_office: Any, make_flag: Any
) -> None:
    household.reset()
    points = household.work_and_die(0)
    assert points >= 100
    assert [r for r, _ in post_office.taken] == list(READERS)

    repeated = 0
    for at in range(1, points + 1):
        post_office.taken.clear()
        for file in household.folder.iterdir():
            file.unlink()
        household.reset()
        household.gather.flags = ()
        household.work_and_die(at)
        in_doubt = household.let_claims_lapse()
        household.gather.flags = (make_flag(),)  # what is found later changes nothing frozen
        household.work(household.store)

        counts = Counter(r for r, _ in post_office.taken)
        assert set(counts) == set(READERS), f"lost at point {at}"
        again = {r for r, n in counts.items() if n > 1}
        assert again <= in_doubt, f"repeated without need at point {at}"
        assert sum(counts.values()) <= len(READERS) + 1
        table = Outgoing.__table__  # type: ignore[attr-defined]
        with household.store.connect() as connection:
            frozen = {
                r.recipient: r.body
                for r in connection.execute(sa.select(table).where(table.c.channel == "email"))
            }
            assert set(connection.execute(sa.select(table.c.state)).scalars()) == {"sent"}
        for recipient, body in post_office.taken:
            assert body == frozen[recipient], f"altered at {at}"
        assert len(list(household.folder.glob("*.html"))) == len(READERS)
        assert len(list(household.folder.glob("*.txt"))) == len(READERS)
        repeated += len(again)
    # The window in doubt exists: a test that never meets it would prove nothing.
    assert 1 <= repeated <= 12 * len(READERS)
