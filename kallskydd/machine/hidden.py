"""Whether accounts of this computer see each other's processes: /proc is mounted with hidepid, or it is not."""

from pathlib import Path
from typing import Final

# What the kernel shows of such a /proc; kernels before 5.8 show a number.
_HIDDEN: Final = frozenset({"hidepid=invisible", "hidepid=2"})


def processes_are_hidden(root: Path = Path("/")) -> bool:
    """Return whether they do not. Raises OSError."""
    lines = (root / "proc/mounts").read_text("utf-8").splitlines()
    options = [line.split()[3] for line in lines if line.split()[1:3] == ["/proc", "proc"]]
    # The last mount is the one that is seen.
    return bool(options) and bool(_HIDDEN & set(options[-1].split(",")))
