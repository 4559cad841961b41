"""`kallskydd audit mirror`: on the mirror's host, plant visits and search for what is left of them.

Exit codes: 0 clean, 1 something found, not seen or void, 2 usage, 4 nothing forwards here.
"""

from __future__ import annotations

import argparse

from audit.mirror.command import add_arguments


def add_parser(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `mirror` to `audit`."""
    add_arguments(actions.add_parser("mirror", help="plant visits into a mirror, on its host; search what is left"))
