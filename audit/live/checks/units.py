"""The units of the service as systemd runs them: what their words would leave in the journal, a file or a counter.

What is examined is the unit that the intake is in, whatever its name, with every drop-in, what `systemctl set-property`
has set and what the manager adds; the slices above it; and the other units of the service. A setting of the intake's
unit that is on no list is a finding whatever it says: each that systemd learns could be a new way out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from audit.observe.scene import Scene
from audit.observe.units import shown, slices_of, unit_of, unit_settings, units_named
from audit.verdict import Inspection, listed

_NO: Final = re.compile(r"no|false|off|0", re.IGNORECASE)
_COUNTED: Final = ("IPAccounting", "IOAccounting")
# What they have to be, as systemd holds them; the second is what holds where no file says anything.
_HOLDS: Final = {
    "StandardOutput": (re.compile("null"), "journal"),
    "StandardError": (re.compile("null|inherit"), "inherit"),
    "LogNamespace": (re.compile(""), ""),
    "LimitCORE": (re.compile("0"), "0"),
    **dict.fromkeys((*_COUNTED, "CPUAccounting", "MemoryAccounting"), (_NO, "no")),
}
# What else may stand in its unit, as these say.
_WRITTEN: Final = {
    "ExecStart": re.compile(r"/\S+/kallskydd serve( --[a-z-]+| [\w./%@-]+)*"),
    "Environment": re.compile(r'("?(LANG|LC_\w+|TZ|PATH|KALLSKYDD_\w+)=[^\s"]*"?\s*)*'),
    "StandardInput": re.compile("null"),
    "MemorySwapMax": re.compile("0"),
    "MemoryZSwapMax": re.compile("0"),
}
# Whatever these say, nothing of a visitor is written or counted by it.
_HARMLESS: Final = frozenset({
    "AmbientCapabilities", "BindPaths", "BindReadOnlyPaths", "CPUQuota", "CPUWeight", "CapabilityBoundingSet",
    "DevicePolicy", "ExecPaths", "Group", "IOWeight", "IPAddressDeny", "InaccessiblePaths", "KeyringMode", "KillMode",
    "KillSignal", "LimitMEMLOCK", "LimitNOFILE", "LimitNPROC", "LockPersonality", "MemoryDenyWriteExecute",
    "MemoryHigh", "MemoryLow", "MemoryMax", "MemoryMin", "Nice", "NoExecPaths", "NoNewPrivileges", "NotifyAccess",
    "OOMPolicy", "OOMScoreAdjust", "PrivateDevices", "PrivateIPC", "PrivateMounts", "PrivateNetwork", "PrivatePIDs",
    "PrivateTmp", "PrivateUsers", "ProcSubset", "ProtectClock", "ProtectControlGroups", "ProtectHome",
    "ProtectHostname", "ProtectKernelLogs", "ProtectKernelModules", "ProtectKernelTunables", "ProtectProc",
    "ProtectSystem", "ReadOnlyPaths", "ReadWritePaths", "RemoveIPC", "Restart", "RestartPreventExitStatus",
    "RestartSec", "RestrictAddressFamilies", "RestrictNamespaces", "RestrictRealtime", "RestrictSUIDSGID", "Slice",
    "SocketBindDeny", "SupplementaryGroups", "SystemCallArchitectures", "SystemCallErrorNumber", "SystemCallFilter",
    "TasksMax", "TemporaryFileSystem", "TimeoutStartSec", "TimeoutStopSec", "Type", "UMask", "User", "WorkingDirectory",
})  # fmt: skip


def check_units(inspection: Inspection, scene: Scene) -> None:
    """Require that nothing is said or counted by the intake's unit, its slices, or the service's other units."""
    keeper = scene.service.keeper
    # The intake is a child of the keeper's, and started without one a moment ago.
    process = next(iter(scene.service.intakes), keeper)
    unit = unit_of(process)
    if unit is None:
        inspection.saw("the unit of {name} {pid}: it was started by hand", name="intake", pid=process.pid)
    else:
        _intakes_unit(inspection, scene, unit)
        for name in slices_of(process):
            _counts(inspection, scene, name)
    tors = [name for name in map(unit_of, scene.service.tors) if name]
    others = sorted({*units_named(scene, "kallskydd"), *tors} - {unit})
    for name in others:
        _counts(inspection, scene, name)
        for setting, value, file in unit_settings(scene, name):
            if setting in {"StandardOutput", "StandardError"} and value not in {"null", "inherit"}:
                inspection.found("{unit} has {name}={value}", unit=file.name, name=setting, value=value)
    inspection.saw("units of the service: {units}", units=listed([*([unit] if unit else []), *others]) or "0")


def _intakes_unit(inspection: Inspection, scene: Scene, unit: str) -> None:
    held = shown(scene, unit)
    settings = unit_settings(scene, unit)
    if held.get("NeedDaemonReload") == "yes":
        inspection.missed(
            "{unit}: its files were changed after systemd read them, so they are not what runs", unit=unit
        )
    if not settings and held.get("LoadState") != "loaded":
        inspection.missed("the settings of {unit}", unit=unit)
        return
    written = {name: value for name, value, _ in settings}
    for name, (wanted, default) in _HOLDS.items():
        value = held.get(name, written.get(name, default))
        inspection.require(wanted.fullmatch(value) is not None, "{unit}: {name} is {found}, and should be {wanted}",
                    unit=unit, name=name, found=value or "-", wanted=wanted.pattern.split("|")[0] or "-")  # fmt: skip
    for name, value, file in settings:
        pattern = _WRITTEN.get(name)
        # Without a value it takes back what stood before.
        fine = not value or pattern.fullmatch(value) is not None if pattern else name in _HARMLESS or name in _HOLDS
        if not fine:
            inspection.found("{unit} has {name}={value} ({file}), which is on no list", unit=unit, name=name,
                       value=value, file=file)  # fmt: skip


def _counts(inspection: Inspection, scene: Scene, unit: str) -> None:
    for name, value in _counted(scene, unit):
        if not _NO.fullmatch(value):
            inspection.found("{unit} has {name}={value}", unit=unit, name=name, value=value)


def _counted(scene: Scene, unit: str) -> Iterator[tuple[str, str]]:
    held, written = shown(scene, unit), {name: value for name, value, _ in unit_settings(scene, unit)}
    return ((name, held.get(name, written.get(name, "no"))) for name in _COUNTED)
