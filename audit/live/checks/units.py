"""The units of the service as systemd runs them: what their words would leave in the journal, a file or a counter.

What is examined is the unit that the intake is in, whatever its name, with every drop-in, what `systemctl set-property`
has set and what the manager adds; the slices above it; and the other units of the service. A setting of the intake's
unit that is on no list is a finding whatever it says: each that systemd learns could be a new way out. The units of a
mirror are held against the same tables (`audit.mirror.checks.settings`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from audit.observe.proc import Process
from audit.observe.scene import Host, Scene
from audit.observe.units import NO, YES, Setting, shown, slices_of, unit_of, unit_settings, units_named
from audit.verdict import Inspection, listed

_COUNTED: Final = ("IPAccounting", "IOAccounting")
# What they have to be, as systemd holds them; the second is what holds where no file says anything.
_HOLDS: Final = {
    "StandardOutput": ("null", "journal"), "StandardError": ("null|inherit", "inherit"),
    **dict.fromkeys((*_COUNTED, "CPUAccounting"), (NO, "no")),
    **dict.fromkeys(("LimitCORE", "MemorySwapMax", "MemoryZSwapMax"), ("0", "infinity")),
    # What is started when it ends learns of it.
    **dict.fromkeys(("LogNamespace", "OnFailure", "OnSuccess"), ("", "")),
    "ProtectSystem": ("strict", "no"), "PrivateTmp": (YES, "no"), "NoNewPrivileges": (YES, "no"),
}  # fmt: skip
_OF_INTAKE: Final = {"MemoryAccounting": (NO, "yes")}
_HIDDEN: Final = {"/run/systemd/journal", "/var/log", "/run/log"}
# What else may stand in a unit, as these say.
_WRITTEN: Final = {
    "ExecStart": r"/\S+/kallskydd serve( --[a-z-]+| [\w./%@-]+)*",
    "Environment": r'("?(LANG|LC_\w+|TZ|PATH|KALLSKYDD_\w+|REDIRECT|XDG_\w+)=[^\s"]*"?\s*)*',
    "StandardInput": "null",
}
# Whatever these say, nothing of a visitor is written or counted by it.
_HARMLESS: Final = frozenset({
    "AmbientCapabilities", "BindPaths", "BindReadOnlyPaths", "CPUQuota", "CPUWeight", "CapabilityBoundingSet",
    "DevicePolicy", "ExecPaths", "Group", "IOWeight", "IPAddressDeny", "InaccessiblePaths", "KeyringMode", "KillMode",
    "KillSignal", "LimitMEMLOCK", "LimitNOFILE", "LimitNPROC", "LockPersonality", "LogLevelMax", "MemoryAccounting",
    "MemoryDenyWriteExecute", "MemoryHigh", "MemoryLow", "MemoryMax", "MemoryMin", "Nice", "NoExecPaths",
    "NotifyAccess", "OOMPolicy", "OOMScoreAdjust", "PIDFile", "PrivateDevices", "PrivateIPC", "PrivateMounts",
    "PrivateNetwork", "PrivatePIDs", "PrivateUsers", "ProcSubset", "ProtectClock", "ProtectControlGroups",
    "ProtectHome", "ProtectHostname", "ProtectKernelLogs", "ProtectKernelModules", "ProtectKernelTunables",
    "ProtectProc", "ReadOnlyPaths", "ReadWritePaths", "RemoveIPC", "Restart", "RestartPreventExitStatus", "RestartSec",
    "RestrictAddressFamilies", "RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID", "RuntimeDirectory",
    "RuntimeDirectoryMode", "Slice", "SocketBindAllow", "SocketBindDeny", "StateDirectory", "StateDirectoryMode",
    "SupplementaryGroups", "SystemCallArchitectures", "SystemCallErrorNumber", "SystemCallFilter", "TasksMax",
    "TemporaryFileSystem", "TimeoutStartSec", "TimeoutStopSec", "Type", "UMask", "User", "WorkingDirectory",
})  # fmt: skip


def check_units(inspection: Inspection, scene: Scene) -> None:
    """Require that the unit of the intake, its slices and the other units of the service log and count nothing."""
    # The intake is a child of the keeper's, and started without one a moment ago.
    process = next(iter(scene.service.intakes), scene.service.keeper)
    unit = hold_unit(inspection, scene, process, _OF_INTAKE, {})
    if unit is None:
        inspection.saw("the unit of {name} {pid}: it was started by hand", name="intake", pid=process.pid)
    tors = [name for name in map(unit_of, scene.service.tors) if name]
    others = sorted({*units_named(scene, "kallskydd"), *tors} - {unit})
    for name in others:
        _counts(inspection, scene, name)
        for setting, value, _ in unit_settings(scene, name):
            if setting in {"StandardOutput", "StandardError"} and value not in {"null", "inherit"}:
                inspection.found("{unit} has {name}={value}", unit=name, name=setting, value=value)
    inspection.saw("units of the service: {units}", units=listed([*([unit] if unit else []), *others]) or "0")


def hold_unit(
    inspection: Inspection, host: Host, process: Process, more: Mapping[str, tuple[str, str]], says: Mapping[str, str]
) -> str | None:
    """Hold the unit of a process, and the slices above, against the tables, `more` of what holds, and what `says` it.

    Return its name; None where a hand started the process.
    """
    unit = unit_of(process)
    if unit is None:
        return None
    for name in slices_of(process):
        _counts(inspection, host, name)
    held, settings = shown(host, unit), unit_settings(host, unit)
    if held.get("NeedDaemonReload") == "yes":
        inspection.missed(
            "{unit}: its files were changed after systemd read them, so they are not what runs", unit=unit
        )
    if not settings and held.get("LoadState") != "loaded":
        inspection.missed("the settings of {unit}", unit=unit)
        return unit
    settings = _in_force(settings)
    held = {name: value for name, value, _ in settings} | held
    holds, forms = {**_HOLDS, **more}, {**_WRITTEN, **says}
    for name, (wanted, default) in holds.items():
        value = held.get(name, default)
        inspection.require(re.fullmatch(wanted, value) is not None, "{unit}: {name} is {found}, and should be {wanted}",
                    unit=unit, name=name, found=value or "-", wanted=wanted.split("|")[0] or "-")  # fmt: skip
    hidden = {path.lstrip("-+") for name, value, _ in settings for path in value.split() if name == "InaccessiblePaths"}
    inspection.require(hidden >= _HIDDEN, "{unit}: {name} is {found}, and should be {wanted}",
                unit=unit, name="InaccessiblePaths", found=listed(sorted(hidden)) or "-", wanted=listed(sorted(_HIDDEN))
            )  # fmt: skip
    for name, value, file in settings:
        fine = re.fullmatch(forms[name], value) is not None if name in forms else name in _HARMLESS or name in holds
        if not fine:
            inspection.found("{unit} has {name}={value} ({file}), which is on no list", unit=unit, name=name,
                       value=value, file=file)  # fmt: skip
    return unit


def _in_force(settings: list[Setting]) -> list[Setting]:
    """Return those that hold: one without a value takes back all of its name that stood before."""
    kept: list[Setting] = []
    for one in settings:
        kept = [*kept, one] if one[1] else [other for other in kept if other[0] != one[0]]
    return kept


def _counts(inspection: Inspection, host: Host, unit: str) -> None:
    held = {name: value for name, value, _ in unit_settings(host, unit)} | shown(host, unit)
    for name in _COUNTED:
        if not re.fullmatch(NO, value := held.get(name, "no")):
            inspection.found("{unit} has {name}={value}", unit=unit, name=name, value=value)
