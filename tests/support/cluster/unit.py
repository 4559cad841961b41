"""Starts in systemd's place what a unit of `deploy/systemd` starts: with its command line, its sockets and its torrc.

unit.py kallskydd-tor | kallskydd-publisher | kallskydd@NAME    becomes that program
unit.py --stop-tor                                              asks tor to end, as the ExecStop= of its unit does

A tenant's keeper gets its own account and the listening sockets of kallskydd@NAME.socket; tor and the publisher run as
root here. tor alone has a network, in which the private Tor network is the world.
"""

from __future__ import annotations

import os
import shlex
import sys
import time
from contextlib import suppress
from pathlib import Path

SUPPORT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(SUPPORT))

from homes.host import Tenant  # noqa: E402 - needs the path
from processes.passable import PASSABLE  # noqa: E402

from kallskydd.hosting.machine import PUBLISHER_UNIT, TENANTS, TOR_UNIT  # noqa: E402
from onion.errors import NoPrivateNetwork  # noqa: E402
from onion.private_network import PrivateNetwork  # noqa: E402
from onion.publisher.server import Places  # noqa: E402
from onion.publisher.tenants import tenants_in  # noqa: E402
from onion.watchdog import halt  # noqa: E402

DEPLOY = SUPPORT.parents[1] / "deploy"
RUN = Path("/run")
PLACES = Places(RUN / "kallskydd-tor/control", TENANTS, RUN / "kallskydd-host", RUN / "kallskydd-publisher")
BETWEEN_LOOKS_SECONDS = 0.1
OUTSIDE = ("nsenter", f"--net={RUN}/world-net")


def of_unit(unit: str) -> list[str]:
    """The command line that stands in the unit's file."""
    lines = (DEPLOY / "systemd" / unit).read_text().splitlines()
    [line] = [line for line in lines if line.startswith("ExecStart=")]
    return shlex.split(line.partition("=")[2])


def tor(network: Path) -> list[str]:
    """tor with the torrc of a server, on the private network."""
    torrc = RUN / "torrc"
    torrc.write_text("\n".join([(DEPLOY / "torrc").read_text(), *lines_of(network)]) + "\n")
    program, *words = of_unit(TOR_UNIT)
    return [*OUTSIDE, program, *(str(torrc) if word.endswith("/torrc") else word for word in words)]


def lines_of(network: Path) -> list[str]:
    """The lines of the private network, once it is up: it starts at the same time as the nodes."""
    while True:
        with suppress(NoPrivateNetwork):
            return PrivateNetwork.lines_from(network)
        time.sleep(BETWEEN_LOOKS_SECONDS)


def publisher() -> list[str]:
    _python, *words = of_unit(PUBLISHER_UNIT)
    return [sys.executable, *words]


def keeper(name: str) -> list[str]:
    """The keeper of a tenant, with its sockets: open until it ends."""
    tenant = Tenant(PLACES, name, tenants_in(TENANTS)[name].uid)
    tenant.listen()
    words = tenant.command(before=PASSABLE)
    for listener in tenant.listeners.values():
        os.set_inheritable(listener.detach(), True)
    return words


def main(unit: str) -> None:
    os.chdir("/")
    if unit == "--stop-tor":
        halt(PLACES.control_socket)
        return
    name, _, tenant = unit.partition("@")
    if tenant:
        words = keeper(tenant)
    else:
        words = tor(Path(os.environ["NETWORK"])) if f"{name}.service" == TOR_UNIT else publisher()
    os.execvp(words[0], words)  # noqa: S606 - in the place of this process, whose number the agent has


if __name__ == "__main__":
    main(sys.argv[1])
