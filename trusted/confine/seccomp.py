"""Builds and installs a seccomp filter from a list of rules.

Rules apply from the top; the first whose name and conditions all match decides, and the default if none does.
Three things come before the rules and are fixed: a call made by another calling convention than this
processor's own kills the process (32-bit calls carry other numbers), so do the x32 calls on x86_64 (same convention,
high bit set), and a filter is only installed after no-new-privileges.

An argument is 64 bits wide. The kernel uses only the low half where the parameter is an `int`, so conditions on flags
look at the low half, and `Null` at both.
"""

import ctypes
import enum
import functools
import struct
from dataclasses import dataclass
from typing import Final

from trusted.confine.syscalls import MACHINE, audit_arch, numbers, syscall


class Action(enum.IntEnum):
    """What the kernel does with a call (SECCOMP_RET_* of linux/seccomp.h)."""

    KILL = 0x80000000
    ALLOW = 0x7FFF0000
    EPERM = 0x00050001
    EAGAIN = 0x0005000B
    EACCES = 0x0005000D
    ENOTTY = 0x00050019
    ENOSYS = 0x00050026


@dataclass(frozen=True, slots=True)
class BitsClear:
    """Holds when none of the mask's bits is set in the argument's low half."""

    argument: int
    mask: int


@dataclass(frozen=True, slots=True)
class Equals:
    """Holds when the low half of the argument, masked, is the value."""

    argument: int
    value: int
    mask: int = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Null:
    """Holds when all 64 bits of the argument are zero: a null pointer, a zero length."""

    argument: int


Condition = BitsClear | Equals | Null


@dataclass(frozen=True, slots=True)
class Rule:
    """These calls, under all of these conditions, get this action."""

    action: Action
    names: tuple[str, ...]
    when: tuple[Condition, ...] = ()


# Instruction codes of classic BPF (linux/bpf_common.h): load a word, jump, mask, return.
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_BITS, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
# Offsets in struct seccomp_data: number, calling convention, then (after the instruction pointer) six 64-bit arguments.
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
# x32 calls on x86_64 have this bit set in their number.
_X32_BIT: Final = 0x40000000
_MODE_FILTER: Final = 1
# What the kernel answers when asked for a process's mode (SECCOMP_MODE_FILTER).
MODE_FILTER_ON: Final = 2
# Binds every thread of the process at once; without it threads that exist already stay free.
_FLAG_TSYNC: Final = 1

Instruction = tuple[int, int, int, int]


def build(rules: tuple[Rule, ...], default: Action, machine: str = MACHINE) -> bytes:
    """Compile the rules to the kernel's form: 8 bytes an instruction."""
    table = numbers(machine)
    program: list[Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_JUMP_EQUAL, 1, 0, audit_arch(machine)),
        (_RETURN, 0, 0, Action.KILL),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if machine == "x86_64":
        program += [(_JUMP_AT_LEAST, 0, 1, _X32_BIT), (_RETURN, 0, 0, Action.KILL)]
    for rule in rules:
        body = _body(rule)
        for name in rule.names:
            if name in table:
                program.append((_JUMP_EQUAL, 0, len(body), table[name]))
                program += body
    program.append((_RETURN, 0, 0, default))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


def _body(rule: Rule) -> list[Instruction]:
    """Return what runs once the number matched: the conditions, the action, and the way on if a condition fails."""
    if not rule.when:
        return [(_RETURN, 0, 0, rule.action)]
    # Built from the end: each failing test must jump over all that follows it up to the reload of the call number.
    body: list[Instruction] = [(_RETURN, 0, 0, rule.action), (_LOAD, 0, 0, _NUMBER)]
    for condition in reversed(rule.when):
        body = _test(condition, past=len(body) - 1) + body
    return body


def _test(condition: Condition, past: int) -> list[Instruction]:
    """Return instructions that fall through when the condition holds and otherwise jump over the next `past` ones."""
    low = _ARGUMENTS + 8 * condition.argument
    match condition:
        case BitsClear(mask=mask):
            return [(_LOAD, 0, 0, low), (_JUMP_BITS, past, 0, mask)]
        case Equals(value=value, mask=mask):
            return [(_LOAD, 0, 0, low), (_AND, 0, 0, mask), (_JUMP_EQUAL, 0, past, value)]
        case Null():
            return [
                (_LOAD, 0, 0, low),
                (_JUMP_EQUAL, 0, past + 2, 0),
                (_LOAD, 0, 0, low + 4),
                (_JUMP_EQUAL, 0, past, 0),
            ]


@functools.cache
def header(program: bytes) -> tuple[object, bytes]:
    """Return a buffer that must stay alive, and the sock_fprog that points to it: its length and address."""
    buffer = ctypes.create_string_buffer(program, len(program))
    return buffer, struct.pack("@HP", len(program) // 8, ctypes.addressof(buffer))


def install(program: bytes, *, all_threads: bool = False) -> None:
    """Install the filter, for good. Needs no-new-privileges. Raises OSError."""
    _, pointer = header(program)
    flags = _FLAG_TSYNC if all_threads else 0
    refused_thread = syscall("seccomp", ctypes.c_uint(_MODE_FILTER), ctypes.c_uint(flags), pointer)
    # With TSYNC the kernel answers with the id of a thread it could not bind, and then nothing is installed.
    if refused_thread != 0:
        raise OSError("a thread could not be bound by the filter")
