"""What cleaning costs, beside what others take for the same files in the same run, and how quick the intake is.

Medians, ratios, and the targets:

    make bench                          the page on stderr, one JSON object on stdout
    make bench ARGS="--out FILE"        the JSON into a file
    make bench ARGS="--only PDF pages"  rows whose name has one of these words
    make bench ARGS="--check"           exit code 1 when a target is missed
    make bench ARGS="--publish"         docs/BENCHMARKS.md and its JSON written again

The ways take turns with every file, so that a noisy machine disturbs all of them alike. A way that has used up its time
with a file (mat2 takes about twenty seconds for the report) is run at least once and less often than the others.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path

from audit_live import audit_live
from evidence.against_mat2 import evidence
from growth import FEW, growth
from log_in import log_ins
from many import photographs
from pages import pages
from publish import PICTURES, page, publish
from reachable import reachable
from reports import reports
from samples import all_samples
from ways import Jail, Ran, Way, all_ways

from scrubbers.version import scrubber_version

RUNS, FEWEST_RUNS = 5, 2
SECONDS_A_WAY = 2.0

# One file each, as a person at a terminal has them.
SMALL = ("JPEG tiny", "JPEG 640x480", "JPEG 8 MP", "PNG 4K", "HEIC 12 MP", "PDF report", "PDF scan")

# What the figure is, rows it is asked of, the way compared with, at most or at least, and how much.
TARGETS = (
    ("ours / bare", ("JPEG 8 MP", "JPEG 12 MP", "JPEG 8 MP, Display P3", "PNG 4K", "HEIC 12 MP"), "bare", "most", 1.3),
    ("mat2 command / ours", ("JPEG tiny",), "mat2 command", "least", 20),
    ("mat2 command / ours", ("JPEG 640x480",), "mat2 command", "least", 10),
    ("mat2 / ours", ("PDF report",), "mat2", "least", 25),
    ("mat2 / ours, aimed for", ("PDF report",), "mat2", "least", 30),
    ("mat2 / ours", ("PDF scan",), "mat2", "least", 1),
    ("size out / in", ("PDF report",), "size", "most", 1),
    ("one core / two, 200 photographs", ("200 photographs",), "ratio", "least", 1.7),
    ("mat2 command / ours as a command", SMALL, "mat2 command", "least", 1),
    ("of bare aiohttp, first page", ("web pages",), "first_page_of_hello_world", "least", 0.5),
    ("times OnionShare's, first page", ("web pages",), "first_page_times_onionshare", "least", 4),
    ("a second by the clock", ("web pages",), "first_page_a_second", "least", 1000),
    ("share of key derivation", ("log-in",), "share_of_key_derivation", "least", 0.7),
    ("look-up, times that of 1,000", ("100,000 cases",), f"look_up_times_that_of_{FEW}", "most", 1.3),
    ("heartbeats beside a backup that fail", ("100,000 cases",), "of_these_could_not_cut_the_log", "most", 0),
    ("ms, slowest heartbeat beside one", ("100,000 cases",), "slowest_heartbeat_meanwhile_milliseconds", "most", 500),
    ("times a bare tor", ("serve to reachable",), "times_bare_tor", "most", 1.3),
    ("seconds, with 3 MB photograph", ("filed report",), "photograph_seconds", "most", 2),
    ("seconds, text, in 95 of 100", ("filed report",), "text_seconds_in_95_of_100", "most", 1),
    ("seconds", ("audit live",), "seconds", "most", 2),
    ("markers left", ("evidence",), "ours_left", "most", 0),
    ("files refused", ("evidence",), "ours_refused", "most", 0),
)

# What is not the cleaning of one file: the name of the row, and what measures it.
OTHERS = {
    "web pages": pages,
    "log-in": log_ins,
    "filed report": reports,
    "100,000 cases": growth,
    "serve to reachable": reachable,
    "200 photographs": photographs,
    "audit live": audit_live,
    "evidence": evidence,
}


def measure(name: str, ending: str, content: bytes, ways: list[Way], folder: Path) -> dict[str, object]:
    """One row: for every way the median seconds, how often it ran, and size out / in."""
    path = folder / f"sample{ending}"
    path.write_bytes(content)
    fitting = [way for way in ways if ending in way.endings]
    ran: dict[str, list[Ran]] = {way.name: [] for way in fitting}
    fitting[0].run(path, content)  # the first one finds its caches cold
    for turn in range(RUNS):
        # There and back: what a way leaves behind (cold caches, memory given back) meets each of its neighbours alike.
        for way in fitting if turn % 2 == 0 else reversed(fitting):
            spent = sum(run.seconds for run in ran[way.name])
            if spent < SECONDS_A_WAY or (turn < FEWEST_RUNS and spent < 2 * SECONDS_A_WAY):
                ran[way.name].append(way.run(path, content))
    path.unlink()
    summaries = {way: _summary(runs, len(content)) for way, runs in ran.items()}
    for way, runs in ran.items():
        if summaries[way]["seconds"] is not None and summaries["jailed"]["seconds"] is not None:
            summaries[way]["times_ours"] = round(_times(runs, ran["jailed"]), 3)
    if summaries.get("mat2 command", {}).get("seconds") and summaries["command"]["seconds"]:
        summaries["mat2 command"]["times_our_command"] = round(_times(ran["mat2 command"], ran["command"]), 3)
    row: dict[str, object] = {"row": name, "bytes": len(content), "ways": summaries}
    if summaries.get("bare", {}).get("seconds"):
        cpu = {way: statistics.mean(run.cpu_seconds for run in ran[way]) for way in ("jailed", "bare")}
        row["ours_to_bare_in_cpu"] = round(cpu["jailed"] / cpu["bare"], 2)
    return row


def _times(others: list[Ran], ours: list[Ran]) -> float:
    """Return how many times as long the other way takes: the median over all turns, where both ran in each.

    Turn by turn, what else the machine does is the same for both. A way that ran two or three times has too few turns.
    """
    if len(others) == len(ours):
        return statistics.median(other.seconds / own.seconds for other, own in zip(others, ours, strict=True))
    return statistics.median(run.seconds for run in others) / statistics.median(run.seconds for run in ours)


def _summary(runs: list[Ran], size: int) -> dict[str, object]:
    if any(run.bytes is None for run in runs):
        return {"seconds": None, "runs": len(runs), "size_ratio": None}
    seconds = statistics.median(run.seconds for run in runs)
    return {
        "seconds": round(seconds, 5),
        "fastest": round(min(run.seconds for run in runs), 5),
        "runs": len(runs),
        "size_ratio": round(runs[-1].bytes / size, 2),
    }


def figure(row: dict, what: str, against: str) -> float | None:
    """The figure a target is about, unrounded enough to compare."""
    if "ways" not in row:
        return row.get(against)
    if what.endswith("as a command"):
        return row["ways"].get(against, {}).get("times_our_command")
    if against == "size":
        return row["ways"]["jailed"]["size_ratio"]
    times_ours = row["ways"].get(against, {}).get("times_ours")
    if times_ours is None:
        return None
    return round(1 / times_ours if against == "bare" else times_ours, 2)


def judged(rows: list[dict], others: dict[str, dict]) -> list[dict[str, object]]:
    """Return every target with its measurement; `met` is None where something to compare with is missing."""
    found = []
    by_name = {row["row"]: row for row in rows} | others
    for what, wanted, against, most_or_least, limit in TARGETS:
        for name, row in by_name.items():
            if not name.startswith(wanted) or (name not in wanted and name.startswith("JPEG")):
                continue
            value = figure(row, what, against)
            met = None if value is None else (value <= limit if most_or_least == "most" else value >= limit)
            found.append(
                {"row": name, "what": what, "measured": value, f"at_{most_or_least}": limit, "met": met},
            )
    return found


def processor() -> str:
    """Return the processor's name as the kernel knows it."""
    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return names[0].partition(": ")[2] if names else platform.machine()


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def main() -> int:
    """Measure, judge, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, metavar="FILE", help="the JSON into this file")
    parser.add_argument("--json", action="store_true", help="the JSON on stdout, as without --out")
    parser.add_argument("--only", nargs="+", default=[""], metavar="WORD", help="only rows whose name has one of these")
    parser.add_argument("--check", action="store_true", help="exit code 1 when a target is missed")
    parser.add_argument("--publish", action="store_true", help="write docs/BENCHMARKS.md and its JSON")
    args = parser.parse_args()
    started = time.monotonic()
    rows = []
    jail = Jail()
    ways, closing, versions = all_ways(jail)
    with tempfile.TemporaryDirectory() as folder:
        for name, (ending, make) in all_samples().items():
            if any(word in name for word in args.only):
                say(f"measuring {name} …")
                rows.append(measure(name, ending, make(), ways, Path(folder)))
    jail.close()
    for other in closing:
        other.close()
    others = {}
    for name, measure_it in OTHERS.items():
        if any(word in name for word in args.only):
            say(f"measuring {name} …")
            if (measured := measure_it()) is not None:
                others[name] = measured
    targets = judged(rows, others)
    found = {
        "rows": rows,
        "others": others,
        "targets": targets,
        "scrubber": scrubber_version(),
        "programs": versions,
        "machine": {
            "processor": processor(),
            "cores": len(os.sched_getaffinity(0)),
            "kernel": platform.release().partition("-")[0],
            "load": os.getloadavg()[0],
        },
        "only": [word for word in args.only if word],
        "seconds": round(time.monotonic() - started),
    }
    say(page(found))
    if args.publish:
        args.out = PICTURES / "benchmarks.json"
        publish(found)
    if args.out:
        args.out.write_text(json.dumps(found, indent=1) + "\n")
    else:
        print(json.dumps(found))
    return int(args.check and any(target["met"] is False for target in targets))


if __name__ == "__main__":
    sys.exit(main())
