"""Coverage-guided fuzzing of everything that reads hostile bytes, for a set time (`make fuzz`).

    make fuzz                                  two minutes in all
    make fuzz ARGS="--seconds 3600 --only scrub_tiff --keep DIR"

Each target runs in a process of its own, as many at once as there are cores, from the seeds of the tests' own corpus;
what libFuzzer learns is thrown away. What is found:

    mistake     a promise of targets.py was broken: exit code 1, and the input is kept
    decoder     a library's C code crashed, ran away or ate its memory. In the service that ends one jailed job: the
                input is sent through the real jail to see that it does. Told, and no failure of ours
    not held    such an input came out of the jail, or ended a zygote: exit code 1

Exit code 4 where atheris, which does the guiding, is not installed (Python 3.14, or no x86-64).
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from scrubbers.sniff import sniff
from scrubbers.spawn import spawn_zygote
from trusted.jail.memory_file import MemoryFile
from trusted.jail.protocol import Role
from trusted.jail.sandbox import Sandbox
from trusted.jail.stages import Kind, Refused

CHILD = Path(__file__).with_name("child.py")
SECONDS = 120
# Seeds, starting and instrumenting take about this long, which is not searching but counts as time.
START_SECONDS = 4.0
PATIENCE_SECONDS = 60.0
# A target whose decoder crashes at once would otherwise be started again for as long as there is time.
MOST_STARTS = 4
INPUT_SECONDS = 25
TARGETS = (
    "sniff", "report", *(f"verify_{kind}" for kind in ("csv", "film", "jpeg", "pdf", "png", "sound", "text", "tiff", "webp")),
    *(f"scrub_{kind}" for kind in Kind), "scrub_png_by_rows", "pdf_contents", "pdf_font",
    "word_part", "odf_part", "sheet_part", "archive", "message",
)  # fmt: skip
EXECUTED = re.compile(r"Done (\d+) runs|^#(\d+)\t", re.MULTILINE)
COVERED = re.compile(r"cov: (\d+) ft: (\d+)")
# How Python's part says that an exception came out of the target.
MISTAKE = "Uncaught Python exception"


@dataclass
class Searched:
    """What one target has seen."""

    target: str
    executions: int = 0
    seconds: float = 0
    covered: int = 0
    mistakes: list[str] = field(default_factory=list)
    decoder: list[str] = field(default_factory=list)
    not_held: list[str] = field(default_factory=list)


def search(target: str, seconds: float, keep: Path) -> Searched:
    """Fuzzes for this long; started again after what a decoder did, as often as MOST_STARTS."""
    found = Searched(target)
    with tempfile.TemporaryDirectory() as folder:
        seeds = Path(folder)
        made = subprocess.run(
            [sys.executable, str(CHILD), target, "--seeds", folder],
            capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False,
        )  # fmt: skip
        if made.returncode:
            found.mistakes.append(f"the seeds could not be made: {_last_lines(made.stderr)}")
            return found
        for _ in range(MOST_STARTS):
            if seconds - found.seconds < 1:
                break
            said, artifact = run_once(target, seconds - found.seconds, seeds, Path(folder), found)
            if artifact is None:
                break
            kept = keep / f"{target}-{len(found.mistakes) + len(found.decoder)}"
            shutil.move(artifact, kept)
            if MISTAKE in said:
                found.mistakes.append(f"{kept}: {_last_lines(said.partition(MISTAKE)[2].partition('==')[0])}")
                break
            found.decoder.append(f"{kept}: {_last_lines(said)}")
    return found


def run_once(target: str, seconds: float, seeds: Path, folder: Path, found: Searched) -> tuple[str, Path | None]:
    """One libFuzzer process: what it said, and the input it ended with, if it did not end by the clock."""
    started = time.monotonic()
    prefix = folder.parent / f"{folder.name}-found-"
    process = subprocess.Popen(
        [
            sys.executable, str(CHILD), target, "--", f"-max_total_time={max(1, round(seconds - START_SECONDS))}",
            f"-timeout={INPUT_SECONDS}", "-rss_limit_mb=3072", f"-artifact_prefix={prefix}", str(seeds),
        ],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True,
    )  # fmt: skip
    try:
        said, _ = process.communicate(timeout=seconds + PATIENCE_SECONDS + INPUT_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        said, _ = process.communicate()
    found.seconds += time.monotonic() - started
    runs = [int(done or so_far) for done, so_far in EXECUTED.findall(said)]
    found.executions += max(runs, default=0)
    found.covered = max([found.covered, *(int(covered) for covered, _ in COVERED.findall(said))])
    left = sorted(prefix.parent.glob(f"{prefix.name}*"))
    # What was slow and yet in time is written beside it, and is no finding.
    for slow in left:
        if "slow-unit" in slow.name:
            slow.unlink()
    return said, next((path for path in left if path.exists()), None)


def _weight(target: str) -> int:
    """Whole pictures and documents have the most code behind them, and the slowest."""
    return 2 if target.startswith("scrub_") else 1


def _last_lines(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if "ERROR: libFuzzer" in line or "SUMMARY" in line]
    return " | ".join(telling or lines[-4:])


async def through_the_jail(contents: list[bytes]) -> list[str]:
    """What the service makes of each: the refusal's text key, "clean", or "zygote lost"."""
    zygotes = [spawn_zygote(role) for role in Role]
    sandbox = Sandbox([channel for _, channel in zygotes])
    await sandbox.self_test()
    said = []
    for content in contents:
        untrusted = MemoryFile()
        untrusted.write(content)
        try:
            verified = await sandbox.verify(await sandbox.scrub(sniff(untrusted)))
            with verified.clean, verified.preview:
                said.append("clean")
        except Refused as refused:
            said.append(refused.text_key)
        if any(process.poll() is not None for process, _ in zygotes):
            said[-1] = "zygote lost"
            break
    sandbox.close()
    for process, _ in zygotes:
        process.wait(10)
    return said


def hold(found: list[Searched]) -> None:
    """Sends what crashed a decoder through the real jail, and notes where that did not hold."""
    crashed = [
        (searched, line) for searched in found for line in searched.decoder if searched.target.startswith("scrub_")
    ]
    contents = [Path(line.partition(":")[0]).read_bytes() for _, line in crashed]
    if not contents:
        return
    for (searched, line), said in zip(crashed, asyncio.run(through_the_jail(contents)), strict=False):
        searched.decoder[searched.decoder.index(line)] = f"{line} | in the jail: {said}"
        if said == "zygote lost":
            searched.not_held.append(line)


def show(found: list[Searched]) -> None:
    """The table, for people."""
    print(f"{'target':<16}{'executions':>12}{'seconds':>9}{'covered':>9}  found", file=sys.stderr)
    for searched in found:
        said = [f"{len(searched.mistakes)} mistakes"] * bool(searched.mistakes)
        said += [f"{len(searched.decoder)} in a decoder"] * bool(searched.decoder)
        said += ["NOT HELD by the jail"] * bool(searched.not_held)
        print(
            f"{searched.target:<16}{searched.executions:>12}{searched.seconds:>9.0f}{searched.covered:>9}  "
            + (", ".join(said) or "nothing"),
            file=sys.stderr,
        )
    for searched in found:
        for line in (*searched.mistakes, *searched.decoder):
            print(f"{searched.target}: {line}", file=sys.stderr)


def main() -> int:
    """Search, send what was found through the jail, and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="for all targets together (%(default)s)")
    parser.add_argument("--only", action="append", choices=TARGETS, help="this target alone; may be repeated")
    parser.add_argument("--keep", type=Path, help="where inputs that found something go")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    args = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        print(
            "atheris is not installed: it has no build for this Python or processor. Use Python 3.11 to 3.13 on x86-64,"
            ' or run the property tests for longer: make check-all ARGS="--only property"',
            file=sys.stderr,
        )
        return 4
    keep = args.keep or Path(tempfile.mkdtemp(prefix="kallskydd-fuzz-"))
    keep.mkdir(parents=True, exist_ok=True)
    names = args.only or TARGETS
    cores = min(len(os.sched_getaffinity(0)), len(names))
    with ThreadPoolExecutor(cores) as together:
        share = args.seconds * cores / sum(map(_weight, names))
        found = list(together.map(lambda name: search(name, share * _weight(name), keep), names))
    hold(found)
    show(found)
    if not any(keep.iterdir()):
        keep.rmdir()
    if args.json:
        print(json.dumps({"seconds": args.seconds, "targets": [asdict(searched) for searched in found]}))
    return int(any(searched.mistakes or searched.not_held for searched in found))


if __name__ == "__main__":
    sys.exit(main())
