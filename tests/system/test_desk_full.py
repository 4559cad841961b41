"""Another account that holds as many connections as it can keeps the member out of nothing, least of all the lock."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time

from desks.process import DeskProcess
from homes.upkeep import member_desk, real_home

from desk.web.local.connections import CONNECTIONS, HEAD_SECONDS

SECONDS = 5.0
# 600 connections without a request, and again one for each that ends.
HOG = """
import os, socket, sys, time
if os.geteuid() == 0:
    os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)
held = []
for number in range(600):
    one = socket.socket(); one.settimeout(0.2)
    try:
        one.connect(("127.0.0.1", int(sys.argv[1]))); one.sendall(b"GET / HTTP/1.1\\r\\nHost: a"); held.append(one)
    except OSError:
        pass
print(len(held), flush=True)
while True:
    time.sleep(0.02); held.pop(0).close(); one = socket.socket(); one.settimeout(0.2)
    try:
        one.connect(("127.0.0.1", int(sys.argv[1]))); held.append(one)
    except OSError:
        held.append(one)
"""


def ask(desk: DeskProcess, path: str, cookie: str = "", method: str = "GET") -> http.client.HTTPResponse:
    headers = {"Host": desk.host, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Cookie": cookie}
    headers |= {"Origin": desk.origin} if method == "POST" else {}
    connection = http.client.HTTPConnection("127.0.0.1", desk.port, timeout=SECONDS)
    connection.request(method, path, headers={**headers, "Sec-Fetch-Site": "same-origin" if cookie else "none"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def test_a_stranger_who_holds_every_connection_keeps_the_member_from_nothing(short_folder):
    home = member_desk(short_folder / "desk", real_home(short_folder / "home"), 0)
    with DeskProcess(home, short_folder / "no.sock", short_folder, before="ulimit -n 1024; exec") as desk:
        opened = ask(desk, desk.opening.removeprefix(desk.origin))
        cookie = opened.headers["Set-Cookie"].split(";")[0]
        hog = subprocess.Popen([sys.executable, "-I", "-c", HOG, str(desk.port)], stdout=subprocess.PIPE, text=True)
        try:
            hog.stdout.readline()
            descriptors = len(os.listdir(f"/proc/{desk.process.pid}/fd"))
            pages = [ask(desk, "/unlock", cookie).status for _ in range(20)]
            locked = [ask(desk, "/lock", cookie, "POST").status for _ in range(20)]
        finally:
            hog.kill()
            hog.wait()
            hog.stdout.close()

    assert descriptors < CONNECTIONS + 50
    assert pages == [200] * 20
    assert locked == [303] * 20


def test_half_a_head_of_a_request_is_waited_for_so_long_and_no_longer(short_folder):
    home = member_desk(short_folder / "desk", real_home(short_folder / "home"), 0)
    with (
        DeskProcess(home, short_folder / "no.sock", short_folder) as desk,
        socket.create_connection(("127.0.0.1", desk.port), HEAD_SECONDS + SECONDS) as one,
    ):
        began = time.monotonic()
        one.sendall(b"GET / HTTP/1.1\r\nHost: a")
        ended = one.recv(100)
        seconds = time.monotonic() - began

    assert ended == b""
    assert HEAD_SECONDS - 1 < seconds < HEAD_SECONDS + 2
