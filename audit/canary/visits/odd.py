"""What people do whom nobody had in mind: steps in an order of their own, of which each run draws some.

None of it files anything. What the service says to each is not judged but compared: it is the same in all runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from audit.canary.visits.http import Upload, hidden_fields, request
from audit.canary.visits.material import NO_KIND
from audit.canary.visits.visitor import CanaryVisitor

_HANDLE, _SEND = "00" * 32, ("act", "send")
_CODE = "abakus agenda abakus abakus abakus abakus abakus abakus"
_LARGE = 3 * 2**20


def fresh_form(visitor: CanaryVisitor, language: str = "") -> list[tuple[str, str]]:
    """Return the hidden fields of a new report form, on pages in this language."""
    place = f"/report?lang={language}" if language else "/report"
    return hidden_fields(visitor.get(f"report form{language and f' in {language}'}", place).text, "/report")


def _loads_again(visitor: CanaryVisitor, language: str) -> None:
    """Load the page of a form again: where the form led, and as if by a link from elsewhere."""
    form = [*fresh_form(visitor, language), ("text", ""), _SEND]
    place = visitor.oddly(f"an empty report in {language}", "/report", form)
    for name, more in (("loaded again", [visitor.LED_HERE]), ("from elsewhere", [("Sec-Fetch-Site", "cross-site")])):
        visitor.oddly(f"its page in {language}, {name}", place, None, more=more)


def _sends_twice(visitor: CanaryVisitor, language: str) -> None:
    form = [*fresh_form(visitor, language), ("text", ""), _SEND]
    for _ in range(2):
        visitor.oddly(f"an empty report in {language}, sent twice", "/report", form)


def _sends_an_old_form(visitor: CanaryVisitor, language: str) -> None:
    """Send a form whose mark is of another page, in another language."""
    old = dict(fresh_form(visitor))
    form = [(name, old[name] if name == "draft" else value) for name, value in fresh_form(visitor, language)]
    visitor.oddly(f"an old report in {language}", "/report", [*form, ("text", ""), _SEND])


def _writes_without_an_inbox(visitor: CanaryVisitor, language: str) -> None:
    for target in ("/inbox", "/inbox/write", "/inbox/file", "/inbox/take-back"):
        fields = [("language", language), ("handle", _HANDLE), ("text", "")]
        visitor.oddly(f"a form without an inbox in {language}, {target}", target, fields)


def _checks_words_of_nothing(visitor: CanaryVisitor, language: str) -> None:
    for target in ("/receipt/check", "/receipt/next"):
        fields = [("language", language), ("handle", _HANDLE), ("asked", "1"), ("word", "x")]
        visitor.oddly(f"words of no receipt in {language}, {target}", target, fields)


def _leaves_what_was_never_opened(visitor: CanaryVisitor, language: str) -> None:
    visitor.oddly("leaving without an inbox", "/inbox/leave", [("handle", _HANDLE)])
    visitor.get(f"log-in form in {language}", f"/return?lang={language}")


def _abandons_a_held_form(visitor: CanaryVisitor, language: str) -> None:
    """Send a file that is refused, in another language, and never go on."""
    refused = Upload("one.png", "image/png", visitor.markers["text"].encode() + NO_KIND)
    form = [*fresh_form(visitor, language), ("text", visitor.markers["text"]), _SEND]
    visitor.oddly(f"a held form in {language}, left", "/report", form, [refused])


def _abandons_a_large_upload(visitor: CanaryVisitor, language: str) -> None:
    large = Upload("one.webm", "video/webm", bytes(_LARGE))
    form = [*fresh_form(visitor, language), ("text", visitor.markers["text"]), _SEND]
    for part in (0.9, 0.3):
        visitor.cut("/report", form, [large], at=part)


def _asks_for_other_languages(visitor: CanaryVisitor, language: str) -> None:
    for one in (language, "xx", "", "sv-SE", "SV"):
        visitor.keep(f"the first page in {one}", request("GET", f"/?lang={one}", visitor.headers()), visitor.ANY, ())


def _mixes_fields(visitor: CanaryVisitor, language: str) -> None:
    """Send fields in another order, some twice, and one that is none."""
    form = fresh_form(visitor, language)
    mixed = [_SEND, ("text", ""), ("text", " "), ("unknown", "1"), *form[::-1], *form]
    visitor.oddly(f"mixed fields in {language}", "/report", mixed)


def _types_wrong_words(visitor: CanaryVisitor, language: str) -> None:
    form = hidden_fields(visitor.get(f"log-in form in {language}", f"/return?lang={language}").text, "/return")
    for _ in range(2):
        visitor.oddly(f"wrong words in {language}", "/return", [*form, ("code", _CODE)])


STEPS: Sequence[Callable[[CanaryVisitor, str], None]] = (
    _loads_again, _sends_twice, _sends_an_old_form, _writes_without_an_inbox, _checks_words_of_nothing,
    _leaves_what_was_never_opened, _abandons_a_held_form, _abandons_a_large_upload, _asks_for_other_languages,
    _mixes_fields, _types_wrong_words,
)  # fmt: skip


def odd_steps(visitor: CanaryVisitor) -> None:
    """Take the steps that were drawn, each with a language of its own."""
    for number, language in zip(visitor.plan.steps(len(STEPS)), visitor.plan.languages, strict=False):
        STEPS[number](visitor, language)
