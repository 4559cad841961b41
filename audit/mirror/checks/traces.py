"""What the planted visits left behind. A visit that did not do what it should makes each of these rows void."""

from __future__ import annotations

from audit.mirror.planted import Planted, without_chance
from audit.mirror.scene import MirrorScene
from audit.mirror.search import names_of
from audit.mirror.watch import Watch
from audit.observe.memory import found_in_memory
from audit.verdict import Inspection, Word, listed

# Buffers of closed connections stay as they are until something else is written there: of each direction's one piece.
_SEALED_KEPT = 0.25  # of what was sent; seen: one in two hundred
_RANDOMS_KEPT = 0.75  # seen: two to five of ten


def check_requests(inspection: Inspection, planted: Planted) -> None:
    """Require that each planted visit did what it should."""
    for what, outcome in planted.wrong:
        inspection.void("{what} did not go as it should: {outcome}", what=Word(what), outcome=Word(outcome))
    kinds: dict[str, list[str]] = {}
    for what, outcome in planted.right:
        kinds.setdefault(what, []).append(outcome)
    for what, outcomes in kinds.items():
        different = sorted(set(outcomes))
        inspection.saw("{what}: times {count}, outcome {outcomes}", what=Word(what), count=len(outcomes),
                 outcomes=Word(different[0]) if len(different) == 1 else listed(different))  # fmt: skip
    if planted.answers_another_name:
        inspection.found("a visit to another name was answered")
    if planted.handshakes:
        inspection.require(
            not planted.known_by, "{count} handshakes give a visitor nothing to be known by: {what}",
            count=planted.handshakes, what=", ".join(sorted(planted.known_by)) or "-",
        )  # fmt: skip
    if planted.without_sources:
        inspection.missed("addresses: the mirror listens on IPv6 alone, where a visitor on this computer has but one")
    if not planted.tried_without_backend:
        inspection.missed("a visit while what is behind the mirror is gone: name --stop and --start")


def check_descriptors(inspection: Inspection, planted: Planted, watch: Watch) -> None:
    """Require that nothing is open that could take anything down, and that no open file holds anything of a visit."""
    for kind, pid in sorted(watch.unseen):
        inspection.missed("the open files of {name} {pid}", name=kind, pid=pid)
    for kind, pid, what in sorted(watch.held):
        inspection.found("{name} {pid} has open: {what}", name=kind, pid=pid, what=what)
    for place, words, moment in sorted(watch.open_with):
        inspection.found("open file {place} holds {what}, {moment}", place=place, what=words, moment=Word(moment))
    if watch.counted:
        inspection.saw("{count} open files and sockets were looked at", count=watch.counted)
    _void(inspection, planted)


def check_files(inspection: Inspection, planted: Planted, watch: Watch) -> None:
    """Require that no log, spool or temporary file holds anything of a visit."""
    for path, what, moment in sorted(watch.files_with):
        inspection.found("{path} holds {what}, {moment}", path=path, what=what, moment=Word(moment))
    for path in sorted(watch.unread):
        inspection.missed("{path} cannot be read by this account", path=path)
    if watch.searched:
        inspection.saw("files that changed, and journals, that were searched: {count}", count=watch.searched)
    else:
        inspection.saw("no file changed during the visits where programs write, and there is no journal to search")
    _void(inspection, planted)


def check_memory(inspection: Inspection, planted: Planted, scene: MirrorScene) -> None:
    """Require that the relay's memory holds no text, no address, and not what visitors sent."""
    for part in scene.proxies:
        inspection.saw(
            "{name} {pid} ends TLS: its memory holds what it forwards, and its host has to be trusted",
            name=part.kind, pid=part.main.pid,
        )  # fmt: skip
    if not scene.relays:
        inspection.missed("the relay's memory: none runs here")
    sealed = {str(number): one for number, one in enumerate(planted.sealed)}
    randoms = {str(number): one for number, one in enumerate(planted.randoms)}
    for part in scene.relays:
        for process in part.processes:
            about = inspection.about(name=part.kind, pid=process.pid)
            with about.or_missed("the memory of {name} {pid}: root alone sees it"):
                found = without_chance(found_in_memory(process, planted.in_memory()))
                about.require(
                    not found, "in the memory of {name} {pid} after the visits: {what}", what=names_of(found) or "0"
                )
                # Behind a proxy the relay's visitor is the proxy, and its bytes are not ours.
                if not scene.proxies:
                    kept, randoms_kept = (len(found_in_memory(process, one)) for one in (sealed, randoms))
                    about.require(
                        kept <= len(sealed) * _SEALED_KEPT and randoms_kept <= len(randoms) * _RANDOMS_KEPT,
                        "{name} {pid} still holds {sealed} of {all_sealed} samples of what was sent, and the greetings"
                        " of {randoms} of {all_randoms} visits; what buffers leave is a part of the last ones",
                        sealed=kept, all_sealed=len(sealed), randoms=randoms_kept, all_randoms=len(randoms),
                    )  # fmt: skip
    _void(inspection, planted)


def _void(inspection: Inspection, planted: Planted) -> None:
    if planted.void:
        inspection.void("a planted visit did not do what it should, so that nothing was found here shows nothing")
