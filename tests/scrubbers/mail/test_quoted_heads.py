"""Heads of other messages in the text of a message, as bounces quote them: shown is what a reader of mail is shown."""

from __future__ import annotations

import pytest
from files.messages import as_is
from files.office_jail import cleaned, text_of

from trusted.jail.stages import Email, What, Where

HEAD = """Return-path: <bounce-77@x.example>
Received: from pc-anna ([10.3.2.1])
        by mx.example with esmtp (Exim 4.05)
        id 11SrFJ-00058j-00; Mon, 20 Sep 1999 02:23:53 +0200
Date: Mon, 20 Sep 1999 02:23:22 +0200
From: Sven Berg <sven@x.example>
To: anna@x.example,
 bo@x.example
Message-ID: <19990920022322.A19735@pc-anna>
Reply-To: hemlig@x.example
X-Mailer: Mutt 0.95.3i
X-Unheard-Of: Kmk1
List-Id: Kmk2
 <lista.x.example>
Subject: =?utf-8?q?M=C3=B6te?=
"""
GONE = (
    "pc-anna",
    "10.3.2.1",
    "mx.example",
    "11SrFJ",
    "A19735",
    "hemlig",
    "Mutt",
    "Kmk",
    "lista",
    "bounce-77",
    ":53",
    ":22 ",
)
SEEN = (
    "From: Sven Berg <sven@x.example>",
    "To: anna@x.example, bo@x.example",
    "Subject: Möte",
    "Date: 1999-09-20 02:23 (",
)


def plain(text: str) -> bytes:
    return as_is("text/plain; charset=utf-8", text.encode())


def quoted(text: str, mark: str) -> str:
    return "".join(f"{mark}{line}\n" for line in text.splitlines())


BOUNCES = {
    "in a text": plain(f"Det gick inte att leverera.\n\nHär är huvudet:\n{HEAD}\nHälsningar"),
    "in a text of CR LF": plain(f"Det gick inte att leverera.\n\n{HEAD}\nHälsningar".replace("\n", "\r\n")),
    "quoted": plain(f"Det gick inte att leverera.\n\n{quoted(HEAD, '>')}\nHälsningar"),
    "quoted with a blank, twice": plain(f"Det gick inte att leverera.\n\n{quoted(HEAD, '> > ')}\nHälsningar"),
    "indented": plain(f"Det gick inte att leverera.\n\n{quoted(HEAD, '    ')}\nHälsningar"),
    "in a page": as_is(
        "text/html; charset=utf-8",
        f"<p>Det gick inte att leverera.</p><pre>{HEAD.replace('<', '&lt;')}</pre><p>Hälsningar</p>".encode(),
    ),
}


@pytest.mark.parametrize("name", BOUNCES)
def test_of_a_head_that_a_text_quotes_stays_what_a_reader_of_mail_is_shown(jail, name):
    clean, report = cleaned(jail, BOUNCES[name])
    shown = " ".join(text_of(clean).partition("Prov\n")[2].split())

    assert [one for one in GONE if one in shown] == []
    assert [one for one in SEEN if one not in shown] == []
    assert "Det gick inte att leverera." in shown
    assert "Hälsningar" in shown
    assert {What.ROUTE, What.IDENTIFIER, What.SOFTWARE, What.PERSON, What.DATE, What.OTHER, What.ADDRESS} <= {
        one.what for one in report.removed if one.where is Where.MESSAGE_HEAD
    }


def test_what_stands_around_the_head_in_its_paragraph_stays(jail):
    text = (
        "Rapporten gäller ditt brev:\nSubject: Möte,\n\tMessage-ID: <a1@x>,\n\tTo: <anna@x.example>\n\nden 4 november"
    )

    shown = text_of(cleaned(jail, plain(text))[0])

    assert "Rapporten gäller ditt brev:" in shown
    assert "Subject: Möte" in shown
    assert "den 4 november" in shown
    assert "a1@x" not in shown


def test_a_head_of_which_a_reader_is_shown_nothing_goes_whole(jail):
    clean, _ = cleaned(jail, plain("Kopia:\n\nReturn-Path: <a@x>\nReceived: (qmail 1924 invoked from network)\n\nSlut"))

    assert text_of(clean).split()[-2:] == ["Kopia:", "Slut"]


WHOLE = "Received: from a.example by b.example; 20 Sep 1999\nMessage-ID: <a@x>\nTo: anna@x\n"
REFUSED = {
    "one field alone, the rest of which may stand anywhere": "Hej\n\nReceived: from pc-anna\n\n   by 10.3.2.1\n\nHej",
    "a rest that is not indented": "Received: from pc-anna\nby 10.3.2.1\nMessage-ID: <a@x>",
    "words behind it": "Received: from pc-anna\nMessage-ID: <a@x>\nHej på dig",
    "a field that no message has": "Message-ID: <a@x>\nTo: anna@x\nOrsak: lådan är full",
    "an indented field that no message has": "Message-ID: <a@x>\n  To: anna@x\n  Orsak: lådan är full",
    "a rest that is no further in than the fields": "> Received: from pc-anna\n> by 10.3.2.1\n> Message-ID: <a@x>",
    "another mark in the middle": "> Received: from pc-anna\n>> To: anna@x\n> Message-ID: <a@x>",
    "a mark that is none": "* Received: from pc-anna\n* Message-ID: <a@x>",
    "a list of sums": "Received: 500 kr\nPaid: 300 kr",
    "a part of a message": "--b\nContent-Type: text/plain\n\nHej",
    "a head twice as far apart": "Received: from pc-anna\n\n  by 10.3.2.1\n\nMessage-ID: <a@x>\n\nTo: anna@x",
    "a field in the rest of another": "Received: from pc-anna\nTo: anna@x\n Message-ID:<a@x>",
    "a field without a blank in front": "X-Spar:10.3.2.1\n" + WHOLE,
    "a field without a blank in the rest of another": WHOLE + " X-Spar:10.3.2.1",
    "a field further down that no program shows": WHOLE + "\nX-Spar: 10.3.2.1\n\nHej",
    "a quoted field further down": WHOLE + "\nHej\n\n> References:10.3.2.1",
    "a rest further down": "Return-path: a@x\nReceived: from pc-anna\n\n   by 10.3.2.1\n\nHej",
    "a rest in front of another head": f"{WHOLE}\nby 10.3.2.1\n{WHOLE}",
    "a rest behind a line of blanks": WHOLE + "X-Spam-Report: av a.example\n \n Innehåll: 10.3.2.1\n\nHej",
    "a quoted rest behind a line of blanks": quoted(WHOLE + "X-Spam-Report: av a\n\n Innehåll: 10.3.2.1", "> "),
    "fields of conversations alone": "Hej\n\nTo: anna@x\nIn-Reply-To: pc-anna\nThread-Index: Kmk1\nOrsak: ingen",
    "a field that no list has": "Hej\n\nX-Klient-Adress: 10.3.2.1",
    "the name of who is quoted before the mark": "AB> Received: from pc-anna\nAB> To: anna@x",
    "all in one line": "From: anna@x To: bo@x Message-ID: <a@pc-anna> Subject: Hej",
    "the line of a mailbox": "> From a@pc-anna Mon Sep 20 02:23:53 1999\n" + quoted(WHOLE, "> "),
    "what is known behind what is not": "Spar: 10.3.2.1\nReceived: from pc-anna\nTo: anna@x",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_may_be_a_head_and_something_else_is_refused(jail, name):
    with pytest.raises(Email):
        cleaned(jail, plain(REFUSED[name]))


PAGES = {
    "a rest in a paragraph of its own": "<p>Return-path: a@x<br>Received: from a by b;<br>To: b@x<p>by 10.3.2.1<br>Message-ID: a@x"
    "<br>To: b@x",
    "a field in a table behind a head": "<p>Return-path: a@x<br>Message-ID: a@x<table><tr><td>X-Spar:<td>1<tr><td>a<td>b</table>",
    "lines that are blocks of their own": "<div>Received: from pc-anna</div><div>by 10.3.2.1</div><div>To: anna@x</div>",
    "lines of which the blanks are not shown": "<p>Received: from pc-anna<br>  by 10.3.2.1<br>Message-ID: a@x",
    "in a table": "<table><tr><td>a<td>b<tr><td>Received: from pc-anna<br>Message-ID: a@x<td>c</table>",
    "struck out": "<p>Received: from pc-anna<br><s>To: anna@x</s><br>Message-ID: a@x",
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_in_which_a_head_has_no_end_is_refused(jail, name):
    with pytest.raises(Email):
        cleaned(jail, as_is("text/html; charset=utf-8", PAGES[name].encode()))


def test_a_text_file_with_a_head_in_it_is_refused_as_before(jail):
    with pytest.raises(Email):
        jail.clean(f"Hej\n\n{HEAD}".encode())


def test_a_field_that_says_nothing_is_reported_where_a_text_quotes_it(jail):
    text = "Kopia:\n\nReturn-Path: <a@x>\nContent-Type: text/plain\n  Skrivet av mig\n\nSlut"

    _, report = cleaned(jail, plain(text))

    assert What.OTHER in {one.what for one in report.removed if one.where is Where.MESSAGE_HEAD}


def test_what_somebody_wrote_behind_a_head_stays(jail):
    text = f"Kopia:\n\n{WHOLE}\nHej Bo\n\n  Indraget: ja\n\nDate: i morgon\n\nhttp://x.example: nej"

    shown = text_of(cleaned(jail, plain(text))[0])

    assert [one for one in ("Hej Bo", "Indraget: ja", "Date: i morgon", "x.example: nej") if one not in shown] == []
