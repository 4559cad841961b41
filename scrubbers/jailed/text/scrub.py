"""Scrubs a text file or a table in these steps: decoded, cleaned, cards as shown, no message, inert cells, as UTF-8."""

import mmap
from typing import Final

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.pictures.scrub import write_preview
from scrubbers.jailed.scrub_sample import scrub_sample
from scrubbers.jailed.text.cards import as_shown
from scrubbers.jailed.text.cleaning import cleaned
from scrubbers.jailed.text.decoding import decoded
from scrubbers.jailed.text.preview import drawn
from scrubbers.jailed.text.tables import with_inert_cells
from scrubbers.jailed.text.traces import require_no_traces
from trusted.jail.stages import Empty, Kind

_SAMPLE: Final = "Ett prov; 1\n=1+1; två\u200b\n".encode()


def scrub_file(kind: Kind, untrusted: int, clean: int, preview: int, findings: Findings) -> None:
    """Read one descriptor and write two. Raises TextUnreadable, Empty where nothing is seen, Email for a message."""
    with mmap.mmap(untrusted, 0, prot=mmap.PROT_READ) as content:
        text = decoded(content[:], findings)
    text = cleaned(as_shown(cleaned(text, findings), findings), findings)
    if not text:
        raise Empty
    require_no_traces(text)
    if kind is Kind.CSV:
        text = with_inert_cells(text, findings)
    write_preview(drawn(text), preview)
    with open(clean, "wb", closefd=False) as output:
        output.write(text.encode())


def warm_up() -> None:
    """Clean and draw one small table, so that typeface and tables are in memory before the locks."""
    scrub_sample(scrub_file, Kind.CSV, _SAMPLE)
