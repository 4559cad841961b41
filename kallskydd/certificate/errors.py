"""Why the certificate cannot be made as PDF.

SheetTooFull   what stands on the sheet to sign is too long for one page
"""

from __future__ import annotations


class SheetTooFull(Exception):
    """What stands on the sheet to sign is too long for one page, also in small letters."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            "What stands on the sheet to sign is too long for one page of the PDF. "
            "Print the HTML page, or shorten the owner in config.toml."
        )
