"""Each template of the pages is compiled once in a process of the tests, and not for each of hundreds of intakes and desks.

To be imported before what uses jinja2. Every other process, and so the real service, compiles as ever.
"""

from __future__ import annotations

from typing import Any

import jinja2

_compiled: dict[tuple[object, ...], Any] = {}


class CompiledOnce(jinja2.Environment):
    """Keeps what it compiled, by the source and all that the code depends on."""

    def compile(self, source: Any, *words: Any, **more: Any) -> Any:
        settings = (self.autoescape, self.trim_blocks, self.lstrip_blocks, self.undefined)
        key = (source, words, tuple(sorted(more.items())), *settings)
        if key not in _compiled:
            _compiled[key] = super().compile(source, *words, **more)
        return _compiled[key]


jinja2.Environment = CompiledOnce
