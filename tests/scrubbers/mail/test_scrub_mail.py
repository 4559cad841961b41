"""Saved e-mails: what a reader sees becomes a document, what is attached files of their own, and nothing else stays."""

from __future__ import annotations

import pytest
from files.messages import SEEN, as_is, marked, message, picture, with_files
from files.office_jail import cleaned, text_of
from hostile.jail import Jail
from hypothesis import given, settings
from hypothesis import strategies as st
from markers.search import leftovers
from processes.measured import quickest

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.mail.parts import taken_apart
from scrubbers.jailed.mail.scrub import scrub_file
from scrubbers.jailed.mail.web_page import read_page
from scrubbers.jailed.typeset.model import Paragraph
from scrubbers.message_head import is_message
from scrubbers.sniff import sniff_kind
from trusted.jail.memory_file import MemoryFile
from trusted.jail.protocol import HEAD_BYTES
from trusted.jail.stages import (
    Damaged,
    Email,
    Kind,
    KindsDisagree,
    LettersMissing,
    Locked,
    Refused,
    TextUnreadable,
    TooLarge,
    TooMuchInArchive,
    What,
    Where,
)


def shown(jail: Jail, content: bytes) -> str:
    """The words of a message without files, as another program reads them in the copy."""
    return text_of(cleaned(jail, content)[0])


def page_shown(jail: Jail, page: str) -> str:
    return shown(jail, as_is("text/html; charset=utf-8", page.encode())).partition("Prov\n")[2]


@pytest.fixture(scope="module")
def results(jail):
    """The marked message: its files, what became of them, and the report on the message itself."""
    content, planted = marked()
    files = jail.unpacked(content)
    document, report = cleaned(jail, files[0])
    others = [jail.clean(each) for each in files[1:]]
    return planted, files, document, others, report


def test_of_all_that_is_not_seen_nothing_is_left(results):
    planted, _, document, others, _ = results
    content, _ = marked()

    assert len(planted) > 80
    assert sorted(leftovers(content, planted)) == sorted(set(planted.values()))
    assert [kind for kind, _ in others] == [Kind.PNG, Kind.TEXT, Kind.PDF]
    assert leftovers(document, planted) == []
    assert [leftovers(each, planted) for _, each in others] == [[], [], []]


def test_what_is_seen_stays_and_the_report_names_the_rest(results):
    _, _, document, others, report = results
    text = text_of(document)

    assert [one for one in SEEN if one not in text] == []
    assert "2026-03-14 07:12 (svensk tid" in text
    assert "se bilagan" in text
    assert [row in text for row in ("Nummer Belopp", "1 99 000", "2 98 000")] == [True] * 3
    assert others[1][1] == b"Bilagans text\n"
    assert "Inre text" in text_of(others[2][1])
    assert {one.what for one in report.removed if one.where is Where.MESSAGE_HEAD} == {
        What.ROUTE, What.ADDRESS, What.IDENTIFIER, What.SOFTWARE, What.PERSON, What.DATE, What.TITLE, What.COMMENT,
        What.OTHER,
    }  # fmt: skip
    assert {What.SCRIPT, What.HIDDEN_TEXT, What.LINK, What.COMMENT, What.FORM_FIELD, What.EMBEDDED_FILE} <= {
        one.what for one in report.removed if one.where is Where.DOCUMENT
    }


def test_the_same_message_gives_the_same_bytes(jail, results):
    assert cleaned(jail, results[1][0])[0] == results[2]


def test_a_message_in_a_message_comes_apart_three_deep(jail):
    third = message("three")
    third.add_attachment(b"in three", "application", "octet-stream", filename="c.bin")
    second = message("two")
    second.add_attachment(third)
    second.add_attachment(b"in two", "application", "octet-stream", filename="b.bin")

    first, attached, *others, last = jail.unpacked(with_files(b"first", second, b"last", text="one"))

    assert [b"one" in first, attached, last] == [True, b"first", b"last"]
    assert [b"two" in others[0], b"three" in others[1], *others[2:]] == [True, True, b"in three", b"in two"]


def test_a_fourth_is_a_file_that_is_refused_if_it_holds_files(jail):
    fourth = message("fyra")
    fourth.add_attachment(b"file", "application", "octet-stream", filename="d.bin")
    for text in ("tre", "två"):
        outer = message(text)
        outer.add_attachment(fourth)
        fourth = outer

    *_, last = jail.unpacked(with_files(fourth))

    assert b"fyra" in last
    with pytest.raises(Email):
        cleaned(jail, last)


PAGES = {
    "paragraphs": ("<p>ett <b>två</b><p>tre<br>fyra", "ett två\ntre\nfyra"),
    "blanks": ("<div>  a\n  b </div>&nbsp;<div>c&amp;d</div>", "a b\nc&d"),
    "lists": ("<ul><li>a<li>b<ol><li>c</ol></ul><p>d", "• a\n• b\n1. c\nd"),
    "quotes": ("<p>a<blockquote>b<blockquote>c</blockquote></blockquote>d", "a\n> b\n>> c\nd"),
    "a table for the layout": ("<table><tr><td>a<table><tr><td>b</table><td>c</table>", "a\nb\nc"),
    "a cell that reaches down": ("<table><tr><td rowspan=2>a<td>b<tr><td>c</table>", "a b\nc"),
    "a size that is set again": ("<div style='font-size:0'>x<p style='font-size:12px'>a</p></div>", "a"),
    "seen again": ("<div style='visibility:hidden'>x<p style='visibility:visible'>a</p></div>", "a"),
    "white on dark": ("<table bgcolor=#003366><tr><td><font color=white>a</font></table>", "a"),
    "clear, by a short form, and nearly": (
        (
            "<i style='color:transparent'>x</i><i style='color:rgba(0,0,0,0)'>x</i><i style='font:0/0 a'>x</i>"
            "<i style='opacity:.01'>x</i><p style='font:12px/1 a;opacity:.9;color:rgba(0,0,0,.9)'>a"
        ),
        "a",
    ),
    "clear, by eight digits and by four": (
        "<i style='color:#12345600'>x</i><i style='color:#1230'>x</i><p style='color:#12345680'>a",
        "a",
    ),
    "a box of a dot that cuts off what is in it": (
        (
            "<div style='max-height:1px;overflow:hidden'>x</div><div style='height:1.5px;overflow:hidden'>x</div>"
            "<div style='height:1px'>a</div><div style='height:20px;overflow:hidden'>b</div>"
        ),
        "a\nb",
    ),
    "signs of a font": ("<p>Bra <span style='font-family:Wingdings'>J</span>", "Bra ☺"),
    "for other programs": ("<![if !mso]><p>a</p><![endif]><!--[if mso]><p>b</p><![endif]-->", "a"),
    "a picture in the message": ("a <img src='cid:1'> b <img src='http://x/y.png'>", "a [Bild / Picture] b"),
    "no HTML at all": ("bara text", "bara text"),
    "a colour that is not known": (
        "<p style='background:darkblue;color:white'>a<p style='background:hsl(1,2%,3%);color:#fff'>b",
        "a\nb",
    ),
    "nothing behind it": (
        "<p style='background-color:rgba(0, 0, 0, 0)'>a<p style='background:rgba(255,255,255,.1)'>b",
        "a\nb",
    ),
    "units that are not known": (
        "<p style='opacity:90%'>a<p style='font-size:2vw'>b<div style='font-size:0'><p style='font-size:medium'>c",
        "a\nb\nc",
    ),
    "a rule for something in another": (
        (
            "<style>.r th{background:#1F4E78} [owa] .d, u + .body .d{display:none}</style>"
            "<div class=r><table><tr><th style='color:white'>a</table></div><p class=d>b"
        ),
        "a\nb",
    ),
    "rules that disagree": (
        "<style>.x{display:block} p{display:none} .y{display:block !important}</style><p class=x>a<div class=y style='display:none'>b",
        "a\nb",
    ),
    "a rule for other screens": ("<style>.t{display:none} @media screen{.t{display:block}}</style><p class=t>a", "a"),
    "a cell that is cut": ("<table><tr><td style='max-width:0;overflow:hidden' width='100%'>a</table>", "a"),
    "a head that is not closed": ("<html><head><meta name=x><title>x</title><p>a</p><p>b", "a\nb"),
    "a drawing that is closed at once": ("<p>a<svg width=1 /><span>b</span>", "ab"),
    "comments": ("<!-->a<!--->b<!-- x --!>c<!-- rest", "abc"),
    "struck out": (
        "<p>a <s>b</s><del> c </del><i style='text-decoration:line-through'>d</i>",
        "a [överstruket / struck out: b c d]",
    ),
    "numbers of a list": ("<ol start=7><li>a<li value=12>b<li>c</ol>", "7. a\n12. b\n13. c"),
    "letters of a list": (
        "<ol type=a><li>x<li>y</ol><ol style='list-style-type:upper-roman' start=4><li>z</ol>",
        "a. x\nb. y\nIV. z",
    ),
    "lines that are kept": ("<div style='white-space:pre-wrap'>a\nb</div>", "a\nb"),
    "a tag that is cut off": ("<p>a<p>b <a href='http://x/y", "a\nb"),
    "an end that is cut off": ("<p>a<p>b</", "a\nb</"),
    "the end of a comment that was closed before": ("<p>a<!-- x --> b<![endif]--><p>c<p>d]>e", "a b\nc\nd]>e"),
    "never closed": ("<table><tr><td>a<div><b>b", "a\nb"),
}

AWAY = (
    "text-indent:-9999px", "text-indent:-999em;white-space:nowrap", "text-indent:100%;overflow:hidden",
    "position:absolute;left:-9999px", "position:relative;left:-9999px", "position:absolute;top:-100in",
    "position:fixed;right:-9999px", "margin-left:-9999px", "margin:0 0 0 -300cm", "transform:translateX(-9999px)",
    "transform:scale(0)", "width:0;overflow:hidden", "max-width:0;overflow:hidden", "height:0;overflow-y:auto",
    "position:absolute;clip:rect(1px, 1px, 1px, 1px)", "position:absolute;clip:rect(0 0 0 0)", "clip-path:inset(50%)",
    "position:absolute;clip:rect(0,0,999px,0)", "position:absolute;clip:rect(10px 10px 10px 10px)", "scale:0",
    "-webkit-transform:scale(0)", "-webkit-clip-path:inset(50%)", "transform:scale(1e-9)", "transform:scale3d(1,1e-3,1)",
    "block-size:0;overflow:hidden", "max-inline-size:0;overflow:clip", "transform:matrix(0,0,0,0,0,0)", "transform:matrix(1,0,0,1,-9999,0)", "transform:scale(.01)", "zoom:0.01", "filter:opacity(0)",
    "color:rgba(0,0,0,.01)", "color:rgb(255 255 255)", "color:hsl(0,0%,100%)", "-webkit-text-fill-color:transparent", "content-visibility:hidden",
    "clip-path:inset(0 0 100% 0)", "clip-path:inset(60%)", "margin-inline-start:-9999px", "clip-path:circle(0)", "clip-path:polygon(0 0, 0px 0px, 0 0)", "position:absolute;top:-9999px", "position:fixed;inset:-9999px auto auto auto",
)  # fmt: skip
PAGES |= {f"away: {style}": (f"<p>a<div style='{style}'>x</div><p>b", "a\nb") for style in AWAY}
PAGES |= {
    "hidden, whatever a rule for something else says": (
        "<style>[owa] div, u + .body div{display:block}</style><p>a<div hidden>x</div><p>b", "a\nb"
    ),
    "far down and cut by nothing": (
        ("<div style='position:absolute;top:12000px'>a</div><div style='transform:translateY(9000px)'>b</div>"
        "<div style='clip-path:inset(0);rotate:3deg;filter:alpha(opacity=90) grayscale(1);letter-spacing:-0.5px'>c</div><div style='clip-path:polygon(0 0, 100% 0, 100% 100%, 0 100%)'>d</div>"
        ), "a\nb\nc\nd"
    ),
    "moved by nothing, for it has no place of its own": (
        ("<div style='left:-9999px'>a</div><div style='position:static;top:-9999px;clip:rect(0 0 0 0)'>b</div>"
        "<div style='position:absolute;clip:rect(auto,auto,auto,auto)'>c</div><dialog>x</dialog><dialog open>d</dialog>"
        "<div popover>x</div>"), "a\nb\nc\nd"
    ),
    "moved and set in a little": (
        ("<p style='text-indent:-18pt;margin-left:36pt'>a<p style='position:relative;left:-20px;margin:0 auto'>b"
        "<table><tr><td style='width:0;overflow:hidden'>c</table></table><div hidden style='display:block'>d</div>"
        "<div style='transform:scale(0.9) translate(-50%, 3px);clip:rect(0 20px 20px 0)'>e</div>"), "a\nb\nc\nd\ne"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_read_as_it_is_seen(jail, name):
    page, expected = PAGES[name]

    assert page_shown(jail, page).strip() == expected


def test_of_two_forms_the_one_is_taken_that_mail_programs_show_and_no_address_of_a_link_of_the_other(jail):
    whole = message("Fakturan delades i tre <http://x.example/for-anna>, och alla visste.")
    whole.add_alternative("<p>Fakturan <a href='http://x.example/for-anna'>delades</a> i tre, och alla visste.", "html")
    picture_alone = message("Fakturan delades i tre, och alla visste.")
    picture_alone.add_alternative("<p><img src='cid:1@x'>", "html")
    few_words = message("Fakturan delades i tre, och alla visste.")
    few_words.add_alternative("<p>Hej<img src='http://x.example/1.png'>", "html")

    assert "for-anna" not in shown(jail, whole.as_bytes())
    assert "Fakturan delades i tre, och alla visste." in shown(jail, whole.as_bytes())
    assert "Fakturan delades i tre, och alla visste." in shown(jail, picture_alone.as_bytes())
    assert shown(jail, few_words.as_bytes()).endswith("Hej")


def test_a_table_between_two_forms_is_a_file_and_not_left_out(jail):
    mixed = b"--m\nContent-Type: text/html\n\nHej\n--m\nContent-Type: text/csv\n\na;b\n--m--"
    content = as_is(
        "multipart/alternative; boundary=b",
        b"--b\n\nHej\n--b\nContent-Type: multipart/mixed; boundary=m\n\n" + mixed + b"\n--b--",
    )

    assert jail.unpacked(content)[1:] == [b"a;b"]


LETTERS = {
    "utf-8": ("text/plain; charset=utf-8", "Räv".encode()),
    "windows-1252": ("text/plain; charset=windows-1252", "Räv – ja".encode("cp1252")),
    "latin-1 that is windows-1252": ("text/plain; charset=iso-8859-1", "Räv – ja".encode("cp1252")),
    "latin-2": ("text/plain; charset=ISO-8859-2", "Łódź".encode("iso8859-2")),
    "by another name": ("text/plain; charset=latin2", "Łódź".encode("iso8859-2")),
    "by its name with a year": ("text/plain; charset=ISO_8859-2:1987", "Łódź".encode("iso8859-2")),
    "said in the page": ("text/html", b"<html><meta charset='windows-1250'>" + "Łódź".encode("cp1250")),
    "said in the page as its kind": (
        "text/html",
        b'<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">' + "Привет".encode("koi8-r"),
    ),
    "said in the page, and in the part that nothing is": (
        "text/html; charset=us-ascii",
        b"<meta charset=koi8-r>" + "Привет".encode("koi8-r"),
    ),
    "cyrillic": ('text/plain; charset="koi8-r"', "Привет".encode("koi8-r")),
    "said to be ascii": ("text/plain; charset=us-ascii", "Räv".encode()),
    "an unknown name": ("text/plain; charset=unknown-8bit", "Räv".encode()),
    "not said": ("text/plain", "Räven var där".encode("cp1252")),
}


@pytest.mark.parametrize("name", LETTERS)
def test_letters_are_decoded_as_they_were_written(jail, name):
    kind, body = LETTERS[name]

    assert any(word in shown(jail, as_is(kind, body)) for word in ("Räv", "Łódź", "Привет"))


def test_a_head_that_cannot_be_read_has_visible_squares(jail):
    content = as_is("text/plain", b"Hej").replace(b"Subject: Prov", b"Subject: =?x-unknown?q?A=E5B?= och mer")

    assert "A□B och mer" in shown(jail, content)


def nested(depth: int) -> bytes:
    opened = "".join(f"Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n" for n in range(depth))
    closed = "".join(f"\r\n--b{n}--" for n in reversed(range(depth)))
    return f"From: a@x\r\nTo: b@x\r\n{opened}\r\nHej{closed}".encode()


def parts(count: int) -> bytes:
    inside = b"--b\r\n\r\nHej\r\n" * count
    return b"From: a@x\r\nTo: b@x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + inside + b"--b--\r\n"


HOSTILE = {
    "parts in each other": (lambda: nested(400), TooMuchInArchive),
    "thousands of parts": (lambda: parts(3000), TooMuchInArchive),
    "more files than a form may bring": (lambda: with_files(*[b"x"] * 200), TooMuchInArchive),
    "a head without end": (lambda: b"From: a@x\r\nMIME-Version: 1.0\r\nTo: " + b"b@x, " * 80_000 + b"\r\n", TooLarge),
    "fields without end": (lambda: b"From: a@x\r\nMIME-Version: 1.0\r\n" + b"X-A: b\r\n" * 40_000, TooLarge),
    "a line in the head that is no field": (
        lambda: b"From: a@x\r\nMIME-Version: 1.0\r\n" + b"X-A: b\r\n" * 800 + b"hej\r\n\r\nHej",
        Damaged,
    ),
    "no boundary": (lambda: as_is("multipart/mixed", b"Hej"), Damaged),
    "a boundary that is not there": (lambda: as_is("multipart/mixed; boundary=b", b"Hej"), Damaged),
    "one boundary in another": (
        lambda: as_is("multipart/mixed; boundary=b", b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\nHej\r\n--b--"),
        Damaged,
    ),
    "encrypted": (lambda: as_is("application/pkcs7-mime; smime-type=enveloped-data", b"x"), Locked),
    "encrypted with PGP": (lambda: as_is("multipart/encrypted; boundary=b", b"--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b--"), Locked),
    "a part of a message": (lambda: as_is("message/partial; id=1", b"x"), Email),
    "elsewhere": (lambda: as_is("message/external-body; access-type=URL", b"x"), Email),
}  # fmt: skip


def test_receivers_in_several_fields_are_all_shown_and_not_reported_as_gone(jail):
    head = b"MIME-Version: 1.0\r\nFrom: a@a.se\r\nTo: b@b.se\r\nTo: c@c.se\r\nCc: d@d.se\r\nCc: e@e.se\r\n"

    clean, report = cleaned(jail, head + b"Subject: Prov\r\n\r\nHej\r\n")

    assert "b@b.se, c@c.se" in text_of(clean)
    assert "d@d.se, e@e.se" in text_of(clean)
    assert not report.removed


@pytest.mark.parametrize("how", ["<sup>6</sup>", "<span style='vertical-align: super'>6</span>"])
def test_a_power_is_raised(how):
    (block,) = read_page(f"<p>10{how} kr</p>", Findings())

    assert isinstance(block, Paragraph)
    assert [(run.text, run.raised) for run in block.runs] == [("10", False), ("6", True), (" kr", False)]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_message_is_refused_whole(jail, name):
    make, refusal = HOSTILE[name]

    with pytest.raises(refusal):
        jail.unpacked(make())


NOT_SHOWN = {
    "PGP in the text": (b"-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----", "text/plain", Locked),
    "a file in the text": (b"begin 644 bild.jpg\n#0V%T\n`\nend", "text/plain", Email),
    "letters in an unknown code": (b"\x81\x8d\x8f\x90", "text/plain; charset=x-none", TextUnreadable),
    "letters that may be Turkish": ("Işık".encode("cp1254"), "text/plain; charset=x-turk", TextUnreadable),
    "one form for other programs": (
        b"--b\nContent-Type: text/enriched\n\n<bold>Hej\n--b--",
        "multipart/alternative; boundary=b",
        Email,
    ),
    "two signed texts": (3 * b"--b\n\nHej\n" + b"--b--", "multipart/signed; boundary=b", Email),
    "a text that belongs to another": (
        2 * b"--b\nContent-Type: text/html\n\nHej\n" + b"--b--",
        "multipart/related; boundary=b",
        Email,
    ),
    "a text that does not begin": (
        b"--b\nContent-ID: <a>\n\nHej\n--b\nContent-ID: <c>\nContent-Type: text/rtf\n\nHej\n--b--",
        'multipart/related; start="<c>"; boundary=b',
        Email,
    ),
    "shifted letters": (b"\x1b$B%F\x1b(B", "text/plain; charset=iso-2022-jp", TextUnreadable),
    "letters that no face has": ("漢字".encode(), "text/plain; charset=utf-8", LettersMissing),
    "a file in a page": (b"<p>Hej</p><pre>\nbegin 644 x.txt\n#86)C\n`\nend\n</pre>", "text/html", Email),
    "a file of newer letters": (b"begin-base64 644 x.txt\naGVq\n====", "text/plain", Email),
    "letters of a file": (3 * (b"/9j4UdQU" * 9 + b"\n"), "text/plain", Email),
    "letters of a file in a page": (b"<p>Hej" + 3 * (b"<p>/9j4UdQU<b>A</b>" + b"/9j4UdQU" * 9), "text/html", Email),
    "parts that nobody said": (b"--B\nContent-Type: image/jpeg\n\nx\n--B--", "text/plain", Email),
    "a route in the text": (b"Hej\n> Received: from pc-anna by mx\n", "text/plain", Email),
    "two kinds": (b"Hej", "text/plain\r\nContent-Type: text/html", Email),
    "never closed, and not seen": (b"<div>Hej<xml><b>Hej", "text/html", Email),
    "a quotation mark that is never closed": (b'<div>Hej <a href="x>du</a>', "text/html", Email),
    "nothing but a tag that is cut off": (b"<div class='Hej", "text/html", Email),
    "nothing seen of it": (b"<div style='display:none'>Hej</div>", "text/html", Email),
    "letters from the right": (b"<p>Belopp <bdo dir='RTL'>005 2</bdo> kr</p>", "text/html", Email),
    "letters from the right by a style": (
        b"<style>.a{unicode-bidi:bidi-override;direction:rtl}</style><p class=a>005 2</p>",
        "text/html",
        Email,
    ),
    "cut in a way that is not followed": (b"<p>Hej<p style='clip-path:circle(9px)'>du", "text/html", Email),
    "turned away": (b"<p>Hej<p style='transform:rotateY(90deg)'>du", "text/html", Email),
    "turned away by a property of its own": (b"<p>Hej<p style='rotate:y 90deg'>du", "text/html", Email),
    "under a mask": (b"<p>Hej<p style='mask:url(x)'>du", "text/html", Email),
    "under a mask by its older name": (b"<p>Hej<p style='-webkit-mask-image:url(x)'>du", "text/html", Email),
    "blurred": (b"<p>Hej<p style='filter:blur(99px)'>du", "text/html", Email),
    "brighter than paper": (b"<p>Hej<p style='filter:grayscale(1) brightness(9)'>du", "text/html", Email),
    "letters on each other": (b"<p>Hej<p style='letter-spacing:-99px'>du", "text/html", Email),
    "dots for letters": (b"<p>Hej<p style='-webkit-text-security:disc'>du", "text/html", Email),
    "a fraction": (b"<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>", "text/html", Email),
    "a list that counts down": (b"<ol reversed><li>Hej</ol>", "text/html", Email),
    "elements in each other": (b"<div>" * 9999 + b"a", "text/html", TooLarge),
}


@pytest.mark.parametrize("name", NOT_SHOWN)
def test_a_text_that_cannot_be_shown_is_refused(jail, name):
    body, kind, refusal = NOT_SHOWN[name]

    with pytest.raises(refusal):
        cleaned(jail, as_is(kind, body))


def test_words_behind_the_letters_of_base64_refuse_the_message_and_are_not_lost(jail):
    assert shown(jail, as_is("text/plain", b"SGVq\r\n", "base64")).endswith("Hej")
    for body in (b"SGVq\r\n____\r\nEn lista", b"SGVqCg==\r\nSGVq"):
        with pytest.raises(Email):
            cleaned(jail, as_is("text/plain", body, "base64"))


def test_a_message_that_is_nothing_but_a_file_or_cut_off_comes_apart_too(jail):
    alone = as_is("application/octet-stream; name=a.bin", b"a2Fu", "BASE64")

    assert jail.unpacked(alone)[1:] == [b"kan"]
    assert "Prov" in shown(jail, jail.unpacked(alone)[0])
    assert jail.unpacked(with_files(b"whole", b"x" * 99)[:-100])[1] == b"whole"


def test_signatures_and_invitations_are_no_files_and_are_reported(jail):
    inner = b"--b\r\n\r\nHej\r\n--b\r\nContent-Type: application/octet-stream; name=smime.p7s\r\n\r\nKmk1\r\n--b--"
    signed = as_is("multipart/signed; boundary=b", inner)
    invited = as_is("multipart/mixed; boundary=b", inner.replace(b"octet-stream; name=smime.p7s", b"ics"))

    documents = [cleaned(jail, one) for content in (signed, invited) for one in jail.unpacked(content)]

    assert [text_of(one).endswith("Hej") for one, _ in documents] == [True, True]
    assert [{one.what for one in report.removed} for _, report in documents] == [
        {What.IDENTIFIER}, {What.EMBEDDED_FILE},
    ]  # fmt: skip


def test_a_message_that_still_holds_a_file_is_not_cleaned_without_it(jail):
    with pytest.raises(Email):
        cleaned(jail, with_files(picture("x")))


HEADS = {
    "a message": (b"From: a@x\r\nTo: b@x\r\nMessage-ID: c\r\n\r\nHej", Kind.EMAIL),
    "short messages": (b"From: +46701234567\nDate: 2026-03-14 07:12\nMessage: Du far sparken\n\nHej", Kind.TEXT),
    "a head alone": (b"From: a@x\r\nDate: y\r\nMessage-ID: z\r\n", Email),
    "of a mailbox": (b"From - Sat Mar 14\nX-Mozilla-Status: 0001\nFrom: a@x\nMessage-ID: x\n\nHej", Kind.EMAIL),
    "after a mark": (b"\xef\xbb\xbfReceived: from x\n\tby y\nDate: z\n\nHej", Kind.EMAIL),
    "a head longer than is read": (b"Received: x\r\nDate: y\r\nX-A: " + b"z" * 5000, Kind.EMAIL),
    "a note": (b"To: alla\nDate: i dag\nSubject: fika\n\nHej", Kind.TEXT),
    "a list of words": (b"Name: Anna\nAge: 4\n\nHej", Kind.TEXT),
    "a text that begins as one": (b"Subject: fika\nHej alla\n\nvi ses", Kind.TEXT),
    "one that may be one": (b"Received: from x\nhej\nFrom: a@x\n\nHej", Email),
    "a document behind the head": (b"From: a@x\nMessage-ID: b@x\n\n%PDF-1.7 x", KindsDisagree),
    "a page": (b"\xef\xbb\xbf\n<!-- x --><!DOCTYPE html><html><svg>", Kind.EMAIL),
    "of Outlook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "__substg1.0_".encode("utf-16-le"), Email),
}


@pytest.mark.parametrize("name", HEADS)
def test_a_message_is_told_by_the_lines_of_its_head(name):
    head, expected = HEADS[name]

    if isinstance(expected, Kind):
        assert sniff_kind(head[:HEAD_BYTES]) is expected
    else:
        with pytest.raises(expected):
            sniff_kind(head[:HEAD_BYTES])


WHOLE = marked()[0]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_damage_gives_files_that_are_told_by_their_kind_or_a_refusal(data):
    content = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))

    try:
        first, *_ = taken_apart(bytes(content))
    except Refused:
        return

    assert is_message(first[:HEAD_BYTES], HEAD_BYTES)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(("<p>", "<b>", "</b>", "<table>", "<tr>", "<td>", "</table>", "<li>", "</ul>", "<br>",
    "<div style='display:none'>", "</div>", "<!--", "-->", "<script>", "</script>", "&#5;", "a", "<", "\u202e", "<![if x]>",
)), max_size=30))  # fmt: skip
def test_any_page_becomes_a_document_or_a_refusal(pieces):
    content = as_is("text/html; charset=utf-8", "".join(pieces).encode())
    with MemoryFile.sealed(content) as untrusted, MemoryFile() as clean, MemoryFile() as preview:
        try:
            scrub_file(Kind.EMAIL, untrusted.fileno(), clean.fileno(), preview.fileno(), Findings())
        except Email:
            return
        made = clean.read()

    assert made.startswith(b"%PDF-")


def test_what_stands_in_an_element_that_is_not_shown_is_reported_also_in_elements_of_its_own():
    findings = Findings()

    read_page("<p>a<select><option>Anna</select><object data=x><b>Bo</b></object>", findings)

    assert [found.what for found in findings.removed()] == [What.EMBEDDED_FILE, What.FORM_FIELD]


def test_styles_are_read_in_one_pass_whatever_is_in_them():
    """Each of these took hours when a regular expression began again at every letter."""
    for page in ("a-" * 500_000, "font:" + "1" * 500_000, "/*" * 500_000):
        assert read_page(f"<style>{page}</style><p style='{page}'>a", Findings())


UNCLOSED = (
    "<meta ",
    "<p" + " " * 50,
    "<a/",
    "<a",
    '<a b="c" ',
    "</a ",
    "<![if ",
    "<![CDATA[",
    "<!doctype ",
    "<?a ",
    "<!a",
)


@pytest.mark.parametrize("piece", UNCLOSED)
def test_a_page_is_read_in_one_pass_whatever_is_not_closed_in_it(piece):
    """The library looked through the rest again from each: a message of 180 kB held the jail until it was stopped."""
    page = "<p>a" + piece * 20_000

    assert [run.text for block in read_page(page, Findings()) for run in block.runs] == ["a"]
    assert quickest(lambda: read_page(page, Findings()), 1) < 1


def test_a_page_that_a_program_exported_is_read_as_mail_is(jail):
    chat = (
        '<?xml version="1.0"?><!DOCTYPE html><html><head><title>Kmk1</title><style>.u{display:none}</style></head><body>'
        "<div><b>Anna</b> 07:12</div><div>Vi delar räkningen</div><div class=u>Kmk2</div><script>Kmk3</script></body></html>"
    )
    clean, report = cleaned(jail, chat.encode())

    assert text_of(clean).split() == ["Anna", "07:12", "Vi", "delar", "räkningen"]
    assert b"Kmk" not in clean
    assert What.HIDDEN_TEXT in {found.what for found in report.removed}
    with pytest.raises(Email):
        cleaned(jail, b"<html><body><div id=root></div><script>draw()</script></body></html>")


def test_a_mailbox_comes_apart_into_its_messages(jail):
    def one(text: str) -> bytes:
        return (
            b"From a@b Mon Mar  4 12:00:00 +0000 2024\n"
            + as_is("text/plain", text.encode()).replace(b"\r\n", b"\n")
            + b"\n\n"
        )

    files = jail.unpacked(one("Ett") + one("Two\n\nFrom Anna, ekonomi\nBelopp: 500\n\n>From här") + one("Tre"))

    texts = [shown(jail, each).split() for each in files]
    assert [each[-1] for each in texts] == ["Ett", "här", "Tre"]
    assert {"Anna,", "500"} <= set(texts[1])
