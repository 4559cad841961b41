"""Records that no browser sends: too large in the clear, without data afterwards, and half a message of TLS's own."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from networks.mirror_harness import Client, client_hello, connect, head, is_ended, running_mirror, until

from intake.mirror.records import Records
from intake.mirror.stream import MOST_WITHOUT_DATA
from trusted.relay.client_hello import NotTls

KIB = 1024
APPLICATION_DATA, HANDSHAKE, ALERT = 23, 22, 21


# What may come in the clear


def hello_record(size: int, claimed: int | None = None, kind: int = 22, message: int = 1) -> bytes:
    body = bytes([message]) + (size - 4 if claimed is None else claimed).to_bytes(3) + bytes(size - 4)
    return bytes([kind, 3, 1]) + len(body).to_bytes(2) + body


def taken(data: bytes) -> list[int]:
    records, found = Records(), []
    for byte in data:
        records.add(bytes([byte]))
        while (piece := records.next_in_the_clear()) is not None:
            found.append(len(piece))
    return found


def test_a_hello_is_handed_on_whole_and_so_is_every_other_record():
    assert taken(hello_record(300)) == [305]
    assert taken(hello_record(300)[:-1]) == []
    assert taken(hello_record(200, claimed=396) + hello_record(200)) == [410]
    assert taken(hello_record(300) + b"\x14\x03\x03\x00\x01\x01" + b"\x17\x03\x03\x00\x02ab" + hello_record(20)) == [
        305,
        6,
        7,
        25,
    ]


@pytest.mark.parametrize(
    "data",
    [
        hello_record(300, claimed=16 * KIB),
        hello_record(300, claimed=128 * KIB),
        b"\x16\x03\x01\x00\x03\x01\x00\x00",
        hello_record(300, message=2),
        b"\x17\x03\x03\x41\x01",
        b"G",
        b"\x16\x03\x01\x00\x04\x01\x00\x01\x00" + b"\x16\x03\x01\x00\x01\x00" * 40,
        hello_record(300, claimed=400) + b"\x17\x03\x03\x00\x01a",
    ],
    ids=[
        "16 KiB",
        "128 KiB",
        "a head in two records",
        "no hello",
        "a record of 17 KiB",
        "no kind of record",
        "a byte a record",
        "another kind",
    ],
)
def test_what_claims_too_much_or_comes_as_nobody_sends_it_is_no_tls(data):
    with pytest.raises(NotTls):
        taken(data)


def test_no_more_than_48_kib_is_handed_on_before_a_handshake_is_over():
    records = Records()
    records.add(hello_record(16_000) * 4)

    assert [len(records.next_in_the_clear() or b"") for _ in range(3)] == [16_005] * 3
    with pytest.raises(NotTls):
        records.next_in_the_clear()


async def test_a_second_hello_that_claims_128_kib_ends_the_handshake(tmp_path):
    async with running_mirror(tmp_path) as mirror:
        context = mirror.authority.client()
        hello = client_hello(context)
        # Groups that it has no key of: the server asks for another hello.
        connection = await connect(mirror.socket)
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(connection, _without_key(hello))
        asked_again = await asyncio.wait_for(loop.sock_recv(connection, 65536), 10)
        await loop.sock_sendall(connection, hello_record(300, claimed=128 * KIB))
        while not await asyncio.wait_for(is_ended(connection), 5):
            pass
        connection.close()
        await until(lambda: not mirror.open_connections())

    # The random of RFC 8446, section 4.1.3, by which a HelloRetryRequest is known.
    assert asked_again[11:43].hex().startswith("cf21ad74e59a6111be1d8c021e65b891")


def _without_key(hello: bytes) -> bytes:
    """The same hello with an empty list of keys."""
    at = hello.index(b"\x00\x33", hello.index(b"\x00\x2b\x00"))
    size = int.from_bytes(hello[at + 2 : at + 4])
    new = hello[:at] + b"\x00\x33\x00\x02\x00\x00" + hello[at + 4 + size :]
    less = size - 2

    def lowered(data: bytes, place: int, length: int) -> bytes:
        value = int.from_bytes(data[place : place + length]) - less
        return data[:place] + value.to_bytes(length) + data[place + length :]

    new = lowered(lowered(new, 3, 2), 6, 3)
    rest = 9 + 34
    rest += 1 + new[rest]
    rest += 2 + int.from_bytes(new[rest : rest + 2])
    rest += 1 + new[rest]
    return lowered(new, rest, 2)


# After the handshake


class Keys:
    """A client's side of TLS from its handshake on: records that no library would send."""

    def __init__(self, log: Path) -> None:
        lines = [line.split() for line in log.read_text().splitlines() if line.startswith("CLIENT_TRAFFIC_SECRET_0")]
        self._begin(bytes.fromhex(lines[-1][2]))

    def record(self, inner: bytes, kind: int) -> bytes:
        nonce = bytes(a ^ b for a, b in zip(self._iv, self._number.to_bytes(12), strict=True))
        self._number += 1
        content = inner + bytes([kind])
        outside = b"\x17\x03\x03" + (len(content) + 16).to_bytes(2)
        return outside + self._key.encrypt(nonce, content, outside)

    def key_update(self, *, asked: bool) -> bytes:
        """RFC 8446, section 4.6.3: `asked` wants new keys of the other side too."""
        sent = self.record(b"\x18\0\0\1" + bytes([asked]), HANDSHAKE)
        self._begin(self._derived(b"traffic upd", 48))
        return sent

    def _begin(self, secret: bytes) -> None:
        self._secret, self._number = secret, 0
        self._key, self._iv = AESGCM(self._derived(b"key", 32)), self._derived(b"iv", 12)

    def _derived(self, label: bytes, size: int) -> bytes:
        info = size.to_bytes(2) + bytes([6 + len(label)]) + b"tls13 " + label + b"\0"
        return HKDFExpand(algorithm=hashes.SHA384(), length=size, info=info).derive(self._secret)


@asynccontextmanager
async def shaken_hands(folder: Path):
    """A mirror, a connection to it whose handshake is over, and the client's keys."""
    async with running_mirror(folder) as mirror:
        context = mirror.authority.client()
        context.keylog_filename = str(folder / "keys")
        client = Client(await connect(mirror.socket), context)
        await client.shake_hands()
        assert client.tls.cipher()[0] == "TLS_AES_256_GCM_SHA384"
        yield mirror, client, Keys(folder / "keys")
        client.connection.close()


def empty(keys: Keys) -> bytes:
    return keys.record(b"", APPLICATION_DATA)


def warning(keys: Keys) -> bytes:
    return keys.record(b"\x01\x5a", ALERT)  # user_canceled


def update(keys: Keys) -> bytes:
    return keys.key_update(asked=False)


def update_for_both(keys: Keys) -> bytes:
    return keys.key_update(asked=True)


@pytest.mark.parametrize("what", [update, update_for_both])
async def test_a_few_messages_of_tlss_own_are_taken_and_the_request_after_them_is_answered(tmp_path, what):
    async with shaken_hands(tmp_path) as (_, client, keys):
        sent = b"".join([what(keys) for _ in range(MOST_WITHOUT_DATA)] + [keys.record(head(), APPLICATION_DATA)])
        await asyncio.get_running_loop().sock_sendall(client.connection, sent)
        answer = await asyncio.wait_for(client.read_to_end(), 10)

    assert answer.startswith(b"HTTP/1.1 200 ")


# With data between them OpenSSL's own count of empty records and of warnings in a row begins again.
@pytest.mark.parametrize(
    ("what", "between"), [(update, b""), (update_for_both, head()), (empty, head()), (warning, head())]
)
async def test_who_sends_record_after_record_without_data_is_ended_at_once_and_is_no_fault(tmp_path, what, between):
    async with shaken_hands(tmp_path) as (mirror, client, keys):
        before = len(client.travelled)
        sent = b""
        for number in range(MOST_WITHOUT_DATA + 1):
            sent += keys.record(between[number : number + 1], APPLICATION_DATA) if between else b""
            sent += what(keys)
        await asyncio.get_running_loop().sock_sendall(client.connection, sent)
        await until(lambda: not mirror.open_connections(), 5)
        with suppress(ConnectionError):
            while await client.take():
                pass
        faults = mirror.intake.services.faults.count

    # An answer to each that asked for one, and no more.
    assert len(client.travelled) - before <= MOST_WITHOUT_DATA * 27
    assert faults == 0


async def test_a_request_of_a_byte_a_record_is_whole_and_in_its_order(tmp_path):
    async with shaken_hands(tmp_path) as (_, client, keys):
        sent = b"".join(keys.record(bytes([one]), APPLICATION_DATA) for one in head())
        await asyncio.get_running_loop().sock_sendall(client.connection, sent)
        answer = await asyncio.wait_for(client.read_to_end(), 10)

    assert answer.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("path", ["/", f"/progress/{'0' * 32}?watch=1"])
async def test_who_stops_in_the_middle_of_a_key_update_is_ended_and_is_no_fault(tmp_path, path):
    async with shaken_hands(tmp_path) as (mirror, client, keys):
        # The head of a KeyUpdate, and not its one byte.
        sent = keys.record(head(path=path), APPLICATION_DATA) + keys.record(b"\x18\0\0\1", HANDSHAKE)
        await asyncio.get_running_loop().sock_sendall(client.connection, sent)
        await until(lambda: not mirror.open_connections())
        faults = mirror.intake.services.faults.count

    assert faults == 0
