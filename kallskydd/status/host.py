"""What the timer of a host with tenants runs: `kallskydd host status --quiet`, which tells its operator by an alarm.

A tenant's own look cannot: its account sees neither the host's folders nor the other tenants'. The command of the alarm
stands in /etc/kallskydd/host.toml, in the form that a home's config.toml has, and it is run by the same rules
(`kallskydd.status.alarmed`).
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

from cases.config import AlarmConfig, ConfigFault, parse_host_config
from kallskydd.finding import Finding
from kallskydd.hosting.machine import HostFault, Machine
from kallskydd.hosting.status import look
from kallskydd.hosting.tenants import is_open
from kallskydd.hosting.versions import EARLIER, installed, runs_installed
from kallskydd.status.alarm import is_program
from kallskydd.status.alarmed import ALARM_LINE, react, read_alarmed
from kallskydd.upkeep.days import last_backup

HOST_CONFIG: Final = Path("/etc/kallskydd/host.toml")
ALARMED: Final = Path("/var/lib/kallskydd-host-status/alarmed.json")
_NO_ALARM: Final = f"No command is configured. `[alarm]` in {HOST_CONFIG} names one; docs/HOSTING.md, Being notified."
_FAILED: Final = f"Mend the command of `[alarm]` in {HOST_CONFIG}. Each look of the timer tries it again."


def lines(machine: Machine) -> list[Finding]:
    """Return every line of this host, and that of its alarm. Raises HostFault, OSError."""
    return [*look(machine), _alarm(machine)]


def standing(machine: Machine, name: str) -> dict[str, str | bool | None]:
    """Return what a host's monitoring asks of a tenant. Raises HostFault, OSError."""
    day = last_backup(machine.home(name))
    return {
        "served": is_open(machine, name),
        "version": installed() if runs_installed(machine, name) else EARLIER,
        "backup": None if day is None else day.isoformat(),
    }


def look_quietly(machine: Machine, day: date) -> bool:
    """Look, and run the alarm when it is due; return whether all is well. Raises OSError when it cannot note that."""
    try:
        found = lines(machine)
        troubles = tuple(sorted({one.what for one in found if not one.well}))
    except (HostFault, OSError):
        # A host that cannot be looked at is not well.
        troubles = ("host",)
    react(machine.path(ALARMED), day, troubles, _command(machine))
    return not troubles


def _alarm(machine: Machine) -> Finding:
    """Whether there is one, and whether its last run ended well."""
    try:
        alarm = _configured(machine)
    except ConfigFault as fault:
        return Finding(ALARM_LINE, fault.what, f"{fault.to_do} The file is {HOST_CONFIG}.")
    if alarm is None:
        return Finding(ALARM_LINE, _NO_ALARM)
    if not read_alarmed(machine.path(ALARMED)).well:
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
