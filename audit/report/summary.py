"""Evidence in few words: "4 job: all threads with Seccomp 2". What is not clean is never summed up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from audit.language import Language, in_language
from audit.verdict import Evidence, Verdict, shown

MOST_LINES = 3

# Sentences of one process: what several must have in common to be summed up, and the sentence for all of them.
SUMMARIES: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "{name} {pid}, threads {count}: Seccomp {modes}, NoNewPrivs {privileges}": (
        ("modes", "privileges"),
        "{who}: all threads with Seccomp {modes}, NoNewPrivs {privileges}",
    ),
    "{name} {pid}: account {owner}, capabilities {powers}": (
        ("owner", "powers"),
        "{who}: account {owner}, capabilities {powers}",
    ),
    "{name} {pid}: core limit {soft} and {hard}": (("soft", "hard"), "{who}: core limit {soft} and {hard}"),
    "{name} {pid}: /proc/PID belongs to account {owner}": (("owner",), "{who}: /proc/PID belongs to account {owner}"),
    "{name} {pid} is closed to other processes: {closed}": (("closed",), "{who}: closed to other processes: {closed}"),
    "{name} {pid}: 0, 1 and 2 are {targets}": (("targets",), "{who}: 0, 1 and 2 are {targets}"),
    "{name} {pid}: {locked} locked, {swapped} in swap": (("swapped",), "{who}: {swapped} in swap"),
    "{name} {pid}: {kinds}": ((), "{who}: nothing open but what is on the list"),
    "{name} {pid}, mapped and shared: {files}": (("files",), "{who}: mapped and shared: {files}"),
    "{name} {pid} runs code of {count} files and {bare} pieces of memory; not in order: {strange}": (
        ("strange",),
        "{who}: runs only known code; not in order: {strange}",
    ),
}


def summarised(evidence: Sequence[Evidence], language: Language) -> list[str]:
    """Return what was seen and is in order, as a few sentences."""
    clean = [one for one in evidence if one.verdict is Verdict.CLEAN]
    counted: dict[tuple[str, ...], Counter[str]] = {}
    for one in clean:
        if one.template in SUMMARIES:
            kept, _ = SUMMARIES[one.template]
            key = (one.template, *(str(shown(one.values[name], language)) for name in kept))
            counted.setdefault(key, Counter())[str(one.values["name"])] += 1
    lines = [_of_all(key, names, language) for key, names in counted.items()]
    lines += [one.text(language) for one in clean if one.template not in SUMMARIES]
    more = len(lines) - MOST_LINES
    if more <= 1:
        return lines
    return [*lines[:MOST_LINES], in_language("… and {count} lines more", language).format(count=more)]


def _of_all(key: tuple[str, ...], names: Counter[str], language: Language) -> str:
    template, *values = key
    kept, sentence = SUMMARIES[template]
    who = ", ".join(f"{count} {name}" for name, count in names.items())
    return in_language(sentence, language).format(who=who, **dict(zip(kept, values, strict=True)))
