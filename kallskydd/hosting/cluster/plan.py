"""What a cluster is made of, checked before a line of it is written.

Two nodes hold the state; a third has a vote and never anything else. Each of the two has a fence device: a program with
which the other node switches it off when it no longer answers. Without that, a leader that was cut off would go on
publishing beside its successor, so nothing is written for a cluster that lacks one.

PlanRefused  400  the base; `what` and `to_do` are sentences for the operator
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from onion.publisher.tenants import TENANT_NAME

# Of hosts, which Pacemaker's resources are named after.
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,30}")
_AGENT: Final = re.compile(r"[a-z][a-z0-9_]{1,40}")
_KEY: Final = re.compile(r"[a-z][a-z0-9_-]{0,40}")
# These pretend, or wait for a person: the one that leads would not be off when the other begins.
_NO_FENCE: Final = frozenset({"fence_dummy", "fence_legacy", "meatware", "null", "ssh", "external"})
HOLDERS: Final = 2  # a block mirror of two sides: both hold all of it
NODES_MOST: Final = 3


class PlanRefused(Exception):
    """The cluster cannot be written like this."""

    def __init__(self, what: str, to_do: str) -> None:
        super().__init__(f"{what} {to_do}")
        self.what, self.to_do = what, to_do


@dataclass(frozen=True, slots=True)
class Node:
    """One machine: its name as `uname -n` has it, and its address on the link between the nodes."""

    name: str
    address: str


@dataclass(frozen=True, slots=True, repr=False)
class Fence:
    """What switches one node off: an agent of the package fence-agents, and its settings, which may be secret."""

    node: str
    agent: str
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True, repr=False)
class ClusterPlan:
    """A cluster that may be written."""

    nodes: tuple[Node, ...]
    fences: tuple[Fence, ...]
    tenants: tuple[str, ...]
    disk: Path
    key_file: Path
    holders: tuple[Node, ...] = field(init=False)
    witness: Node | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "holders", self.nodes[:HOLDERS])
        object.__setattr__(self, "witness", self.nodes[HOLDERS] if len(self.nodes) > HOLDERS else None)
        _require_nodes(self.nodes)
        _require_fences(self.holders, self.fences)
        for name in self.tenants:
            if not TENANT_NAME.fullmatch(name):
                raise PlanRefused(f"`{name}` is no name of a tenant.", "Name those that `kallskydd host list` shows.")
        if not self.tenants or len(set(self.tenants)) != len(self.tenants):
            raise PlanRefused("There is no tenant, or one is named twice.", "Name each with --tenant once.")
        for path in (self.disk, self.key_file):
            if not path.is_absolute() or not re.fullmatch(r"[\w/.+:@-]+", str(path)):
                raise PlanRefused(f"`{path}` is no plain absolute path.", "Name the file from / on.")


def nodes_in(text: str) -> tuple[Node, ...]:
    """Return the nodes of `a=10.0.0.1,b=10.0.0.2`. Raises PlanRefused."""
    pairs = [word.partition("=") for word in text.split(",")]
    if not all(sign for _, sign, _ in pairs):
        raise PlanRefused("A node has no address.", "Write --nodes a=10.0.0.1,b=10.0.0.2: the link between them.")
    return tuple(Node(name, address) for name, _, address in pairs)


def fence_in(text: str) -> Fence:
    """Return the fence device of `a=fence_ipmilan,ip=10.1.0.1,…`. Raises PlanRefused."""
    node, _, rest = text.partition("=")
    agent, *settings = rest.split(",")
    pairs = [setting.partition("=") for setting in settings]
    if not _AGENT.fullmatch(agent) or not all(sign and _KEY.fullmatch(key) for key, sign, _ in pairs):
        raise PlanRefused(
            "A fence device cannot be read.", "Write --fence NODE=fence_ipmilan,ip=…,username=…,password_script=…"
        )
    if agent in _NO_FENCE:
        raise PlanRefused(f"{agent} switches nothing off.", "Name the agent of a real device, such as fence_ipmilan.")
    return Fence(node, agent, {key: value for key, _, value in pairs})


def _require_nodes(nodes: Sequence[Node]) -> None:
    if not HOLDERS <= len(nodes) <= NODES_MOST:
        raise PlanRefused(
            f"{len(nodes)} nodes are named.", "Name the two that hold the state, and at most one more that only votes."
        )
    for node in nodes:
        try:
            ipaddress.ip_address(node.address)
        except ValueError:
            raise PlanRefused(
                f"`{node.address}` is no address.", "Write it in figures; names need a resolver."
            ) from None
        if not _NAME.fullmatch(node.name):
            raise PlanRefused(f"`{node.name}` is no name of a node.", "Use what `uname -n` says, in small letters.")
    if len({node.name for node in nodes}) + len({node.address for node in nodes}) != 2 * len(nodes):
        raise PlanRefused("Two nodes have the same name or address.", "Give each its own.")


def _require_fences(holders: Sequence[Node], fences: Sequence[Fence]) -> None:
    named = [fence.node for fence in fences]
    for node in holders:
        if named.count(node.name) != 1:
            raise PlanRefused(
                f"Node {node.name} has no fence device, or two.",
                "Name one for each of the first two nodes with --fence: without it two nodes could publish at once.",
            )
    if len(named) != len(holders):
        raise PlanRefused("A fence device is named for a node that holds no state.", "Leave it out.")
