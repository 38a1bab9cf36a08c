"""Real sockets: drips, bombs, torn answers, forbidden peers."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time as clock
import tracemalloc
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.sdk.contract import Access
from connectors.sdk.errors import ConnectorError, Refused, Unavailable, Unexpected
from connectors.sdk.http import Bounds
from connectors.sdk.transport import is_public

OK = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{"a":1}'


def hear(peer: socket.socket) -> bytes:
    """One request's head."""
    heard = b""
    while b"\r\n\r\n" not in heard:
        more = peer.recv(65536)
        if not more:
            return heard
        heard += more
    return heard


def say(*answers: bytes) -> Any:
    """A talk that gives each connection its own answer, the last one to all further ones."""

    def talk(peer: socket.socket, number: int) -> None:
        hear(peer)
        peer.sendall(answers[min(number, len(answers)) - 1])

    return talk


@pytest.mark.parametrize("where", ["status", "headers", "body", "chunks"])
def test_a_drip_is_stopped_at_the_deadline(speaking: Any, open_toy: Any, where: str) -> None:
    head = b"HTTP/1.1 200 OK\r\n"
    before = {
        "status": b"",
        "headers": head,
        "body": head + b"Content-Length: 1000\r\n\r\n",
        "chunks": head + b"Transfer-Encoding: chunked\r\n\r\n",
    }[where]
    drop = {"status": b"H", "headers": b"X", "body": b"[", "chunks": b"1\r\n[\r\n"}[where]
    stopped = threading.Event()

    def talk(peer: socket.socket, _: int) -> None:
        hear(peer)
        peer.sendall(before)
        while not stopped.wait(0.02):
            peer.sendall(drop)

    bounds = Bounds(deadline=0.15)
    with speaking(talk) as url:
        door = open_toy(url=url, private=True, bounds=bounds)
        started = clock.monotonic()
        try:
            with pytest.raises(Unavailable, match=r"not answered within 0\.15 s"):
                door.get("/x")
            assert clock.monotonic() - started < 2
            assert door.requests == 2
        finally:
            stopped.set()


def test_silence_is_stopped_at_the_deadline(speaking: Any, open_toy: Any) -> None:
    stopped = threading.Event()
    with speaking(lambda peer, _: stopped.wait(5)) as url:
        door = open_toy(url=url, private=True, bounds=Bounds(deadline=0.1))
        try:
            with pytest.raises(Unavailable, match="not answered within"):
                door.get("/x")
        finally:
            stopped.set()


def bomb(megabytes: int) -> bytes:
    """A gzip stream of that many MB of zeros."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = b"".join(packer.compress(bytes(1_000_000)) for _ in range(megabytes))
    return packed + packer.flush()


def test_a_gzip_bomb_is_stopped_at_the_cap(speaking: Any, open_toy: Any) -> None:
    packed = bomb(60)
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s"
    with speaking(say(answer % (len(packed), packed))) as url:
        door = open_toy(url=url, private=True, bounds=Bounds(max_bytes=5_000_000))
        tracemalloc.start()
        try:
            with pytest.raises(Unexpected, match="more than 5 MB") as caught:
                door.get("/x")
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert "Narrow" in caught.value.remedy
        assert peak < 15_000_000
        assert door.requests == 1


def test_an_endless_body_is_stopped_at_the_cap(speaking: Any, open_toy: Any) -> None:
    def talk(peer: socket.socket, _: int) -> None:
        hear(peer)
        peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            peer.sendall(b" " * 65536)

    with speaking(talk) as url:
        door = open_toy(url=url, private=True, bounds=Bounds(max_bytes=2_000_000))
        with pytest.raises(Unexpected, match="more than 2 MB"):
            door.get("/x")


@pytest.mark.parametrize(
    ("torn", "said"),
    [
        (b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"a":', "cut off|broke"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n[", "cut off|broke"),
        (b'HTTP/1.1 200 OK\r\n\r\n{"a":', "not JSON"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot gzip!",
            "compression is broken",
        ),
        (b"SSH-2.0-OpenSSH_9\r\n\r\n", "broke"),
        (b"\x00\xff\xfe\x01garbage\r\n\r\n", "broke"),
        (b"", "broke"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nContent-Length: 8\r\n\r\n", "makes no sense"),
        (
            b"HTTP/1.1 302 Found\r\nLocation: \xff\xfe\r\nContent-Length: 0\r\n\r\n",
            "makes no sense",
        ),
    ],
)
def test_a_torn_answer_is_asked_for_again(
    speaking: Any, open_toy: Any, torn: bytes, said: str
) -> None:
    with speaking(say(torn, OK)) as url:
        assert open_toy(url=url, private=True).get("/x") == {"a": 1}
    with speaking(say(torn)) as url, pytest.raises(Unavailable, match=said) as caught:
        open_toy(url=url, private=True).get("/x")
    assert caught.value.__context__ is None


def test_a_refused_connection_is_named(open_toy: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    door = open_toy(url=f"http://127.0.0.1:{port}", private=True)
    with pytest.raises(Unavailable, match="refuses connections"):
        door.get("/x")
    assert door.requests == 5


def test_a_compressed_answer_is_read(speaking: Any, open_toy: Any) -> None:
    packed = gzip.compress(b'{"a":1}')
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s"
    with speaking(say(answer % (len(packed), packed))) as url:
        door = open_toy(url=url, private=True)
        assert door.get("/x") == {"a": 1}
        assert door.bytes == 7


@pytest.mark.parametrize("key", ["new\nline", "smart“quote”"])
def test_a_credential_that_cannot_travel_is_refused(
    speaking: Any, open_toy: Any, variant: Any, key: str
) -> None:
    pasted = variant(access=lambda config: Access(config.url, {"X-Api-Key": key}))
    with speaking(say(OK)) as url, pytest.raises(Refused, match="character that cannot travel"):
        open_toy(pasted, url=url, private=True).get("/x")


@pytest.mark.parametrize("url", ["nonsense", "ftp://toy.example.com", "http://", "http://[::1",
                                 "http://a b/"])  # fmt: skip
def test_an_impossible_address_is_refused(open_toy: Any, url: str) -> None:
    with pytest.raises(ConnectorError) as caught:
        open_toy(url=url).get("/x")
    assert isinstance(caught.value, Refused)
    assert "url" in caught.value.remedy


def reached(talked: list[bytes]) -> Any:
    """A talk that keeps what it heard."""

    def talk(peer: socket.socket, _: int) -> None:
        peer.settimeout(0.5)
        try:
            talked.append(peer.recv(10))
        except OSError:
            talked.append(b"")
        peer.sendall(OK)

    return talk


@pytest.mark.parametrize(
    "spelling",
    ["127.0.0.1", "localhost", "0x7f000001", "2130706433", "127.1", "0.0.0.0", "0177.0.0.1",
     "[::ffff:127.0.0.1]"],
)  # fmt: skip
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_no_byte_reaches_a_private_peer(
    speaking: Any, open_toy: Any, spelling: str, scheme: str
) -> None:
    talked: list[bytes] = []
    with speaking(reached(talked)) as url:
        port = url.rsplit(":", 1)[1]
        with pytest.raises(Refused, match="private network") as caught:
            open_toy(url=f"{scheme}://{spelling}:{port}").get("/x")
    assert "allow_private_network" in caught.value.remedy
    assert b"".join(talked) == b""


def test_no_byte_reaches_the_private_peer_behind_a_public_name(
    speaking: Any, open_toy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    talked: list[bytes] = []
    with speaking(reached(talked)) as url:
        port = int(url.rsplit(":", 1)[1])

        def rebound(*_: Any, **__: Any) -> list[Any]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

        monkeypatch.setattr(socket, "getaddrinfo", rebound)
        with pytest.raises(Refused, match=r"toy\.example\.com is an address of a private"):
            open_toy(url=f"http://toy.example.com:{port}").get("/x")
    assert b"".join(talked) == b""


def test_an_allowed_private_peer_is_read(speaking: Any, open_toy: Any) -> None:
    with speaking(say(OK)) as url:
        assert open_toy(url=url, private=True).get("/x") == {"a": 1}


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.255.255.254", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255",
     "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.0.1", "198.18.0.1", "192.0.2.1",
     "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1",
     "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a00:1",
     "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1", "fe80::1", "fe80::1%eth0", "fc00::1",
     "fd12:3456::1", "ff02::1", "ff0e::1", "2001:db8::1", "2001::1", "fec0::1"],
)  # fmt: skip
def test_private_addresses_in_any_wrapping(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "2002:808:808::1"]
)
def test_public_addresses(address: str) -> None:
    assert is_public(address)


def self_signed(folder: Path) -> ssl.SSLContext:
    """A server's TLS with a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem")
    return context


def test_a_certificate_that_nobody_vouches_for_is_the_admins(
    speaking: Any, open_toy: Any, tmp_path: Path
) -> None:
    context = self_signed(tmp_path)
    heard: list[bytes] = []

    def talk(peer: socket.socket, _: int) -> None:
        with context.wrap_socket(peer, server_side=True) as secure:
            heard.append(hear(secure))

    with speaking(talk) as url:
        door = open_toy(url=url.replace("http", "https"), private=True)
        with pytest.raises(Refused, match="certificate"):
            door.get("/x")
    assert door.requests == 1
    assert b"".join(heard) == b""


def test_a_host_that_speaks_no_tls_is_tried_again(speaking: Any, open_toy: Any) -> None:
    def talk(peer: socket.socket, _: int) -> None:
        peer.recv(1)
        peer.sendall(OK)

    with speaking(talk) as url:
        door = open_toy(url=url.replace("http", "https"), private=True)
        with pytest.raises(Unavailable, match="no encrypted connection"):
            door.get("/x")
    assert door.requests == 5


def test_an_unknown_host_is_tried_again(open_toy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    door = open_toy()
    with pytest.raises(Unavailable, match="name of the host is not known"):
        door.get("/x")
    assert door.requests == 5


def test_during_a_cooldown_no_thread_sends_anything(
    speaking: Any, open_toy: Any, time: Any
) -> None:
    sent: list[float] = []

    def talk(peer: socket.socket, number: int) -> None:
        hear(peer)
        sent.append(time.monotonic())
        slow = b"HTTP/1.1 429 Slow\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n"
        peer.sendall(slow if number == 1 else OK)

    with speaking(talk) as url:
        door = open_toy(url=url, private=True)
        began = time.monotonic()
        got: list[Any] = []
        threads = [
            threading.Thread(target=lambda: got.extend(door.get("/x") for _ in range(5)))
            for _ in range(6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert got == [{"a": 1}] * 30
    assert time.slept
    assert not [at for at in sent if began < at < began + 30]
