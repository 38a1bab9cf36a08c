"""Fixtures of the digest's tests: a sample, a gatherer of values, and a real SMTP server."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sync_engine.digest.channels.email import MailSettings
from sync_engine.digest.model import DigestInput, FlagLine, Occasion, Subscription
from tests.digest.news import as_of

PASSWORD = "correct-horse-battery"


@pytest.fixture(scope="session")
def picture(root: Path) -> ModuleType:
    """The script that makes the README's picture; its sample is ours too."""
    spec = importlib.util.spec_from_file_location("digest_picture", root / "docs/images/make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def sample(picture: ModuleType) -> DigestInput:
    """A week in an invented portfolio."""
    given: DigestInput = picture.sample()
    return given


@pytest.fixture
def make_flag() -> Callable[..., FlagLine]:
    """Makes an open flag, with what a test says about it."""
    base = FlagLine(
        id="1",
        rule="overdue",
        rule_title="Work is past its due date",
        subject="task",
        severity="high",
        state="open",
        title="Write the handbook",
        sentence="Due on 1 November, and still open.",
        opened_at=datetime(2026, 10, 1, tzinfo=UTC),
        key="OPS-1",
        url="https://jira.example.com/browse/OPS-1",
        project="Operations",
        owner="Ada Brandt",
        tool="Jira",
        remedy="Finish it or agree a new date.",
    )
    return lambda **values: replace(base, **values)


@pytest.fixture
def weekly() -> Subscription:
    """A digest for Mondays."""
    return Subscription(
        name="core",
        to=("maria@example.com",),
        title="Core portfolio",
        when="Mon 08:00",
        zone="Europe/Warsaw",
    )


@dataclass
class Gatherer:
    """Answers with values instead of reading a store; remembers what it was asked."""

    flags: tuple[FlagLine, ...] = ()
    asked: list[Occasion] = field(default_factory=list)

    def __call__(self, engine: sa.Engine, occasion: Occasion) -> DigestInput:
        self.asked.append(occasion)
        return DigestInput(
            subscription=occasion.subscription,
            recipient=occasion.recipient,
            recipient_name="Maria Holm",
            period_label=occasion.period.label,
            late=occasion.period.late(occasion.now),
            now=occasion.now,
            since=occasion.since,
            flags=tuple(as_of(flag, occasion.since) for flag in self.flags),
            connections=1,
            read_at=occasion.now - timedelta(minutes=5),
            unsubscribe=occasion.unsubscribe,
            console=occasion.console,
        )


@pytest.fixture
def gatherer() -> Gatherer:
    """A gatherer that knows of no flag."""
    return Gatherer()


@dataclass
class PostOffice:
    """A real SMTP server's handler: keeps what it takes, and misbehaves on demand.

    `rcpt` and `data` answer for a recipient instead of 250; "drop" after DATA closes the
    connection once the message is in, without an answer; "hold" never answers. `hangs_up`: with
    each refusal it closes, too. `most`: messages of a connection, after which it says good-bye.
    """

    taken: list[tuple[str, bytes]] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    rcpt: dict[str, str] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)
    sessions: set[int] = field(default_factory=set)
    hangs_up: bool = False
    most: int | None = None
    port: int = 0
    cert: Path | None = None

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.rcpt.get("MAIL")
        if answer:
            return answer
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.rcpt.get(address)
        if answer:
            return self._refuse(server, answer)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert len(envelope.rcpt_tos) == 1, "one recipient per envelope"
        recipient = envelope.rcpt_tos[0]
        answer = self.data.get(recipient, "250 taken")
        self.sessions.add(id(session))
        if answer.startswith("250") or answer in ("drop", "hold"):
            assert isinstance(envelope.content, bytes)
            self.taken.append((recipient, envelope.content))
        if answer == "drop":
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        if answer == "hold":
            await asyncio.sleep(3600)
        return answer if answer.startswith("250") else self._refuse(server, answer)

    async def handle_NOOP(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, word: str
    ) -> str:
        here = getattr(session, "noops", 0) + 1
        session.noops = here  # type: ignore[attr-defined]
        if self.most is None or here < self.most:
            return "250 OK"
        self.hangs_up = True
        return self._refuse(server, "421 4.7.0 too many messages in this session")

    def _refuse(self, server: SMTP, answer: str) -> str:
        if self.hangs_up and isinstance(server.transport, asyncio.WriteTransport):
            server.transport.write(f"{answer}\r\n".encode())
            server.transport.close()
        return answer


class Server(Controller):
    """A controller that takes whatever port is free."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


def _sign_in(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
) -> AuthResult:
    assert isinstance(data, LoginPassword)
    if data.password.decode() == PASSWORD:
        return AuthResult(success=True)
    return AuthResult(
        success=False,
        handled=False,
        message=f"535 5.7.8 no entry for {data.login.decode()} with {data.password.decode()}",
    )


@pytest.fixture
def post_office() -> Iterator[PostOffice]:
    """A plain SMTP server on loopback."""
    office = PostOffice()
    controller = Server(office, hostname="127.0.0.1", port=0)
    controller.start()
    office.port = controller.port
    yield office
    controller.stop()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for localhost and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture
def secure_office(certificate: tuple[Path, Path]) -> Iterator[PostOffice]:
    """An SMTP server that demands STARTTLS and a password."""
    import ssl

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    office = PostOffice(cert=certificate[0])
    controller = Server(
        office,
        hostname="127.0.0.1",
        port=0,
        tls_context=context,
        require_starttls=True,
        auth_required=True,
        authenticator=_sign_in,
    )
    controller.start()
    office.port = controller.port
    yield office
    controller.stop()


@pytest.fixture
def plain_mail(post_office: PostOffice) -> MailSettings:
    """Settings for the plain server."""
    return MailSettings(
        host="127.0.0.1",
        port=post_office.port,
        security="none",
        sender="pmo@example.com",
        timeout=2,
        deadline=2,
    )
