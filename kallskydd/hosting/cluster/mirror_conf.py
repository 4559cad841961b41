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
    """Return the file, the same for both sides, as the kernel's own DRBD 8.4 takes it."""
    sides = "".join(
        f"    on {node.name} {{\n        address {_host_port(node.address)};\n    }}\n" for node in plan.holders
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
        after-sb-0pri disconnect;
        after-sb-1pri disconnect;
        after-sb-2pri disconnect;
    }}
    disk {{
        # The side that lost the other writes nothing more until the other has been switched off.
        fencing resource-and-stonith;
        on-io-error detach;
    }}
    handlers {{
        fence-peer "/usr/lib/drbd/crm-fence-peer.sh";
        after-resync-target "/usr/lib/drbd/crm-unfence-peer.sh";
    }}
{sides}}}
"""


def _host_port(address: str) -> str:
    return f"ipv6 [{address}]:{_PORT}" if ":" in address else f"ipv4 {address}:{_PORT}"
