"""
The first process of a node: private folders, a network of its own, Corosync and Pacemaker, and nothing outside them.

Started by `unshare --mount --pid --uts --fork`, with the node's facts as JSON in its first argument. Ends with its
standard input, and every process of the node with it. A line `stop` ends Pacemaker and Corosync in order, as a shutdown.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from kallskydd.hosting.cluster.refresh import COMMAND, EVERY_SECONDS

HERE = Path(__file__).parent
NEW_NET = 0x40000000
PRIVATE = ("/run", "/dev/shm", "/var/lib", "/var/log", "/etc/corosync", "/usr/lib/ocf/resource.d")
AGENTS = {
    "linbit/drbd": "disk", "heartbeat/crypt": "disk", "heartbeat/Filesystem": "disk",
    "units/kallskydd-tor": "unit", "units/kallskydd-publisher": "unit",
}  # fmt: skip


def run(*words: object) -> None:
    subprocess.run([*map(str, words)], check=True)


def private_folders(facts: dict) -> None:
    run("mount", "--make-rprivate", "/")
    run("mount", "-t", "proc", "proc", "/proc")
    # Named folders under a project's temporary folder are seen by all; what a machine has of its own is not.
    for place in PRIVATE:
        Path(place).mkdir(exist_ok=True)
        run("mount", "-t", "tmpfs", "tmpfs", place)
    for place in ("/var/lib/kallskydd-host", "/var/log/pacemaker", "/var/log/corosync", "/run/crm", "/run/upper"):
        Path(place).mkdir()
    shutil.chown("/run/crm", "hacluster", "haclient")
    # What the daemons keep on the node's own disk is there again after it was switched off.
    for name in ("corosync", "pacemaker", "kallskydd-tor"):
        kept, place = Path(facts["kept"]) / name, Path("/var/lib") / name
        place.mkdir()
        kept.mkdir(parents=True, exist_ok=True)
        run("mount", "--bind", kept, place)
    for name in ("", "cib", "pengine", "cores", "blackbox"):
        (Path("/var/lib/pacemaker") / name).mkdir(exist_ok=True)
        shutil.chown(Path("/var/lib/pacemaker") / name, "hacluster", "haclient")
    for name, kind in (AGENTS | {f"units/kallskydd@{tenant}": "unit" for tenant in facts["tenants"]}).items():
        to = Path("/usr/lib/ocf/resource.d") / name
        to.parent.mkdir(exist_ok=True)
        shutil.copy(HERE / "agents" / kind, to)
    for name, mode in (("kallskydd-tor", 0o750), ("kallskydd-host", 0o710), ("kallskydd-publisher", 0o711)):
        Path("/run", name).mkdir(mode)
    for tenant, uid in facts["tenants"].items():
        Path("/run/kallskydd-host", tenant).mkdir(0o710)
        Path("/run/kallskydd-publisher", tenant).mkdir(0o710)
        os.chown(Path("/run/kallskydd-publisher", tenant), -1, uid)
    for name in ("upper", "work"):
        Path("/run/upper", name).mkdir()
    run(
        "mount",
        "-t",
        "overlay",
        "overlay",
        "-o",
        "lowerdir=/usr/sbin,upperdir=/run/upper/upper,workdir=/run/upper/work",
        "/usr/sbin",
    )
    shutil.copy(HERE / "agents" / "fence_switch", "/usr/sbin/fence_switch")
    Path("/etc/corosync/corosync.conf").write_text(facts["corosync_conf"])
    Path("/etc/corosync/authkey").write_bytes(bytes.fromhex(facts["authkey"]))
    Path("/run/node.env").write_text("".join(f"{name}={value}\n" for name, value in facts["env"].items()))


def own_network(facts: dict) -> None:
    """Leave the world's, to which tor alone still has the way."""
    Path("/run/world-net").touch()
    run("mount", "--bind", "/proc/self/ns/net", "/run/world-net")
    if ctypes.CDLL(None, use_errno=True).unshare(NEW_NET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    print("unshared", flush=True)
    sys.stdin.readline()
    run("ip", "link", "set", "lo", "up")
    run("ip", "address", "add", f"{facts['address']}/24", "dev", facts["link"])
    run("ip", "link", "set", facts["link"], "up")


def main() -> None:
    facts = json.loads(sys.argv[1])
    private_folders(facts)
    own_network(facts)
    socket.sethostname(facts["name"])
    said = open("/var/log/daemons", "wb")  # noqa: SIM115 - for as long as the node lasts
    start = {"stdin": subprocess.DEVNULL, "stdout": said, "stderr": said, "start_new_session": True}
    corosync = subprocess.Popen(["corosync", "-f"], **start)
    environment = os.environ | {"PCMK_logfile": "/var/log/pacemaker/pacemaker.log", "HA_logfacility": "none"}
    pacemaker = subprocess.Popen(["pacemakerd"], env=environment, **start)
    threading.Thread(target=refreshed, daemon=True).start()
    threading.Thread(target=told, args=(pacemaker, corosync), daemon=True).start()
    while True:
        # Whatever was orphaned in the node is ours to collect.
        try:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
            for child in (corosync, pacemaker):
                child.poll()
            os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return


def refreshed() -> None:
    """What the timer of the node does, which systemd would start."""
    while True:
        time.sleep(EVERY_SECONDS)
        subprocess.run(COMMAND, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def told(pacemaker: subprocess.Popen, corosync: subprocess.Popen) -> None:
    for line in sys.stdin:
        if line.strip() == "stop":
            for child in (pacemaker, corosync):
                child.send_signal(signal.SIGTERM)
                child.wait()
            break
    os._exit(0)


if __name__ == "__main__":
    main()
