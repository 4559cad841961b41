"""Backups that a server made while it was in other hands: sealed rightly to two honest members, and hostile inside."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import msgspec
import pytest
from homes.restore_drill import NOT_WHOLE, Drill, altered_rows, nothing_is_half_restored, rewrite_manifest, second_go
from homes.upkeep import kallskydd
from nacl.public import PrivateKey

from cases.backup import rows
from cases.backup.files import KEYS_NAME, MANIFEST_NAME, Manifest, SealedKeys, encode, read_file, use_of_keys
from trusted.crypto.any_two import Holder, SealedToAnyTwo, hand_on, open_with_two, seal_to_any_two

TIMED = "INSERT INTO log VALUES (strftime('%Y-%m-%d %H:%M:%f', 'now'))"


def seal_as_the_server(drill: Drill, **changed: object) -> None:
    """Seal what lies in the folder now, with what else is changed: the server has every key that this takes."""
    path, asking = drill.out / KEYS_NAME, PrivateKey.generate()
    sealed, use = read_file(path, SealedToAnyTwo), use_of_keys(read_file(drill.out / MANIFEST_NAME, Manifest).id)
    handed = {
        one.id_bytes: hand_on(sealed.pairs, use, one.id_bytes, one.box_private, bytes(asking.public_key))
        for one in drill.made.keys[:2]
    }
    keys = msgspec.json.decode(open_with_two(sealed, use, handed, bytes(asking)), type=SealedKeys)
    rewrite_manifest(drill.out)
    manifest = read_file(drill.out / MANIFEST_NAME, Manifest)
    files = {name: expected for name, expected in manifest.files.items() if name != KEYS_NAME}
    keys = msgspec.structs.replace(keys, manifest=msgspec.structs.replace(manifest, files=files), **changed)
    holders = [Holder(one.id_bytes, one.box) for one in drill.made.members[:2]]
    path.write_bytes(encode(seal_to_any_two(msgspec.json.encode(keys), use, holders)))
    rewrite_manifest(drill.out)


def test_what_such_a_server_seals_with_honest_content_is_restored(drill: Drill):
    seal_as_the_server(drill, mirror={"account.json": b"{}"})

    done = second_go(drill, drill.desks(), "--slots", drill.slots)

    assert done.returncode == 0, done.stderr
    assert (drill.new / "mirror" / "account.json").read_bytes() == b"{}"


@pytest.mark.parametrize("name", ["absolute", "../../elsewhere", "../config.toml", "other.json", "account.json/x", ""])
def test_a_file_of_the_mirror_with_a_name_that_no_mirror_has_is_written_nowhere(drill: Drill, name: str):
    elsewhere = drill.folder / "elsewhere"
    seal_as_the_server(drill, mirror={str(elsewhere) if name == "absolute" else name: b"* * * * * root evil\n"})

    refused = second_go(drill, drill.desks(), "--slots", drill.slots)

    assert refused.returncode == 3
    assert NOT_WHOLE in refused.stderr
    assert not elsewhere.exists()
    assert nothing_is_half_restored(drill)


@pytest.mark.parametrize("name", ["kallskydd.db-wal", "tor/torrc", "mirror/account.json", "MOVED"])
def test_a_file_that_no_backup_has_is_refused_before_members_are_asked(drill: Drill, name: str):
    more: Path = drill.out / name
    more.parent.mkdir(exist_ok=True)
    more.write_bytes(b"of the server")
    seal_as_the_server(drill)

    refused = kallskydd("restore", "--home", drill.new, "--from", drill.out, check=False)

    assert (refused.returncode, drill.new.exists()) == (3, False)
    assert NOT_WHOLE in refused.stderr


@pytest.mark.parametrize(
    "statements",
    [
        ("CREATE TABLE log (at)", f"CREATE TRIGGER filed AFTER INSERT ON entries BEGIN {TIMED}; END"),
        ("CREATE TRIGGER kept BEFORE DELETE ON entries BEGIN SELECT RAISE(IGNORE); END",),
        ("CREATE TABLE log (at)",),
        ("CREATE VIEW seen AS SELECT * FROM cases",),
        ("CREATE INDEX filed ON entries (body)",),
        ("DROP INDEX entries_waiting",),
        ("DROP TABLE ended_inboxes", "CREATE VIEW ended_inboxes AS SELECT case_id, state AS from_day FROM cases"),
        ("ALTER TABLE entries ADD COLUMN at TEXT",),
    ],
    ids=lambda statements: statements[0].split(" BEGIN")[0],
)
def test_a_database_with_a_schema_of_its_own_is_not_restored(drill: Drill, statements: tuple[str, ...], monkeypatch):
    altered_rows(drill.out, *statements)
    seal_as_the_server(drill)
    written: list[Path] = []
    monkeypatch.setattr(rows, "_write_slots", lambda path, _taken: written.append(path))

    refused = second_go(drill, drill.desks(), "--slots", drill.slots)

    assert refused.returncode == 3
    assert NOT_WHOLE in refused.stderr
    assert written == []
    assert nothing_is_half_restored(drill)


def test_a_backup_from_before_a_table_came_is_restored_and_gets_it(drill: Drill):
    altered_rows(drill.out, "DROP TABLE ended_inboxes")
    seal_as_the_server(drill)

    done = second_go(drill, drill.desks(), "--slots", drill.slots)

    assert done.returncode == 0, done.stderr
    with contextlib.closing(sqlite3.connect(drill.new / "kallskydd.db")) as restored:
        assert restored.execute("SELECT count(*) FROM ended_inboxes").fetchone() == (0,)
