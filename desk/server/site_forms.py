"""The forms of a page of the reporters' site, filled in as a browser without script sends them."""

import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from html.parser import HTMLParser

# Our pages have a few dozen; a hostile one ends here.
_FIELDS_MAX = 500
_NO_FILE = '; filename=""\r\nContent-Type: application/octet-stream'
# A tag as our pages have them, the first line, and what fills a page up to its size. The library's parser takes hours
# over tags that never end, and raises on some of what is no tag; a page with anything else that begins like one is not
# read at all.
_TAG = re.compile(r"<(?:/?[a-z][^<>]*|!doctype html|!--[^<>]*--)>", re.IGNORECASE)


@dataclass(slots=True, repr=False)
class SiteForm:
    """One form: where it is sent, and its fields as they stand, in the order of the page."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    # Names of the inputs for files, in which nothing is chosen.
    file_inputs: set[str] = field(default_factory=set)

    def names(self) -> set[str]:
        """Return the names of the fields."""
        return {name for name, _value in self.fields}

    def filled(self, values: dict[str, str], button: tuple[str, str] | None = None) -> list[tuple[str, str]]:
        """Return what is sent: each field where it stands, some with another value, and the button that was pressed."""
        sent = [(name, values.get(name, value)) for name, value in self.fields]
        return [*sent, *([button] if button is not None else [])]


@dataclass(slots=True, repr=False)
class SitePage:
    """What is read of a page: its forms, the words of a code, and whether a script is on it."""

    forms: list[SiteForm]
    code: tuple[str, ...]
    scripts: bool

    def form(self, action: str, *having: str) -> SiteForm | None:
        """Return the form to this address that has these fields and leads to no other language."""
        for form in self.forms:
            names = form.names()
            if form.action == action and set(having) <= names and "switch" not in names | {n for n, _v in form.buttons}:
                return form
        return None


def read_page(untrusted_html: str) -> SitePage:
    """Return the forms of a page. Never raises: what is not one of our forms is simply not there."""
    if "<" in _TAG.sub("", untrusted_html):
        return SitePage([], (), scripts="<script" in untrusted_html.lower())
    reader = _Reader()
    reader.feed(untrusted_html)
    reader.close()
    section = untrusted_html.partition('<section class="code"')[2].partition("</section>")[0]
    code = tuple(re.findall(r"<bdi>([a-z]{1,40})</bdi>", section))
    return SitePage(reader.forms, code, reader.scripts)


def multipart(fields: list[tuple[str, str]], file_inputs: Collection[str] = ()) -> tuple[str, bytes]:
    """Return the content type and the body of a form, in the bytes that Firefox, and so Tor Browser, sends.

    An input for files in which nothing is chosen is an empty part that has an empty name and a type.
    """
    boundary = f"----geckoformboundary{secrets.token_hex(16)}"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'
        f"{_NO_FILE if name in file_inputs else ''}\r\n\r\n{_with_line_ends(value)}\r\n"
        for name, value in fields
    ]
    return f"multipart/form-data; boundary={boundary}", f"{''.join(parts)}--{boundary}--\r\n".encode()


def _with_line_ends(value: str) -> str:
    return value.replace("\r\n", "\n").replace("\n", "\r\n")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[SiteForm] = []
        self.scripts = False
        self._inside = False
        self._named = ""
        self._text: list[str] | None = None
        self._select: tuple[str, str | None] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        # An event handler is a script too.
        self.scripts = self.scripts or tag == "script" or any(name.startswith("on") for name in found)
        if tag == "form":
            self.forms.append(SiteForm(re.split("[#?]", found.get("action", ""))[0]))
            self._inside = True
        elif not self._inside or "form" in found:
            return
        elif tag == "input":
            self._input(found)
        elif tag == "button":
            self.forms[-1].buttons.append((found.get("name", ""), found.get("value", "")))
        elif tag == "textarea":
            self._named, self._text = found.get("name", ""), []
        elif tag == "select":
            self._select = (found.get("name", ""), None)
        elif tag == "option" and self._select is not None and ("selected" in found or self._select[1] is None):
            self._select = (self._select[0], found.get("value", ""))

    def _input(self, found: dict[str, str]) -> None:
        kind = found.get("type", "text")
        if kind in {"checkbox", "radio"} and "checked" not in found:
            return
        if kind == "file":
            self.forms[-1].file_inputs.add(found.get("name", ""))
            self._add(found.get("name", ""), "")
        elif kind not in {"submit", "button", "reset", "image"}:
            self._add(found.get("name", ""), found.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "textarea" and self._text is not None:
            # A line end right after the tag is not a part of the value.
            self._add(self._named, "".join(self._text).removeprefix("\n"))
            self._text = None
        elif tag == "select" and self._select is not None:
            self._add(self._select[0], self._select[1] or "")
            self._select = None

    def _add(self, name: str, value: str) -> None:
        if name and self.forms and len(self.forms[-1].fields) < _FIELDS_MAX:
            self.forms[-1].fields.append((name, value))
