"""Where the application listens, each time on a computer of its own (a network namespace) with few ports or no IPv6."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

NAMESPACE = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]
FIRST, PORTS = 40000, 10
START = f"""
import json, socket, subprocess, sys
from desk.errors import NoPort
from desk.web.local.loopback import listen

def setting(name, value):
    with open("/proc/sys/net/" + name, "w") as file:
        file.write(value)

def stranger(family, address, port, *options):
    one = socket.socket(family)
    for option in options:
        one.setsockopt(socket.SOL_SOCKET, option, 1)
    one.bind((address, port))
    one.listen()
    return one

def places(listeners):
    return [one.getsockname()[:2] for one in listeners]

subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
setting("ipv4/ip_local_port_range", "{FIRST} {FIRST + PORTS - 1}")
"""


def on_a_computer(program: str):
    """What the program prints there, as JSON."""
    ran = subprocess.run(
        [*NAMESPACE, sys.executable, "-c", START + program], capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_it_listens_on_both_loopbacks_at_one_port():
    (four, first), (six, second) = on_a_computer("print(json.dumps(places(listen())))")

    assert (four, six) == ("127.0.0.1", "::1")
    assert first == second


def test_where_a_stranger_listens_on_the_other_loopback_another_port_is_drawn():
    found = on_a_computer(f"""
held = [stranger(socket.AF_INET6, "::1", {FIRST} + number) for number in range(0, {PORTS}, 2)]
held += [stranger(socket.AF_INET6, "::", {FIRST} + number) for number in range(1, {PORTS} - 1, 2)]
print(json.dumps(places(listen())))
""")

    assert found == [["127.0.0.1", FIRST + PORTS - 1], ["::1", FIRST + PORTS - 1]]


@pytest.mark.parametrize("place", ['socket.AF_INET6, "::1"', 'socket.AF_INET, "127.0.0.1"', 'socket.AF_INET6, "::"'])
def test_where_every_port_is_taken_nothing_is_opened(place):
    assert on_a_computer(f"""
held = [stranger({place}, {FIRST} + number) for number in range({PORTS})]
try:
    found = places(listen())
except NoPort as refused:
    found = refused.text_key
print(json.dumps(found))
""") == "desk.no_port"  # fmt: skip


def test_the_command_says_in_two_sentences_that_no_port_is_free_and_ends(tmp_path):
    code, said = on_a_computer(f"""
import contextlib, io
from kallskydd.__main__ import main
held = [stranger(socket.AF_INET6, "::1", {FIRST} + number) for number in range({PORTS})]
with contextlib.redirect_stderr(io.StringIO()) as said:
    code = main(["desk", "--no-browser", "--desk-home", "{tmp_path}/desk", "--socket", "{tmp_path}/nowhere"])
print(json.dumps([code, said.getvalue()]))
""")

    assert code == 4
    assert said.startswith("Every port of this computer that was tried is taken, so the application was not opened.")


def test_a_computer_without_ipv6_alone_is_served_on_127_0_0_1_alone():
    # What a kernel says that was started without IPv6, said by a filter in this one.
    found = on_a_computer("""
import errno
from trusted.confine import process, seccomp
from trusted.confine.seccomp import Action, Equals, Rule
process.no_new_privileges()
no_ipv6 = Rule(0x00050000 | errno.EAFNOSUPPORT, ("socket",), (Equals(0, socket.AF_INET6),))
seccomp.install(seccomp.build((no_ipv6,), Action.ALLOW))
print(json.dumps(places(listen())))
""")

    assert [address for address, _port in found] == ["127.0.0.1"]


def test_while_ipv6_is_switched_off_its_loopback_is_held_and_nobody_takes_it_when_it_comes_back():
    assert on_a_computer("""
setting("ipv6/conf/all/disable_ipv6", "1")
listeners = listen()
port = listeners[0].getsockname()[1]
setting("ipv6/conf/all/disable_ipv6", "0")
refused = []
for address in ("::1", "::"):
    for options in ((), (socket.SO_REUSEADDR,), (socket.SO_REUSEADDR, socket.SO_REUSEPORT)):
        try:
            stranger(socket.AF_INET6, address, port, *options)
        except OSError as failed:
            refused.append(failed.strerror)
with socket.create_connection(("::1", port), timeout=5):
    came = listeners[1].accept()[1][0]
print(json.dumps([refused, came]))
""") == [["Address already in use"] * 6, "::1"]  # fmt: skip
