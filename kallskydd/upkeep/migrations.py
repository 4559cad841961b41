"""What a home of an earlier version lacks, one migration each, oldest first; each changes one file and can be seen.

The store has had one schema since the first version, and tables that came later are made from the words of the schema.
The configuration changed its shape three times. Comments and all other lines of it stay as the operator wrote them.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from cases.config import EARLIER_NAMES, ConfigFault

# `authorities = [ … ]`, on one line or on several.
_AUTHORITIES: Final = re.compile(r"(?ms)^authorities\s*=\s*\[.*?\]\s*?$\n?")
_MIRROR: Final = re.compile(r"(?m)^mirror\s*=.*$\n?")


@dataclass(frozen=True, slots=True)
class ConfigMigration:
    """One change of the configuration's shape: whether a file still has the earlier one, and the text after it."""

    said: str
    is_needed: Callable[[dict[str, Any]], bool]
    apply: Callable[[str, dict[str, Any]], str]


def migrated_config(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the configuration in today's shape, and a sentence for each change. Raises ConfigFault for no TOML."""
    said: list[str] = []
    for migration in CONFIG_MIGRATIONS:
        read = _read(text)
        if migration.is_needed(read):
            text = migration.apply(text, read)
            said.append(migration.said)
    return text, tuple(said)


def _read(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise ConfigFault(f"The configuration file is not TOML: {fault}.", "Mend the line that is named.") from None


def _has_authorities_as_texts(read: dict[str, Any]) -> bool:
    listed = read.get("authorities")
    return isinstance(listed, list) and any(isinstance(one, str) for one in listed)


def _authorities_as_tables(text: str, read: dict[str, Any]) -> str:
    """Each text was "name: what belongs there", in Swedish; one without a colon keeps the whole as both."""
    tables = []
    for one in read["authorities"]:
        name, _, about = str(one).partition(": ")
        tables.append(f"\n[[authorities]]\nname = {_quoted(name)}\nabout.sv = {_quoted(about or name)}\n")
    return _replaced(_AUTHORITIES, text) + "".join(tables)


def _mirror_as_table(text: str, read: dict[str, Any]) -> str:
    host = str(read["mirror"]).removeprefix("https://").rstrip("/")
    return f"{_replaced(_MIRROR, text)}\n[mirror]\nname = {_quoted(host)}\n"


def _with_todays_names(text: str, _read: dict[str, Any]) -> str:
    for earlier, today in EARLIER_NAMES.items():
        text = re.sub(rf"(?m)^(\[\[)?{earlier}(\]\]|\s*=|\.)", rf"\g<1>{today}\g<2>", text)
    return text


def _replaced(pattern: re.Pattern[str], text: str) -> str:
    changed, count = pattern.subn("", text, count=1)
    if count != 1:
        raise ConfigFault("A key of an earlier version could not be found in config.toml.", "Change it by hand.")
    return changed if changed.endswith("\n") else f"{changed}\n"


def _quoted(text: str) -> str:
    # JSON's quoting of a string without control characters is also TOML's.
    return json.dumps(text, ensure_ascii=False)


CONFIG_MIGRATIONS: Final = (
    ConfigMigration(
        "`authorities` is a table for each now; add their numbers with `at`, so that pages show them.",
        _has_authorities_as_texts,
        _authorities_as_tables,
    ),
    ConfigMigration(
        "`mirror` is a table now.",
        lambda read: isinstance(read.get("mirror"), str),
        _mirror_as_table,
    ),
    ConfigMigration(
        "`ways` is called `other_contacts` now.",
        lambda read: any(earlier in read for earlier in EARLIER_NAMES),
        _with_todays_names,
    ),
)
