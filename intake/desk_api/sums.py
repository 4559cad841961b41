"""Masked lines of the figures of the whole channel, in memory and nowhere else (docs/decisions/desk/0070).

They say nothing before all are there. A stopped server has forgotten them; desks keep them, and bring them again.
"""

from dataclasses import dataclass, field

from cases.roster.chain import Roster
from cases.wire.sums import LINES_MAX, SumLine, SumsAnswer, SumsRequest, verify_sum_line
from trusted.case.errors import Conflict
from trusted.crypto.envelope import same


@dataclass(slots=True, repr=False)
class HeldSums:
    """The lines of the last year and roster that were asked for."""

    _of: tuple[int, bytes] = (0, b"")
    _lines: dict[str, SumLine] = field(default_factory=dict)

    def take(self, request: SumsRequest, roster: Roster, last_year: int) -> SumsAnswer:
        """Keep the lines that are new; return all. Raises Conflict for another year or roster, and SealBroken."""
        if request.year != last_year or not same(request.roster, roster.digest):
            raise Conflict
        for line in request.lines:
            verify_sum_line(line, roster, request.year)
        if self._of != (request.year, roster.digest):
            self._of, self._lines = (request.year, roster.digest), {}
        for line in request.lines:
            # The first counts: the difference of two lines of one member is that of what she added.
            if line.member not in self._lines and len(self._lines) < LINES_MAX:
                self._lines[line.member] = line
        return SumsAnswer(tuple(self._lines[member] for member in sorted(self._lines)))
