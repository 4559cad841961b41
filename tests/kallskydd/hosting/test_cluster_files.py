"""What `host cluster` writes and refuses, and what Pacemaker's own policy engine makes of it at every loss and return."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from kallskydd.commands import host_cluster
from kallskydd.hosting.cluster import accounts
from kallskydd.hosting.cluster.cib import cib
from kallskydd.hosting.cluster.corosync_conf import corosync_conf
from kallskydd.hosting.cluster.mirror_conf import mirror_conf
from kallskydd.hosting.cluster.plan import ClusterPlan, Fence, Node, PlanRefused, fence_in, nodes_in
from kallskydd.hosting.cluster.state import cluster_findings, findings_in

FENCES = (
    "a=fence_ipmilan,ip=10.1.0.1,username=x,password_script=/etc/kallskydd/ipmi",
    "b=fence_apc,ip=10.1.0.2,plug=2",
)
ON_THE_LEADER = {"crypt", "home", "tor", "publisher", "tenant-ludvika", "tenant-falun"}


def plan(nodes: str = "a=10.0.0.1,b=10.0.0.2", fences: tuple[str, ...] = FENCES, **changed: object) -> ClusterPlan:
    rest = {"tenants": ("ludvika", "falun"), "disk": Path("/dev/vg/kallskydd"), "key_file": Path("/etc/kallskydd/key")}
    return ClusterPlan(nodes_in(nodes), tuple(map(fence_in, fences)), **(rest | changed))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"fences": ()}, "Node a has no fence device"),
        ({"fences": FENCES[:1]}, "Node b has no fence device"),
        ({"fences": (*FENCES, FENCES[0])}, "Node a has no fence device, or two"),
        ({"fences": (FENCES[0], "b=fence_dummy,plug=b")}, "fence_dummy switches nothing off"),
        (
            {"fences": (*FENCES, "c=fence_apc,ip=10.1.0.3"), "nodes": "a=10.0.0.1,b=10.0.0.2,c=10.0.0.3"},
            "that holds no state",
        ),
        ({"nodes": "a=10.0.0.1"}, "1 nodes are named"),
        ({"nodes": "a,b"}, "A node has no address"),
        ({"nodes": "a=10.0.0.1,b=b.example"}, "is no address"),
        ({"nodes": "a=10.0.0.1,b=10.0.0.1"}, "the same name or address"),
        ({"nodes": "a=10.0.0.1,b=10.0.0.2,c=10.0.0.3,d=10.0.0.4"}, "4 nodes are named"),
        ({"tenants": ()}, "There is no tenant"),
        ({"tenants": ("ludvika", "ludvika")}, "named twice"),
        ({"tenants": ("../x",)}, "is no name of a tenant"),
        ({"disk": Path("vg/x")}, "is no plain absolute path"),
    ],
)
def test_a_cluster_in_which_two_nodes_could_publish_or_that_cannot_be_read_is_refused(changed, said):
    with pytest.raises(PlanRefused, match=re.escape(said)):
        plan(**changed)


def test_the_command_writes_its_files_for_root_alone_and_nothing_without_a_fence_device(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(accounts, "accounts_conf", lambda _tenants: "# accounts\n")
    monkeypatch.setattr("kallskydd.hosting.cluster.write.accounts_conf", lambda _tenants: "# accounts\n")
    parser = host_cluster.argparse.ArgumentParser()
    host_cluster.add_parser(parser.add_subparsers())
    words = [
        "cluster",
        "--nodes",
        "a=10.0.0.1,b=10.0.0.2",
        "--tenant",
        "ludvika",
        "--disk",
        "/dev/vg/k",
        "--key-file",
        "/etc/k",
    ]
    fences = [word for fence in FENCES for word in ("--fence", fence)]

    refused = parser.parse_args([*words, "--out", str(tmp_path / "none")])
    written = parser.parse_args([*words, *fences, "--out", str(tmp_path / "out")])

    assert refused.run(refused) == 3
    assert not (tmp_path / "none").exists()
    assert written.run(written) == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "cib.xml", "corosync.conf", "kallskydd.res", "00-kallskydd-accounts.conf", "kallskydd-refresh.service",
        "kallskydd-refresh.timer",
    }  # fmt: skip
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "out").iterdir()} == {0o600}
    assert written.run(written) == 2
    assert "no fence device" in capsys.readouterr().err


def test_accounts_keep_their_numbers_and_one_that_lacks_is_refused(monkeypatch):
    class People:
        def getpwnam(self, name):
            if name == "kallskydd-falun":
                raise KeyError(name)
            return type("P", (), {"pw_uid": 61, "pw_gid": 62, "pw_gecos": "x", "pw_dir": "/nonexistent"})

        def getgrnam(self, _name):
            return type("G", (), {"gr_gid": 60})

        def getgrgid(self, _number):
            return type("G", (), {"gr_name": "kallskydd-ludvika"})

    monkeypatch.setattr(accounts, "pwd", People())
    monkeypatch.setattr(accounts, "grp", People())

    text = accounts.accounts_conf(("ludvika",))

    assert "g kallskydd 60\n" in text
    assert 'u kallskydd-ludvika 61:62 "x" /nonexistent /usr/sbin/nologin\n' in text
    with pytest.raises(PlanRefused, match="not on this computer"):
        accounts.accounts_conf(("falun",))


def test_messages_are_encrypted_two_nodes_wait_for_all_and_the_mirror_waits_for_both_disks():
    two, three = corosync_conf(plan()), corosync_conf(plan("a=10.0.0.1,b=10.0.0.2,c=10.0.0.3"))
    mirror = mirror_conf(plan())

    assert all("crypto_cipher: aes256" in text and "wait_for_all: 1" in text for text in (two, three))
    assert "two_node: 1" in two
    assert "two_node" not in three
    assert "protocol C;" in mirror
    assert "fencing resource-and-stonith;" in mirror
    assert re.findall(r"(?m)^    on (\w+)", mirror_conf(plan("a=10.0.0.1,b=10.0.0.2,c=10.0.0.3"))) == ["a", "b"]


# ---- Pacemaker's policy engine

STATE = """<node_state id="{id}" uname="{name}" in_ccm="true" crmd="online" join="member" expected="member"><transient_attributes id="{id}">
<instance_attributes id="status-{id}"><nvpair id="status-{id}-mirror" name="master-mirror" value="{score}"/></instance_attributes>
</transient_attributes></node_state>"""


class Simulated:
    """A cluster as Pacemaker's policy engine sees it: one file, changed by `crm_simulate`."""

    def __init__(self, folder: Path, a_plan: ClusterPlan) -> None:
        self.place, self.turn = folder / "cib.xml", 0
        states = "".join(
            STATE.format(id=number, name=node.name, score=100 - number if node in a_plan.holders else 0)
            for number, node in enumerate(a_plan.nodes, 1)
        )
        head = (
            '<cib validate-with="pacemaker-3.9" epoch="1" num_updates="0" admin_epoch="0" have-quorum="1" dc-uuid="1">'
        )
        self.place.write_text(f"{head}{cib(a_plan)}<status>{states}</status></cib>")

    def turns(self, *words: str) -> set[str]:
        """Let it run to its end from here; return where each resource is then, as `name@node`."""
        after = self.place.with_name(f"after-{self.turn}.xml")
        self.turn += 1
        done = subprocess.run(
            ["crm_simulate", "-x", self.place, "-S", "-O", after, *words], capture_output=True, text=True, check=True
        )
        self.place, self.said = after, done.stdout
        state = fromstring(self.state())  # noqa: S314 - the answer of the system's own program
        return {
            f"{one.get('id')}@{node.get('name')}"
            for one in state.iter("resource") for node in one.iterfind("node")
            if one.get("role") in {"Started", "Promoted"} and not one.get("id").startswith("fence-")
        }  # fmt: skip

    def returns(self, name: str) -> set[str]:
        """The node is there again, and the mirror on it says that it may lead, as DRBD's agent does when it is whole."""
        self.turns("--node-up", name)
        text = self.place.read_text()
        states = {node: STATE.format(id=number, name=node, score=50) for number, node in enumerate("ab", 1)}
        inside = re.search("<transient_attributes.*</transient_attributes>", states[name], re.DOTALL)[0]
        self.place.write_text(re.sub(rf'(<node_state id="\d" uname="{name}"[^>]*>)', rf"\1{inside}", text))
        return self.turns()

    def state(self) -> str:
        """What `crm_mon` says of it."""
        return subprocess.run(
            ["crm_mon", "--output-as=xml"],
            env=os.environ | {"CIB_file": str(self.place)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    def began(self, what: str) -> int:
        """At which line of the last turn something began; -1 where it did not."""
        return next((number for number, line in enumerate(self.said.splitlines()) if re.search(what, line)), -1)

    def findings(self) -> dict[str, bool]:
        return {one.what: one.well for one in findings_in(self.state(), "a")}


def all_on(node: str) -> set[str]:
    return {f"{name}@{node}" for name in ON_THE_LEADER | {"mirror"}}


@pytest.mark.parametrize("nodes", ["a=10.0.0.1,b=10.0.0.2", "a=10.0.0.1,b=10.0.0.2,c=10.0.0.3"])
def test_every_transition_moves_all_to_one_node_and_a_lost_leader_is_switched_off_first(tmp_path, nodes):
    cluster = Simulated(tmp_path, plan(nodes))

    assert cluster.turns() == all_on("a")
    # Standby and return, which moves nothing back.
    assert cluster.turns("--node-down", "a") == all_on("b")
    assert cluster.began("Fencing") == -1
    assert cluster.returns("a") == all_on("b")
    # Lost without a word: it is switched off before anything starts on the other.
    assert cluster.turns("--node-fail", "b") == all_on("a")
    assert 0 < cluster.began("Fencing b") < cluster.began("mirror +promote on a") < cluster.began("home +start on a")
    assert cluster.returns("b") == all_on("a")
    # Without quorum nothing runs.
    cluster.place.write_text(cluster.place.read_text().replace('have-quorum="1"', 'have-quorum="0"'))
    assert cluster.turns() == set()


def test_a_tenant_that_does_not_start_stays_stopped_alone(tmp_path):
    cluster = Simulated(tmp_path, plan())
    cluster.turns()

    cluster.turns("--op-inject", "tenant-falun_monitor_10000@a=7", "--op-fail", "tenant-falun_start_0@a=1")

    assert cluster.turns() == all_on("a") - {"tenant-falun@a"}
    assert cluster.began("(start|stop|promote) +on b") == -1


def test_status_finds_a_cluster_without_fencing_without_quorum_or_with_a_node_that_is_gone(tmp_path):
    whole = Simulated(tmp_path, plan())
    whole.turns()
    sound = whole.findings()
    text = whole.place.read_text()

    def changed(old: str, new: str) -> dict[str, bool]:
        assert old in text
        whole.place.write_text(text.replace(old, new))
        return whole.findings()

    assert sound == {"quorum": True, "fencing": True, "leader": True}
    assert not changed('name="stonith-enabled" value="true"', 'name="stonith-enabled" value="false"')["fencing"]
    assert not changed('name="no-quorum-policy" value="stop"', 'name="no-quorum-policy" value="ignore"')["quorum"]
    assert not changed('have-quorum="1"', 'have-quorum="0"')["quorum"]
    whole.place.write_text(text)
    whole.turns("--node-down", "b")
    assert not whole.findings()["quorum"]


def test_a_computer_that_is_no_node_has_no_lines_and_one_that_does_not_answer_has_one(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "debian.conf").write_text("totem {\n\tcluster_name: debian\n}\n")
    (tmp_path / "corosync.conf").write_text(corosync_conf(plan()))

    assert cluster_findings(tmp_path / "none") == cluster_findings(tmp_path / "debian.conf") == []
    assert [(one.what, one.well) for one in cluster_findings(tmp_path / "corosync.conf")] == [("cluster", False)]


def test_a_fence_device_keeps_its_settings_out_of_what_is_printed():
    fence = fence_in("a=fence_ipmilan,ip=10.1.0.1,password=hemligt")

    assert fence == Fence("a", "fence_ipmilan", {"ip": "10.1.0.1", "password": "hemligt"})
    assert "hemligt" not in repr(fence)
    assert Node("a", "10.0.0.1") in plan().nodes
