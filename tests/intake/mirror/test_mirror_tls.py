"""TLS as the mirror speaks it: 1.3 alone, one name, nothing to be known again by, a certificate that can be changed."""

from __future__ import annotations

import asyncio
import hashlib
import os
import ssl
import subprocess
from contextlib import suppress

import pytest
from networks.mirror_harness import (
    NAME,
    Authority,
    Client,
    MirrorBrowser,
    client_hello,
    connect,
    give,
    head,
    records,
    running_mirror,
)
from visitors.intake_harness import file_report

from intake.mirror.contexts import MirrorContexts, NotUsable
from trusted.jail.memory_file import MemoryFile
from trusted.web.padding import SIZES

APPLICATION_DATA = 23
RECORD_BYTES = 2**14
RECORD_OVERHEAD = 17  # the kind, and the tag of the cipher


async def shaken(mirror, context: ssl.SSLContext, name: str = NAME) -> Client:
    client = Client(await connect(mirror.socket), context, name)
    await asyncio.wait_for(client.shake_hands(), 30)
    return client


async def refused(mirror, context: ssl.SSLContext, name: str = NAME) -> bytes:
    """What the intake said to a handshake that it did not take."""
    client = Client(await connect(mirror.socket), context, name)
    with pytest.raises(ssl.SSLError):
        await asyncio.wait_for(client.shake_hands(), 30)
    client.connection.close()
    return client.travelled


async def s_client(mirror, *words: str, sent: bytes = b"") -> str:
    """What OpenSSL's own client says, over a loopback port that leads to the socket."""

    async def lead(reader, writer):
        there_reader, there_writer = await asyncio.open_unix_connection(str(mirror.socket))
        await asyncio.gather(_pump(reader, there_writer), _pump(there_reader, writer))

    server = await asyncio.start_server(lead, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        command = [
            "openssl",
            "s_client",
            "-ign_eof",
            "-connect",
            f"127.0.0.1:{port}",
            "-CAfile",
            str(mirror.authority.folder / "ca.pem"),
        ]
        done = await asyncio.to_thread(
            subprocess.run, [*command, *words], input=sent, capture_output=True, timeout=60, check=False
        )
    return (done.stdout + done.stderr).decode("utf-8", "replace")


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    writer.close()


async def test_nothing_but_tls_1_3_is_spoken(tmp_path):
    async with running_mirror(tmp_path) as mirror:
        context = mirror.authority.client()
        client = await shaken(mirror, context)
        older = mirror.authority.client()
        older.maximum_version = ssl.TLSVersion.TLSv1_2
        said = await refused(mirror, older)
        client.connection.close()

    assert client.tls.version() == "TLSv1.3"
    assert client.tls.selected_alpn_protocol() == "http/1.1"
    # An alert: fatal, protocol version.
    assert said[-2:] == b"\x02\x46"
    assert len(said) == 7


async def test_openssl_is_given_no_ticket_resumes_nothing_and_gets_no_compression(tmp_path):
    async with running_mirror(tmp_path) as mirror:
        session = tmp_path / "session.pem"
        first = await s_client(mirror, "-servername", NAME, "-alpn", "http/1.1", "-sess_out", str(session), sent=head())
        again = ("-sess_in", str(session)) if session.exists() else ("-reconnect",)
        second = await s_client(mirror, "-servername", NAME, "-alpn", "http/1.1", *again, sent=head())

    assert "Verify return code: 0" in first
    assert "HTTP/1.1 200 OK" in first
    assert "Post-Handshake New Session Ticket" not in first
    assert "Compression: NONE" in first
    assert "\nReused, " not in first + second
    assert "\nNew, TLSv1.3" in second


async def test_a_session_of_pythons_has_no_ticket_and_is_not_taken_again(tmp_path):
    async with running_mirror(tmp_path) as mirror:
        context = mirror.authority.client()
        first = await shaken(mirror, context)
        await first.write(head())
        answer = await first.read_to_end()
        session = first.tls.session
        again = Client(await connect(mirror.socket), context)
        if session is not None:
            again.tls.session = session
        await again.shake_hands()
        for client in (first, again):
            client.connection.close()

    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert session is None or not session.has_ticket
    assert not again.tls.session_reused


async def test_the_keys_are_also_of_the_kind_that_a_quantum_computer_does_not_open(tmp_path):
    async with running_mirror(tmp_path) as mirror:
        client = await shaken(mirror, mirror.authority.client())
        client.connection.close()

    # In the ServerHello: the extension key_share, 1,124 bytes, X25519MLKEM768.
    assert ssl.OPENSSL_VERSION_INFO < (3, 5) or b"\x00\x33\x04\x64\x11\xec" in client.travelled


@pytest.mark.parametrize("name", ["other.example", "x" + NAME, "127.0.0.1", f"a..{NAME}", None])
async def test_another_name_is_refused_with_the_alert_for_it_and_no_certificate(tmp_path, name):
    async with running_mirror(tmp_path) as mirror:
        context = mirror.authority.client()
        hello = client_hello(context, NAME if name == f"a..{NAME}" else name)
        if name == f"a..{NAME}":
            # As long as the name itself: a label without letters, over which Python's own callback stumbles.
            hello = hello.replace(NAME.encode(), b"." * len(NAME))
        connection = await connect(mirror.socket)
        await asyncio.get_running_loop().sock_sendall(connection, hello)
        said = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(connection, 65536), 10)
        rest = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(connection, 65536), 10)
        connection.close()
        faults = mirror.intake.services.faults.count

    assert said == b"\x15\x03\x03\x00\x02\x02\x70"
    assert rest == b""
    assert faults == 0


@pytest.mark.parametrize("name", [NAME.upper(), NAME.capitalize()])
async def test_the_name_in_other_letters_is_the_name(tmp_path, name):
    async with running_mirror(tmp_path) as mirror:
        client = await shaken(mirror, mirror.authority.client(), name)
        client.connection.close()


@pytest.mark.parametrize(
    "garbage", [b"GET / HTTP/1.1\r\n\r\n", os.urandom(4000), b"\x16\x03\x01\x00\x02\x02\x00", b"\x17" * 9000]
)
async def test_what_is_no_tls_gets_no_answer_and_counts_as_no_fault(tmp_path, garbage):
    async with running_mirror(tmp_path) as mirror:
        connection = await connect(mirror.socket)
        with suppress(ConnectionError):
            await asyncio.get_running_loop().sock_sendall(connection, garbage)
        with suppress(ConnectionError):
            assert await asyncio.wait_for(asyncio.get_running_loop().sock_recv(connection, 1), 5) == b""
        connection.close()
        faults = mirror.intake.services.faults.count

    assert faults == 0


async def test_before_a_certificate_has_come_nothing_is_answered(tmp_path):
    async with running_mirror(tmp_path, certified=False) as mirror:
        connection = await connect(mirror.socket)
        with suppress(ConnectionError):
            await asyncio.get_running_loop().sock_sendall(connection, client_hello(mirror.authority.client()))
            assert await asyncio.wait_for(asyncio.get_running_loop().sock_recv(connection, 1), 10) == b""
        connection.close()
        mirror.certify()
        page = await mirror.browser().get("/")

    assert page.status == 200


async def test_the_certificate_is_renewed_under_load_and_no_request_fails(tmp_path):
    async with running_mirror(tmp_path) as mirror:
        stop, pages = asyncio.Event(), []

        async def visit():
            while not stop.is_set():
                pages.append((await mirror.browser().get("/")).status)

        async def upload():
            while not stop.is_set():
                page = await file_report(
                    mirror.browser(), "Planted words " * 5_000 if len(pages) % 2 else "Planted words"
                )
                pages.append(200 if len(page.receipt.words) == 8 else page.status)

        before = await shaken(mirror, mirror.authority.client())
        visitors = [asyncio.ensure_future(visit()) for _ in range(6)]
        visitors.append(asyncio.ensure_future(upload()))
        seen = [before.tls.getpeercert(binary_form=True)]
        for _ in range(3):
            await asyncio.sleep(1)
            mirror.certify()
            after = await shaken(mirror, mirror.authority.client())
            seen.append(after.tls.getpeercert(binary_form=True))
            after.connection.close()
        stop.set()
        await asyncio.gather(*visitors)
        # The connection that was there before them goes on with the certificate it began with.
        await before.write(head())
        answer = await before.read_to_end()
        before.connection.close()

    assert len(set(seen)) == 4
    assert len(pages) > 10
    assert set(pages) == {200}
    assert answer.startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    "wrong", ["nothing", "no key", "no certificate", "another key", "a passphrase", "large", "text"]
)
def test_what_cannot_be_served_by_is_refused_and_changes_nothing(tmp_path, wrong):
    authority, contexts = Authority.new(tmp_path), MirrorContexts(NAME)
    good, other = authority.pem(), authority.pem(file="other")
    key, certificate = good.split(b"-----BEGIN CERTIFICATE", 1)
    locked = subprocess.run(
        ["openssl", "pkcs8", "-topk8", "-passout", "pass:x"], input=key, capture_output=True, check=True, timeout=60
    ).stdout
    pem = {
        "nothing": b"",
        "no key": b"-----BEGIN CERTIFICATE" + certificate,
        "no certificate": key,
        "another key": other.split(b"-----BEGIN CERTIFICATE", 1)[0] + b"-----BEGIN CERTIFICATE" + certificate,
        "a passphrase": locked + b"-----BEGIN CERTIFICATE" + certificate,
        "large": good + b"\n" * 2**16,
        "text": b"not a certificate",
    }[wrong]
    give(contexts.take_certificate, good)
    before = contexts._certificate

    with pytest.raises(NotUsable) as fault:
        give(contexts.take_certificate, pem)

    assert contexts._certificate is before
    assert fault.value.args == ()
    assert fault.value.__cause__ is None
    assert fault.value.__context__ is None or fault.value.__suppress_context__


def test_what_is_not_sealed_is_refused(tmp_path):
    contexts = MirrorContexts(NAME)
    with MemoryFile() as memory:
        memory.write(Authority.new(tmp_path).pem())

        with pytest.raises(NotUsable):
            contexts.take_certificate(memory.fileno())

    assert contexts.is_empty


async def test_the_challenge_is_answered_while_an_order_is_pending_and_only_then(tmp_path):
    async with running_mirror(tmp_path) as mirror:
        context = mirror.authority.client(("acme-tls/1",))
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

        async def asked(context: ssl.SSLContext = context) -> tuple[bytes, str | None, bytes]:
            client = await shaken(mirror, context)
            after = await asyncio.wait_for(client.read_to_end(), 10) if context.verify_mode is ssl.CERT_NONE else b""
            client.connection.close()
            return client.tls.getpeercert(binary_form=True), client.tls.selected_alpn_protocol(), after

        async def ordinary() -> bytes:
            return (await asked(mirror.authority.client()))[0]

        usual = await ordinary()
        challenge = mirror.authority.challenge()
        give(mirror.contexts.take_challenge, challenge)
        during, meanwhile = await asked(), await ordinary()
        page = await mirror.browser().get("/")
        mirror.contexts.end_challenge()
        client = await shaken(mirror, context)
        afterwards = client.tls.getpeercert(binary_form=True), client.tls.selected_alpn_protocol()
        client.connection.close()

    expected = ssl.PEM_cert_to_DER_cert((mirror.authority.folder / "challenge.pem").read_text())
    # The connection ends after the handshake (RFC 8737, section 3): nothing is served by it.
    assert during == (expected, "acme-tls/1", b"")
    assert meanwhile == usual != expected
    assert page.status == 200
    assert afterwards == (usual, None)


async def test_an_authority_can_be_answered_before_there_is_a_certificate_and_nobody_else(tmp_path):
    async with running_mirror(tmp_path, certified=False) as mirror:
        give(mirror.contexts.take_challenge, mirror.authority.challenge())
        context = mirror.authority.client(("acme-tls/1",))
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        client = await shaken(mirror, context)
        client.connection.close()
        said = await refused(mirror, mirror.authority.client())

    assert client.tls.selected_alpn_protocol() == "acme-tls/1"
    assert said == b"\x15\x03\x03\x00\x02\x02\x70"


@pytest.mark.parametrize("path", ["/", "/report", "/return", "/nowhere", "/style.css", "/protect?lang=en"])
async def test_the_records_of_a_page_tell_its_size_in_the_few_sizes_and_nothing_else(tmp_path, path):
    async with running_mirror(tmp_path) as mirror:
        client = await shaken(mirror, mirror.authority.client())
        flight = len(client.travelled)
        await client.write(head(path=path).replace(b"Connection: close\r\n", b""))
        got = b""
        while len(got) not in SIZES:
            with suppress(ssl.SSLWantReadError):
                got += client.tls.read(65536)
                continue
            assert await asyncio.wait_for(client.take(), 10)
        client.connection.close()

    told = records(client.travelled[flight:])
    # Whole records and nothing between them: where the head ends, or the text, cannot be seen.
    assert told == [(APPLICATION_DATA, RECORD_BYTES + RECORD_OVERHEAD)] * (len(got) // RECORD_BYTES)


async def test_the_same_page_travels_alike_for_two_visitors_but_for_its_secrets(tmp_path):
    async with running_mirror(tmp_path) as mirror:
        shapes = []
        for _ in range(2):
            client = await shaken(mirror, mirror.authority.client())
            await client.write(head())
            await client.read_to_end()
            shapes.append(records(client.travelled))
            client.connection.close()

    handshake = [
        [(kind, 0 if kind == APPLICATION_DATA and size < 2000 else size) for kind, size in one] for one in shapes
    ]
    # A signature of the handshake is a byte longer or shorter, by chance.
    assert handshake[0] == handshake[1]


async def test_a_browser_that_closes_in_the_middle_of_an_upload_leaves_nothing(tmp_path):
    async with running_mirror(tmp_path) as mirror:
        browser: MirrorBrowser = mirror.browser()
        form = (await browser.get("/report")).form("/report")
        client = await shaken(mirror, mirror.authority.client())
        body = ('--b\r\nContent-Disposition: form-data; name="text"\r\n\r\n' + "x" * 50_000).encode()
        sent = f"POST /report HTTP/1.1\r\nHost: {NAME}\r\nOrigin: https://{NAME}\r\nContent-Length: 500000\r\n"
        sent += "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
        await client.write(sent.encode() + body)
        await asyncio.sleep(0.3)
        held = mirror.open_connections()
        client.connection.close()
        async with asyncio.timeout(10):
            while mirror.open_connections():
                await asyncio.sleep(0.02)
        faults = mirror.intake.services.faults.count

    assert form.fields
    assert held == 1
    assert faults == 0


async def test_the_certificate_that_is_named_is_the_one_a_visitor_is_shown(tmp_path):
    async with running_mirror(tmp_path, certified=False) as mirror:
        before = mirror.contexts.shown
        pem = mirror.certify()
        first = mirror.contexts.shown
        renewed = mirror.certify()

    certificates = [
        hashlib.sha256(ssl.PEM_cert_to_DER_cert(_first_certificate(one))).digest() for one in (pem, renewed)
    ]
    assert before == b""
    assert [first, mirror.contexts.shown] == certificates
    assert len(set(certificates)) == 2


def _first_certificate(pem: bytes) -> str:
    """Of what holds the key before it."""
    end = "-----END CERTIFICATE-----"
    return "-----BEGIN" + pem.decode().split("-----BEGIN")[2].partition(end)[0] + end
