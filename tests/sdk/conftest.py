"""A toy tool, a clock that only sleeping moves, and servers that speak raw bytes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from pydantic import Field, SecretStr

from connectors.sdk.contract import Access, Answer, Budget, OAuth, Options, RateLimit
from connectors.sdk.errors import ConnectorError
from connectors.sdk.gate import Cooldowns, Gates
from connectors.sdk.http import Bounds, Door, open_door

TOKEN = "canary/t0k+n=secret"
BASE = "https://toy.example.com/api"


class ToyOptions(Options):
    """Options of the toy."""

    token: SecretStr = Field(default=SecretStr(TOKEN), description="Token.")
    oauth: OAuth | None = Field(default=None, description="Credential to refresh.")


class Toy:
    """As much of a connector as the door looks at; tests subclass it."""

    name: ClassVar[str] = "toy"
    title: ClassVar[str] = "Toy"
    limits: ClassVar[Sequence[RateLimit]] = ()
    parallel: ClassVar[int] = 4

    @classmethod
    def access(cls, config: ToyOptions) -> Access:
        """A key header, or OAuth."""
        if config.oauth is not None:
            return Access(config.url, oauth=config.oauth)
        return Access(config.url, {"X-Api-Key": config.token.get_secret_value()})

    @staticmethod
    def classify(answer: Answer) -> ConnectorError | None:
        """Nothing special."""
        return None

    @staticmethod
    def budget(answer: Answer) -> Sequence[Budget]:
        """Nothing known."""
        return ()


@dataclass
class FakeTime:
    """Stands still unless someone sleeps."""

    wall: datetime = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    seconds: float = 1000.0
    slept: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def now(self) -> datetime:
        """The wall clock."""
        return self.wall

    def monotonic(self) -> float:
        """The other clock."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Pass the time."""
        with self.lock:
            self.slept.append(seconds)
            self.seconds += seconds
            self.wall += timedelta(seconds=seconds)


OpenToy = Callable[..., Door]


@pytest.fixture
def time() -> FakeTime:
    """A clock for one test."""
    return FakeTime()


@pytest.fixture
def variant() -> Callable[..., type[Toy]]:
    """Makes a toy of which some static methods are other functions."""

    def make(**methods: Callable[..., Any]) -> type[Toy]:
        return type("Variant", (Toy,), {n: staticmethod(method) for n, method in methods.items()})

    return make


@pytest.fixture
def token() -> str:
    """The toy's secret."""
    return TOKEN


@pytest.fixture
def open_toy(time: FakeTime) -> Iterator[OpenToy]:
    """Opens doors of the toy on the fake clock, and closes them."""
    with ExitStack() as stack:

        def opener(
            connector: type[Any] = Toy,
            *,
            url: str = BASE,
            private: bool = False,
            oauth: OAuth | None = None,
            gates: Gates | None = None,
            cooldowns: Cooldowns | None = None,
            bounds: Bounds | None = None,
            quota_share: float | None = None,
            **more: Any,
        ) -> Door:
            config = ToyOptions(
                url=url, allow_private_network=private, oauth=oauth, quota_share=quota_share
            )
            gates = gates or Gates(cooldowns, now=time.now, monotonic=time.monotonic)
            door = open_door(
                connector,
                config,
                gates=gates,
                now=time.now,
                sleep=time.sleep,
                bounds=bounds,
                **more,
            )
            stack.callback(door.close)
            return door

        yield opener


Talk = Callable[[socket.socket, int], None]


@contextmanager
def _speaking(talk: Talk) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        count = 0

        def accept() -> None:
            nonlocal count
            while True:
                try:
                    peer, _ = listener.accept()
                except OSError:
                    return
                count += 1
                with peer:
                    try:
                        talk(peer, count)
                    except OSError:
                        continue  # the door hung up, as it should

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            # Wakes the thread out of accept(), which closing alone does not.
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(5)


@pytest.fixture
def speaking() -> Callable[[Talk], Any]:
    """A context manager: a server that calls `talk(connection, number)` for each connection."""
    return _speaking
