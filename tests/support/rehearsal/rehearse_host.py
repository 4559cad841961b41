"""A host with two tenants on a booted Debian 13: what only a real systemd can show of it. As root.

    make rehearsal-host                            some four minutes; the first time two more, for the system

Each tenant's daily audit sees intake and zygotes, and nothing of the other tenant; root's audit finds nothing; the alarm
is tried in the sandbox of its unit; a backup is made twice on one day; tenants are upgraded in rings; the look from
outside says that its tor reaches nothing; the host is removed. Exit code 1 when something is not in order.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rehearsal.hands import AUDIT_SECONDS, SOONER
from rehearsal.network import Internet
from rehearsal.rehearse import Rehearsal
from rehearsal.server import CACHE, CHECKOUT, Server, make_tree, wait_for

from cases.roster.chain import add_signature, read_chain, sign_roster
from cases.roster.member import make_join, new_member_keys
from trusted.case.clock import today, utc_now

TENANTS = "/var/lib/kallskydd-host"
NAMES = ("falun", "mora")
STEPS = ("install_host", "audits", "apart", "alarms", "look_from_outside", "backups", "rings", "removal")
ONION = "2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid.onion"
# Of this computer's kernel and not of the server.
KERNELS_ROWS = {"kernel", "core-dumps"}
# Says in the tenant's own folder that it ran. What the sandbox refuses: another computer, another tenant, the list of processes.
ALARM = """#!/bin/sh
cd {tenants}/{name}
echo ran >>alarms
ls {tenants} >seen
"""


class HostRehearsal(Rehearsal):
    """The same form of saying, of a host."""

    members = ""

    def write(self, path: str, text: str) -> None:
        """Write a file of the server's."""
        Path(self.server.root, path.lstrip("/")).write_text(text)

    def install_host(self) -> None:
        """Install, make two tenants as trials, and have their first audit sooner."""
        server = self.server
        server.must(f"{SOONER} && cd {CHECKOUT} && make install && printf 'DisableNetwork 1\\n' >>/etc/kallskydd/torrc")
        # On the plain file system of the server's home, which is not there.
        server.must(f"mkdir -p {TENANTS} /var/lib/kallskydd/host && mount --bind /var/lib/kallskydd/host {TENANTS}")
        for name in NAMES:
            alarm, config = f"/usr/local/bin/alarm-{name}", f"/opt/{name}.toml"
            self.write(alarm, ALARM.format(tenants=TENANTS, name=name))
            server.must(f"chmod 755 {alarm}; cp {CHECKOUT}/kallskydd/examples/ludvika.toml {config}")
            server.must(f"printf '\\n[alarm]\\ncommand = [\"{alarm}\"]\\n' >>{config}")
        # One by `add`, and one that comes from elsewhere.
        server.must(
            "kallskydd host add mora --config /opt/mora.toml --trial && kallskydd host add falun --without-home"
        )
        server.must("printf '\\n[tor]\\npublisher = \"/run/kallskydd-publisher/falun\"\\n' >>/opt/falun.toml")
        self.make_home()
        server.must("kallskydd host start falun")
        said = server.tell("kallskydd host status")
        self.hold("two tenants are served, `host status` is well", "NOT" not in said, said)

    def make_home(self) -> None:
        """Make a real home for falun, signed by all of its members, whose keys are forgotten."""
        keys = {role: new_member_keys() for role in ("lead", "handler")}
        for role, one in keys.items():
            self.write(f"/opt/{role}.toml", make_join(one, f"Person {role}", role, role.capitalize()))
        home, day = f"{TENANTS}/falun/home", today(utc_now)
        members = " ".join(f"--member /opt/{role}.toml" for role in keys)
        init = f"kallskydd init --home {home} --config /opt/falun.toml --operator-is-no-member {members}"
        self.server.must(f"runuser -u kallskydd-falun -- {init}; test -e {home}/config.toml")
        roster = Path(f"/proc/{self.server.leader}/root{home}/roster")
        for one in keys.values():
            add_signature(roster, 1, sign_roster(read_chain(roster, day).proposal, one), day)
        self.server.must(f"chown -R --reference={home} {home}/roster")
        self.members = " ".join(one.id for one in keys.values())

    def audits(self) -> set[str]:
        """Each tenant's audit under its unit, and root's."""
        server, excused = self.server, set()
        for name in NAMES:
            home = f"{TENANTS}/{name}/home"
            wait_for(lambda home=home: server.code(f"test -s {home}/audit.chain") == 0, AUDIT_SECONDS, "no audit comes")
            daily = json.loads(server.must(f"cat {home}/audit.chain").splitlines()[-1])
            unseen = {"filter", "privileges", "memory"} & {*daily["not_seen"], *daily["findings"]}
            self.hold(f"{name}: the daily audit sees intake and zygotes", not unseen, sorted(unseen))
            found = set(daily["findings"]) - KERNELS_ROWS
            self.hold(f"{name}: the daily audit finds nothing", not found, sorted(found))
            report = json.loads(server.tell(f"kallskydd audit live --home {home} --json"))
            found = set(report["findings"]) - KERNELS_ROWS
            self.hold(f"{name}: root's `audit live` finds nothing", not found, sorted(found))
            excused |= {*daily["findings"], *report["findings"]} & KERNELS_ROWS
        return excused

    def apart(self) -> None:
        """Each unit has a list of processes of its own, in which the other tenant is not."""
        server = self.server
        for name, other in (NAMES, NAMES[::-1]):
            pid, strange = (server.must(f"systemctl show -P MainPID kallskydd@{one}").strip() for one in (name, other))
            inside = f"nsenter --target={pid} --mount --pid"
            said = server.must(f"{inside} sh -c 'cat /proc/[0-9]*/cmdline' | tr '\\0' ' '")
            self.hold(f"{name}: its own processes and no other", name in said and other not in said, said)
            signals = server.tell(f"{inside} sh -c 'kill -0 {strange}'")
            self.hold(f"{name}: no number of the other's is taken", "No such process" in signals, signals)

    def alarms(self) -> None:
        """A new alarm is run by the first look, in the unit's sandbox, and that is known."""
        server = self.server
        for name in NAMES:
            server.tell(f"systemctl start kallskydd-status@{name}")
            ran = server.tell(f"cat {TENANTS}/{name}/alarms")
            self.hold(f"{name}: the alarm was run by the look", ran == "ran\n", ran)
            seen = server.tell(f"cat {TENANTS}/{name}/seen").split()
            self.hold(f"{name}: where it ran no other tenant is seen", seen == [name], seen)
            as_tenant = f"runuser -u kallskydd-{name} --"
            said = server.tell(f"{as_tenant} kallskydd ready --home {TENANTS}/{name}/home")
            line = next((line for line in said.splitlines() if " alarm: " in line), said)
            self.hold(f"{name}: `ready` knows that it was tried", line.startswith("ok"), line)

    def look_from_outside(self) -> None:
        """The unit of the look from outside runs its alarm in its sandbox. Without a network nothing is reached."""
        server = self.server
        self.write("/usr/local/bin/alarm-outside", "#!/bin/sh\necho ran >>/var/lib/kallskydd-outside/ran\n")
        server.must("chmod 755 /usr/local/bin/alarm-outside")
        self.write(
            "/etc/kallskydd/outside",
            f'LOOK="--onion {ONION} --mirror spegel.example"\nALARM="/usr/local/bin/alarm-outside"\n',
        )
        said = server.tell("systemctl start kallskydd-outside; systemctl status --no-pager kallskydd-outside")
        code = server.tell("systemctl show -P ExecMainStatus kallskydd-outside").strip()
        self.hold("the look from outside is critical without a network", code == "2", said)
        ran = server.tell("cat /var/lib/kallskydd-outside/ran /var/lib/kallskydd-outside/alarmed.json")
        self.hold("its alarm ran in its sandbox", ran.startswith("ran\n") and '"onion"' in ran, ran)

    def backups(self) -> None:
        """Twice on one day, by the tenant's own unit."""
        server = self.server
        for disk in ("backup", "slots"):
            server.must(f"mkdir -p /mnt/{disk} && mount -t tmpfs {disk} /mnt/{disk}")
            server.must(f"install -d -m 700 -o kallskydd-falun -g kallskydd-falun /mnt/{disk}/falun")
        self.write("/etc/kallskydd/backup-falun", f'MEMBERS="{self.members}"\n')
        said = "".join(server.tell("systemctl start kallskydd-backup@falun") for _ in range(2))
        made = server.tell("ls -d /mnt/backup/falun/* /mnt/slots/falun/*").split()
        self.hold("two backups on one day", len(made) == 4, f"{made} {said}")

    def rings(self) -> None:
        """A new program: the host names who runs it before, between and after."""
        server = self.server
        known = json.loads(server.tell("kallskydd host status --json 2>/dev/null"))
        version = known["version"]
        self.hold(
            "both run what is installed", {one["version"] for one in known["tenants"].values()} == {version}, known
        )
        day = known["tenants"]["falun"]["backup"]
        self.hold("the host names the day of the last backup", day == today(utc_now).isoformat(), known)
        time.sleep(1.5)
        server.must(f"cd {CHECKOUT} && make install")
        between = json.loads(server.tell("kallskydd host upgrade --rings 1 --first mora --json 2>/dev/null"))
        self.hold(
            "the first ring is one tenant", (between["done"], between["earlier"]) == (["mora"], ["falun"]), between
        )
        after = json.loads(server.tell("kallskydd host upgrade --json 2>/dev/null"))
        self.hold("then all", (after["done"], after["earlier"]) == ([*NAMES], []), after)

    def removal(self) -> None:
        """Tenants, then the host: nothing runs."""
        server = self.server
        for name in NAMES:
            server.must(f"kallskydd host remove {name} --destroy")
        paper = Path(server.root, CHECKOUT.lstrip("/"), "docs/HOSTING.md").read_text()
        server.must(paper.split("**Removing the host:**")[1].split("```\n")[1])
        runs = server.tell("systemctl list-units --no-legend 'kallskydd*'; ls -d /proc/[0-9]* | wc -l >/dev/null")
        self.hold("no unit of the host is left running", "running" not in runs, runs)
        self.hold(
            "no account is left", server.code("grep -q 'kallskydd-\\(falun\\|mora\\|publisher\\)' /etc/passwd") == 1
        )


def main() -> int:
    """Rehearse once."""
    began = time.monotonic()
    tree = make_tree()
    print(f"the system and the packages: {time.monotonic() - began:.1f} s", flush=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder, Server(tree, Path(folder)) as server:
        # No network: it is not entered.
        rehearsal = HostRehearsal(server, Internet(Path(folder)))
        try:
            for step in STEPS:
                getattr(rehearsal, step)()
        except (subprocess.CalledProcessError, TimeoutError, ValueError) as fault:
            said = f"{getattr(fault, 'stdout', '')}{getattr(fault, 'stderr', '')}"
            rehearsal.hold("every step could be made", holds=False, seen=f"{fault}\n{said}")
    print(f"{len(rehearsal.failed)} not in order, {time.monotonic() - began:.0f} s.")
    return 1 if rehearsal.failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
