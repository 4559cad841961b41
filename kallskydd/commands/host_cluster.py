"""`kallskydd host cluster`: write the configuration of Corosync, Pacemaker and the block mirror for two nodes or three.

It reaches no other machine and starts nothing: files in a folder, and the lines to run. Exit codes: 0 written,
2 usage, 3 refused for safety (no fence device, or one that switches nothing off).
"""

from __future__ import annotations

import argparse
from pathlib import Path

from kallskydd.hosting.cluster.plan import ClusterPlan, PlanRefused, fence_in, nodes_in
from kallskydd.hosting.cluster.write import NEXT, write_cluster
from kallskydd.hosting.machine import Machine
from kallskydd.say import OK, REFUSED, USAGE, prose


def add_parser(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `cluster` to `host`."""
    parser = actions.add_parser(
        "cluster", help="write the configuration of two nodes or three that stand in for each other"
    )
    parser.add_argument(
        "--nodes", required=True, metavar="a=ADDR,b=ADDR[,c=ADDR]", help="two that hold the state; a third only votes"
    )
    parser.add_argument(
        "--fence",
        action="append",
        default=[],
        metavar="NODE=AGENT,key=value…",
        help="what switches that node off; one each",
    )
    parser.add_argument(
        "--tenant", action="append", default=[], metavar="NAME", help="one tenant; repeat (default: all of this host)"
    )
    parser.add_argument("--disk", type=Path, required=True, metavar="DEVICE", help="the disk under the mirror, on both")
    parser.add_argument(
        "--key-file", type=Path, required=True, metavar="FILE", help="opens the encryption above the mirror, on both"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a folder that does not exist yet")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write it; return the exit code."""
    try:
        nodes, fences = nodes_in(args.nodes), tuple(fence_in(text) for text in args.fence)
        tenants = tuple(args.tenant or Machine().tenants())
        write_cluster(ClusterPlan(nodes, fences, tenants, args.disk, args.key_file), args.out)
    except PlanRefused as refused:
        prose(str(refused))
        return REFUSED
    except OSError as error:
        prose(f"The folder cannot be made ({error.strerror}). Name one that does not exist yet.")
        return USAGE
    prose("\n".join(NEXT))
    return OK
