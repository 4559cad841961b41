"""`kallskydd demo`: the whole service on this computer alone, over a private Tor network, to try or to check.

Without `--check` it stays up until Ctrl-C and prints how to open it. With `--check` it makes one round trip and
ends with exit code 0, or 1 if a step failed, a planted marker was found, or one is in none of the files to begin with;
2 for a port or a file of markers that cannot be used, 4 if the environment is not complete.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import signal
import socket
import sys
import tempfile
from pathlib import Path

from kallskydd.demo.check import (
    MarkersUnusable,
    RoundTrip,
    given_samples,
    planted_samples,
    require_markers_in,
    round_trip,
)
from kallskydd.demo.forwarder import Forwarder
from kallskydd.demo.mirror import DemoMirror
from kallskydd.demo.sample_files import Sample, sample_jpeg
from kallskydd.demo.visitor import Visitor
from kallskydd.demo.world import MEMBERS, DemoFailed, DemoWorld
from kallskydd.say import FINDINGS, MISSING, OK, USAGE, prose, result
from onion.client import ClientTor
from onion.errors import OnionError, TorProgramMissing
from onion.private_network import PrivateNetwork

SAMPLE_TEXT = "Exempel: samma firma får alla beställningar, och chefens bror äger den."


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `demo` to the command line."""
    parser = subparsers.add_parser("demo", help="everything at once, offline, on a private Tor network")
    parser.add_argument("--check", action="store_true", help="make one round trip and end")
    parser.add_argument("--markers", type=Path, metavar="FILE", help="files and hidden texts to use in the check")
    parser.add_argument("--mirror", action="store_true", help="and the website for those without Tor, by its relay")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--port", type=int, default=0, help="loopback port for a plain browser (default: a free one)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the demonstration or the check."""
    # Report what is known to fail at once, and not after the network has been built.
    if any(shutil.which(program) is None for program in ("tor", "tor-gencert")):
        prose(str(TorProgramMissing()))
        return MISSING
    if args.port and not _is_free(args.port):
        prose(f"Port {args.port} cannot be used on this computer. Choose another, or leave out --port for a free one.")
        return USAGE
    try:
        samples = given_samples(args.markers) if args.markers else planted_samples()
        if args.check:
            require_markers_in(samples)
        # Short, because a unix socket's path may have 107 bytes. Made last: what is refused leaves no folder.
        world = DemoWorld(Path(tempfile.mkdtemp(prefix="ks-")))
        if args.mirror:
            world.mirror = DemoMirror.new(world.folder / "relay")
        return asyncio.run(_check(args, world, samples) if args.check else _show(args, world))
    except MarkersUnusable as unusable:
        prose(f"Nothing was started: {unusable}.")
        return USAGE
    except DemoFailed as failed:
        prose(f"The demonstration failed: {failed}.")
        if args.json:
            result({"ok": False, "failed": str(failed)})
        return FINDINGS
    except OnionError as error:
        prose(str(error))
        return MISSING


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except (OSError, OverflowError):
        return False
    return True


async def _check(args: argparse.Namespace, world: DemoWorld, samples: list[Sample]) -> int:
    check = RoundTrip(world, samples)
    prose("One round trip over a private Tor network on this computer, about a minute. Each step when it is done:")
    try:
        await round_trip(check)
    finally:
        await world.close()
    found = check.result()
    if args.json:
        result(found)
    prose(f"{found['total_seconds']:7.2f} s  in all")
    prose(f"{found['markers_in_originals']} of {len(check.markers)} markers are found in the files as they were sent.")
    prose(f"Markers searched for: {len(check.markers)}, in {check.search.looked_at} files, descriptors and texts.")
    if check.search.not_seen:
        prose(f"Not seen: {check.search.not_seen} that this account may not read. As root everything is seen.")
    for line in check.search.found:
        prose(f"FOUND: {line}")
    prose("No marker was found." if not check.search.found else "Markers were found: this must not happen.")
    return FINDINGS if check.search.found else OK


async def _show(args: argparse.Namespace, world: DemoWorld) -> int:
    ending = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    showing = asyncio.create_task(_build(args, world))
    stop = asyncio.create_task(ending.wait())
    try:
        await asyncio.wait({showing, stop}, return_when=asyncio.FIRST_COMPLETED)
        if showing.done():
            tor, forwarder = await showing
            await stop
            await forwarder.close()
            await asyncio.to_thread(tor.stop)
        else:
            showing.cancel()
            await asyncio.gather(showing, return_exceptions=True)
    finally:
        stop.cancel()
        prose("Stopping.")
        await world.close()
    return OK


async def _build(args: argparse.Namespace, world: DemoWorld) -> tuple[ClientTor, Forwarder]:
    prose("A private Tor network starts on this computer, two members enrol, a TRIAL home is made (15 seconds) …")
    await asyncio.gather(world.start_network(), world.make_home())
    prose("Both addresses are published, the members sign the roster, a sample report is sent (10 seconds) …")
    tor = ClientTor(world.folder / "reporter", PrivateNetwork.lines_from(world.network))
    await asyncio.gather(world.start_service(), asyncio.to_thread(tor.start))
    await world.sign_roster(over_tor=False)
    forwarder = Forwarder(tor.socks, world.public)
    local = await forwarder.start(args.port)
    if world.mirror is not None:
        await world.start_relay(world.mirror)
    async with Visitor.over_tor(tor.socks, world.public) as visitor:
        page = await visitor.open("/report")
        page = await visitor.send(page.form("/report"), {"text": SAMPLE_TEXT, "act": "send"}, [sample_jpeg("demo")])
    _print_result(args, world, local, page.receipt)
    return tor, forwarder


def _print_mirror(mirror: DemoMirror) -> None:
    prose(f"Through the mirror, by its relay: {mirror.origin}/  (any browser on this computer)")
    prose(
        "  The browser warns, because no authority that it knows made the certificate, but this demonstration itself."
    )
    prose(f"  Go on past the warning, or have a browser that you throw away trust {mirror.authority}")


def _print_result(args: argparse.Namespace, world: DemoWorld, local: str, receipt: tuple[str, ...]) -> None:
    applications = [f"kallskydd desk --desk-home {desk.folder} --tor-network {world.network}" for desk in world.desks]
    commands = [
        f"kallskydd desk list --desk-home {desk.folder} --passphrase-file {desk.passphrase_file}"
        f" --tor-network {world.network}"
        for desk in world.desks
    ]
    if args.json:
        facts = {"open": local, "public": world.public, "desk": world.desk_address}
        if world.mirror is not None:
            facts |= {"mirror": world.mirror.origin, "authority": str(world.mirror.authority)}
        result({**facts, "receipt": list(receipt), "desks": commands, "applications": applications})
    prose("")
    prose(
        "This is a DEMONSTRATION, a TRIAL home on this computer alone. It is not anonymous, nothing outside is reached,"
    )
    prose("and everything in it is removed when you stop it.")
    prose("")
    prose(f"As a reporter, in any browser:   {local}")
    prose(f"A sample report's case code:     {' '.join(receipt)}")
    prose(f"On its private network:          http://{world.public}  (reporters)")
    prose(f"                                 {world.desk_address}  (members' desks)")
    if world.mirror is not None:
        _print_mirror(world.mirror)
    programs = Path(sys.executable).parent
    for (name, _label), desk, application in zip(MEMBERS, world.desks, applications, strict=True):
        passphrase = desk.passphrase_file.read_text("utf-8").strip()
        prose(f"As the member {name}, in another terminal (it opens in your browser; passphrase: {passphrase}):")
        prose(f"  {programs / application}")
    prose("On the command line, the first one:")
    prose(f"  {programs / commands[0]}")
    prose("")
    prose("Ctrl-C stops it.")
