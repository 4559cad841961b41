"""The parser of the first record: every client's hello, every cut of it, and anything else."""

from __future__ import annotations

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trusted.relay.client_hello import MOST_BYTES, ClientHello, NotTls, read_client_hello


def hello(name: str | None, *protocols: str) -> bytes:
    """What Python's own OpenSSL sends first."""
    context = ssl.create_default_context()
    context.check_hostname = name is not None
    if protocols:
        context.set_alpn_protocols(list(protocols))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def in_records(whole: bytes, size: int) -> bytes:
    """The same message, split over records of so many bytes."""
    message = whole[5:]
    pieces = [message[at : at + size] for at in range(0, len(message), size)]
    return b"".join(b"\x16\x03\x01" + len(piece).to_bytes(2, "big") + piece for piece in pieces)


def vector(length_bytes: int, content: bytes) -> bytes:
    return len(content).to_bytes(length_bytes, "big") + content


def message(*extensions: tuple[int, bytes], after: bytes = b"") -> bytes:
    """A hello by hand, with these extensions."""
    listed = b"".join(kind.to_bytes(2, "big") + vector(2, content) for kind, content in extensions)
    body = b"\x03\x03" + bytes(32) + vector(1, b"") + vector(2, b"\x13\x01") + vector(1, b"\0")
    body += (vector(2, listed) if extensions else b"") + after
    return b"\x16\x03\x01" + vector(2, b"\x01" + vector(3, body))


def server_name(name: bytes) -> tuple[int, bytes]:
    return 0, vector(2, b"\0" + vector(2, name))


def test_the_name_and_the_protocols_of_a_real_client_are_read():
    assert read_client_hello(hello("spegel.example", "h2", "http/1.1")) == ClientHello(
        "spegel.example", ("h2", "http/1.1")
    )
    assert read_client_hello(hello("spegel.example", "acme-tls/1")) == ClientHello("spegel.example", ("acme-tls/1",))
    assert read_client_hello(hello(None)) == ClientHello(None, ())


def test_a_name_is_read_in_small_letters():
    assert read_client_hello(message(server_name(b"SPEGEL.Example"))) == ClientHello("spegel.example", ())


def test_an_old_client_without_extensions_has_no_name():
    assert read_client_hello(message()) == ClientHello(None, ())


def test_at_every_cut_more_is_asked_for():
    whole = hello("spegel.example", "h2")

    assert {read_client_hello(whole[:at]) for at in range(len(whole))} == {None}


@pytest.mark.parametrize("size", [1, 3, 40, 200, 16384])
def test_a_message_split_over_records_is_read(size):
    whole = in_records(hello("spegel.example"), size)

    assert read_client_hello(whole) == ClientHello("spegel.example", ())
    assert {read_client_hello(whole[:at]) for at in range(0, len(whole), 1 + len(whole) // 50)} == {None}


def test_what_follows_the_hello_is_left_alone():
    assert read_client_hello(hello("spegel.example") + b"\x14\x03\x03\0\x01\x01") == ClientHello("spegel.example", ())


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n",
        b"SSH-2.0-x\r\n",
        b"PROXY TCP4 192.0.2.1",
        b"\x16\x02",  # before SSL 3
        b"\x17\x03\x01\0\x05",  # another record
        b"\x16\x03\x01\0\0",  # an empty record
        b"\x16\x03\x01\x40\x01",  # a record larger than may be
        b"\x16\x03\x01\0\x05\x02\0\0\0\0",  # a ServerHello
        b"\x16\x03\x01\0\x04\x01\0\xff\xff",  # a message larger than is read
        message(server_name(b"a"), server_name(b"b")),
        message((0, vector(2, b"\x01" + vector(2, b"a")))),  # a name of another kind
        message((0, vector(2, b"\0" + vector(2, b"a") + b"\0" + vector(2, b"b")))),  # two names
        message((0, b"\0\x09\0")),
        message((16, vector(2, vector(1, b"h2")) + b"\0")),
        message(server_name(b"a"), after=b"\0"),
        b"\x16\x03\x01" + vector(2, b"\x01" + vector(3, bytes(33))),  # shorter than its first fields
    ],
)
def test_anything_else_is_refused(data):
    with pytest.raises(NotTls):
        read_client_hello(data)


def test_a_hello_that_never_ends_is_refused_at_the_limit():
    endless = b"\x16\x03\x01" + vector(2, b"\x01\0\x3f\xfc" + bytes(6000)) + b"\x16\x03\x01" + vector(2, bytes(12000))

    assert read_client_hello(endless[: MOST_BYTES - 1]) is None
    with pytest.raises(NotTls):
        read_client_hello(endless[:MOST_BYTES])


@given(st.binary(max_size=400))
def test_any_bytes_come_out_as_a_hello_as_more_or_as_not_tls(data):
    try:
        found = read_client_hello(data)
    except NotTls:
        return
    assert found is None or isinstance(found, ClientHello)


@given(st.data())
def test_a_hello_with_bytes_changed_does_nothing_else_either(data):
    whole = bytearray(message(server_name(b"spegel.example"), (16, vector(2, vector(1, b"h2")))))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = read_client_hello(bytes(whole))
    except NotTls:
        return
    assert found is None or isinstance(found, ClientHello)
