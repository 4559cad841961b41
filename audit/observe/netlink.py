"""Asks the kernel for what otherwise only root's tools show: firewall rules that log, rules of the audit subsystem.

No program is started: a tool that is not installed would make a row "not seen" on a computer that has the rules.
"""

from __future__ import annotations

import errno
import socket
import struct
from dataclasses import dataclass

from audit.observe.sockets import attributes, dump

# linux/netfilter/nfnetlink.h and nf_tables.h
_NETFILTER, _NFTABLES, _GET_RULE = 12, 10, 7
_RULE_TABLE, _RULE_CHAIN, _RULE_EXPRESSIONS = 1, 2, 4
_ELEMENT, _EXPRESSION_NAME, _EXPRESSION_DATA = 1, 1, 2
# Targets of the older tables that nf_tables carries along in expressions called "target".
_OLD_TARGETS = {"LOG", "NFLOG", "ULOG", "AUDIT", "TRACE"}
# linux/audit.h
_AUDIT, _AUDIT_GET, _AUDIT_LIST_RULES = 9, 1000, 1013
_REQUEST = 0x1
_HEADER = struct.Struct("=IHHII")
_ABSENT = {errno.EPROTONOSUPPORT, errno.ECONNREFUSED, errno.EINVAL, errno.ENOENT, errno.EOPNOTSUPP}


class NotPermitted(Exception):
    """Root alone may ask."""


@dataclass(frozen=True, slots=True)
class AuditState:
    """What the kernel's audit subsystem is doing."""

    enabled: bool
    daemon: int
    rules: int


def logging_rules() -> tuple[int, list[str]]:
    """How many firewall rules nf_tables has, and table and chain of those that log; raises NotAllowed."""
    count, found = 0, []
    try:
        for body in dump(_NETFILTER, _NFTABLES << 8 | _GET_RULE, struct.pack("=BBH", socket.AF_UNSPEC, 0, 0)):
            count += 1
            fields = dict(attributes(body[4:]))
            if has_log(fields.get(_RULE_EXPRESSIONS, b"")):
                names = [fields.get(one, b"").rstrip(b"\0").decode() for one in (_RULE_TABLE, _RULE_CHAIN)]
                found.append(" ".join(names))
    except OSError as fault:
        if fault.errno in _ABSENT:  # a kernel without nf_tables has no rules in it
            return 0, []
        raise NotPermitted from fault
    return count, found


def audit_state() -> AuditState | None:
    """Return the state of the audit subsystem, None in a kernel without it; raises NotPermitted."""
    try:
        status = _one(_AUDIT_GET)
        rules = sum(1 for _ in dump(_AUDIT, _AUDIT_LIST_RULES, b""))
    except OSError as fault:
        if fault.errno in _ABSENT:
            return None
        raise NotPermitted from fault
    # struct audit_status: mask, enabled, failure, pid, …
    _mask, enabled, _failure, daemon = struct.unpack_from("=IIII", status)
    return AuditState(enabled=enabled != 0, daemon=daemon, rules=rules)


def has_log(expressions: bytes) -> bool:
    """Whether the expressions of a rule, as the kernel lists them, write down packets."""
    for kind, element in attributes(expressions):
        if kind != _ELEMENT:
            continue
        fields = dict(attributes(element))
        name = fields.get(_EXPRESSION_NAME, b"").rstrip(b"\0")
        if name == b"log":
            return True
        if name == b"target":
            target = dict(attributes(fields.get(_EXPRESSION_DATA, b""))).get(1, b"").rstrip(b"\0").decode()
            if target in _OLD_TARGETS:
                return True
    return False


def _one(kind: int) -> bytes:
    """Return the answer to one question; raises OSError."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _AUDIT) as channel:
        channel.settimeout(1.0)
        channel.send(_HEADER.pack(_HEADER.size, kind, _REQUEST, 1, 0))
        received = channel.recv(1 << 16)
    _length, message, *_ = _HEADER.unpack_from(received)
    if message == 2:  # noqa: PLR2004 - NLMSG_ERROR
        (code,) = struct.unpack_from("=i", received, _HEADER.size)
        raise OSError(-code, "netlink")
    return received[_HEADER.size :]
