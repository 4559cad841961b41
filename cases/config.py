"""
The configuration of a home: one TOML file, read once at the start and handed down.

A key that is not known is an error and never ignored: a misspelt limit that silently does nothing is worse than a
service that does not start. Every number has the design's value as its default; a real home may be stricter and never
laxer. What only a trial may do is refused in a real home by name.

What the pages say of the home stands in config_site.py; here are the file, its faults, and what the service works with.

ConfigFault      221  the file does not say what it should; `what` names the key and `to_do` says what to write instead

The two sentences are for the operator at a terminal; they hold names of our own keys and what the file says, nothing of
any case. There is no setting that turns logging on.
"""

import difflib
import tomllib
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias, TypeVar, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

import msgspec

from cases.colour import LEAST_CONTRAST, WHITE, contrast
from cases.config_site import HTTPS_PORT, Line, SiteConfig
from trusted.case.errors import CaseError
from trusted.case.file_bounds import FileBounds

CONFIG_NAME = "config.toml"
# The example with all its comments is 5 kB.
CONFIG_BYTES = 64 * 1024
SHORTEST_INBOX_DAYS = 7  # design, erasing: the reporter must have a chance to read the outcome
LONGEST_INBOX_DAYS = 730  # two years, the legal cap
SHORTEST_HOLD_HOURS = 12  # design, release
# A report must be released within two days of its filing, because the statutory clocks start two days before.
LONGEST_HOLD_HOURS = 24
# Of a disk, for text alone: some 5,000 reports of the longest.
REAL_RESERVE_MIB = 2048
TRIAL_RESERVE_MIB = 64
SMALLEST_REAL_RESERVE_MIB = 512

_Table = TypeVar("_Table", bound=msgspec.Struct)
_TYPES_IN_WORDS = {
    " | null": "",
    "int": "a whole number",
    "str": "text in quotes",
    "bool": "true or false",
    "array": "a list in brackets",
    "object": "a table",
    "date": "a day such as 2026-11-24",
    " | ": " or ",
    "<=": "of at most",
    ">=": "of at least",
    "of length of": "of length",
}


class ConfigFault(CaseError):
    """The configuration cannot be used: one sentence of what, one of what to do."""

    code = 221
    text_key = "config.fault"

    def __init__(self, what: str, to_do: str) -> None:
        """Keep the two sentences."""
        super().__init__()
        self.what = what
        self.to_do = to_do

    def __str__(self) -> str:
        return f"{self.what} {self.to_do}"


_CORRECT_IT: Final = "Correct it; see the example."
# Where what people write first is refused, by the key.
_HOW_TO_WRITE: Final = {
    "accent": 'Write it as "#rrggbb", for example "#0f4054", the six digits in the system of sixteen.',
    "mirror.name": "Write the host alone in small letters, without https:// before it and without / behind it.",
}


# A key that has another name now is still read; `kallskydd status` says so.
EARLIER_NAMES: Final = {"ways": "other_contacts"}


Categories: TypeAlias = Annotated[tuple[Line, ...], msgspec.Meta(max_length=30)]
AlarmWord = Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]+\Z")]


class LimitsConfig(msgspec.Struct, frozen=True, kw_only=True):
    """How much may be sent; the numbers of docs/NUMBERS.md are the most."""

    attachment_mib: Annotated[int, msgspec.Meta(ge=1, le=50)] = 50
    attachments: Annotated[int, msgspec.Meta(ge=1, le=200)] = 200
    report_mib: Annotated[int, msgspec.Meta(ge=1, le=200)] = 200
    # At least what a largest file needs in three quarters of it: the last is kept for small forms
    # (trusted/rooms/uploads.py).
    uploads_in_memory_mib: Annotated[int, msgspec.Meta(ge=80, le=256)] = 256
    text_characters: Annotated[int, msgspec.Meta(ge=1_000, le=100_000)] = 100_000
    # Of the disk, for text alone; without the key REAL_RESERVE_MIB, in a trial TRIAL_RESERVE_MIB.
    disk_reserve_mib: Annotated[int, msgspec.Meta(ge=64, le=2**20)] | None = None
    # Files that wait for their release, of all reports together: 40 full ones.
    waiting_files_mib: Annotated[int, msgspec.Meta(ge=1024, le=2**20)] = 8192


class TorConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Which tor to use: one with a unit of its own, or that of a host with tenants. Without either, an own one."""

    control_socket: Annotated[str, msgspec.Meta(pattern=r"^/")] | None = None
    publisher: Annotated[str, msgspec.Meta(pattern=r"^/")] | None = None


class AlarmConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What `kallskydd status --quiet` runs when something is not well: a program by its path, and its arguments."""

    command: Annotated[tuple[AlarmWord, ...], msgspec.Meta(min_length=1, max_length=20)]


class Config(SiteConfig, frozen=True, kw_only=True):
    """Everything that an operator may decide: the facts of the home, and how the service works."""

    trial: bool = False
    # Declared when a real home is made: one who runs the server and is a member could see which case excludes her.
    operator_is_no_member: bool = False
    at_once: bool = False
    hold_hours: Annotated[int, msgspec.Meta(ge=0, le=LONGEST_HOLD_HOURS)] = SHORTEST_HOLD_HOURS
    inbox_days: Annotated[int, msgspec.Meta(ge=0, le=LONGEST_INBOX_DAYS)] = 30
    # What kinds of matter there are, of which members choose one for a case.
    categories: Categories = ()
    limits: LimitsConfig = LimitsConfig()
    tor: TorConfig = TorConfig()
    alarm: AlarmConfig | None = None

    @property
    def file_bounds(self) -> FileBounds:
        """Beyond which files are refused, and text is not."""
        reserve = self.limits.disk_reserve_mib or (TRIAL_RESERVE_MIB if self.trial else REAL_RESERVE_MIB)
        return FileBounds(reserve * 2**20, self.limits.waiting_files_mib * 2**20)


class HostConfig(msgspec.Struct, frozen=True, kw_only=True):
    """What the operator of a host with tenants decides for the host itself."""

    alarm: AlarmConfig | None = None


def load_config(path: Path) -> Config:
    """Read the file; raises ConfigFault."""
    try:
        with path.open("rb") as file:
            untrusted = file.read(CONFIG_BYTES + 1)
    except OSError:
        raise ConfigFault(
            "The configuration file config.toml is missing or cannot be read.",
            "Make a home with `kallskydd init`, or put the file back.",
        ) from None
    if len(untrusted) > CONFIG_BYTES:
        raise ConfigFault("The configuration file is larger than 64 KiB.", "Start again from the example.")
    try:
        return parse_config(untrusted.decode("utf-8"))
    except UnicodeDecodeError:
        raise ConfigFault(
            "The configuration file is not UTF-8 text.", "Save it as UTF-8 in a plain text editor."
        ) from None


def earlier_names(path: Path) -> tuple[str, ...]:
    """Return a sentence for each key that the file has under its earlier name; raises ConfigFault as `load_config`."""
    load_config(path)
    untrusted = tomllib.loads(path.read_text("utf-8"))
    return tuple(
        f"The key `{earlier}` of config.toml is called `{key}` now. It is still read; rename it when you next edit."
        for earlier, key in EARLIER_NAMES.items()
        if earlier in untrusted
    )


def parse_config(text: str) -> Config:
    """Return the configuration in a text; raises ConfigFault."""
    untrusted = _tables(text)
    _refuse_earlier_shape(untrusted)
    _take_earlier_names(untrusted)
    config = _converted(untrusted, Config)
    _check_together(config)
    return config


def parse_host_config(text: str) -> HostConfig:
    """Return the configuration of a host in a text; raises ConfigFault."""
    config = _converted(_tables(text), HostConfig)
    _check_alarm(config.alarm)
    return config


def _tables(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise ConfigFault(f"The configuration file is not TOML: {fault}.", "Mend the line that is named.") from None


def _converted(untrusted: dict[str, Any], table: type[_Table]) -> _Table:
    _refuse_unknown_keys(untrusted, table, "")
    try:
        return msgspec.convert(untrusted, table, strict=True)
    except msgspec.ValidationError as fault:
        raise _plain_fault(str(fault)) from None


def _refuse_earlier_shape(untrusted: dict[str, Any]) -> None:
    """Tell the owner of an older home which keys have become tables."""
    if isinstance(untrusted.get("mirror"), str):
        raise ConfigFault(
            "The key `mirror` is a text, as it was in earlier versions.",
            'Run `kallskydd upgrade`, or write a table [mirror] with `name = "…"` after the keys in no table.',
        )
    authorities = untrusted.get("authorities")
    if isinstance(authorities, list) and any(isinstance(one, str) for one in authorities):
        raise ConfigFault(
            "The key `authorities` is a list of texts, as it was in earlier versions.",
            "Run `kallskydd upgrade`, or write a table [[authorities]] with `name`, `about` and `at` for each.",
        )


def _take_earlier_names(untrusted: dict[str, Any]) -> None:
    for earlier, key in EARLIER_NAMES.items():
        if earlier in untrusted and key in untrusted:
            raise ConfigFault(
                f"The configuration has the key `{key}` and also `{earlier}`, its earlier name.",
                f"Put all of it under `{key}`.",
            )
        if earlier in untrusted:
            untrusted[key] = untrusted.pop(earlier)


def _refuse_unknown_keys(untrusted: dict[str, Any], table: type[msgspec.Struct], prefix: str) -> None:
    """Walk the tables by hand: the library's own message about an unknown key cannot say which one was meant."""
    known = get_type_hints(table)
    for key, value in untrusted.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            raise ConfigFault(
                f"The configuration has a key that is not known: `{prefix}{key}`.",
                f"Did you mean `{prefix}{near[0]}`?"
                if near
                else f"Remove it; the keys here are {', '.join(f'`{name}`' for name in known)}.",
            )
        inner = _table_of(known[key])
        if inner is None:
            continue
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                _refuse_unknown_keys(one, inner, f"{prefix}{key}.")


def _table_of(hint: Any) -> type[msgspec.Struct] | None:
    """Return the table that stands in a type, if one does: `tuple[Table, ...]` or `Table`."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return hint
    if get_origin(hint) is not None:
        return next((table for part in get_args(hint) if (table := _table_of(part)) is not None), None)
    return None


def _plain_fault(message: str) -> ConfigFault:
    """Turn "Expected `int`, got `str` - at `$.limits.attachments`" into two sentences."""
    problem, _, place = message.partition(" - at `$")
    key = place.strip("`").lstrip(".")
    if problem.startswith("Object missing required field"):
        missing = problem.split("`")[1]
        name = f"{key}.{missing}" if key else missing
        return ConfigFault(f"The configuration lacks the key `{name}`.", "Add it; the example shows how.")
    return ConfigFault(f"The key `{key}` cannot be used: {_in_words(problem)}.", _HOW_TO_WRITE.get(key, _CORRECT_IT))


def _in_words(problem: str) -> str:
    """Say a message of the library without its types and patterns; one we do not know is left as it is."""
    if "matching regex" in problem:
        return "it has signs that may not stand there"
    if problem.startswith("Invalid enum value"):
        return "it is not one of the values that may stand there"
    if problem == "Invalid RFC3339 encoded date":
        return f"it must be {_TYPES_IN_WORDS['date']}"
    if problem.startswith("Expected"):
        wanted = problem.partition(",")[0].removeprefix("Expected ").replace("`", "")
        for name, words in _TYPES_IN_WORDS.items():
            wanted = wanted.replace(name, words)
        return f"it must be {wanted}"
    return problem


def _check_alarm(alarm: AlarmConfig | None) -> None:
    if alarm is not None and not alarm.command[0].startswith("/"):
        raise ConfigFault(
            "The key `alarm.command` does not begin with the path of a program.",
            "Write the whole path first, from / on: no folders are searched for it.",
        )


def _check_together(config: Config) -> None:
    """Refuse what each key by itself could not show."""
    _check_accent(config.accent)
    _check_alarm(config.alarm)
    keys = [organisation.key for organisation in config.organisations]
    if len(set(keys)) != len(keys):
        raise ConfigFault("Two organisations have the same `organisations.key`.", "Give each a key of its own.")
    if len(set(config.languages)) != len(config.languages):
        raise ConfigFault("The key `languages` names a language twice.", "Name each once; the first is the default.")
    if config.limits.attachment_mib > config.limits.report_mib:
        raise ConfigFault(
            "The key `limits.attachment_mib` is larger than `limits.report_mib`.", "Lower it, or raise the other."
        )
    if config.tor.control_socket is not None and config.tor.publisher is not None:
        raise ConfigFault(
            "The configuration has `tor.control_socket` and also `tor.publisher`.",
            "Keep one: the control socket of a tor for this home alone, or the publisher of a host with many.",
        )
    if config.mirror is not None and len({urlsplit(one).hostname for one in config.mirror.resolvers}) == 1:
        raise ConfigFault(
            "The key `mirror.resolvers` names one resolver twice: its word alone would decide.",
            "Name two that have nothing to do with one another.",
        )
    if config.mirror is not None and "{name}" not in (config.mirror.certificate_list or "{name}"):
        raise ConfigFault(
            "The key `mirror.certificate_list` does not say where the name goes.",
            "Write {name} in its place, for example https://crt.sh/?q={name}&output=json.",
        )
    if not config.trial:
        _check_real(config)


def _check_accent(accent: str | None) -> None:
    """Refuse a colour on which white text cannot be read by everybody."""
    found = LEAST_CONTRAST if accent is None else contrast(accent, WHITE)
    if found < LEAST_CONTRAST:
        raise ConfigFault(
            f"The colour `accent` is too pale: white text on it has a contrast of {found:.2f} to 1.",
            f"Choose a darker colour, on which white text has {LEAST_CONTRAST} to 1 or more, or remove the key.",
        )


def _check_real(config: Config) -> None:
    """Refuse in a real home what is for trials only."""
    if config.at_once:
        raise ConfigFault(
            "The key `at_once` is for a trial only: it would show members when each report was sent.",
            "Remove it, or set it to false.",
        )
    if config.inbox_days < SHORTEST_INBOX_DAYS:
        raise ConfigFault(
            f"The key `inbox_days` is below {SHORTEST_INBOX_DAYS}: reporters could not read the outcome in time.",
            f"Set it to {SHORTEST_INBOX_DAYS} or more; fewer are for a trial only.",
        )
    if config.mirror is not None and config.mirror.port != HTTPS_PORT:
        raise ConfigFault(
            "The key `mirror.port` is for a trial only: a real mirror is at the port of https.",
            "Remove it.",
        )
    if config.mirror is not None and config.mirror.roots is not None:
        raise ConfigFault(
            "The key `mirror.roots` is for a trial only: no browser believes such an authority.",
            "Remove it.",
        )
    if config.file_bounds.reserve < SMALLEST_REAL_RESERVE_MIB * 2**20:
        raise ConfigFault(
            f"The key `limits.disk_reserve_mib` is below {SMALLEST_REAL_RESERVE_MIB}: files could fill the disk.",
            f"Set it to {SMALLEST_REAL_RESERVE_MIB} or more, or remove it; less is for a trial only.",
        )
    if config.hold_hours < SHORTEST_HOLD_HOURS:
        raise ConfigFault(
            f"The key `hold_hours` is below {SHORTEST_HOLD_HOURS}: a report could hardly be taken back.",
            f"Set it to {SHORTEST_HOLD_HOURS} or more; fewer are for a trial only.",
        )
