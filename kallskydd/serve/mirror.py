"""The keeper's door to the mirror: what the intake refuses."""

from __future__ import annotations


class MirrorRefused(Exception):
    """The mirror goes on as it was; `words` say why, for the operator."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words
