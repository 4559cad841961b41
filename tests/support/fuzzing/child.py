"""A target of `make fuzz` in a process of its own, which may die of it.

python tests/support/fuzzing/child.py TARGET --seeds DIR             writes the target's seeds
python tests/support/fuzzing/child.py TARGET ... --damaged N         runs seeds and N damaged ones, without atheris; a
                                                                     line of JSON says how the fork of each ended
python tests/support/fuzzing/child.py TARGET -- LIBFUZZER-OPTIONS    coverage-guided
"""

from __future__ import annotations

import argparse
import importlib
import json
import logging
import os
import random
import resource
import signal
import sys
import tempfile
import traceback
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

if TYPE_CHECKING:
    from fuzzing.targets import Target

MOST_SECONDS = 240  # of one target that runs damaged seeds
ADDRESS_SPACE_BYTES = 6 * 2**30  # a job has 1.5 GiB; libFuzzer's own tables come on top of everything
SEED_BYTES = 2**17


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Cut, changed or doubled somewhere."""
    changed = bytearray(content)
    for _ in range(chance.randrange(1, 8)):
        at = chance.randrange(len(changed) + 1)
        match chance.randrange(4):
            case 0:
                changed[at : at + 4] = chance.randbytes(chance.randrange(8))
            case 1:
                changed[at:at] = changed[at : at + chance.randrange(64)]
            case 2:
                changed[at : at + 1] = b"\xff"
            case 3 if at > len(changed) // 2:
                del changed[at:]
    return bytes(changed)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", nargs="+")
    parser.add_argument("--seeds", type=Path)
    parser.add_argument("--damaged", type=int)
    words = sys.argv[1:]
    options = words[words.index("--") + 1 :] if "--" in words else []
    args = parser.parse_args(words[: len(words) - len(options) - ("--" in words)])
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    if args.seeds is None and args.damaged is None:
        fuzz(args.target[0], options)  # does not return
    fuzz_targets = importlib.import_module("fuzzing.targets")
    fuzz_targets.prepare()
    targets = fuzz_targets.targets()
    if args.seeds:
        for number, content in enumerate(targets[args.target[0]].seeds()):
            if len(content) <= SEED_BYTES:
                (args.seeds / f"{number:03}").write_bytes(content)
        return 0
    fuzz_targets.samples()
    for name in args.target:
        print(json.dumps(run_in_a_fork(targets[name], args.damaged)), flush=True)
    return 0


def run_in_a_fork(target: Target, count: int) -> dict[str, object]:
    """Run the seeds and damaged ones where libraries are loaded and warm already, as the zygote's jobs do."""
    with tempfile.TemporaryFile() as said:
        pid = os.fork()
        if pid == 0:
            os.dup2(said.fileno(), 2)
            code = 1
            try:
                print(run_damaged(target, count), "runs", file=sys.stderr, flush=True)
                code = 0
            except BaseException:  # noqa: BLE001  # whatever comes out of a target is what is looked for
                traceback.print_exc()
            finally:
                os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        said.seek(0)
        return {"target": target.name, "code": code, "said": said.read().decode(errors="replace")}


def run_damaged(target: Target, count: int) -> int:
    signal.alarm(MOST_SECONDS)
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE_BYTES, ADDRESS_SPACE_BYTES))
    contents, chance = target.seeds(), random.Random(target.name)
    for content in contents:
        target.run(content)
    for _ in range(count):
        target.run(damaged(chance.choice(contents), chance))
    return len(contents) + count


def fuzz(name: str, options: list[str]) -> None:
    """Hands the target to libFuzzer; ends the process."""
    import atheris

    # The Python parts of the libraries guide the search too; their C parts are not instrumented.
    with atheris.instrument_imports(
        include=["fuzzing.targets", "scrubbers", "PIL", *["pypdf"] * (name == "scrub_pdf")]
    ):
        fuzz_targets = importlib.import_module("fuzzing.targets")
    fuzz_targets.prepare()
    target = fuzz_targets.targets()[name]
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE_BYTES, ADDRESS_SPACE_BYTES))

    def mutate(untrusted: bytes, most: int, _seed: int) -> bytes:
        return fuzz_targets.with_right_checksums(atheris.Mutate(untrusted, most))[:most]

    more = {"custom_mutator": mutate} if name.endswith("_png") else {}
    atheris.Setup([sys.argv[0], *options], target.run, **more)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
