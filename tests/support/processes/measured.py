"""Measuring on a machine that others use too: what they do only adds, and a bound is a promise about the product alone.

So the best of a few measurements counts, each of them as long as it would have been without the crowd. On a machine
that nobody else uses this changes nothing.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from types import FrameType

TRIES = 3
TURNS, MOST_TURNS = 10, 150
CALCULATING_SECONDS = 0.1


def crowd() -> float:
    """How many times as long as by itself a calculation takes now: 1 where nobody else calculates."""
    began, mine = time.perf_counter(), time.thread_time()
    while time.thread_time() - mine < CALCULATING_SECONDS:
        pass
    return max(1.0, (time.perf_counter() - began) / CALCULATING_SECONDS)


async def best_of(measure: Callable[[], Awaitable[float]], bound: float) -> float:
    """The least of up to three measurements in seconds; no more are made once one is below the bound."""
    least = math.inf
    for _ in range(TRIES):
        seconds = await measure()
        least = min(least, seconds if seconds < bound else seconds / crowd())
        if least < bound:
            break
    return least


def quickest(act: Callable[[], object], bound: float) -> float:
    """The least seconds that this takes, done up to three times, and no more once it was below the bound."""
    least = math.inf
    for _ in range(TRIES):
        began = time.perf_counter()
        act()
        seconds = time.perf_counter() - began
        least = min(least, seconds if seconds < bound else seconds / crowd())
        if least < bound:
            break
    return least


def steps_of(act: Callable[[], object]) -> int:
    """How many lines, calls and returns of Python this takes: the same on an idle machine and a busy one."""
    steps = 0

    def step(_frame: FrameType, _event: str, _what: object) -> Callable[..., object]:
        nonlocal steps
        steps += 1
        return step

    before = sys.gettrace()
    sys.settrace(step)
    try:
        act()
    finally:
        sys.settrace(before)
    return steps


async def fastest_of_each(acts: Mapping[str, Callable[[], Awaitable[float]]], factor: float) -> dict[str, float]:
    """The least seconds of each, measured by turns until none is `factor` times another, or for long enough to say so.

    The least of many comes near to what each takes by itself, and what takes longer by itself never gets there.
    """
    fastest = dict.fromkeys(acts, math.inf)
    for turn in range(1, MOST_TURNS + 1):
        for name, act in acts.items():
            fastest[name] = min(fastest[name], await act())
        if turn % TURNS == 0 and max(fastest.values()) < factor * min(fastest.values()):
            break
    return fastest
