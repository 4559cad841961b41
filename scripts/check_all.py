"""Run `make test` and all that searches, and write what came of each part into docs/last-check.json (`make check-all`).

    make check-all                          before a release: every part, as root, some six hours on two idle cores
    make check-all ARGS="--only fuzz"       this part; what is written of the others stays

A part has an outcome ("passed", "failed", "not run"), its seconds, and the commit and the day on which it ran. So it
refuses to run with changes that no commit has. Exit code 1 when a part of this run failed.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

PROJECT: Final = Path(__file__).resolve().parents[1]
LAST: Final = Path("docs/last-check.json")
NOT_RUN: Final = {"outcome": "not run"}
PYTEST: Final = (
    ".venv/bin/python",
    "-m",
    "pytest",
    "-q",
    "-p",
    "no:cacheprovider",
    "-n",
    "2",
    "--max-worker-restart=0",
)
PARTS: Final[dict[str, tuple[str, ...]]] = {
    "test": ("make", "test"),
    # Those that `make test` leaves out; of each it has a short form.
    "search": (*PYTEST, "-m", "search"),
    # The property tests with thirty times as many examples, drawn by chance.
    "property": ("env", "HYPOTHESIS_PROFILE=fuzz", *PYTEST, "-m", "property"),
    "audit": ("make", "audit"),
    "soak": ("make", "soak"),
    "corpus": ("make", "corpus"),
    "fuzz": ("make", "fuzz", "ARGS=--seconds 1800"),
    "rehearsal": ("make", "rehearsal"),
    "rehearsal-host": ("make", "rehearsal-host"),
}


def check(folder: Path, parts: Mapping[str, tuple[str, ...]], wanted: list[str]) -> int:
    """Run the wanted parts in this repository, one after another; each result is written as soon as it is there."""
    if changes := git(folder, "status", "--porcelain", "--", ".", f":!{LAST}"):
        print(f"These changes are in no commit, and a result names one:\n{changes}", file=sys.stderr)
        return 2
    commit, failed = git(folder, "rev-parse", "HEAD"), []
    for name in wanted:
        print(f"\n{name}: {' '.join(parts[name])}", flush=True)
        began = time.monotonic()
        code = subprocess.run(parts[name], cwd=folder, check=False, env=_without_make(os.environ)).returncode
        outcome = "failed" if code else "passed"
        failed += [name] * bool(code)
        seconds, day = round(time.monotonic() - began), f"{datetime.now(UTC):%Y-%m-%d}"
        write(folder, parts, name, {"outcome": outcome, "seconds": seconds, "commit": commit, "day": day})
    print(f"\n{(folder / LAST).read_text()}" + f"FAILED: {', '.join(failed)}" * bool(failed))
    return int(bool(failed))


def write(folder: Path, parts: Mapping[str, object], name: str, result: dict[str, Any]) -> None:
    """Put one result beside those of the other parts, in their order."""
    place = folder / LAST
    known = {**(json.loads(place.read_text()) if place.exists() else {}), name: result}
    lines = (f"  {json.dumps(part)}: {json.dumps(known.get(part, NOT_RUN))}" for part in parts)
    place.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def git(folder: Path, *words: str) -> str:
    """Return what git says of this repository."""
    command = ["git", "-c", f"safe.directory={folder}", "-C", str(folder), *words]
    return subprocess.check_output(command, text=True).rstrip()


def _without_make(environment: Mapping[str, str]) -> dict[str, str]:
    """Return it without what `make check-all` hands to a make below it: its ARGS are not those of a part."""
    return {name: value for name, value in environment.items() if name not in {"ARGS", "MAKEFLAGS", "MAKEOVERRIDES"}}


def main() -> int:
    """Return the exit code of the whole."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=PARTS, help="this part; may be repeated")
    return check(PROJECT, PARTS, parser.parse_args().only or list(PARTS))


if __name__ == "__main__":
    sys.exit(main())
