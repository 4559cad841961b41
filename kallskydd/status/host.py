"""What the timer of a host with tenants runs: `kallskydd host status --quiet`, which tells its operator by an alarm.

A tenant's own look cannot: while no node of a cluster leads no home is there, and Pacemaker answers root alone. The
command of the alarm stands in /etc/kallskydd/host.toml, in the form that a home's config.toml has, and it is run by the
same rules (`kallskydd.status.alarm`). What was seen is not written down, but the names of the lines that the last alarm
was for, and its day, for root alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import msgspec

from cases.config import AlarmConfig, ConfigFault, parse_host_config
from kallskydd.finding import Finding
from kallskydd.hosting.machine import HostFault, Machine
from kallskydd.hosting.status import look
from kallskydd.status.alarm import is_due, is_program, sound

HOST_CONFIG: Final = Path("/etc/kallskydd/host.toml")
ALARMED: Final = Path("/var/lib/kallskydd-host-status/alarmed.json")
ALARM_LINE: Final = "alarm"
_NO_ALARM: Final = f"No command is configured. `[alarm]` in {HOST_CONFIG} names one; docs/HOSTING.md, Being notified."
_FAILED: Final = f"Run the command of `[alarm]` in {HOST_CONFIG} by hand, as root."


class Alarmed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the last alarm was for, and whether the last run of the command ended well."""

    day: date = date.min
    troubles: tuple[str, ...] = ()
    well: bool = True


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look saw."""

    day: date
    troubles: tuple[str, ...]


def lines(machine: Machine) -> list[Finding]:
    """Return every line of this host, and that of its alarm. Raises HostFault, OSError."""
    return [*look(machine), _alarm(machine)]


def look_quietly(machine: Machine, day: date) -> bool:
    """Look, and run the alarm when it is due; return whether all is well. Raises OSError when it cannot note that."""
    try:
        found = lines(machine)
        troubles = tuple(sorted({one.what for one in found if not one.well}))
    except (HostFault, OSError):
        # A host that cannot be looked at is not well.
        troubles = ("host",)
    alarmed, command = _read(machine), _command(machine)
    if command is not None and is_due(Looked(day, troubles), alarmed):
        if sound(command):
            # The line of the alarm is well again with this run.
            _write(machine, Alarmed(day, tuple(name for name in troubles if name != ALARM_LINE)))
        else:
            # What the last one was for stays: the next look tries again.
            _write(machine, msgspec.structs.replace(alarmed, well=False))
    elif not troubles and alarmed.troubles:
        _write(machine, Alarmed(alarmed.day))
    return not troubles


def _alarm(machine: Machine) -> Finding:
    """Whether there is one, and whether its last run ended well."""
    try:
        alarm = _configured(machine)
    except ConfigFault as fault:
        return Finding(ALARM_LINE, fault.what, f"{fault.to_do} The file is {HOST_CONFIG}.")
    if alarm is None:
        return Finding(ALARM_LINE, _NO_ALARM)
    if not _read(machine).well:
        words = "The alarm's command ended with an error, or did not end."
        return Finding(ALARM_LINE, words, _FAILED)
    if not is_program(alarm.command):
        to_do = f"Correct the path of `[alarm]` in {HOST_CONFIG}, or install the program."
        return Finding(ALARM_LINE, "The alarm names no program that may be run here.", to_do)
    return Finding(ALARM_LINE, "A command is configured.")


def _command(machine: Machine) -> tuple[str, ...] | None:
    """Return the command of the alarm; None without one, or without one that can be used."""
    try:
        alarm = _configured(machine)
    except ConfigFault:
        return None
    return None if alarm is None else alarm.command


def _configured(machine: Machine) -> AlarmConfig | None:
    """Return the alarm by the host's file. Raises ConfigFault."""
    try:
        return parse_host_config(machine.path(HOST_CONFIG).read_text("utf-8")).alarm
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        raise ConfigFault("The configuration of the host cannot be read.", "Save it as UTF-8, for root.") from None


def _read(machine: Machine) -> Alarmed:
    """Return what was noted at the last alarm; the beginning when that is not there or damaged."""
    try:
        return msgspec.json.decode(machine.path(ALARMED).read_bytes(), type=Alarmed)
    except (OSError, msgspec.MsgspecError):
        return Alarmed()


def _write(machine: Machine, alarmed: Alarmed) -> None:
    path = machine.path(ALARMED)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    half = path.with_suffix(".new")
    half.write_bytes(msgspec.json.encode(alarmed))
    half.replace(path)
