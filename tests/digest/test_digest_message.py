"""A mail as it is frozen: its headers, and what hostile text can do to them."""

from __future__ import annotations

import email
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from pydantic import SecretStr

from sync_engine.digest.channels.base import Letter
from sync_engine.digest.channels.email import EmailChannel, MailSettings
from sync_engine.digest.compose import compose
from sync_engine.digest.model import DigestInput, Subscription
from sync_engine.digest.render import Rendered, render

PASSWORD = "correct-horse-battery"
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


NOTHING = compose(
    DigestInput(
        subscription=Subscription(
            name="core", to=("maria@example.com",), title="Core", when="Mon 08:00", zone="UTC"
        ),
        recipient="maria@example.com", period_label="Week 48", now=MONDAY, since=MONDAY,
    )
)  # fmt: skip


def letter(**values: Any) -> Letter:
    base = Letter(
        digest=NOTHING,
        rendered=Rendered("Core: 3 open", "<p>é</p>", "é\n.\n"),
        subscription="core",
        recipient="maria@example.com",
        recipient_name="María Holm",
        period_key="2026-W48",
        message_key="a" * 40,
        at=MONDAY,
    )
    return replace(base, **values)


def parsed(body: bytes) -> EmailMessage:
    message = email.message_from_bytes(body, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def test_headers_say_what_this_is_and_how_to_end_it(plain_mail: MailSettings) -> None:
    mail = replace(plain_mail, unsubscribe_to="off@example.com", reply_to="help@example.com")
    long_link = "https://flagstaff.a-rather-long-company-name.example.com/unsubscribe/" + "x" * 60
    frozen = EmailChannel(mail).freeze(
        letter(unsubscribe=long_link, thread=("<first@example.com>", "<latest@example.com>"))
    )
    message = parsed(frozen.body)

    assert message["From"] == "Flagstaff <pmo@example.com>"
    assert message["To"] == "María Holm <maria@example.com>"
    assert message["Reply-To"] == "help@example.com"
    assert message["Message-ID"] == frozen.message_id == f"<{'a' * 40}@example.com>"
    assert message["In-Reply-To"] == "<latest@example.com>"
    assert message["References"].split() == ["<first@example.com>", "<latest@example.com>"]
    assert message["List-Id"] == "<core.digest.example.com>"
    assert message["List-Unsubscribe"] == (
        f"<{long_link}>, <mailto:off@example.com?subject=unsubscribe%20core.digest.example.com>"
    )
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == MONDAY
    assert b"=?" not in frozen.body.split(b"List-Id")[1].split(b"\r\n\r\n")[0]
    assert [part.get_content_type() for part in message.iter_parts()] == [
        "text/plain",
        "text/html",
    ]
    assert all(len(line) <= 998 for line in frozen.body.split(b"\r\n"))


@pytest.mark.parametrize(
    "name",
    [
        "Quist, Ada",
        "van der Berg-Hoogstraten, Johanna Wilhelmina (Project Office, the whole of Europe)",
        "Ada <pmo@other.example> of the whole European division, its partners and their friends",
        'Ada "the" \\ Quist ' * 5,
        "Érard-Villeneuve, Jean-François (Direction de projets, Europe du Nord et de l'Est)",
        "日本の山田" * 15,
        "",
    ],
)
def test_a_name_of_any_length_leaves_the_reader_the_only_address(
    plain_mail: MailSettings, name: str
) -> None:
    message = parsed(EmailChannel(plain_mail).freeze(letter(recipient_name=name)).body)
    [told] = message["To"].addresses
    assert told.addr_spec == "maria@example.com"
    assert told.display_name.replace(" ", "") == name.replace(" ", "")


@pytest.mark.parametrize(
    "subject",
    [
        "Core: 3 new, 12 open (week 48)",
        "]]>--><!-- <x " + "a" * 66 + "é" + " é é é é é é" * 8,
        "Портфель ключевых проектов компании: 3 escalated, 14 new, 2 worse, 120 open (week 48)",
        "דוח שבועי " * 15 + "week 48",
        "a" * 150,
    ],
)
def test_a_subject_keeps_its_words(plain_mail: MailSettings, subject: str) -> None:
    rendered = Rendered(subject, "<p></p>", "")
    body = EmailChannel(plain_mail).freeze(letter(rendered=rendered)).body
    assert parsed(body)["Subject"] == subject
    assert all(len(word) <= 75 for word in body.split() if word.startswith(b"=?"))


def test_without_an_address_there_is_no_dead_link(plain_mail: MailSettings) -> None:
    message = parsed(EmailChannel(plain_mail).freeze(letter()).body)
    assert message["List-Unsubscribe"] is None
    assert message["List-Unsubscribe-Post"] is None


def test_one_click_is_promised_only_where_it_works(plain_mail: MailSettings) -> None:
    plain = EmailChannel(plain_mail).freeze(letter(unsubscribe="http://10.0.0.1/unsubscribe/x"))
    message = parsed(plain.body)
    assert message["List-Unsubscribe"] == "<http://10.0.0.1/unsubscribe/x>"
    assert message["List-Unsubscribe-Post"] is None


def test_the_same_letter_freezes_to_the_same_bytes(plain_mail: MailSettings) -> None:
    assert EmailChannel(plain_mail).freeze(letter()) == EmailChannel(plain_mail).freeze(letter())


@pytest.mark.parametrize(
    "hostile",
    ["x\r\nBcc: all@example.com", "x\nBcc: all@example.com", "x\r\n\r\n<p>body", "x\u2028Bcc: y"],
)
def test_line_ends_forge_no_header(plain_mail: MailSettings, hostile: str) -> None:
    rendered = Rendered(hostile, "<p></p>", "")
    frozen = EmailChannel(plain_mail).freeze(
        letter(rendered=rendered, recipient_name=hostile, subscription=hostile)
    )
    message = parsed(frozen.body)
    assert message["Bcc"] is None
    assert sorted(message.keys()) == sorted(parsed(EmailChannel(plain_mail).freeze(letter()).body))


@pytest.mark.parametrize(
    "address",
    ["a@b\r\nRCPT TO:<x@y>", "a b@example.com", "nobody", "<a@b>", "a@b,c@d", "jörg@example.com"],
)
def test_what_is_no_address_is_refused(plain_mail: MailSettings, address: str) -> None:
    with pytest.raises(ValueError, match="no e-mail address"):
        EmailChannel(plain_mail).freeze(letter(recipient=address))


def test_a_password_never_travels_in_clear() -> None:
    with pytest.raises(ValueError, match="would travel in clear"):
        MailSettings(
            host="mail.example.com",
            sender="pmo@example.com",
            security="none",
            user="pmo",
            password=SecretStr(PASSWORD),
        )


def test_the_picture_travels_inside_the_message(
    plain_mail: MailSettings, sample: DigestInput
) -> None:
    rendered = render(compose(sample))
    channel = EmailChannel(plain_mail)
    body = channel.freeze(letter(rendered=rendered)).body
    assert body == channel.freeze(letter(rendered=rendered)).body
    message = parsed(body)
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png",
    ]  # fmt: skip
    (picture,) = (part for part in message.walk() if part.get_content_type() == "image/png")
    assert picture["Content-ID"] == "<trend@flagstaff>"
    assert picture.get_content_disposition() == "inline"
    assert picture.get_content() == rendered.pictures[0].png
    html = message.get_body(("html",))
    assert html is not None
    assert 'src="cid:trend@flagstaff"' in html.get_content()
    assert list(message.iter_attachments()) == []
    assert "cid:" not in rendered.page
