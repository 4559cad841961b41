"""What a visitor of the mirror could be known by the next time is seen: tickets, session ids, sessions that go on."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading

import pytest
from networks.relay_harness import NAME, contexts

from audit.mirror.checks.traces import check_requests
from audit.mirror.planted import Planted
from audit.mirror.visitor import Visitor
from audit.verdict import Inspection, Verdict


@contextlib.contextmanager
def served(server: ssl.SSLContext):
    """A server that answers each connection once."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            while True:
                try:
                    plain, _ = listener.accept()
                except OSError:
                    return
                with contextlib.suppress(OSError), server.wrap_socket(plain, server_side=True) as one:
                    one.recv(65536)
                    one.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")

        threading.Thread(target=run, daemon=True).start()
        yield listener.getsockname()
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("tickets", "version", "known"),
    [
        (0, ssl.TLSVersion.TLSv1_3, set()),
        (2, ssl.TLSVersion.TLSv1_3, {"a ticket", "a resumed session"}),
        (0, ssl.TLSVersion.TLSv1_2, {"a session id"}),
    ],
)
def test_by_what_a_visitor_is_known_is_said(tmp_path, tickets, version, known):
    server, client = contexts(tmp_path)
    server.minimum_version, client.maximum_version = ssl.TLSVersion.TLSv1_2, version
    server.num_tickets = tickets
    server.options &= ~ssl.OP_NO_TICKET if tickets else server.options
    said, session = set(), None

    with served(server) as place:
        for _ in range(2):
            visitor = Visitor(place, None, NAME, client, session)
            visitor.send(b"GET / HTTP/1.1\r\n\r\n")
            assert visitor.status() == 404
            session = visitor.session
            said |= visitor.known_by()
            visitor.close()

    assert said == known


@pytest.mark.parametrize(("known_by", "verdict"), [(set(), Verdict.CLEAN), ({"a ticket"}, Verdict.FINDING)])
def test_a_visitor_who_can_be_known_again_is_a_finding(known_by, verdict):
    inspection = Inspection()

    check_requests(inspection, Planted(tried_without_backend=True, handshakes=4, known_by=known_by))

    assert inspection.verdict is verdict
