"""The files of our faces (`scrubbers/fonts`): read before the locks, and used when a document needs them."""

from functools import cache
from importlib.resources import files

REGULAR, BOLD = "DejaVuSans", "DejaVuSans-Bold"


@cache
def content(name: str) -> bytes:
    """Return the file of a face."""
    return files("scrubbers").joinpath("fonts", f"{name}.ttf").read_bytes()
