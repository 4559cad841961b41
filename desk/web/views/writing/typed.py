"""What stands in a form with a preview (`desk.web.handlers.write.machine`), each field as it was typed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False)
class TypedText:
    """A text for the reporter; each page adds the fields of its own."""

    text: str = ""
    # How much of the case there was when the form was shown.
    seen: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the things that can be chosen."""

    value: str
    label: str
    hint: str
    is_chosen: bool
