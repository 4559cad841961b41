"""Evidence in few words: "4 job: all threads with Seccomp 2". What is not clean is never summed up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from audit.verdict import Evidence, Language, Verdict, shown

MOST_LINES = 3

# Sentences of one process: what several must have in common to be summed up, and the sentence for all of them.
SUMMARIES: Final[dict[str, tuple[tuple[str, ...], dict[Language, str]]]] = {
    "{name} {pid}, threads {count}: Seccomp {modes}, NoNewPrivs {privileges}": (
        ("modes", "privileges"),
        {
            "en": "{who}: all threads with Seccomp {modes}, NoNewPrivs {privileges}",
            "sv": "{who}: alla trådar med Seccomp {modes}, NoNewPrivs {privileges}",
        },
    ),
    "{name} {pid}: account {owner}, capabilities {powers}": (
        ("owner", "powers"),
        {"en": "{who}: account {owner}, capabilities {powers}", "sv": "{who}: konto {owner}, rättigheter {powers}"},
    ),
    "{name} {pid}: core limit {soft} and {hard}": (
        ("soft", "hard"),
        {"en": "{who}: core limit {soft} and {hard}", "sv": "{who}: gräns för minnesdump {soft} och {hard}"},
    ),
    "{name} {pid}: /proc/PID belongs to account {owner}": (
        ("owner",),
        {"en": "{who}: /proc/PID belongs to account {owner}", "sv": "{who}: /proc/PID tillhör konto {owner}"},
    ),
    "{name} {pid} is closed to other processes: {closed}": (
        ("closed",),
        {"en": "{who}: closed to other processes: {closed}", "sv": "{who}: stängda för andra processer: {closed}"},
    ),
    "{name} {pid}: 0, 1 and 2 are {targets}": (
        ("targets",),
        {"en": "{who}: 0, 1 and 2 are {targets}", "sv": "{who}: 0, 1 och 2 är {targets}"},
    ),
    "{name} {pid}: {locked} locked, {swapped} in swap": (
        ("swapped",),
        {"en": "{who}: {swapped} in swap", "sv": "{who}: {swapped} växlat"},
    ),
    "{name} {pid}: {kinds}": (
        (),
        {"en": "{who}: nothing open but what is on the list", "sv": "{who}: inget öppet utom det på listan"},
    ),
    "{name} {pid}, mapped and shared: {files}": (
        ("files",),
        {"en": "{who}: mapped and shared: {files}", "sv": "{who}: inläst och delat: {files}"},
    ),
    "{name} {pid} runs code of {count} files and {bare} pieces of memory; not in order: {strange}": (
        ("strange",),
        {
            "en": "{who}: runs only known code; not in order: {strange}",
            "sv": "{who}: kör bara känd kod; inte i ordning: {strange}",
        },
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
    return [*lines[:MOST_LINES], f"… och {more} rader till" if language == "sv" else f"… and {more} lines more"]


def _of_all(key: tuple[str, ...], names: Counter[str], language: Language) -> str:
    template, *values = key
    kept, sentences = SUMMARIES[template]
    who = ", ".join(f"{count} {name}" for name, count in names.items())
    return sentences[language].format(who=who, **dict(zip(kept, values, strict=True)))
