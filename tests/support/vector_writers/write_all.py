"""
Writes tests/vectors/*.json: what must open, and what must not. Run it in tests/support as
`python -m vector_writers.write_all`.

Everything comes from docs/FORMATS.md through formats_by_hand.py and from names ("item key r1") hashed into bytes in the
place of random values, so a second run writes the same files. Nothing of cases/ is used: the vectors are not what our
code does, they are what it has to do.
"""

import json
from pathlib import Path

from vector_writers.sealed import files, grants, receipts
from vector_writers.signed import requests, rosters, statements
from vector_writers.streams import streams

FOLDER = Path(__file__).parents[2] / "vectors"
MAKERS = {maker.__name__: maker for maker in (streams, files, grants, receipts, rosters, statements, requests)}


def as_text(name):
    """Returns the text of one file of vectors."""
    return json.dumps(MAKERS[name](), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in MAKERS:
        (FOLDER / f"{name}.json").write_text(as_text(name), encoding="utf-8")
