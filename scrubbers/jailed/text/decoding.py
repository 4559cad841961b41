"""Decodes a text file strictly: UTF-8, UTF-16 with its mark, or Windows-1252 where the letters speak for it.

A wrong guess would change what a witness wrote, so there is no replacing: what is none of the three is refused.
"""

import re
from typing import Final

from scrubbers.jailed.findings import Findings
from trusted.jail.stages import TextUnreadable, What, Where

_UTF8_MARK: Final = b"\xef\xbb\xbf"
_UTF16_MARKS: Final = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_UTF32_MARK: Final = b"\xff\xfe\x00\x00"
# Windows-1252 has no sign at these five; four accented letters in a row are Greek or Cyrillic in another code.
_UNLIKELY: Final = re.compile(rb"[\x81\x8d\x8f\x90\x9d\xff]|[\xc0-\xff]{4}")
_HIGH: Final = re.compile(rb"[\x80-\xff]")
# Letters with accents stand beside letters; quotation marks, dashes, the euro, section and degree signs need not.
_LIKELY: Final = re.compile(
    rb"(?<=[A-Za-z\xc0-\xff])[\xc0-\xd6\xd8-\xf6\xf8-\xff\x8a\x8e\x9a\x9e\x9f\x8c\x9c]"
    rb"|[\xc0-\xd6\xd8-\xf6\xf8-\xff\x8a\x8e\x9a\x9e\x8c](?=[A-Za-z\xc0-\xff])"
    rb"|(?<![A-Za-z\x80-\xff])[\xc5\xe5\xd6\xf6\xc0\xe0\xc9\xe9](?![A-Za-z\x80-\xff])"
    rb"|[\x80\x84\x85\x91-\x97\x99\xa0\xa3\xa7\xa9\xab\xae\xb0\xb1-\xb4\xb7\xbb-\xbe]"
)
# In all languages of the site that Windows-1252 can write, fewer than one letter in five has an accent.
_MOST_HIGH: Final = 0.3


def decoded(untrusted: bytes, findings: Findings) -> str:
    """Return the text without its mark; raises TextUnreadable. What tells of a system is reported."""
    if untrusted.startswith(_UTF32_MARK):
        raise TextUnreadable
    if encoding := _UTF16_MARKS.get(untrusted[:2]):
        findings.add(What.SOFTWARE, Where.DOCUMENT, "UTF-16")
        return _strict(untrusted[2:], encoding)
    if untrusted.startswith(_UTF8_MARK):
        findings.add(What.SOFTWARE, Where.DOCUMENT, "UTF-8 BOM")
        return _strict(untrusted[len(_UTF8_MARK) :], "utf-8")
    try:
        return untrusted.decode("utf-8")
    except UnicodeDecodeError:
        _require_windows_1252(untrusted)
    findings.add(What.SOFTWARE, Where.DOCUMENT, "Windows-1252")
    return _strict(untrusted, "cp1252")


def _strict(untrusted: bytes, encoding: str) -> str:
    try:
        return untrusted.decode(encoding)
    except UnicodeDecodeError:
        raise TextUnreadable from None


def _require_windows_1252(untrusted: bytes) -> None:
    """Raise TextUnreadable unless every byte above ASCII stands where Windows-1252 would put such a letter."""
    high = len(_HIGH.findall(untrusted))
    likely = len(_LIKELY.findall(untrusted))
    if _UNLIKELY.search(untrusted) or likely < high or high > _MOST_HIGH * len(untrusted):
        raise TextUnreadable
