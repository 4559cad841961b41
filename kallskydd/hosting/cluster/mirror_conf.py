"""The file of DRBD: one device, two sides, and a write that counts only once both disks have it (protocol C).

DRBD overwrites in place on both sides and keeps no history. Its link carries what lies on the disk, so dm-crypt lies
above it: both disks and the link see ciphertext alone (docs/decisions/server/0037).
"""

from __future__ import annotations

from kallskydd.hosting.cluster.plan import ClusterPlan

RESOURCE = "kallskydd"
DEVICE = "/dev/drbd0"
_PORT = 7789


def mirror_conf(plan: ClusterPlan) -> str:
    """Return the file, the same for both sides."""
    sides = "".join(
        f"    on {node.name} {{\n        node-id {number};\n        address {_host_port(node.address)};\n    }}\n"
        for number, node in enumerate(plan.holders)
    )
    return f"""\
# Written by `kallskydd host cluster`, for /etc/drbd.d.
resource {RESOURCE} {{
    device {DEVICE};
    disk {plan.disk};
    meta-disk internal;
    net {{
        # An answer to a reporter follows a commit, and a commit both disks.
        protocol C;
        # The side that lost the other writes nothing more until the other has been switched off.
        fencing resource-and-stonith;
        after-sb-0pri disconnect;
        after-sb-1pri disconnect;
        after-sb-2pri disconnect;
    }}
    disk-options {{ on-io-error detach; }}
    handlers {{
        fence-peer "/usr/lib/drbd/crm-fence-peer.9.sh";
        after-resync-target "/usr/lib/drbd/crm-unfence-peer.9.sh";
    }}
{sides}    connection-mesh {{ hosts {" ".join(node.name for node in plan.holders)}; }}
}}
"""


def _host_port(address: str) -> str:
    return f"ipv6 [{address}]:{_PORT}" if ":" in address else f"ipv4 {address}:{_PORT}"
