"""Checks that others are put together from: numbers, names, and dictionaries with a closed list of keys."""

from collections.abc import Mapping
from typing import Any, Final

from second_reader.pdf.document import Check, Document, Stream
from second_reader.pdf.values import Unaccounted, demand


def is_number(value: object) -> bool:
    """Not for flags, which Python counts among its whole numbers."""
    return type(value) in {int, float}


def anything(_document: Document, _thing: object) -> None:
    """For values that the caller looks at."""


def named(*names: str) -> Check:
    """One of these names."""

    def check(_document: Document, thing: object) -> None:
        demand(type(thing) is str and thing in names, f"one of {names}")

    return check


def exactly(expected: object) -> Check:
    """Return a check for exactly this value, in a list or a dictionary too, whose keys stand in this order."""

    def check(_document: Document, thing: object) -> None:
        # For Python 0 is equal to False.
        demand(repr(thing) == repr(expected), f"exactly {expected}")

    return check


def whole(least: int, most: int) -> Check:
    """Return a check for a whole number within bounds."""

    def check(_document: Document, thing: object) -> None:
        demand(type(thing) is int and least <= thing <= most, "whole number")

    return check


def numbers(count: int) -> Check:
    """Return a check for a list of so many numbers."""

    def check(_document: Document, thing: object) -> None:
        demand(len(items(thing)) == count, "how many numbers")
        demand(all(is_number(each) for each in items(thing)), "numbers")

    return check


def via(check: Check) -> Check:
    """Return the check, on a value that stands here or that a reference leads to."""

    def following(document: Document, thing: object) -> None:
        document.follow(thing, check)

    return following


def items(thing: object) -> list[Any]:
    """Return a list's items."""
    if not isinstance(thing, list):
        raise Unaccounted("list")
    return thing


def entries(
    document: Document, thing: object, required: Mapping[str, Check], optional: Mapping[str, Check] | None = None
) -> Mapping[str, Any]:
    """Return a dictionary with all required keys and no others than the optional; each value has passed its check."""
    if not isinstance(thing, dict):
        raise Unaccounted("dictionary")
    demand(required.keys() <= thing.keys(), "a key that must be here")
    for key, value in thing.items():
        check = required.get(key) or (optional or {}).get(key)
        if check is None:
            raise Unaccounted("a key that may not be here")
        check(document, value)
    return thing


def stream_entries(
    document: Document, thing: object, required: Mapping[str, Check], optional: Mapping[str, Check] | None = None
) -> tuple[Stream, Mapping[str, Any]]:
    """Return the stream, and its dictionary, which has a filter as well."""
    if not isinstance(thing, Stream):
        raise Unaccounted("stream")
    return thing, entries(document, thing.entries, {"Filter": _FILTER, **required}, optional)


_FILTER: Final = named("FlateDecode", "DCTDecode")
