"""The numbers of an upload, in one place. Sources: design, numbers; facts measured on uploads through Tor."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What one form may bring."""

    file_bytes: int = 50 * 2**20  # 50 MiB, about ten phone photographs
    files: int = 200  # an exported chat with its pictures
    report_bytes: int = 200 * 2**20  # 200 MiB, all files of one form
    # Beyond the report's own limit this much is read and thrown away, because a browser that is cut off while it still
    # sends shows its own error page and not ours.
    discard_bytes: int = 400 * 2**20
    text_characters: int = 100_000
    # A text that is given back, as it stands in a page: every character of the longest an ampersand. One that is
    # longer than may be sent comes back as far as this goes, which is all of it where few characters are escaped.
    given_back_bytes: int = 500_000
    # A field that is not the text: tokens, handles, choices.
    field_bytes: int = 4096
    fields: int = 400  # every member of a large trust group marked as concerned, and some
    # All fields of a form with their names: a text at its longest in bytes, and half as much again for the rest.
    form_characters: int = 600_000
    # Fields and files, also empty ones: each costs some work, and a refused file a line on a page.
    parts: int = 600
    # The entries of one case, sealed. All of them are opened for each page of the inbox, so this is also what one
    # reporter can make the intake hold in memory for one request.
    case_bytes: int = 8 * 2**20  # 8 MiB: eighty messages of the longest sort
    piece_bytes: int = 256 * 1024  # what is read at a time; the sealed chunks have the same size
    # Nothing for that long, or in any minute of waiting less than the rate below over it, and the form is given up. A
    # bad day through Tor is two and a half times this rate; any slower, and a few hundred visitors who send a byte now
    # and then would hold every connection there is.
    idle_seconds: float = 60.0
    # The same after a refusal, while what is left of a form is thrown away so that its browser shows our page.
    refused_idle_seconds: float = 15.0
    slowest_bytes_a_second: int = 4096
