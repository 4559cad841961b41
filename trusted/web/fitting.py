"""How much of a text fits into so many bytes of a page: UTF-8, with the signs escaped that mean something in HTML."""

from markupsafe import escape


def bytes_in_page(text: str) -> int:
    """Return how many bytes a text takes in a page."""
    return len(escape(text).encode())


def beginning(text: str, most: int) -> str:
    """Return as much of a text as takes no more than `most` bytes, cut wherever that is."""
    return text[: fits(text, 0, most)]


def fits(text: str, start: int, most: int) -> int:
    """Return where the text that begins at `start` has to end so as to take no more than `most` bytes."""
    # Every character takes a byte at least.
    fits, too_far = start, min(len(text), start + most) + 1
    while too_far - fits > 1:
        middle = (fits + too_far) // 2
        if bytes_in_page(text[start:middle]) <= most:
            fits = middle
        else:
            too_far = middle
    # No text stands still, whatever one character takes.
    return max(fits, min(start + 1, len(text)))
