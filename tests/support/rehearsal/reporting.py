"""Reporters in a rehearsal: the mirror's host beside the server, a report and its answer at both doors, a cut while they file."""

from __future__ import annotations

import asyncio
import functools
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rehearsal.hands import HOME, TYPED, let_a_night_pass
from rehearsal.server import CHECKOUT, PROJECT
from rehearsal.visits import TEXT, Code, Door, Filing, mirror_door

from desk.commands.session import work
from desk.keep.keyfile import DeskHome
from desk.keep.saving import checked
from desk.work import acts
from desk.work.case.examining import open_all
from kallskydd.demo.sample_files import sample_jpeg
from kallskydd.desk.route import Route, connector_for
from trusted.case.clock import utc_now

if TYPE_CHECKING:
    from rehearsal.rehearse import Rehearsal
    from rehearsal.server import Server

PAGE: Final = "OPERATING.md"
MIRROR: Final = "visselblas.example"
CERTIFICATE: Final = "/run/mirror.pem"
ANSWER: Final = "Tack. Vi har fått rapporten och tittar på fakturan."
MEMBER: Final = "Handler 2"
JPEG: Final = b"\xff\xd8"
ACKNOWLEDGED: Final = 6  # codes before the power goes
_WHOLE: Final = (
    "import sqlite3, sys; print(sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True).execute("
    "'PRAGMA integrity_check').fetchall())"
)


def open_mirror(at: Rehearsal, host: Server, place: Path) -> tuple[Door, bytes]:
    """Install the relay on `host` by the box of OPERATING, and hand the home a certificate of an authority made here."""
    door, pem = mirror_door(place, MIRROR, datetime.now(UTC))
    at.internet.join(host)
    (box,) = re.findall(r"```\n(apt-get install[^`]+make install-relay[^`]+)```", (PROJECT / "docs" / PAGE).read_text())
    *lines, last = [line for line in box.splitlines() if not line.startswith("apt-get")]
    host.must(f"cd {CHECKOUT} && " + " && ".join(line.partition("#")[0] for line in lines))
    onion = at.words["REPORTERS"]
    host.must(f"sed -i -e 's/^ONION=.*/ONION={onion}:443/' -e 's/^NAME=.*/NAME={MIRROR}/' /etc/kallskydd-relay/mirror")
    host.must(last)
    at.hold("the relay is installed on a host of its own", holds=True, page=PAGE)
    lines = f'[mirror]\\nname = "{MIRROR}"\\ncertificates = "by hand"'
    at.server.must(f"printf '\\n{lines}\\n' >>{HOME}/config.toml; systemctl restart kallskydd")
    # As the service's account reads it, and no other.
    at.server.must(f"install -m 0600 -o kallskydd /dev/stdin {CERTIFICATE}", typed=pem.decode())
    at.server.must(f"runuser -u kallskydd -- kallskydd mirror certificate {CERTIFICATE} --home {HOME}")
    door.wait()
    at.hold("the mirror answers, with the home's certificate", holds=True, page=PAGE)
    return door, pem


def close_mirror(at: Rehearsal) -> None:
    """Take it away from the home again: nobody can look at it from an exit here, and `status` wants somebody to."""
    at.server.must(f"sed -i '/^.mirror.$/,$d' {HOME}/config.toml; rm -r {HOME}/mirror; systemctl restart kallskydd")
    at.door.wait()


def both_doors(at: Rehearsal, doors: dict[str, Door]) -> dict[str, Code]:
    """File a report with a photograph at each, answer it the next day, and read the answer; return the codes."""
    codes = {}
    for way, door in doors.items():
        codes[way] = door.file(f"{TEXT} {way}", [sample_jpeg("rehearsal")])
        at.hold(f"{way}: a report with a photograph is acknowledged", holds=True)
    let_a_night_pass(at)
    asyncio.run(_read_and_answer(at, {f"{TEXT} {way}" for way in doors}))
    for way, door in doors.items():
        shown = door.inbox(codes[way])
        at.hold(f"{way}: the answer is read with the code", ANSWER in shown, shown[-2000:])
    return codes


async def _read_and_answer(at: Rehearsal, texts: set[str]) -> None:
    """What a member does in her application: its work at her desk home, without its pages."""
    # Not by way of /proc: SQLite would follow that link to a folder of this computer's. tor's sockets need a short path.
    home = DeskHome(at.server.root / at.desk(MEMBER).lstrip("/") / "kallskydd-desk")
    tor = at.internet.folder / "member"
    async with work(
        home, lambda: TYPED["Passphrase: "], functools.partial(connector_for, route=Route(), tor_folder=tor), utc_now
    ) as book:
        await book.sync()
        new = [case for case in (await open_all(book))[0] if case.report.text.startswith(TEXT)]
        at.hold(
            "the next morning a member sees the new cases, once",
            sorted(one.report.text for one in new) == sorted(texts),
        )
        for case in new:
            (photograph,) = case.attachments
            content = b"".join(checked(photograph, await book.attachment(case, photograph)))
            at.hold("she reads text and photograph", content.startswith(JPEG), content[:16])
            await acts.do(book, "reply", case.known.case_id.hex(), ANSWER)
            at.hold("she answers", holds=True)


def cut_while_filing(at: Rehearsal) -> None:
    """Take the power while reporters file; those who had their code are counted."""
    with Filing(at.door) as filing:
        filing.wait(ACKNOWLEDGED)
        at.server.power_cut()
        codes = list(filing.codes)
    at.codes += codes
    at.hold(f"the power went while reporters filed; {len(codes)} had their code", holds=True)


def hold_nothing_lost(at: Rehearsal) -> None:
    """Every code that came opens its case, and SQLite finds the database whole."""
    at.door.wait()
    lost = [code for code in at.codes if not at.door.opens(code)]
    at.hold(f"all {len(at.codes)} reports are there", not lost, lost)
    said = at.server.tell(f'runuser -u kallskydd -- /opt/kallskydd/bin/python -I -c "{_WHOLE}" {HOME}/kallskydd.db')
    at.hold("SQLite finds the database whole", "[('ok',)]" in said, said)
