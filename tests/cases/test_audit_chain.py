"""The chain of daily audits: what it holds, that a change of it shows, and that the members' desks see its head."""

from __future__ import annotations

import argparse
import json
from datetime import date, timedelta

import pytest
from desks.harness import running_desks
from visitors.intake_harness import make_home

from cases.audit_chain import ChainBroken, append_record, next_record, read_records
from cases.upkeep import LINES, NEVER, Sign, Upkeep, write_upkeep
from desk.commands.listing import list_cases
from desk.commands.result import CommandInput
from intake.desk_api.app import _last_audits

GIVEN = CommandInput(argparse.Namespace(), "", None)
DAYS = [date(2026, 3, day) for day in (1, 2, 3)]


def chain_of_three(folder):
    before = None
    for day in DAYS:
        before = next_record(before, day, 20, ["times"] if day.day == 2 else [], ["firewall"])
        append_record(folder, before)
    return folder / "audit.chain"


def test_each_line_continues_the_one_before_and_holds_no_more_than_a_day(tmp_path):
    path = chain_of_three(tmp_path)

    records = read_records(tmp_path)

    assert [record.day for record in records] == DAYS
    assert records[1].findings == ("times",)
    assert path.stat().st_mode & 0o777 == 0o600
    for line in path.read_text().splitlines():
        assert set(json.loads(line)) == {"day", "clean", "findings", "not_seen", "head"}


def test_a_line_that_was_changed_or_left_out_shows(tmp_path):
    path = chain_of_three(tmp_path)
    lines = path.read_text().splitlines(keepends=True)
    faults = {
        "changed": [lines[0], lines[1].replace('"times"', ""), lines[2]],
        "left out": [lines[0], lines[2]],
        "turned": [lines[1], lines[0], lines[2]],
        "no line": [*lines, "x\n"],
        "one field more": [lines[0].replace("{", '{"time": "12:00", ')],
    }

    for content in faults.values():
        path.write_text("".join(content))
        with pytest.raises(ChainBroken):
            read_records(tmp_path)


def test_a_home_without_a_chain_has_no_records(tmp_path):
    assert read_records(tmp_path) == ()


async def test_a_members_list_shows_day_verdict_and_head_of_the_last_audit(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        async with desks.desk(0) as book:
            before = await list_cases(book, GIVEN)
        chain_of_three(tmp_path / "home")
        async with desks.desk(0) as book:
            after = await list_cases(book, GIVEN)
        head = read_records(tmp_path / "home")[-1].head.hex()
        again = next_record(None, DAYS[0], 27, [], [])
        (tmp_path / "home" / "audit.chain").unlink()
        append_record(tmp_path / "home", again)
        async with desks.desk(0) as book:
            shorter = await list_cases(book, GIVEN)
        for day in (DAYS[1], DAYS[2], date(2026, 3, 4)):
            again = next_record(again, day, 27, [], [])
            append_record(tmp_path / "home", again)
        async with desks.desk(0) as book:
            rewritten = await list_cases(book, GIVEN)
        (tmp_path / "home" / "audit.chain").write_text("{}\n")
        async with desks.desk(0) as book:
            broken = await list_cases(book, GIVEN)

    assert before.found["audit"] is None
    assert "has not shown an audit" in before.prose
    assert after.found["audit"] == {
        "day": "2026-03-03",
        "findings": [],
        "not_seen": ["firewall"],
        "head": head,
        "count": 3,
        "upkeep": None,
    }
    assert (
        f"Last audit of the server: 2026-03-03, nothing found, 1 of 21 checks not seen, head {head[:16]}" in after.prose
    )
    assert before.found["warnings"] == after.found["warnings"] == []
    assert shorter.found["warnings"] == rewritten.found["warnings"] == ["warning.audits_changed"]
    assert "is another than this computer has seen" in rewritten.prose
    assert broken.found["audit"] is None
    assert broken.found["warnings"] == ["warning.audits_changed"]


async def test_a_desk_that_sees_the_chain_grow_has_nothing_to_say(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        before, found = None, []
        for number in range(40):
            before = next_record(before, date(2026, 3, 1) + timedelta(days=number), 27, [], [])
            append_record(tmp_path / "home", before)
            if number % 13 == 0:
                async with desks.desk(0) as book:
                    found.append(await list_cases(book, GIVEN))

    assert [one.found["warnings"] for one in found] == [[]] * 4
    assert [one.found["audit"]["count"] for one in found] == [1, 14, 27, 40]


async def test_a_members_list_and_checks_show_what_the_servers_status_saw(tmp_path):
    made = make_home(tmp_path / "home")
    home = made.home.path
    append_record(home, next_record(None, DAYS[0], 27, [], []))
    async with running_desks(tmp_path, made) as desks:
        said = []
        for troubles in ((), ("onion", "disk"), None):
            if troubles is None:
                (home / "upkeep.seen").write_text("nonsense")
            else:
                signs = {name: Sign.TROUBLE if name in troubles else Sign.WELL for name in LINES}
                write_upkeep(home, Upkeep(DAYS[0], signs), NEVER)
            async with desks.desk(0) as book:
                found = await list_cases(book, GIVEN)
                said.append((found.found["audit"]["upkeep"], found.prose))
        sizes = {len(_last_audits(home).upkeep)}

    day = DAYS[0].isoformat()
    assert [one for one, _ in said] == [
        {"day": day, "troubles": []}, {"day": day, "troubles": ["disk", "onion"]}, None
    ]  # fmt: skip
    assert f"Its upkeep on {day}: well." in said[0][1]
    assert f"Its upkeep on {day}: NOT WELL: disk, onion." in said[1][1]
    assert "upkeep" not in said[2][1]
    assert sizes == {len(NEVER.line)}
