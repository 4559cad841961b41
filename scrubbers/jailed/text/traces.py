"""Refuses a text with what nobody wrote: the head of a message (its route, its programs), or a file written as letters.

It is looked for in the text as it will be kept: decoded, and without what cannot be seen. Wherever it stands, indented
or quoted, the whole is refused, for where it ends nothing tells.
"""

import re
from typing import Final

from trusted.jail.stages import Email

# Also behind the name of who is quoted ("AB> ").
_HEAD: Final = re.compile(
    r"(?im)^(?:[^\w\n]|\w{1,20}>){0,200}(?:received(?:-spf)?|return-path|message-id|delivered-to|dkim-signature"
    r"|domainkey-signature|autocrypt|authentication-results|arc-[a-z-]{1,40}|mime-version"
    r"|content-(?:type|transfer-encoding|disposition|id)|user-agent|in-reply-to|thread-index"
    r"|list-(?:archive|help|id|owner|post|subscribe|unsubscribe)(?:-post)?|references(?=[^\S\n]*:[^\S\n]*<)"
    r"|x-(?:originating|mailer|mozilla|account-key|google|gm|ms|received|forwarded|spam|apple|uniform)[a-z0-9-]{0,60}"
    r"|x-[a-z0-9]{1,40}-[a-z0-9-]{1,60})[^\S\n]*:"
)
# An identifier within a line: where lines were joined, or a number or word stands before.
_IDENTIFIER: Final = re.compile(r"-[Ii][Dd][^\S\n]{0,9}:[^\S\n]{0,9}<[^\s<>]{1,1000}>")
# The line before each message of a mailbox: who sent it, and the second.
_OF_MAILBOX: Final = re.compile(
    r"(?m)^[ \t>|]{0,80}From \S{1,320} {1,3}[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d"
)
# Base64 or hexadecimal in lines or in one piece; uuencode, whose whole lines begin with M; yEnc. As one expression they
# took three times as long.
_FILES: Final = (
    re.compile(
        r"(?<![A-Za-z0-9+/])(?:(?:[A-Za-z0-9+/]{60,}={0,2}[\s>|]{1,80}){2}[A-Za-z0-9+/]{60}|[A-Za-z0-9+/]{240})",
    ),
    re.compile(r"(?m)^(?:[ \t>|]{0,80}M[!-`]{60}[ \t]*\n){2}"),
    re.compile(r"begin(?:-base64)? 0?[4-7][0-7]{2} \S"),
    re.compile(r"=ybegin "),
)


def has_head(text: str) -> bool:
    """Return whether a line is a field that programs write, or of a mailbox, or has the identifier of a message."""
    return any(each.search(text) is not None for each in (_HEAD, _IDENTIFIER, _OF_MAILBOX))


def require_no_traces(text: str) -> None:
    """Raise Email where a line is a field of a message's head that programs write, or where letters are a file."""
    if has_head(text) or any(each.search(text) for each in _FILES):
        raise Email
