"""Saved e-mails of our making: one with a marker in every place that nobody sees, and small ones for single questions."""

from __future__ import annotations

import base64
import itertools
import zlib
from email.message import EmailMessage

from files.office_jail import marker

SEEN = ("Anna Räv", "anna@kommun.example", "Bo Berg", "bo@kommun.example", "Cia", "Möte om fakturan", "Delades i tre")
_PAGE = """<html><head><title>{}</title><meta name="Generator" content="{}"><base href="http://{}/">
<style>/* {} */ .off{{display:none!important}} #o{{visibility:hidden}} td.off2 {{font-size:1px}}
@media print {{ .x{{ color:{}}} }}</style><!-- {} --><script>var a="{}"</script></head>
<body bgcolor="#ffffff" onload="f('{}')"><!--[if mso]><p>{}</p><![endif]-->
<div style="display:none;max-height:0">{}</div><p class="off">{}</p><span id=o>{}</span><p hidden>{}</p>
<font color="#fefefe">{}</font><span style="font-size:0">{}</span><div style="position:absolute;left:-9999px">{}</div>
<div style="opacity:0">{}</div><div style="height:0;overflow:hidden">{}</div><table><tr><td class=off2>{}</td></tr></table>
<p>Delades i tre, <a href="http://x.example/{}" title="{}">se bilagan</a>.</p><img src="http://t.example/{}.gif" width=1
height=1 alt="{}"><img src="cid:{}@x" alt="{}" data-x="{}"><input type=hidden value="{}"><textarea>{}</textarea>
<select><option>{}</select><object data="{}">{}</object><svg><text>{}</text></svg><template>{}</template>
<table><tr><th>Nummer<th>Belopp<tr><td>1<td>99 000<tr><td>2<td>98 000</table></body></html>"""


class Markers:
    """Gives one after the other."""

    def __init__(self) -> None:
        self.planted: dict[bytes, str] = {}

    def __call__(self, place: str) -> str:
        made = marker(960000 + len(self.planted))
        self.planted[made.encode()] = place
        return made


def picture(about: str) -> bytes:
    """A PNG with a comment."""
    comment = b"tEXtComment\x00" + about.encode()
    size = b"IHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00"
    chunks = (size, comment, b"IDAT" + zlib.compress(b"\x00\x80"), b"IEND")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (len(one) - 4).to_bytes(4, "big") + one + zlib.crc32(one).to_bytes(4, "big") for one in chunks
    )


def _head(put: Markers) -> str:
    hidden = (
        "Return-Path: <{}@x>", "Received: from {} ([10.3.2.1]) by {}; Sat, 14 Mar 2026 06:12:07 +0000 ({})",
        "Received:\r\n from {}\r\n\tby y", "Delivered-To: {}@x", "DKIM-Signature: v=1; b={}", "ARC-Seal: i=1; cv={}",
        "Authentication-Results: {}", "Message-ID: <{}@x>", "In-Reply-To: <{}@x>", "References: <{}@x>\r\n <{}@x>",
        "Thread-Index: {}", "Thread-Topic: {}", "User-Agent: {}", "X-Mailer: {}", "X-Originating-IP: [{}]",
        "X-MS-Exchange-Organization-Network-Message-Id: {}", "Bcc: {}@x", "Reply-To: {}@x", "Sender: {}@x",
        "Disposition-Notification-To: {}@x", "Organization: {}", "Comments: {}", "Keywords: {}", "X-Spam-Report: {}",
        "List-Unsubscribe: <http://{}>", "X-Face: {}", "X-Unheard-Of: =?utf-8?q?{}?=", "Importance: {}",
        "Content-Language: {}", "MIME-Version: 1.0 ({})", "From: {} <second@x>", "Date: {}", "Subject: {}",
    )  # fmt: skip
    shown = (
        "From: =?utf-8?q?Anna_R=C3=A4v?= <anna@kommun.example>\r\nTo: Bo Berg <bo@kommun.example>\r\nCc: Cia <c@x>\r\n"
        f"Date: Sat, 14 Mar 2026 07:12:09 +0100 ({put('comment of the date')})\r\n"
        "Subject: =?iso-8859-1?Q?M=F6te_om_fakturan?=\r\n"
    )
    return f"From {put('line of the mailbox')}\r\n" + shown + "".join(filled(put, one) + "\r\n" for one in hidden)


def filled(put: Markers, form: str) -> str:
    """Put a marker in every place of a form."""
    pieces = form.replace("{{", "\0").replace("}}", "\1").split("{}")
    made = pieces[0] + "".join(
        put(before.strip()[-30:] or "start") + after for before, after in itertools.pairwise(pieces)
    )
    return made.replace("\0", "{").replace("\1", "}")


def _part(about: str, content: bytes, *, encoding: str = "base64") -> str:
    body = base64.encodebytes(content).decode() if encoding == "base64" else content.decode()
    return f"{about}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}\r\n"


def marked() -> tuple[bytes, dict[bytes, str]]:
    """A message with a marker in every place that nobody sees, and which they are."""
    put = Markers()
    head = _head(put)
    inner = (
        f"Received: from {put('inner route')}\r\nFrom: d@x\r\nTo: e@x\r\nSubject: Inre\r\nMessage-ID: <{put('inner id')}"
        f"@x>\r\n\r\nInre text\r\n"
    )
    page = _part(
        f"Content-Type: text/html; charset=utf-8; name={put('name of the page')}\r\nContent-ID: <{put('content id')}@x>",
        filled(put, _PAGE).encode(),
    )
    parts = (
        filled(put, 'Content-Type: multipart/alternative; boundary="{}"\r\nX-Part: {}\r\n\r\n{}\r\n'),
        page,
        _part(f"Content-Type: text/calendar; x={put('kind of the invitation')}", put("invitation").encode()),
        _part(
            f"Content-Type: application/pgp-signature; name={put('name of the signature')}", put("signature").encode()
        ),
        _part("Content-Type: message/delivery-status", put("delivery status").encode(), encoding="7bit"),
        _part(
            f"Content-Type: image/png; name={put('name of the picture')}\r\nContent-ID: <{put('id of the picture')}@x>",
            picture(put("comment in the picture")),
        ),
        _part(f"Content-Disposition: attachment; filename={put('name of the text')}.txt", b"Bilagans text"),
        _part(f"Content-Type: message/rfc822; name={put('name of the message')}", inner.encode(), encoding="8bit"),
    )
    alternative, *rest = parts
    inside = alternative.partition('boundary="')[2].partition('"')[0]
    within = "".join(f"\r\n--{inside}\r\n{one}" for one in rest[:2]) + f"\r\n--{inside}--\r\n{put('after the forms')}"
    outer = put("boundary")
    body = "".join(f"\r\n--{outer}\r\n{one}" for one in (alternative + within, *rest[2:]))
    whole = (
        f'{head}Content-Type: multipart/mixed; boundary="{outer}"; x={put("kind of the message")}\r\n\r\n'
        f"{put('before the parts')}{body}\r\n--{outer}--\r\n{put('after the parts')}\r\n"
    )
    return whole.encode(), put.planted


def message(text: str = "Hej", subject: str = "Prov", **fields: str) -> EmailMessage:
    """A small message."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "Anna <a@x.example>", "Bo <b@x.example>", subject
    for name, value in fields.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made


def with_files(*files: bytes | EmailMessage, text: str = "Hej") -> bytes:
    """A small message with these attachments."""
    made = message(text)
    for each in files:
        if isinstance(each, bytes):
            made.add_attachment(each, "application", "octet-stream", filename="fil.bin")
        else:
            made.add_attachment(each)
    return made.as_bytes()


def as_is(kind: str, body: bytes, encoding: str = "8bit") -> bytes:
    """A message of one part with this kind and these bytes."""
    return (
        f"From: Anna <a@x.example>\r\nTo: b@x.example\r\nSubject: Prov\r\nContent-Type: {kind}\r\n"
        f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    ).encode() + body
