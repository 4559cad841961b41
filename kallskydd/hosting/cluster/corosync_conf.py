"""corosync.conf: who the nodes are, that their messages are encrypted, and how votes are counted.

Two nodes: when one is gone the other keeps quorum (`two_node`), and the fence device decides which; after a start of
both, neither begins before it has seen the other (`wait_for_all`). Three: two of three votes.
"""

from __future__ import annotations

from typing import Final

from kallskydd.hosting.cluster.plan import HOLDERS, ClusterPlan

CLUSTER_NAME: Final = "kallskydd"


def corosync_conf(plan: ClusterPlan) -> str:
    """Return the file, the same for every node."""
    node = "    node {{\n        nodeid: {}\n        name: {}\n        ring0_addr: {}\n    }}\n"
    nodes = "".join(node.format(number, one.name, one.address) for number, one in enumerate(plan.nodes, 1))
    two = "    two_node: 1\n" if len(plan.nodes) == HOLDERS else ""
    return f"""\
# Written by `kallskydd host cluster`. The key of the messages is /etc/corosync/authkey: made once by corosync-keygen,
# the same on every node, readable by root alone.
totem {{
    version: 2
    cluster_name: {CLUSTER_NAME}
    transport: knet
    crypto_cipher: aes256
    crypto_hash: sha256
    # A node that says nothing for this long, in milliseconds, counts as lost.
    token: 3000
}}
nodelist {{
{nodes}}}
quorum {{
    provider: corosync_votequorum
    wait_for_all: 1
{two}}}
logging {{
    # Who is a member and who leads. Neither Corosync nor Pacemaker knows of any visitor or report.
    to_stderr: no
    to_logfile: no
    to_syslog: yes
    syslog_priority: warning
}}
"""
