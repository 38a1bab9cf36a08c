"""Digests by e-mail: frozen as a complete message, handed to the mail server with smtplib."""

from __future__ import annotations

import base64
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from email.header import Header
from email.headerregistry import (
    Address,
    BaseHeader,
    HeaderRegistry,
    UniqueAddressHeader,
    UnstructuredHeader,
)
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.policy import EmailPolicy, Policy
from email.utils import format_datetime, formataddr
from pathlib import Path
from typing import Any, Literal

from pydantic import SecretStr

from sync_engine.digest.channels.base import Answer, Frozen, Letter
from sync_engine.digest.channels.file import safe_name
from sync_engine.digest.text import TITLE_LIMIT, clean
from sync_engine.secrets import SecretError
from sync_engine.settings.base import MAILBOX

_IDS = ("message-id", "in-reply-to", "references", "list-id", "list-unsubscribe")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings:
    """The mail server and how we present ourselves to it.

    Attributes:
        security: `starttls` (usually port 587), `tls` from the first byte (465), or `none`.
        sender: address in From and in the envelope.
        unsubscribe_to: address that takes unsubscriptions by mail, where there is one.
        timeout: seconds for each answer of the server.
        deadline: seconds for one message as a whole; a server that drips is cut off.
        ca_file: certificates to trust besides the system's.
    """

    host: str
    sender: str
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: SecretStr | None = None
    sender_name: str = "Flagstaff"
    reply_to: str | None = None
    unsubscribe_to: str | None = None
    timeout: float = 30.0
    deadline: float = 120.0
    ca_file: Path | None = None

    def __post_init__(self) -> None:
        if self.user and self.security == "none" and self.host not in _LOOPBACK:
            raise ValueError(
                f"The password for {self.host} would travel in clear."
                ' Set security to "starttls" or "tls".'
            )
        _address(self.sender, self.sender_name)

    @property
    def domain(self) -> str:
        """The right-hand side of our Message-IDs."""
        return self.sender.rpartition("@")[2]


class _Verbatim(UnstructuredHeader, BaseHeader):
    """A header of ids and addresses. The library would write a long one as encoded words, which
    nobody who looks for a link or a Message-ID reads."""

    max_count = 1

    def fold(self, *, policy: Policy[Any]) -> str:
        """The value as it is, a line for each of its words."""
        words = f"{policy.linesep} ".join(str(self).split())
        return f"{self.name}: {words}{policy.linesep}"


class _Words(UnstructuredHeader, BaseHeader):
    """A header of words. Where the library folds encoded words itself, it loses spaces."""

    max_count = 1

    def fold(self, *, policy: Policy[Any]) -> str:
        """The words in lines, those that are not ASCII encoded."""
        return f"{self.name}: {_encoded(str(self), self.name, policy)}{policy.linesep}"


class _Mailbox(UniqueAddressHeader, BaseHeader):  # type: ignore[misc]  # as the registry joins them
    """A header of one address. Where the library folds a long name it loses the quotes, and the
    name would read as other addresses."""

    def fold(self, *, policy: Policy[Any]) -> str:
        """The name, quoted or encoded, and the address on a line of its own if need be."""
        [held] = self.addresses
        if held.display_name.isascii():
            value = formataddr((held.display_name, held.addr_spec))
        else:
            named = _encoded(held.display_name, self.name, policy)
            value = f"{named}{policy.linesep} <{held.addr_spec}>"
        return f"{self.name}: {value}{policy.linesep}"


def _encoded(text: str, name: str, policy: Policy[Any]) -> str:
    if text.isascii():
        return text
    # A little less than a line: it is not counted to the letter, and encoded words end at 75.
    return Header(text, "utf-8", 72, name).encode(linesep=policy.linesep)


def _policy() -> EmailPolicy[EmailMessage]:
    registry = HeaderRegistry()
    for name in _IDS:
        registry.map_to_type(name, _Verbatim)
    for name in ("to", "from", "reply-to"):
        registry.map_to_type(name, _Mailbox)
    registry.map_to_type("subject", _Words)
    return SMTP_POLICY.clone(header_factory=registry)


_POLICY = _policy()


class EmailChannel:
    """Keeps one connection for the messages of a round; one recipient per envelope.

    Args:
        password: fetches the password for each connection, where `settings` hold none.
    """

    def __init__(
        self, settings: MailSettings, password: Callable[[], str | None] | None = None
    ) -> None:
        self.settings = settings
        self._password = password
        self._server: smtplib.SMTP | None = None

    def freeze(self, letter: Letter) -> Frozen:
        """The complete message.

        Raises:
            ValueError: the recipient is no address that mail can be sent to.
        """
        message_id = f"<{letter.message_key}@{self.settings.domain}>"
        message = EmailMessage(policy=_POLICY)
        for name, value in self._headers(letter, message_id):
            message[name] = value
        message.set_content(letter.rendered.text, cte="quoted-printable")
        message.add_alternative(letter.rendered.html, subtype="html", cte="quoted-printable")
        # By default boundaries are random; the same letter must give the same bytes.
        message.set_boundary(f"=_{letter.message_key[:40]}")
        _attach(message, letter)
        return Frozen(message.as_bytes(), message_id)

    def _headers(self, letter: Letter, message_id: str) -> Iterator[tuple[str, object]]:
        mail = self.settings
        yield "From", _address(mail.sender, mail.sender_name)
        yield "To", _address(letter.recipient, letter.recipient_name or "")
        if mail.reply_to:
            yield "Reply-To", _address(mail.reply_to, "")
        yield "Subject", _words(letter.rendered.subject, 200)
        yield "Date", format_datetime(letter.at)
        yield "Message-ID", message_id
        if letter.thread:
            yield "In-Reply-To", letter.thread[-1]
            yield "References", " ".join(dict.fromkeys(letter.thread))
        list_id = f"{safe_name(letter.subscription).replace('@', '-')}.digest.{mail.domain}"
        yield "List-Id", f"<{list_id}>"
        ways = [letter.unsubscribe] if letter.unsubscribe else []
        if mail.unsubscribe_to:
            ways.append(f"mailto:{mail.unsubscribe_to}?subject=unsubscribe%20{list_id}")
        if ways:
            yield "List-Unsubscribe", ", ".join(f"<{way}>" for way in ways)
        if letter.unsubscribe and letter.unsubscribe.startswith("https://"):
            yield "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"
        yield "Auto-Submitted", "auto-generated"
        yield "X-Auto-Response-Suppress", "All"

    def send(self, recipient: str, body: bytes) -> Answer:
        """Hand one message to the server."""
        server, answer = self._connected()
        if server is None:
            return answer or Answer("down", "The mail server could not be used.")
        answer = self._try(server, lambda: _transact(server, self.settings.sender, recipient, body))
        if answer is None:
            return Answer("sent", "Taken by the mail server.", 250)
        return answer

    def close(self) -> None:
        """Say good-bye if the server still listens."""
        server, self._server = self._server, None
        if server is not None:
            with _deadline(server, self.settings.timeout):
                try:
                    server.quit()
                except (OSError, smtplib.SMTPException):
                    server.close()  # it hung up first

    def _connected(self) -> tuple[smtplib.SMTP | None, Answer | None]:
        """The open connection, a new one, or why there is none."""
        if self._server is not None:
            # Servers close after some messages; to learn it here is not to learn it mid-message.
            server = self._server
            if self._try(server, lambda: _expect("session", *server.noop())) is not None:
                self._hang_up()
        if self._server is None:
            try:
                mail = self._with_password()
            except SecretError as error:
                return None, Answer("down", f"{error}.")
            server = (
                smtplib.SMTP_SSL(timeout=mail.timeout, context=self._context())
                if mail.security == "tls"
                else smtplib.SMTP(timeout=mail.timeout)
            )
            answer = self._try(server, lambda: self._open(server))
            if answer is not None:
                server.close()
                return None, answer
            self._server = server
        return self._server, None

    def _with_password(self) -> MailSettings:
        if self._password is not None and (password := self._password()) is not None:
            self.settings = replace(self.settings, password=SecretStr(password))
        return self.settings

    def _context(self) -> ssl.SSLContext:
        # `cafile` alone would replace the system's certificates.
        context = ssl.create_default_context()
        if self.settings.ca_file is not None:
            context.load_verify_locations(self.settings.ca_file)
        return context

    def _open(self, server: smtplib.SMTP) -> None:
        mail = self.settings
        # The name that TLS verifies. Only the constructor sets it, and that one connects at once,
        # out of reach of the deadline.
        server._host = mail.host  # type: ignore[attr-defined]
        code, said = server.connect(mail.host, mail.port)
        if code != 220:
            raise _Refused("greeting", code, said)
        if mail.security == "starttls":
            server.starttls(context=self._context())
        if mail.user is not None and mail.password is not None:
            server.login(mail.user, mail.password.get_secret_value())

    def _try(self, server: smtplib.SMTP, step: Callable[[], object]) -> Answer | None:
        """None when the step went well.

        The errors of smtplib end here: they may repeat what we said to the server, so only a
        scrubbed sentence goes on.
        """
        try:
            with _deadline(server, self.settings.deadline):
                step()
        except _Refused as error:
            if error.code == 421:
                self._hang_up()
            return self._refusal(error)
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            self._hang_up()
            return self._trouble(error)
        return None

    def _hang_up(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def _refusal(self, error: _Refused) -> Answer:
        said = self._scrub(error.said)
        if error.code == 421 or error.step == "greeting":
            return Answer("down", f"The mail server is closed for now: {said}", error.code)
        if error.step == "sender":
            text = f"The mail server refuses the sender {self.settings.sender}: {said}"
            return Answer("down", text, error.code)
        if error.code < 500:
            return Answer("later", f"The mail server asks to come back later: {said}", error.code)
        return Answer("refused", f"The mail server refuses the {error.step}: {said}", error.code)

    def _trouble(self, error: Exception) -> Answer:
        where = f"The mail server {self.settings.host}:{self.settings.port}"
        match error:
            case smtplib.SMTPAuthenticationError():
                said = self._scrub(_text(error.smtp_error))
                text = f"{where} refuses the user name or password: {said}"
                return Answer("down", text, error.smtp_code)
            case smtplib.SMTPNotSupportedError():
                text = f"{where} does not offer what is configured: {self._scrub(str(error))}"
            case ssl.SSLCertVerificationError():
                text = f"{where} shows a certificate that is not trusted: {error.verify_message}."
            case UnicodeError():
                text = "The mail user name or password has letters that SMTP cannot carry."
            case TimeoutError():
                text = f"{where} did not answer in time."
            case smtplib.SMTPServerDisconnected():
                text = f"{where} closed the connection in mid-sentence."
            case _:
                said = self._scrub(str(error)) or type(error).__name__
                text = f"{where} could not be used: {said}"
        return Answer("down", text)

    def _scrub(self, said: str) -> str:
        """What a server said, without the password in any form in which we sent it."""
        password = self.settings.password
        if password is not None and (secret := password.get_secret_value()):
            user = self.settings.user or ""
            for form in (secret, f"\0{user}\0{secret}", f"{user}\0{user}\0{secret}"):
                for spelled in (base64.b64encode(form.encode()).decode(), form):
                    said = said.replace(spelled, "[hidden]")
        return clean(said, 300)


def _attach(message: EmailMessage, letter: Letter) -> None:
    """Put the pictures beside the HTML form that shows them, not among the attachments."""
    html = message.get_body(("html",))
    if not letter.rendered.pictures or not isinstance(html, EmailMessage):
        return
    for picture in letter.rendered.pictures:
        html.add_related(
            picture.png, "image", "png", cid=f"<{picture.cid}>", disposition="inline",
            filename=f"{picture.cid.partition('@')[0]}.png",
        )  # fmt: skip
    html.set_boundary(f"=_r{letter.message_key[:40]}")


class _Refused(Exception):
    """The server said no to a step of one message."""

    def __init__(self, step: str, code: int, said: bytes | str) -> None:
        super().__init__(step, code)
        self.step = step
        self.code = code
        self.said = _text(said)


def _transact(server: smtplib.SMTP, sender: str, recipient: str, body: bytes) -> None:
    """One message: MAIL, RCPT, DATA. Says which step the server refused."""
    server.ehlo_or_helo_if_needed()
    try:
        _expect("sender", *server.mail(sender))
        _expect("recipient", *server.rcpt(recipient))
        _expect("message", *server.data(body))
    except smtplib.SMTPDataError as error:
        _start_over(server)
        raise _Refused("message", error.smtp_code, error.smtp_error) from None
    except _Refused as error:
        if error.code != 421:
            _start_over(server)
        raise


def _start_over(server: smtplib.SMTP) -> None:
    """Ready for another message. Who hangs up with a refusal has refused nonetheless."""
    try:
        server.rset()
    except (OSError, smtplib.SMTPException):
        server.close()


def _expect(step: str, code: int, said: bytes) -> None:
    if not 200 <= code < 300:
        raise _Refused(step, code, said)


def _text(said: bytes | str) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else said


@contextmanager
def _deadline(server: smtplib.SMTP, seconds: float) -> Iterator[None]:
    """Cut the connection after so many seconds: a time-out alone never ends a server that drips."""

    def cut() -> None:
        if server.sock is not None:
            with suppress(OSError):  # closed meanwhile
                socket.socket.shutdown(server.sock, socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _words(text: str, limit: int = TITLE_LIMIT) -> str:
    """Words for a header. The library decodes encoded words (RFC 2047) in what it is given, line
    ends too, which would begin a header of somebody else's; so none may be left."""
    return clean(text, limit).replace("=?", "= ?")


def _address(address: str, name: str) -> Address:
    if not MAILBOX.fullmatch(address):
        raise ValueError(f'"{clean(address)}" is no e-mail address. Write name@example.com.')
    return Address(_words(name), addr_spec=address)
