"""How long `kallskydd audit live` takes on a service that runs, from the start of the command to its end."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

from processes.service import Service, kallskydd, offline_network

RUNS = 5
# A part that is younger may make the audit inspect everything again.
SETTLED_SECONDS = 11


def audit_live() -> dict[str, object]:
    """Measure: the best of a few runs; what else the machine does only adds."""
    # Unix sockets cap at 107 bytes.
    with tempfile.TemporaryDirectory(prefix="kb-") as name:
        folder = Path(name)
        kallskydd("init", "--home", folder / "home", "--trial")
        with Service(folder / "home", offline_network(folder / "net")):
            time.sleep(SETTLED_SECONDS)
            seconds = []
            for _ in range(RUNS):
                began = time.perf_counter()
                kallskydd("audit", "live", "--home", folder / "home", "--json", check=False)
                seconds.append(time.perf_counter() - began)
    return {"seconds": round(min(seconds), 2), "runs": RUNS}


if __name__ == "__main__":
    print(audit_live())
