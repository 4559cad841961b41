"""The folders, ports and keys of a private network's nodes, made for each start."""

import contextlib
import itertools
import socket
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from onion.errors import PrivateNetworkFailed, TorProgramMissing
from onion.private_lines import TorNode, identity_lines
from onion.tor_process import relay_fingerprint

RELAYS = 3  # with the authority four nodes: the least with which an onion answers
GENCERT_SECONDS = 60.0  # two RSA keys took 0.2 to 1.6 s


def make_nodes(root: Path, addresses: Sequence[str]) -> list[TorNode]:
    """Return the authority and the relays, each with an empty folder and, in turn, one of the addresses."""
    names = ["authority", *(f"relay{number}" for number in range(RELAYS))]
    ports = _free_ports(2 * len(names))
    places = zip(names, itertools.cycle(addresses), strict=False)
    nodes = [TorNode(name, root / name, ports.pop(), ports.pop(), address) for name, address in places]
    for node in nodes:
        (node.folder / "keys").mkdir(0o700, parents=True)
        node.folder.chmod(0o700)
    return nodes


def _free_ports(count: int) -> list[int]:
    """Find distinct free ports: all stay bound until all are known, so that none comes twice."""
    with contextlib.ExitStack() as held:
        listeners = [held.enter_context(socket.socket()) for _ in range(count)]
        for listener in listeners:
            listener.bind(("127.0.0.1", 0))
        return [int(listener.getsockname()[1]) for listener in listeners]


def make_authority_keys(authority: TorNode) -> str:
    """Make the authority's signing keys; returns what the others know it by."""
    keys = authority.folder / "keys"
    certificate = keys / "authority_certificate"
    # The passphrase protects a key that is worth nothing and is deleted with the folder.
    command = ["tor-gencert", "--create-identity-key", "--passphrase-fd", "0", "-m", "12"]
    command += ["-i", str(keys / "authority_identity_key"), "-s", str(keys / "authority_signing_key")]
    command += ["-c", str(certificate), "-a", f"{authority.address}:{authority.dir_port}"]
    try:
        subprocess.run(command, input=b"private network\n", check=True, capture_output=True, timeout=GENCERT_SECONDS)
    except FileNotFoundError:
        raise TorProgramMissing from None
    except subprocess.SubprocessError:
        raise PrivateNetworkFailed from None
    for line in certificate.read_text().splitlines():
        if line.startswith("fingerprint "):
            return line.split()[1]
    raise PrivateNetworkFailed


def relay_fingerprint_of(authority: TorNode) -> str:
    """Make the node's relay keys; returns the fingerprint the others check."""
    identity = authority.folder / "identity.torrc"
    write_lines(identity, [*identity_lines(authority), "DisableNetwork 1"])
    return relay_fingerprint(identity)


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write the file atomically: another process may be waiting for it."""
    unfinished = path.with_suffix(".new")
    unfinished.write_text("\n".join(lines) + "\n")
    unfinished.replace(path)
