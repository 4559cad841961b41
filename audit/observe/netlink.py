"""Asks the kernel over netlink for firewall rules that log packets, and for the state of the audit subsystem.

It starts no program (nft, auditctl): where one is not installed, a check could not see rules that the kernel has.
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
# xtables targets, which iptables-nft puts into expressions called "target".
_XTABLES_LOG_TARGETS = {"LOG", "NFLOG", "ULOG", "AUDIT", "TRACE"}
# linux/audit.h
_AUDIT, _AUDIT_GET, _AUDIT_LIST_RULES = 9, 1000, 1013
_REQUEST = 0x1
# What the kernel answers where it lacks the subsystem.
_ABSENT = {errno.EPROTONOSUPPORT, errno.ECONNREFUSED, errno.EINVAL, errno.ENOENT, errno.EOPNOTSUPP}


class NotPermitted(Exception):
    """Only root may ask the kernel this; about the audit subsystem nobody in a container."""


@dataclass(frozen=True, slots=True)
class AuditState:
    """What the kernel's audit subsystem is doing."""

    enabled: bool
    daemon: int
    rules: int


def logging_rules() -> tuple[int, list[str]]:
    """Return the number of nf_tables rules, and the table and chain of each that logs packets; raises NotPermitted."""
    count, found = 0, []
    try:
        for body in dump(_NETFILTER, _NFTABLES << 8 | _GET_RULE, struct.pack("=BBH", socket.AF_UNSPEC, 0, 0)):
            count += 1
            fields = dict(attributes(body[4:]))
            if logs_packets(fields.get(_RULE_EXPRESSIONS, b"")):
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
        status = next(dump(_AUDIT, _AUDIT_GET, b"", _REQUEST))
        rules = sum(1 for _ in dump(_AUDIT, _AUDIT_LIST_RULES, b""))
    except OSError as fault:
        if fault.errno in _ABSENT:
            return None
        raise NotPermitted from fault
    # struct audit_status: mask, enabled, failure, pid, …
    _mask, enabled, _failure, daemon = struct.unpack_from("=IIII", status)
    return AuditState(enabled=enabled != 0, daemon=daemon, rules=rules)


def logs_packets(expressions: bytes) -> bool:
    """Return whether one of a rule's expressions (NFTA_RULE_EXPRESSIONS) logs packets."""
    for kind, element in attributes(expressions):
        if kind != _ELEMENT:
            continue
        fields = dict(attributes(element))
        name = fields.get(_EXPRESSION_NAME, b"").rstrip(b"\0")
        if name == b"log":
            return True
        if name == b"target":
            target = dict(attributes(fields.get(_EXPRESSION_DATA, b""))).get(1, b"").rstrip(b"\0").decode()
            if target in _XTABLES_LOG_TARGETS:
                return True
    return False
