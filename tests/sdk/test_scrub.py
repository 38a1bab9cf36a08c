"""No spelling of a secret survives the scrubber."""

from __future__ import annotations

import base64
from urllib.parse import quote, quote_plus

import pytest
from pydantic import BaseModel, SecretStr

from connectors.sdk.scrub import Scrubber, secrets_in

SECRET = "s3/cr+t= \"canary\" 'ü'"


@pytest.mark.parametrize(
    "spelling",
    [
        SECRET,
        quote(SECRET, safe=""),
        quote(SECRET),
        quote_plus(SECRET),
        quote(SECRET, safe="").lower().replace("%c3%bc", "%c3%bc"),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("="),
        repr(SECRET)[1:-1],
    ],
)
def test_every_spelling_is_masked(spelling: str) -> None:
    scrub = Scrubber()
    scrub.add(SECRET)
    assert scrub(f"before {spelling} after") == "before *** after"


def test_header_values_and_the_credential_within_are_masked() -> None:
    scrub = Scrubber()
    scrub.add_headers({"Authorization": "Bearer abcd-efgh", "Accept": "application/json"})
    assert scrub("Bearer abcd-efgh, abcd-efgh, application/json") == "***, ***, application/json"


def test_the_version_of_an_api_is_no_secret() -> None:
    """It looks like a month, and masking it would garble every date."""
    scrub = Scrubber()
    scrub.add_headers({"Authorization": "abcd-efgh", "API-Version": "2026-07"})
    assert scrub("abcd-efgh until 2026-07-03") == "*** until 2026-07-03"


def test_of_two_secrets_that_begin_alike_the_longer_is_masked_whole() -> None:
    scrub = Scrubber()
    scrub.add("abcd", "abcdefgh")
    assert scrub("abcdefgh abcd") == "*** ***"


def test_without_secrets_text_stays() -> None:
    assert Scrubber()("anything") == "anything"


def test_secrets_are_found_at_any_depth() -> None:
    class Inner(BaseModel):
        key: SecretStr

    class Outer(BaseModel):
        token: SecretStr
        inner: Inner
        more: dict[str, tuple[SecretStr, ...]]
        plain: str = "visible"

    config = Outer(
        token=SecretStr("one"),
        inner=Inner(key=SecretStr("two")),
        more={"x": (SecretStr("three"),)},
    )
    assert set(secrets_in(config)) == {"one", "two", "three"}
