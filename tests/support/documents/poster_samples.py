"""A home with an onion key, and what `kallskydd poster` makes of it."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pypdf
import zxingcpp
from PIL import Image
from processes.service import kallskydd
from visitors.intake_harness import make_home

from onion.keys import new_onion_key, write_onion_key
from trusted.roster.text import Role

COMPLETE = ("sv", "en", "fi")
LANGUAGES_OF_THE_HOME = 'languages = ["sv", "ar", "en", "fi"]\n'
MIRROR = '[mirror]\nname = "blankett.example"\n'
MIRROR_ADDRESS = "https://blankett.example"


class Made:
    """A home and the files that were made of it."""

    def __init__(
        self,
        folder: Path,
        settings: str,
        *,
        roles: Sequence[Role] = ("lead", "handler", "counsel"),
        trial: bool = False,
    ) -> None:
        self.home = folder / "home"
        make_home(self.home, roles, trial=trial, settings=settings)
        key = new_onion_key()
        write_onion_key(self.home / "onion" / "public.key", key)
        self.onion = f"http://{key.address}.onion"
        self.out = folder / "out"

    def make(self, *words: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
        return kallskydd("poster", "--home", self.home, "--out", self.out, *words, check=check)

    def pdf(self, language: str) -> pypdf.PdfReader:
        return pypdf.PdfReader(self.out / f"poster-{language}.pdf")

    def change(self, before: str, after: str) -> None:
        """Change a line of the configuration."""
        config = self.home / "config.toml"
        text = config.read_text()
        assert text.count(before) == 1
        config.write_text(text.replace(before, after))


def read_codes(picture: Image.Image) -> list[str]:
    # Of other kinds a row of letters can look like one: an address did, now and then.
    found = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
    return [one.text for one in sorted(found, key=lambda one: one.position.top_left.y)]
