"""What `kallskydd host status` says of a cluster: quorum, fencing, who leads. Pacemaker's own account, by `crm_mon`.

Pacemaker answers root; a tenant's account is refused, so `kallskydd status` of a tenant's home has none of these lines,
and the alarm of a node is that of `host status --quiet` (`kallskydd.status.host`).
A computer whose Corosync has no configuration of `host cluster` is no part of a cluster and has none of these lines.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, ParseError, fromstring

from kallskydd.finding import Finding
from kallskydd.hosting.cluster.corosync_conf import CLUSTER_NAME

COROSYNC_CONF: Final = Path("/etc/corosync/corosync.conf")
_ASK: Final = ("crm_mon", "--output-as=xml")
_ASK_SECONDS: Final = 20.0
_FENCE: Final = "stonith:"
_DOCS: Final = "docs/CLUSTER.md"


def cluster_findings(conf: Path = COROSYNC_CONF) -> list[Finding]:
    """Return the lines of the cluster that this computer is in; none where it is in none."""
    # Debian's package brings a configuration of its own.
    if not conf.is_file() or f"cluster_name: {CLUSTER_NAME}\n" not in conf.read_text("utf-8", errors="replace"):
        return []
    try:
        done = subprocess.run(_ASK, capture_output=True, text=True, timeout=_ASK_SECONDS, check=True)
        return findings_in(done.stdout, os.uname().nodename)
    except (OSError, subprocess.SubprocessError, ParseError):
        words = "Pacemaker does not answer on this computer, which was set up as a node of a cluster."
        return [Finding("cluster", words, "Run `systemctl status corosync pacemaker`.")]


def findings_in(text: str, here: str) -> list[Finding]:
    """Return the lines by Pacemaker's answer. Raises ParseError."""
    state = fromstring(text)  # noqa: S314 - the answer of the system's own program, run as root's configuration has it
    return [_quorum(state), _fencing(state), _leader(state, here)]


def _quorum(state: Element) -> Finding:
    options, controller = state.find("summary/cluster_options"), state.find("summary/current_dc")
    if options is None or options.get("no-quorum-policy") != "stop":
        words = "Nodes that are cut off from the others would go on."
        return Finding("quorum", words, "Set `no-quorum-policy` to stop: `crm_attribute`.")
    if controller is None or controller.get("with_quorum") != "true":
        words = "There is no quorum, so nothing is published by these nodes."
        return Finding("quorum", words, "Start the other nodes, or mend the link between them.")
    missing = [node.get("name", "?") for node in state.iterfind("nodes/node") if node.get("online") != "true"]
    if missing:
        words = f"Not there: {', '.join(missing)}. The next loss is not covered."
        return Finding("quorum", words, "Start that node, or look why it was switched off.")
    return Finding("quorum", "All nodes are there.")


def _fencing(state: Element) -> Finding:
    options = state.find("summary/cluster_options")
    to_do = f"Write the configuration again with `kallskydd host cluster`; {_DOCS}, Fencing."
    if options is None or options.get("stonith-enabled") != "true":
        words = "Fencing is off: a leader that is cut off would go on publishing beside its successor."
        return Finding("fencing", words, to_do)
    if options.get("maintenance-mode") == "true":
        words = "The cluster is in maintenance: nobody takes over."
        return Finding("fencing", words, "End it: crm_attribute -n maintenance-mode -v false.")
    devices = [one for one in state.iter("resource") if one.get("resource_agent", "").startswith(_FENCE)]
    if not devices:
        return Finding("fencing", "No fence device is configured.", to_do)
    idle = [one.get("id", "?") for one in devices if one.get("role") != "Started" or one.get("failed") == "true"]
    if idle:
        words = f"A fence device does not answer: {', '.join(idle)}."
        return Finding("fencing", words, "Try it: stonith_admin --list NODE, then mend it.")
    return Finding("fencing", f"{len(devices)} fence devices answer.")


def _leader(state: Element, here: str) -> Finding:
    homes = [one for one in state.iter("resource") if one.get("id") == "home"]
    nodes = [node.get("name", "?") for home in homes for node in home.iterfind("node")]
    if len(nodes) != 1:
        words = "No node leads: nothing is published." if not nodes else f"Two nodes lead: {', '.join(nodes)}."
        return Finding("leader", words, "Look why with `crm_mon --one-shot --failcounts`.")
    return Finding("leader", f"{nodes[0]} leads{', and is this one' if nodes[0] == here else ''}.")
