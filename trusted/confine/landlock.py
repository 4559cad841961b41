"""Landlock: which files a process may touch, and whether it may use TCP or signal others. A second layer.

The kernel's version (its ABI) decides what can be refused; everything it can refuse is refused, apart from the rules
given. A kernel without Landlock gives version 0 and nothing is restricted: seccomp is the floor that must hold alone.
Rights by version: 1 files, 2 moving between folders, 3 truncating, 4 TCP, 5 ioctl on devices, 6 signals and abstract
sockets outside the domain. What Landlock does not govern: `stat`, and sockets that are named by a path.
A ruleset binds the calling thread and those it starts later, never threads that exist already.
"""

import ctypes
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from trusted.confine.syscalls import syscall

WRITE_FILE: Final = 1 << 1
READ_FILE: Final = 1 << 2
READ_DIR: Final = 1 << 3
REMOVE_DIR: Final = 1 << 4
REMOVE_FILE: Final = 1 << 5
MAKE_DIR: Final = 1 << 7
MAKE_REG: Final = 1 << 8
MAKE_SOCKET: Final = 1 << 9
REFER: Final = 1 << 13
TRUNCATE: Final = 1 << 14

READ: Final = READ_FILE | READ_DIR
# No sockets, devices, pipes or symbolic links: a home holds files and folders.
KEEP_FILES: Final = READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | REFER | TRUNCATE

BIND_TCP: Final = 1 << 0
CONNECT_TCP: Final = 1 << 1

_CREATE_ASK_VERSION: Final = 1
_RULE_PATH, _RULE_PORT = 1, 2
_SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS: Final = 0b11
_ABI_REFER, _ABI_TRUNCATE, _ABI_TCP, _ABI_IOCTL, _ABI_SCOPE = 2, 3, 4, 5, 6


@dataclass(frozen=True, slots=True)
class PathRule:
    """At and under this path these rights stay."""

    path: Path
    rights: int


@dataclass(frozen=True, slots=True)
class PortRule:
    """For this TCP port these rights stay (on kernels that govern TCP)."""

    port: int
    rights: int


def landlock_abi() -> int:
    """Return the kernel's Landlock version; 0 when it has none or it is switched off."""
    try:
        return syscall("landlock_create_ruleset", None, ctypes.c_size_t(0), ctypes.c_uint32(_CREATE_ASK_VERSION))
    except OSError:
        return 0


def restrict(rules: tuple[PathRule | PortRule, ...] = ()) -> int:
    """Refuse all that the kernel's version can, but for the rules; without rules, every file. Return the version."""
    abi = landlock_abi()
    if abi == 0:
        return 0
    handled = _handled_files(abi)
    attributes = struct.pack("=Q", handled)
    if abi >= _ABI_TCP:
        attributes += struct.pack("=Q", BIND_TCP | CONNECT_TCP)
    if abi >= _ABI_SCOPE:
        attributes += struct.pack("=Q", _SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS)
    ruleset = syscall("landlock_create_ruleset", attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    try:
        for rule in rules:
            _add(ruleset, rule, handled, abi)
        syscall("landlock_restrict_self", ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)
    return abi


def _handled_files(abi: int) -> int:
    """Return every file right of this version: the kernel rejects a ruleset that names one it does not know."""
    handled = (1 << 13) - 1
    if abi >= _ABI_REFER:
        handled |= REFER
    if abi >= _ABI_TRUNCATE:
        handled |= TRUNCATE
    if abi >= _ABI_IOCTL:
        handled |= 1 << 15
    return handled


def _add(ruleset: int, rule: PathRule | PortRule, handled: int, abi: int) -> None:
    match rule:
        case PathRule(path, rights):
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
            try:
                packed = struct.pack("=Qi", rights & handled, descriptor)
                _add_packed(ruleset, _RULE_PATH, packed)
            finally:
                os.close(descriptor)
        case PortRule(port, rights):
            if abi >= _ABI_TCP:
                _add_packed(ruleset, _RULE_PORT, struct.pack("=QQ", rights, port))


def _add_packed(ruleset: int, kind: int, packed: bytes) -> None:
    syscall("landlock_add_rule", ctypes.c_int(ruleset), ctypes.c_int(kind), packed, ctypes.c_uint32(0))
