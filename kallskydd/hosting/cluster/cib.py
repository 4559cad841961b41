"""The Pacemaker configuration: what runs, in which order, on the same node as what.

    mirror (both nodes; promoted on one) -> crypt -> home -> tor, publisher, and each tenant's unit

Everything stands on `home`, the mounted file system, and so on the one node on which the mirror is promoted. A tenant
that does not start stays stopped alone (`influence` false); tor or the publisher would be tried on the other node.
What does not stop is fenced: Pacemaker's own rule for a failed stop.
"""

from __future__ import annotations

from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from kallskydd.hosting.cluster.mirror_conf import DEVICE, RESOURCE
from kallskydd.hosting.cluster.plan import ClusterPlan
from kallskydd.hosting.machine import PUBLISHER_UNIT, TENANTS, TOR_UNIT, unit_of

CRYPT_NAME: Final = "kallskydd"
# A unit is started once its intake is ready, within 180 s (TimeoutStartSec), and is given 60 s to end (TimeoutStopSec).
_START_SECONDS: Final = 200
_STOP_SECONDS: Final = 90
_DISK_SECONDS: Final = 120  # DRBD's own agent asks for 100 at most
_MONITOR_SECONDS: Final = 10
_AGAIN_SECONDS: Final = 600
_MOUNT_OPTIONS: Final = "nosuid,nodev,noexec"
# Both sides lost each other at the same moment: the one that leads shoots first.
_HEAD_START_SECONDS: Final = 5
PROPERTIES: Final = {
    # Without these two, two nodes could publish at once: `kallskydd host status` finds a cluster that lacks one.
    "stonith-enabled": "true",
    "no-quorum-policy": "stop",
    "priority-fencing-delay": f"{_HEAD_START_SECONDS}s",
    "cluster-name": "kallskydd",
}


def cib(plan: ClusterPlan) -> str:
    """Return the configuration, for `cibadmin --replace --scope configuration`."""
    configuration = Element("configuration")
    properties = SubElement(SubElement(configuration, "crm_config"), "cluster_property_set", id="cluster")
    _pairs(properties, PROPERTIES)
    nodes = SubElement(configuration, "nodes")
    for number, node in enumerate(plan.nodes, 1):
        entry = SubElement(nodes, "node", id=str(number), uname=node.name)
        if node == plan.witness:
            _pairs(SubElement(entry, "instance_attributes", id=f"{node.name}-only-votes"), {"standby": "on"})
    resources, constraints = SubElement(configuration, "resources"), SubElement(configuration, "constraints")
    _fences(plan, resources, constraints)
    _mirror(resources)
    _disk(plan, resources, constraints)
    _unit(resources, constraints, "tor", TOR_UNIT, influence=True)
    _unit(resources, constraints, "publisher", PUBLISHER_UNIT, influence=True)
    _order(constraints, "tor", "publisher", kind="Optional")
    for name in plan.tenants:
        _unit(resources, constraints, f"tenant-{name}", unit_of(name), influence=False)
        # When both start. A tor that starts again takes no tenant down: the keeper publishes again by itself.
        _order(constraints, "publisher", f"tenant-{name}", kind="Optional")
    indent(configuration)
    return tostring(configuration, encoding="unicode") + "\n"


def _fences(plan: ClusterPlan, resources: Element, constraints: Element) -> None:
    for fence in plan.fences:
        name = f"fence-{fence.node}"
        primitive = SubElement(resources, "primitive", {"id": name, "class": "stonith", "type": fence.agent})
        settings = {**fence.settings, "pcmk_host_list": fence.node}
        _pairs(SubElement(primitive, "instance_attributes", id=f"{name}-settings"), settings)
        _operations(primitive, {"monitor": (60, 60, "")})
        # A node does not switch itself off.
        SubElement(constraints, "rsc_location", id=f"{name}-elsewhere", rsc=name, node=fence.node, score="-INFINITY")


def _mirror(resources: Element) -> None:
    clone = SubElement(resources, "clone", id="mirror-clone")
    _pairs(
        SubElement(clone, "meta_attributes", id="mirror-clone-meta"),
        {"promotable": "true", "promoted-max": "1", "clone-max": "2", "notify": "true", "interleave": "true"},
    )
    mirror = SubElement(clone, "primitive", {"id": "mirror", "class": "ocf", "provider": "linbit", "type": "drbd"})
    _pairs(SubElement(mirror, "instance_attributes", id="mirror-settings"), {"drbd_resource": RESOURCE})
    operations = SubElement(mirror, "operations")
    for name in ("start", "stop", "promote", "demote", "notify"):
        _operation(operations, "mirror", name, _DISK_SECONDS)
    # Two operations of one interval are not told apart.
    _operation(operations, "mirror", "monitor", 20, interval=_MONITOR_SECONDS, role="Promoted")
    _operation(operations, "mirror", "monitor", 20, interval=_MONITOR_SECONDS + 1, role="Unpromoted")


def _disk(plan: ClusterPlan, resources: Element, constraints: Element) -> None:
    crypt = SubElement(
        resources, "primitive", {"id": "crypt", "class": "ocf", "provider": "heartbeat", "type": "crypt"}
    )
    _pairs(
        SubElement(crypt, "instance_attributes", id="crypt-settings"),
        {"encrypted_dev": DEVICE, "crypt_dev": CRYPT_NAME, "crypt_type": "luks2", "key_file": str(plan.key_file)},
    )
    _operations(crypt, {"start": (60, 0, ""), "stop": (60, 0, ""), "monitor": (20, _MONITOR_SECONDS, "")})
    home = SubElement(
        resources, "primitive", {"id": "home", "class": "ocf", "provider": "heartbeat", "type": "Filesystem"}
    )
    _pairs(
        SubElement(home, "instance_attributes", id="home-settings"),
        {"device": f"/dev/mapper/{CRYPT_NAME}", "directory": str(TENANTS), "fstype": "ext4", "options": _MOUNT_OPTIONS},
    )
    # The node that has it is the one whose fencing waits for the head start.
    _pairs(SubElement(home, "meta_attributes", id="home-meta"), {"priority": "10"})
    _operations(home, {"start": (60, 0, ""), "stop": (60, 0, ""), "monitor": (40, 20, "")})
    together = {"rsc": "crypt", "with-rsc": "mirror-clone", "with-rsc-role": "Promoted", "score": "INFINITY"}
    SubElement(constraints, "rsc_colocation", {"id": "crypt-with-mirror"} | together)
    after = {"first": "mirror-clone", "first-action": "promote", "then": "crypt", "then-action": "start"}
    SubElement(constraints, "rsc_order", {"id": "mirror-then-crypt"} | after)
    _together(constraints, "home", "crypt", influence=True)
    _order(constraints, "crypt", "home")


def _unit(resources: Element, constraints: Element, name: str, unit: str, *, influence: bool) -> None:
    primitive = SubElement(
        resources, "primitive", {"id": name, "class": "systemd", "type": unit.removesuffix(".service")}
    )
    # What did not start is tried again, without anybody's hand.
    _pairs(SubElement(primitive, "meta_attributes", id=f"{name}-meta"), {"failure-timeout": f"{_AGAIN_SECONDS}s"})
    _operations(
        primitive,
        {"start": (_START_SECONDS, 0, ""), "stop": (_STOP_SECONDS, 0, ""), "monitor": (30, _MONITOR_SECONDS, "")},
    )
    _together(constraints, name, "home", influence=influence)
    _order(constraints, "home", name)


def _together(constraints: Element, name: str, other: str, *, influence: bool) -> None:
    words = {"rsc": name, "with-rsc": other, "score": "INFINITY", "influence": str(influence).lower()}
    SubElement(constraints, "rsc_colocation", {"id": f"{name}-with-{other}"} | words)


def _order(constraints: Element, first: str, then: str, *, kind: str = "Mandatory") -> None:
    SubElement(constraints, "rsc_order", {"id": f"{first}-then-{then}", "first": first, "then": then, "kind": kind})


def _pairs(parent: Element, values: dict[str, str]) -> None:
    for name, value in values.items():
        SubElement(parent, "nvpair", id=f"{parent.get('id')}-{name}", name=name, value=value)


def _operations(primitive: Element, operations: dict[str, tuple[int, int, str]]) -> None:
    parent = SubElement(primitive, "operations")
    for name, (seconds, interval, role) in operations.items():
        _operation(parent, str(primitive.get("id")), name, seconds, interval=interval, role=role)


def _operation(parent: Element, resource: str, name: str, seconds: int, *, interval: int = 0, role: str = "") -> None:
    words = {"id": f"{resource}-{name}-{interval}", "name": name, "interval": f"{interval}s", "timeout": f"{seconds}s"}
    SubElement(parent, "op", words | ({"role": role} if role else {}))
