"""
A report by voice on the wire: what a desk asks before it seals one, and what it hands in.

Contract (docs/FORMATS.md §9, docs/decisions/desk/0027). The desk seals as the intake would, so the server gets the case
without its key and without the eight words.
"""

from datetime import date
from typing import Annotated, Final

import msgspec

from cases.wire.messages import GrantBlob, Hash, HeaderBlob, Id, Wire
from trusted.case.entry import TEXT_CHARACTERS
from trusted.crypto.envelope import Sealed

# The longest report, sealed: 100,000 characters of at most six bytes in JSON, and 64 KiB for the fields beside them.
REPORT_BYTES_MAX: Final = 6 * TEXT_CHARACTERS + 2**16


class ReportFormAnswer(Wire, frozen=True):
    """Verb `report-form`: what a desk needs to seal a report for somebody who calls, as the intake would."""

    # Of the home: with it the eight words make the reporter's keys.
    salt: Id
    # Which day a report that is filed now is released on, which its entry bears.
    release_on: date
    # A trial that shows everything at once.
    at_once: bool
    languages: tuple[str, ...]


class FileReportRequest(Wire, frozen=True):
    """Verb `file-report`: a new case with its report; answered by StateAnswer. Grants for every member, by id in hex.

    Neither the case key nor the eight words are in it.
    """

    case_id: Id
    commitment: Hash
    access_key: Hash
    share: Hash
    lookup_id: Id
    reporter_grant: GrantBlob
    header: HeaderBlob
    body: Annotated[bytes, msgspec.Meta(max_length=REPORT_BYTES_MAX)]
    head_tag: Hash
    grants: dict[str, GrantBlob]
    release_on: date
    at_once: bool

    @property
    def sealed(self) -> Sealed:
        """The report as it is to be kept."""
        return Sealed(self.header, self.body)
