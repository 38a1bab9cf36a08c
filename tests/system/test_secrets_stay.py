"""Secrets appear nowhere: not in what is said, logged, measured, kept or sent, in any spelling,
although every tool and the mail server repeat all that they are given."""

from __future__ import annotations

import base64
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote, quote_plus

import pytest
import zstandard
from prometheus_client import generate_latest
from pydantic import SecretStr

from connectors.sdk import registry
from connectors.sdk.contract import Access, OAuth, Options
from connectors.sdk.records import Person, Project, Task
from connectors.sdk.sandbox import Reply, Request, Sandbox, serve
from connectors.trello.connector import Trello, TrelloOptions
from sync_engine.metrics import Metrics
from sync_engine.settings.wording import is_secret
from sync_engine.store.engine import open_engine
from sync_engine.store.vault import Vault
from tests.cli.conftest import Said
from tests.digest.conftest import PostOffice, certificate, secure_office

__all__ = ["certificate", "secure_office"]  # fixtures of the digest's tests

TOOLS = ("jira", "asana", "trello", "redmine")
CREDENTIAL_HEADERS = ("authorization", "x-redmine-api-key")


def canary(name: str) -> str:
    """A secret that is found again in any spelling, with characters that URLs encode."""
    return f"canary/{name}+7f3e=9a&b1"


class GuardedOptions(TrelloOptions):
    """Options of a plug-in that signs in by OAuth."""

    client_secret: SecretStr
    refresh_token: SecretStr


class Guarded(Trello):
    """A plug-in: Trello behind an OAuth sign-in."""

    name: ClassVar = "guarded"
    Config: ClassVar[type[Options]] = GuardedOptions

    @classmethod
    def access(cls, config: Any) -> Access:
        return Access(
            config.url,
            oauth=OAuth(
                f"{config.url}/token",
                "flagstaff",
                config.client_secret.get_secret_value(),
                config.refresh_token.get_secret_value(),
            ),
        )


class PlugIn:
    """As the entry point of an installed distribution."""

    value = "guarded:Guarded"

    def load(self) -> type[Guarded]:
        return Guarded


def work() -> list[Any]:
    now = datetime.now(UTC)
    return [
        Project(id="p", name="Office move", created_at=now),
        Person(id="ada", name="Ada Quist", email="ada@example.com"),
        Task(
            id="t",
            project_id="p",
            title="Order the desks",
            status="in_progress",
            assignee_ids=("ada",),
            created_at=now,
            updated_at=now,
        ),
    ]


def echo(request: Request) -> str:
    """All that a tool was given, in every spelling in which it may give it back."""
    asked = [value for values in request.query.values() for value in values]
    given = [*request.headers.values(), *asked, request.body.decode()]
    for header in request.headers.values():
        kind, _, rest = header.partition(" ")
        given.append(rest)
        if kind == "Basic":
            given.append(base64.b64decode(rest).decode())
    text = " ".join(given)
    return f"{text} {quote(text)} {quote_plus(text)}"


def misbehaving(how: str) -> Callable[[Request], Reply]:
    def answer(request: Request) -> Reply:
        said = echo(request).encode()
        html = {"Content-Type": "text/html"}
        js = {"Content-Type": "application/json"}
        return {
            "401": Reply(401, said, {"Content-Type": "text/plain"}),
            "403": Reply(403, json.dumps({"errors": [said.decode()]}).encode(), js),
            "500": Reply(500, b"<pre>" + said + b"</pre>", html),
            "html": Reply(200, said + b"<html>", html),
            "cut": Reply(200, b'{"you": "' + said, js),
            "shape": Reply(200, json.dumps({"you": said.decode(), "id": None}).encode(), js),
            "elsewhere": Reply(
                302, b"", {"Location": f"https://else.example.com/?token={quote(said.decode())}"}
            ),
            "wait": Reply(429, said, {"Retry-After": "999999"}),
        }[how]

    return answer


@dataclass
class Everything:
    """One folder with a connection of every connector, and all that was ever said in it."""

    folder: Path
    say: Callable[..., Said]
    tools: Mapping[str, Sandbox]
    secrets: dict[str, str] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    how: str | None = None
    issued: int = 0

    def run(self, *arguments: str) -> Said:
        """A command line whose every word is kept."""
        said = self.say(*arguments)
        self.heard += [said.out, said.err]
        return said

    def through(self, name: str) -> Callable[[Request], Reply]:
        """The tool's answers: as it likes, or as a tool that repeats what it was given."""
        sandbox = self.tools[name]
        given = sandbox.options("http://tool.example.com")
        own = {
            "asana": f"Bearer {given['token']}",
            "jira": "Basic "
            + base64.b64encode(f"{given.get('email')}:{given['token']}".encode()).decode(),
            "redmine": given["token"],
        }.get(
            name, f'OAuth oauth_consumer_key="{given.get("key")}", oauth_token="{given["token"]}"'
        )

        def answer(request: Request) -> Reply:
            if self.how is not None:
                return misbehaving(self.how)(request)
            if request.path == "/token":
                self.issued += 1
                return Reply.of(
                    {
                        "access_token": self.keep(f"access-{self.issued}"),
                        "refresh_token": self.keep(f"refresh-{self.issued}"),
                        "expires_in": 3600,
                    }
                )
            headers = {
                key: own if key in CREDENTIAL_HEADERS else value
                for key, value in request.headers.items()
            }
            return sandbox.handle(replace(request, headers=headers))

        return answer

    def keep(self, name: str) -> str:
        """A new secret."""
        self.secrets[name] = canary(name)
        return self.secrets[name]

    def kept(self) -> Iterator[tuple[str, bytes]]:
        """All that lies about: said, stored, written; but for the files that hold the secrets."""
        yield "what was said", "\n".join(self.heard).encode()
        for file in sorted(self.folder.rglob("*")):
            if file.is_file() and file.name not in ("flagstaff.yaml", "asana.secret"):
                yield file.name, file.read_bytes()
        connection = sqlite3.connect(self.folder / "flagstaff.db")
        expand = zstandard.ZstdDecompressor().decompress
        for (body,) in connection.execute("SELECT body FROM raw_item"):
            yield "a raw item", expand(body)
        connection.close()

    def leaks(self) -> list[tuple[str, str]]:
        """Where which secret is found."""
        return sorted(
            {
                (name, place)
                for place, text in self.kept()
                for name, secret in self.secrets.items()
                for spelling in spellings(secret)
                if spelling in text
            }
        )


def spellings(secret: str) -> set[bytes]:
    raw = secret.encode()
    texts = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1]}
    texts |= {json.dumps(secret)[1:-1], secret.encode().hex()}
    for encoded in (base64.b64encode(raw), base64.urlsafe_b64encode(raw)):
        texts.add(encoded.decode().rstrip("="))
    texts.add(base64.b64encode(b"reader@example.com:" + raw).decode())
    return {text.encode() for text in texts}


@pytest.fixture
def everything(
    tmp_path: Path,
    flagstaff: Callable[..., Said],
    quick_doors: None,
    secure_office: PostOffice,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Everything]:
    monkeypatch.setattr(registry, "_plug_ins", lambda: {"guarded": [PlugIn()]})
    monkeypatch.setenv("SSL_CERT_FILE", str(secure_office.cert))
    tools = {name: registry.sandbox(name)(work(), lambda: datetime.now(UTC)) for name in TOOLS}
    tools["guarded"] = registry.sandbox("trello")(work(), lambda: datetime.now(UTC))
    made = Everything(tmp_path, flagstaff, tools)
    with ExitStack() as stack:
        entries: list[dict[str, Any]] = []
        for name, tool in tools.items():
            url = stack.enter_context(serve(tool))
            tool.interfere = made.through(name)
            options = {**tool.options(url), "allow_private_network": True}
            if name == "jira":
                options["email"] = "reader@example.com"
            for option, each in registry.get(name).Config.model_fields.items():
                if is_secret(each.annotation):
                    options[option] = made.keep(f"{name}-{option}")
            entries.append({"name": name, "connector": name, "options": options})
        # One from the environment, one from a file, the others in clear.
        monkeypatch.setenv("JIRA_CANARY", made.secrets["jira-token"])
        entries[0]["options"]["token"] = "env:JIRA_CANARY"
        (tmp_path / "asana.secret").write_text(made.secrets["asana-token"])
        entries[1]["options"]["token"] = "file:asana.secret"
        mail = {"host": "localhost", "port": secure_office.port, "from": "pmo@example.com",
                "user": "pmo", "password": made.keep("mail")}  # fmt: skip
        (tmp_path / "flagstaff.yaml").write_text(
            json.dumps(
                {
                    "connections": entries,
                    "digests": [{"to": "maria@example.com", "channels": ["email", "file"]}],
                    "mail": mail,
                    "log": {"format": "json", "level": "debug"},
                }
            )
        )
        yield made


FAULTS = ("401", "403", "500", "html", "cut", "shape", "elsewhere", "wait")


@pytest.mark.slow
def test_nothing_that_is_said_or_kept_holds_a_secret(everything: Everything) -> None:
    said = everything.run("sync", "--json", "--verbose")
    assert [each["outcome"] for each in said.json["connections"]] == ["complete"] * 5
    assert everything.issued == 1
    for number, how in enumerate(FAULTS):
        everything.how = how
        command = ("connections check", "sync --full", "census --json")[number % 3]
        assert everything.run(*command.split(), "--verbose").code == 2
        assert everything.run("sync", "--verbose").code == 2
    # The mail server refuses the sign-in and repeats the password.
    assert everything.run("digest", "send", "--now", "--verbose").code == 2
    everything.run("digest", "preview")
    everything.run("doctor", "--verbose")
    everything.run("doctor", "--json")
    everything.run("config", "check", "--json")
    everything.run("connections", "list", "--json")
    engine = open_engine(f"sqlite:///{everything.folder / 'flagstaff.db'}")
    everything.heard.append(generate_latest(Metrics(engine).registry).decode())
    engine.dispose()

    heard = "\n".join(everything.heard)
    assert heard.count("***") > 20  # the tools did repeat it, and it was taken out
    assert "no entry for pmo with" in heard  # the mail server did, too
    assert everything.leaks() == []
    assert len(everything.secrets) == 12


def test_a_secret_would_be_found(everything: Everything) -> None:
    everything.run("sync", "--json")
    everything.heard.append(quote(everything.secrets["jira-token"]))
    connection = sqlite3.connect(everything.folder / "flagstaff.db")
    connection.execute("UPDATE connection SET message = ?", (everything.secrets["mail"],))
    connection.commit()
    connection.close()
    assert ("jira-token", "what was said") in everything.leaks()
    assert ("mail", "flagstaff.db") in everything.leaks() or (
        "mail", "flagstaff.db-wal") in everything.leaks()  # fmt: skip


def test_an_unexpected_error_leaves_a_report_without_secrets(
    everything: Everything, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defect(*_: Any, **__: Any) -> None:
        raise RuntimeError(f"bug with {' '.join(everything.secrets.values())}")

    monkeypatch.setattr("sync_engine.duties.assess", defect)
    assert everything.run("sync").code == 1
    assert list((everything.folder / "state").glob("error-*.txt"))
    # The mail password was never fetched by this command, so only it cannot be known.
    assert {name for name, _ in everything.leaks()} <= {"mail"}


def test_tokens_under_another_master_key_stop_their_connection_alone(
    everything: Everything,
) -> None:
    assert everything.run("sync", "--quiet").code == 0
    (everything.folder / ".flagstaff.key").write_bytes(b"k" * 32)
    said = everything.run("sync", "--quiet")
    assert said.code == 2
    assert said.out.count("complete") == 4
    [told] = [line for line in said.out.splitlines() if line.startswith("guarded: ")]
    assert "was sealed with another master key." in told
    assert "→ Put that key back, or give this credential anew." in said.out
    check = everything.run("connections", "check", "--quiet")
    assert check.code == 2
    assert "sealed with another master key" in check.out


def test_all_who_make_the_master_key_at_once_get_the_same(tmp_path: Path) -> None:
    for attempt in range(20):
        together = threading.Barrier(8)

        def open_it(file: Path, together: threading.Barrier = together) -> Vault:
            together.wait()
            return Vault.open(file)

        with ThreadPoolExecutor(8) as pool:
            vaults = list(pool.map(open_it, [tmp_path / f"{attempt}" / "key"] * 8))
        sealed = vaults[0].seal("a", b"secret")
        assert [vault.unseal("a", sealed) for vault in vaults] == [b"secret"] * 8


@pytest.mark.parametrize("command", [
    ["sync"], ["run"], ["worker"], ["db", "check"], ["doctor"], ["doctor", "--json"], ["flags"],
])  # fmt: skip
def test_the_password_of_the_store_is_never_shown(
    everything: Everything, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    password = quote(everything.keep("store"), safe="")
    monkeypatch.setenv("FLAGSTAFF_STORE", f"postgresql://pmo:{password}@127.0.0.1:1/pmo")
    said = everything.run(*command, "--verbose")
    assert said.code == (0 if command[0] == "doctor" else 1)
    assert "The store cannot be reached" in said.out + said.err
    (everything.folder / "flagstaff.db").touch()
    heard = (said.out + said.err).encode()
    assert not [each for each in spellings(everything.secrets["store"]) if each in heard]
