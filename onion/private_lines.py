"""The torrc lines of a private Tor network on loopback. Only for tests, trials and the demonstration.

One authority and three relays are the least that works: with three nodes in all the network comes up, but no onion ever
answers, because a service's circuits need a fourth. What is not explained on its line was found by trying.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from onion.torrc import quoted_path

# Votes fall on multiples of the interval on the wall clock, moved so that the first comes so soon after the start.
FIRST_INTERVAL_SECONDS = 10  # with 5 s, or without the move, two of three starts failed
LEAD_SECONDS = 2  # every relay has uploaded its descriptor by then; with 1 s one start in three failed
VOTE_SECONDS = 2
DISTRIBUTE_SECONDS = 2
# Long on purpose: on a test network an onion's time period is 24 of these, and descriptors move when it ends.
LATER_INTERVAL_SECONDS = 300
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class TorNode:
    """One relay or the authority: its name, folder and ports."""

    name: str
    folder: Path
    or_port: int
    dir_port: int
    address: str = LOOPBACK

    @property
    def torrc(self) -> Path:
        """Its configuration."""
        return self.folder / "torrc"

    @property
    def control_socket(self) -> Path:
        """Its control socket."""
        return self.folder / "control"


def join_lines(authority_line: str) -> list[str]:
    """Return what any tor needs to be on this network and on no other."""
    return [
        # Allows loopback addresses and several relays on one, and takes the waiting out of the start.
        "TestingTorNetwork 1",
        authority_line,
        "PathsNeededToBuildCircuits 0.67",
        # Saves up to 4 s: tor asks for what it lacks every second instead of every fifth.
        "TestingClientMaxIntervalWithoutRequest 1",
    ]


def authority_line(authority: TorNode, *, v3_identity: str, fingerprint: str) -> str:
    """Return the DirAuthority line by which the other tors find the authority."""
    place = f"orport={authority.or_port} v3ident={v3_identity} {authority.address}:{authority.dir_port}"
    return f"DirAuthority {authority.name} {place} {fingerprint}"


def identity_lines(node: TorNode) -> list[str]:
    """Return the lines for tor to make a relay's keys and print its fingerprint; no network is used."""
    return [
        f"DataDirectory {quoted_path(node.folder)}",
        f"Nickname {node.name}",
        f"Address {node.address}",
        f"ORPort {node.address}:{node.or_port}",
        "SocksPort 0",
        "ExitRelay 0",
        "ContactInfo none",
        # Publish at once, without testing its own reachability first.
        "AssumeReachable 1",
    ]


def relay_lines(node: TorNode, network_lines: Sequence[str]) -> list[str]:
    """Return a relay's whole torrc."""
    return [
        *network_lines,
        *identity_lines(node),
        "PublishServerDescriptor 1",
        f"ControlSocket unix:{quoted_path(node.control_socket)}",
        "CookieAuthentication 1",
        "Log warn stdout",
        "ShutdownWaitLength 0",
    ]


def authority_lines(node: TorNode, network_lines: Sequence[str], *, now: float, slowness: int = 1) -> list[str]:
    """Return the authority's whole torrc; `now` is the wall clock in seconds, a `slowness` of 2 doubles every wait."""
    interval, lead, vote, distribute = (
        slowness * seconds for seconds in (FIRST_INTERVAL_SECONDS, LEAD_SECONDS, VOTE_SECONDS, DISTRIBUTE_SECONDS)
    )
    first_vote = int(now + 0.999) + lead + vote + distribute
    return [
        *relay_lines(node, network_lines),
        f"DirPort {node.address}:{node.dir_port}",
        "AuthoritativeDirectory 1",
        "V3AuthoritativeDirectory 1",
        f"TestingV3AuthInitialVotingInterval {interval}",
        f"TestingV3AuthVotingStartOffset {first_vote % interval}",
        f"TestingV3AuthInitialVoteDelay {vote}",
        f"TestingV3AuthInitialDistDelay {distribute}",
        f"V3AuthVotingInterval {LATER_INTERVAL_SECONDS}",
        "V3AuthVoteDelay 20",
        "V3AuthDistDelay 20",
        "V3AuthNIntervalsValid 3",
        # Without these no relay holds descriptors of onions, and none may be a guard, for days.
        "TestingDirAuthVoteHSDir *",
        "TestingDirAuthVoteGuard *",
        "TestingMinExitFlagThreshold 0",
    ]
