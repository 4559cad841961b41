"""
Run the tests that failed in one or two files once more, alone, if all of them are live; end as `make test` is to end.

run_again.py FOLDER CODE OUTCOME: a folder for temporary files, the exit code of the pytest that ran, and the file that
tests/conftest.py wrote at its end. See docs/decisions/checks/0011 for what this costs.

Green (0) is a run that ended by itself with nothing failed and nothing skipped, or with failures of tests marked `live`
in two files at most, each of which passed when it was run again. Everything else is red: another exit code, a missing
outcome, a failure of any other test, failures in a third file, one that fails again or is not to be found again.
When the whole machine stood still during the run, each failure is run again, in one file for each process at most.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

GREEN, FAILED, CUT_OFF = 0, 1, 70
MOST_FILES: Final = 2
PROCESSES: Final = 4  # of scripts/test.sh


def main(folder: Path, code: int, place: Path) -> int:
    """Return the exit code of the whole run."""
    outcome = read(place)
    if outcome is None or outcome["code"] != code or (code == FAILED) != bool(outcome["failed"]):
        print(f"\nRED: pytest ended with {code} and did not say the same of itself.")
        return code or CUT_OFF
    if code != FAILED:
        return code
    failed, live, stood_still = outcome["failed"], outcome["live"], outcome["stood_still"]
    if (steady := sorted(set(failed) - set(live))) and not stood_still:
        print("\nRED: a test that is not marked live has one try only.", *steady, sep="\n")
        return FAILED
    if len({one.split("::")[0] for one in failed}) > (PROCESSES if stood_still else MOST_FILES):
        return FAILED
    return again(folder, failed)


def again(folder: Path, failed: list[str]) -> int:
    """Run these tests alone; all of them have to be there and to pass."""
    print("\nFailed, and run once more alone:", *failed, sep="\n", flush=True)
    names, place = folder / "failed.txt", folder / "again.json"
    names.write_text("".join(f"{one}\n" for one in failed))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={folder / 'again'}"]
    done = subprocess.run([*command, f"@{names}"], env={**os.environ, "KALLSKYDD_OUTCOME": str(place)}, check=False)
    outcome = read(place)
    if done.returncode != GREEN or outcome is None or outcome["passed"] != len(failed):
        return done.returncode or CUT_OFF
    print("\nUNSTEADY: failed once, passed alone. A fault of the test or of the product; what it said stands above:")
    print(*failed, sep="\n")
    return GREEN


def read(place: Path) -> dict[str, Any] | None:
    """Return what a pytest wrote at its end; nothing when it did not come to that."""
    try:
        return json.loads(place.read_text())
    except (OSError, ValueError):
        return None


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
