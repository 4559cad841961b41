"""A saved e-mail or web page: what its reader sees, typeset as a PDF of our own (decision 0040).

1 read head and parts, within limits (`message`); a file in it is refused here: it was taken out before (`parts`)
2 From, To, Cc, Date, Subject as shown; all else of the head is reported by its kind (`head`)
3 title, time and place of an invitation (`invitations`); the text and the tables of its HTML (`web_page`), or its text
  where there is none (`text`)
4 keep of heads in the text what their readers were shown (`quoted`); refuse where one or a file is left (`text.traces`)
5 mark in words what is struck out, lay it out and write it, as an office document (`office.struck`, `typeset.document`)
"""

from __future__ import annotations

from typing import Final

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.mail import letters
from scrubbers.jailed.mail.head import fields_shown, report_part
from scrubbers.jailed.mail.invitations import invitations
from scrubbers.jailed.mail.message import MimePart, read_message
from scrubbers.jailed.mail.parts import (
    ALTERNATIVE,
    HTML,
    NOTICES,
    PLAIN,
    RICH,
    SIGNATURES,
    SIGNED,
    decoded,
    leaves,
    shown_parts,
)
from scrubbers.jailed.mail.quoted import without_heads
from scrubbers.jailed.mail.text import read_text
from scrubbers.jailed.mail.web_page import read_page
from scrubbers.jailed.office import labels
from scrubbers.jailed.office.letters import Drawable
from scrubbers.jailed.office.nested import unnested
from scrubbers.jailed.office.rtf import document as rtf
from scrubbers.jailed.office.struck import marked
from scrubbers.jailed.scrub_sample import scrub_sample
from scrubbers.jailed.text.traces import require_no_traces
from scrubbers.jailed.typeset import faces
from scrubbers.jailed.typeset.document import write_document
from scrubbers.jailed.typeset.model import Block, Paragraph, Run, Source, all_text, paragraphs
from scrubbers.message_head import is_page
from trusted.jail.protocol import HEAD_BYTES
from trusted.jail.stages import Email, Kind, What, Where

# Of these there is nothing to show.
_UNSAID: Final = SIGNATURES | NOTICES
_SAMPLE: Final = (
    b"From: =?utf-8?q?R=C3=A4v?= <rav@example.org>\r\nTo: a@example.org\r\nDate: Sat, 14 Mar 2026 07:12:00 +0100\r\n"
    b'Message-ID: <a@b>\r\nSubject: Prov\r\nContent-Type: multipart/alternative; boundary="b"\r\n\r\n--b\r\n\r\n=\r\n'
    b"--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    b"PHN0eWxlPi5he2NvbG9yOiNmZmZ9PC9zdHlsZT48cD5FdHQgcHJvdiDDpSAmYW1wOyBldHQgdGlsbDx0YWJsZT48dHI+PHRkPjE8dGQ+Mjwv"
    b"dHI+PHRyPjx0ZD4zPHRkPjQ8L3RhYmxlPg==\r\n--b--\r\n"
)


def scrub_file(_kind: Kind, untrusted: int, clean: int, preview: int, findings: Findings) -> None:
    """Read one descriptor and write two; raises Refused, or what the libraries raise."""
    with open(untrusted, "rb", closefd=False) as file:
        # The descriptor stands where the trusted side left it.
        file.seek(0)
        content = file.read()
    if is_page(content[:HEAD_BYTES]):
        page = read_page(letters.body_text(content, letters.said_in_page(content) or "utf-8", findings), findings)
        if not page:
            raise Email  # a program would have to run for it to show something
        _require_no_traces(page)
        write_document(unnested(marked(page), findings), Source.PAGE, clean, preview, findings)
        return
    message = read_message(content)
    _report_parts(message, findings)
    fields, subject = fields_shown(message.head, findings)
    blocks = [_field(label, text, findings) for label, text in fields]
    if subject:
        blocks.append(Paragraph((Run(Drawable(findings).text(subject)),), heading=1))
    shown = [*invitations(message, findings), *without_heads(_shown(message, findings), findings)]
    _require_no_traces(shown)
    write_document([*blocks, *unnested(marked(shown), findings)], Source.MAIL, clean, preview, findings)


def _require_no_traces(blocks: list[Block]) -> None:
    require_no_traces("\n".join("".join(run.text for run in each.runs) for each in paragraphs(blocks)))


def _field(label: str, text: str, findings: Findings) -> Block:
    return Paragraph((Run(f"{label}: ", bold=True), Run(Drawable(findings).text(text))))


def _report_parts(message: MimePart, findings: Findings) -> None:
    """Report what of the parts is not shown. Raises Email where one is a file."""
    for part, is_file in leaves(message):
        if is_file:
            raise Email
        if part is not message:
            report_part(part.head, findings)
        if part.kind in SIGNATURES:
            findings.add(What.IDENTIFIER, Where.MESSAGE_HEAD, part.kind)
        elif part.kind in NOTICES:
            findings.add(What.ROUTE, Where.MESSAGE_HEAD, part.kind)
        elif part.kind not in {PLAIN, HTML, RICH}:
            findings.add(What.EMBEDDED_FILE, Where.DOCUMENT, part.kind)


def _shown(part: MimePart, findings: Findings) -> list[Block]:
    """Return what is seen of a part and its own parts, in their order."""
    if part.kind == ALTERNATIVE:
        return _one_of(part, findings)
    if part.kind == SIGNED:
        findings.add(What.IDENTIFIER, Where.MESSAGE_HEAD, part.kind)
    if part.boundary:
        return [block for each in shown_parts(part) for block in _shown(each, findings)]
    if part.kind not in {PLAIN, HTML, RICH}:
        return []
    content = decoded(part)
    if part.kind == RICH:
        return rtf.read_document(content, findings)
    charset = part.head.typed("content-type").get_content_charset() or ""
    if part.kind == PLAIN:
        return read_text(letters.body_text(content, charset, findings), findings)
    if charset in letters.UNSAID:
        charset = letters.said_in_page(content) or charset
    return read_page(letters.body_text(content, charset, findings), findings)


def _one_of(part: MimePart, findings: Findings) -> list[Block]:
    """Return the form of a text that mail programs show, which is the last (RFC 2046, 5.1.4) with words in it.

    The plain form spells out where links lead, which nobody sees in the other and which is often made for one receiver.
    Raises Email where there are only forms that cannot be shown.
    """
    # What is found in the forms that are not taken is gone too.
    forms = [_shown(each, findings) for each in part.parts]
    for blocks in reversed(forms):
        if any(text.strip() and text != labels.PICTURE for text in all_text(blocks)):
            return blocks
    if any(part.kind not in _UNSAID and decoded(part).strip() for part, _ in leaves(part)):
        raise Email
    return []


def warm_up() -> None:
    """Clean one small message, so that all it needs is in memory before the locks."""
    letters.warm_up()
    faces.read_all()
    scrub_sample(scrub_file, Kind.EMAIL, _SAMPLE)
