"""What every fork of a zygote does: its warm-up before there is a file, and its one job."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from scrubbers.protocol import Operation

Work = Callable[[Operation, int, dict[str, int]], NoReturn]


@dataclass(frozen=True, slots=True)
class JobTemplate:
    """What a fork does: first, while nothing is asked of it yet; and then with its job, from which it never returns."""

    work: Work
    warm_up: Callable[[], None] = lambda: None
