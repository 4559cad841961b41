"""A member at the pages of writing and closing: what a browser sends there, and what the preview shows."""

from __future__ import annotations

import functools
import html
import re

import msgspec

from desks import harness as desk_harness
from desks.harness import Reporter, RunningDesks
from desks.pages import Reader, Seen


async def at_case(
    desks: RunningDesks, reader: Reader, text: str = "Chefen anställde sin systerson."
) -> tuple[Reporter, str]:
    """A released case and its name; the member has unlocked her desk."""
    reporter = await desks.file(text)
    await desks.release()
    await reader.unlock()
    return reporter, reporter.keys.case_id.hex()


async def write(reader: Reader, name: str, **fields: str) -> Seen:
    """Fill in the form of writing and ask for the preview."""
    form = await reader.go(f"/case/{name}/write")
    return await reader.send(f"/case/{name}/write", **{"do": "preview", "seen": form.hidden("seen"), **fields})


async def send(reader: Reader, name: str, preview: Seen, page: str = "write") -> Seen:
    """Press Send under a preview."""
    return await reader.send(f"/case/{name}/{page}", do="send", **without_token(preview))


def hidden(page: Seen) -> dict[str, str]:
    """The hidden fields of the form, which the browser sends back."""
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page.text)
    return {name: html.unescape(value) for name, value in found}


def without_token(page: Seen) -> dict[str, str]:
    """The hidden fields but for the token, which `Reader.send` adds."""
    return {name: value for name, value in hidden(page).items() if name != "token"}


def typed(page: Seen, name: str = "text") -> str:
    """What stands in a field for text."""
    found = re.search(rf'<textarea id="{name}"[^>]*>\n(.*?)</textarea>', page.text, re.DOTALL)
    assert found, f"no field {name}"
    return html.unescape(found[1])


def drawn(page: Seen) -> str:
    """The part of a page that is drawn as the reporter sees it."""
    found = re.search(r'<div class="seen".*?>\n(.*?)\n</div>\n(?=<section|<form)', page.text, re.DOTALL)
    assert found, "no preview"
    return found[1]


def pieces(markup: str) -> list[str]:
    """The words of a piece of a page, each run between two tags by itself."""
    runs = (" ".join(html.unescape(run).split()) for run in re.split(r"<[^>]*>", markup))
    return [run for run in runs if run]


def in_language(monkeypatch, code: str) -> None:
    """Let reports be written in another language."""
    made = desk_harness._report

    @functools.wraps(made)
    def report(*args, **more):
        return msgspec.structs.replace(made(*args, **more), language=code)

    monkeypatch.setattr(desk_harness, "_report", report)
