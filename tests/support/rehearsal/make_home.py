"""Makes the home of a rehearsal, inside the server and as the service's account: three members who have all signed.

    python -I make_home.py HOME CONFIG

The members' keys are made here and forgotten. On a real server no key of a member is ever made.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from cases.clock import today, utc_now
from cases.roster.chain import add_signature, read_chain, sign_roster
from cases.roster.member import make_join, new_member_keys

home, config = sys.argv[1:]
day = today(utc_now)
keys = {role: new_member_keys() for role in ("lead", "handler", "counsel")}
with tempfile.TemporaryDirectory() as folder:
    words = ["kallskydd", "init", "--home", home, "--config", config, "--operator-is-no-member"]
    for role, one in keys.items():
        join = Path(folder, f"{role}.toml")
        join.write_text(make_join(one, f"Person {role}", role, role.capitalize()))
        words += ["--member", str(join)]
    subprocess.run(words, check=True)
roster = Path(home, "roster")
for one in keys.values():
    add_signature(roster, 1, sign_roster(read_chain(roster, day).proposal, one), day)
print(*(member.id for member in read_chain(roster, day).current.readers[:2]))
