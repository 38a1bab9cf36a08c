"""What a browser is sent away with, and what of its return is believed."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from connectors.sdk.contract import Login, OAuth
from connectors.sdk.errors import Refused
from connectors.sdk.login import Attempt, NotOursError, begin, challenge, code_in

BACK = "http://127.0.0.1:8651/callback"
LOGIN = Login(
    "https://tool.example.com/authorize", ("read", "offline"), {"audience": "api.example.com"}
)
OAUTH = OAuth("https://tool.example.com/token", "client", "client-canary", login=LOGIN)
ATTEMPT = Attempt("https://tool.example.com/authorize", BACK, "the-state", "the-verifier")


def test_the_challenge_is_that_of_the_standard() -> None:
    """RFC 7636, appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_the_browser_is_sent_with_the_challenge_and_without_any_secret() -> None:
    attempt = begin(OAUTH, BACK)
    assert attempt.url.startswith("https://tool.example.com/authorize?")
    assert {name: value for name, [value] in parse_qs(urlsplit(attempt.url).query).items()} == {
        "response_type": "code",
        "client_id": "client",
        "redirect_uri": BACK,
        "scope": "read offline",
        "state": attempt.state,
        "code_challenge": challenge(attempt.verifier),
        "code_challenge_method": "S256",
        "audience": "api.example.com",
    }
    assert "scope=read%20offline" in attempt.url  # not every tool reads a plus as a blank
    assert "client-canary" not in attempt.url
    assert attempt.verifier not in attempt.url


def test_no_two_sign_ins_share_a_state_or_a_verifier() -> None:
    attempts = [begin(OAUTH, BACK) for _ in range(50)]
    random = {each.state for each in attempts} | {each.verifier for each in attempts}
    assert len(random) == 100
    assert all(43 <= len(each) <= 128 for each in random)  # RFC 7636 §4.1


def test_what_proves_a_sign_in_does_not_show_itself() -> None:
    assert "the-state" not in repr(ATTEMPT)
    assert "the-verifier" not in repr(ATTEMPT)


def test_a_credential_without_a_login_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(TypeError, match="login"):
        begin(OAuth("https://tool.example.com/token", "client"), BACK)


def test_the_code_is_taken_from_an_answer_to_our_question() -> None:
    assert code_in(ATTEMPT, "code=a%2Fb&state=the-state&iss=https%3A%2F%2Ftool") == "a/b"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "code=c",
        "code=c&state=",
        "code=c&state=another",
        "code=c&state=the-state-and-more",
        "code=c&state=the-stat%C3%A9",
        "code=c&state=%FF%FE",
        "code=c&state=the-state&state=another",
        "code=c&code=d&state=the-state",
        "error=access_denied",
        "error=access_denied&state=another",
        "&".join(f"x{n}=1" for n in range(50)) + "&code=c&state=the-state",
    ],
)
def test_an_answer_to_another_question_is_not_heeded(query: str) -> None:
    with pytest.raises(NotOursError):
        code_in(ATTEMPT, query)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"error": "access_denied"}, "declined in the tool"),
        ({"error": "invalid_scope", "error_description": "No such scope."},
         r"invalid_scope: No such scope\."),
        ({"error": "server_error"}, "server_error"),
        ({"error": "x" * 5000}, "x{200}\\)"),
        ({}, "without a code"),
    ],
)  # fmt: skip
def test_a_refusal_is_one_sentence_with_a_remedy(said: dict[str, str], told: str) -> None:
    with pytest.raises(Refused, match=told) as caught:
        code_in(ATTEMPT, urlencode({**said, "state": "the-state"}))
    assert caught.value.remedy
