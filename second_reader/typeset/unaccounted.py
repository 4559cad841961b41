"""The one error of the readers of typeset documents."""


class Unaccounted(ValueError):
    """There is something in the file that the grammar does not have. Says which rule, never what."""


def require(holds: object, rule: str) -> None:
    """Raise Unaccounted, with the rule's name, if it does not hold."""
    if not holds:
        raise Unaccounted(rule)
