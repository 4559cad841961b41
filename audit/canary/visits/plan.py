"""What the visitors of a run are and do, drawn from a seed that stands in the result.

Runs of one seed draw the same, but that between two of them one property of the browser is drawn again: what differs
then follows from it, or from what always differs (what was planted, the order, the clock). What a seed does not draw,
another does: each result says what was drawn.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from audit.verdict import Word

T = TypeVar("T")
_SEED_BYTES = 6
_LANGUAGES = ("sv", "en", "fi", "ar", "so", "ti", "fa", "pl", "es", "uk")
_HTML = "text/html,application/xhtml+xml,application/xml;q=0.9"
_GECKO, _WEBKIT = f"{_HTML},*/*;q=0.8", f"{_HTML},image/avif,image/webp,*/*;q=0.8"
# How a browser names itself, with places for its version and for a marker, and what else it sends, its codings first.
_FAMILIES: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "Tor Browser": (
        "Mozilla/5.0 (Windows NT 10.0; {marker}; rv:{version}.0) Gecko/20100101 Firefox/{version}.0",
        (("Accept-Encoding", "gzip, deflate, br, zstd"), ("Accept", _GECKO), ("Sec-GPC", "1"), ("Priority", "u=0, i")),
    ),
    "Chromium": (
        "Mozilla/5.0 (X11; Linux x86_64; {marker}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0",
        (("Accept-Encoding", "gzip, deflate, br"), ("Accept", _WEBKIT), ("Sec-CH-UA-Mobile", "?0"),
         ("Sec-CH-UA-Platform", '"Linux"')),
    ),
    "Safari": (
        "Mozilla/5.0 (iPhone; {marker} like Mac OS X) AppleWebKit/605.1 (KHTML, like Gecko) Version/{version}.1 Mobile",
        (("Accept-Encoding", "gzip, deflate"), ("Accept", _HTML)),
    ),
    "lynx": (
        "Lynx/{version} libwww-FM/2.14 {marker}",
        (("Accept-Encoding", "identity"), ("Accept", "text/html, text/*;q=0.5")),
    ),
}  # fmt: skip
_VERSIONS = ("91", "115", "128", "140", "143")
_BESIDES: dict[str, tuple[tuple[str, str], ...]] = {
    "nothing": (),
    "do not track": (("DNT", "1"),),
    "saved data": (("Save-Data", "on"), ("Downlink", "0.4")),
    "a reload": (("Cache-Control", "no-cache"), ("Pragma", "no-cache")),
    "a button of the browser": (("Sec-Fetch-User", "?1"), ("Upgrade-Insecure-Requests", "1")),
}
_PROPERTIES: dict[str, Sequence[str]] = {
    "language of the browser": _LANGUAGES,
    "family of the browser": tuple(_FAMILIES),
    "version of the browser": _VERSIONS,
    "headers besides": tuple(_BESIDES),
}
_KINDS = ("film", "recording", "e-mail", "archive", "table")
_SIZES = {"20 KiB": 20 * 2**10, "600 KiB": 600 * 2**10, "2 MiB": 2 * 2**20, "12 MiB": 12 * 2**20}
# What is stored of these is as long as the file itself, and searched in some thousand forms.
_STORED_WHOLE = frozenset({"e-mail", "archive", "table"})
_FILES, _STEPS = 2, 4


@dataclass(frozen=True, slots=True)
class Browser:
    """What one visitor's browser sends: its own headers, and how it names itself, with a place for a marker."""

    named: str
    language: str
    encoding: str
    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a seed draws."""

    seed: str

    @classmethod
    def new(cls, seed: str = "") -> Plan:
        """Return that of a seed, or of a new one."""
        return cls(seed or secrets.token_hex(_SEED_BYTES))

    def _random(self, what: str) -> Random:
        return Random(f"{self.seed} {what}")  # noqa: S311 - to be drawn again, and no secret

    def _sample(self, what: str, among: Sequence[T], count: int) -> list[T]:
        return self._random(what).sample(among, count)

    @property
    def differs(self) -> tuple[str, str]:
        """In what the second and the third run differ from the first."""
        second, third = self._sample("differs", tuple(_PROPERTIES), 2)
        return second, third

    def browser(self, run: int, visitor: str) -> Browser:
        """Return what this visitor of this run uses."""
        drawn = {}
        for name, values in _PROPERTIES.items():
            # Two for each visitor: two visitors of one run are alike in nothing.
            first, other = self._sample(name, values, 4)["AB".index(visitor) :: 2]
            drawn[name] = other if run and self.differs[run - 1] == name else first
        language, family, version, besides = drawn.values()
        named, headers = _FAMILIES[family]
        (_name, encoding), *more = headers
        return Browser(named.replace("{version}", version), language, encoding, (*more, *_BESIDES[besides]))

    @property
    def languages(self) -> list[str]:
        """Return the languages of pages in which short reports are written, one after the other."""
        return self._sample("pages", _LANGUAGES, len(_LANGUAGES))

    @property
    def files(self) -> list[tuple[str, str, int]]:
        """Return kinds of files, in words how large each is, and its bytes."""
        kinds = self._sample("files", _KINDS, _FILES)
        sizes = [self._random(f"size of {kind}").choice(tuple(_SIZES)[: 3 if kind in _STORED_WHOLE else 4])
                 for kind in kinds]  # fmt: skip
        return [(kind, size, _SIZES[size]) for kind, size in zip(kinds, sizes, strict=True)]

    def steps(self, among: int) -> list[int]:
        """Return the numbers of odd steps (`audit.canary.visits.odd`), in their order."""
        return self._sample("steps", range(among), _STEPS)

    def words(self) -> dict[str, object]:
        """Say what was drawn, for the result."""
        one, other = (self.browser(0, visitor) for visitor in "AB")
        return {
            "seed": self.seed,
            "browsers": f"{one.named} ({one.language}), {other.named} ({other.language})".replace("{marker}", "…"),
            "pages": " ".join(self.languages),
            "files": ", ".join(f"{kind} {size}" for kind, size, _bytes in self.files),
            "differs": tuple(map(Word, self.differs)),
        }
