"""Why a service takes no reports, in words for its operator: the keeper, `status` and `roster` say the same."""

from __future__ import annotations

from cases.roster.chain import Chain
from cases.sentences import in_words
from kallskydd.say import count


def why_not_open(chain: Chain) -> str:
    """Say what a roster that is not open waits for, in two sentences or one."""
    if chain.problem is not None:
        file = (
            "" if chain.faulty is None else f" The file is roster/{chain.faulty:04}.toml, or its signatures beside it."
        )
        return in_words(chain.problem) + file
    if chain.current is None:
        return in_words("roster.not_open")
    has, needs = len(chain.current.readers), chain.current.readers_needed
    return f"It has {count(has, 'reader')} and needs {needs}: take in another with `kallskydd roster --add FILE`."
