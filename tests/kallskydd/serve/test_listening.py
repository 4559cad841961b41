"""The queue of the sockets to which tor brings visitors."""

from __future__ import annotations

import re
import socket
from contextlib import ExitStack
from pathlib import Path

from kallskydd.serve.children import BACKLOG, listen
from trusted.web.connections import CONNECTION_LIMITS

UNIT = Path(__file__).parents[3] / "deploy" / "systemd" / "kallskydd@.socket"


def test_all_connections_may_be_ended_at_once_and_come_again_and_a_visitor_beside_them_is_not_turned_away(tmp_path):
    with ExitStack() as stack:
        stack.enter_context(listen(tmp_path / "s", None))
        for _ in range(CONNECTION_LIMITS.most + 100):
            visitor = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            visitor.setblocking(False)
            # Raises BlockingIOError where the queue is full: tor then gives the visitor up.
            visitor.connect(str(tmp_path / "s"))


def test_the_sockets_of_a_tenant_have_the_same_queue():
    assert re.findall(r"^Backlog=(\d+)$", UNIT.read_text(), re.MULTILINE) == [str(BACKLOG)]
