"""Made `home.tar.xz` and `members.json` here, once, with the code of commit d05a431, the first version that was whole.

It runs in a checkout of that commit, never in this one: `PYTHONPATH=.:tests python make_first_home.py FOLDER`. The home is
real, with that version's example as its configuration; two members have signed. Its cases: a report with a file, with
an answer; a report that waits for its release; and one that was erased. The private keys are of nobody.
"""

import asyncio
import json
import sys
import tarfile
import tempfile
from pathlib import Path

from cases.member import new_member_keys
from desks.harness import running_desks
from kallskydd.init_command import example_config, make_home
from visitors.intake_harness import MadeHome

from cases.home import read_home
from cases.roster import add_signature, read_chain, sign_roster
from desk import acts

REPORT, REPLY, WAITING, FILE = (
    "Fakturor utan arbete.",
    "Tack, vi läser.",
    "En andra rapport.",
    b"\xff\xd8\xff clean" * 99,
)


async def make(out: Path) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        keys = (new_member_keys(), new_member_keys())
        home = Path(folder) / "home"
        joins = [one.public(f"Person {number}", "handler", f"Handler {number}") for number, one in enumerate(keys)]
        make_home(home, example_config(), joins, trial=False)
        for one in keys:
            add_signature(home / "roster", 1, sign_roster(read_chain(home / "roster").proposal, one))
        roster = read_chain(home / "roster").current
        made = MadeHome(read_home(home), roster.home_id, roster.members, keys)
        async with running_desks(Path(folder), made) as desks:
            kept, gone = await desks.file(REPORT, files=[FILE]), await desks.file("Gallras.")
            await desks.release()
            async with desks.desk(0) as book:
                await book.sync()
                await acts.reply(book, kept.keys.case_id.hex(), REPLY)
            await desks.store.erase(gone.keys.case_id)
            await desks.file(WAITING)
        (home / "run").mkdir(exist_ok=True)
        with tarfile.open(out / "home.tar.xz", "w:xz") as archive:
            archive.add(home, arcname="home")
    members = [{"sign": one.sign_seed.hex(), "box": one.box_private.hex(), "onion": one.onion_private} for one in keys]
    found = {"members": members, "case": kept.keys.case_id.hex(), "erased": gone.keys.case_id.hex()}
    (out / "members.json").write_text(json.dumps(found | {"report": REPORT, "reply": REPLY}, indent=1) + "\n")


asyncio.run(make(Path(sys.argv[1])))
