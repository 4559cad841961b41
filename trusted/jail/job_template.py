"""What every fork of a zygote runs: its warm-up before there is a file, and its one job."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from trusted.jail.protocol import Operation

Work = Callable[[Operation, int, dict[str, int]], NoReturn]


@dataclass(frozen=True, slots=True)
class JobTemplate:
    """What a fork runs: `warm_up` while it waits for a job, and then `work`, from which it never returns."""

    work: Work
    warm_up: Callable[[], None] = lambda: None
