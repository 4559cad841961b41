"""The leader of a cluster is lost twenty times, in every way, while reports come: as root, on one computer.

    make cluster                                  twenty losses, of two nodes and of three: some half an hour
    make cluster ARGS="--only paused"             these alone
    make cluster ARGS="--out FILE"                the JSON into a file

Real Corosync and Pacemaker in namespaces, with the configuration of `kallskydd host cluster`, and on each node the real
tor, publisher and keeper, published on a private Tor network through which the reporters come. A folder that both nodes
see stands in for the block mirror and a switch on a socket for the fence device (tests/support/cluster/). Says of each
loss how long no page came, how many reports were acknowledged, and how many of these were lost. Exit code 1 when one is
lost or two nodes publish at once. At the end of each the node that waits is given the disk, a tor and the onion, and at the
end of all fencing is switched off: both must be seen, or nothing was proved.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

SUPPORT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(SUPPORT))

from cluster.nodes import IN_A_WORLD  # noqa: E402 - needs the path

# Twenty, in every way: two nodes, three nodes, and a leader whose clock is wrong.
TURNS: tuple[tuple[int, tuple[str, ...], tuple[str, ...]], ...] = (
    (3, ("stopped", "killed", "paused", "cut-off", "woken", "woken-soon", "disk-full", "cut-off"), ()),
    (2, ("paused", "killed", "cut-off", "stopped", "woken"), ("--wrong-clock", "a")),
    (2, ("stopped", "killed", "paused", "cut-off", "woken", "woken-soon", "disk-full"), ()),
)
SECONDS_MOST = 3600
LINE = (
    "{nodes} nodes {more}: {way:<10} {from} -> {to}  {seconds_without_a_page:>5} s without a page, "
    "acknowledged {acknowledged}, lost {lost}"
)


def turn(nodes: int, ways: tuple[str, ...], more: tuple[str, ...]) -> dict[str, Any]:
    """Run one trial in a world of its own."""
    with tempfile.TemporaryDirectory(prefix="kc-") as folder:
        words = [
            *IN_A_WORLD,
            sys.executable,
            str(SUPPORT / "cluster/trial.py"),
            f"{folder}/t",
            str(nodes),
            *ways,
            *more,
        ]
        done = subprocess.run(words, stdout=subprocess.PIPE, text=True, timeout=SECONDS_MOST, check=False)
    if done.returncode != 0:
        raise SystemExit(f"the trial ended with {done.returncode}")
    found: dict[str, Any] = json.loads(done.stdout)
    for loss in found["losses"]:
        print(LINE.format(nodes=nodes, more=" ".join(more), **loss), file=sys.stderr)
    twice = found["two_at_once"] or "never two"
    print(f"   looks: {found['looks']} and {found['looks_at_onions']} at tors; {twice}", file=sys.stderr)
    return {**found, "more": list(more)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", default=[], metavar="WAY")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    if os.geteuid() != 0:
        print("Mounts and namespaces take root.", file=sys.stderr)
        return 2
    wanted = [
        (nodes, tuple(way for way in ways if not args.only or way in args.only), more) for nodes, ways, more in TURNS
    ]
    turns = [turn(*one) for one in wanted if one[1]]
    unfenced = turn(2, ("cut-off",), ("--unfenced",))
    fine = all(
        not one["lost"] and not one["two_at_once"] and one["would_have_been_seen"] and one["sessions_end_in_words"]
        for one in turns
    )
    fine = fine and {what for _, what, _ in unfenced["two_at_once"]} == {"disk", "tor"}
    text = json.dumps({"turns": turns, "unfenced": unfenced, "fine": fine}, ensure_ascii=False)
    if args.out is not None:
        args.out.write_text(text + "\n")
    else:
        print(text)
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
