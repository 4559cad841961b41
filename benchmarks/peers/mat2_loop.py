"""mat2 without the start of a program: run by the system's Python, which has Debian's libmat2.

A path comes in on a line, one JSON object goes out: the seconds it took and the bytes that came out, or null.
"""

import json
import sys
import time
from pathlib import Path

from libmat2 import parser_factory


def clean(path):
    started = time.perf_counter()
    try:
        parser, _ = parser_factory.get_parser(path)
        done = parser is not None and parser.remove_all()
    except Exception:  # noqa: BLE001  whatever it does not manage counts as no output
        done = False
    seconds = time.perf_counter() - started
    output = Path(parser.output_filename) if done else None
    size = output.stat().st_size if output and output.exists() else None
    if output:
        output.unlink(missing_ok=True)
    return {"seconds": seconds, "bytes": size}


for line in sys.stdin:
    print(json.dumps(clean(line.rstrip("\n"))), flush=True)
