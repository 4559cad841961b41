"""What somebody who carries the disk away can read: rows, sizes, order, days. The server's own keys are on it too."""

import contextlib
import sqlite3

from desks.harness import running_desks
from visitors.intake_harness import file_report, log_in, make_home, running_intake, zygotes
from visitors.samples import photograph

from desk.work import acts
from desk.work.erasing import erase
from intake.daily import release


def everything(home) -> bytes:
    return b"".join(path.read_bytes() for path in home.iterdir() if path.is_file())


def column(home, query: str) -> list:
    with contextlib.closing(sqlite3.connect(f"file:{home}/kallskydd.db?mode=ro", uri=True)) as connection:
        return [row[0] for row in connection.execute(query)]


def names_of(keys) -> tuple[bytes, ...]:
    return keys.id.encode(), keys.id_bytes


async def test_a_member_who_signed_to_erase_a_case_is_not_named_beside_it_before_or_after(tmp_path):
    made = make_home(tmp_path / "home", ("lead", "handler"), trial=True, settings="at_once = true\ninbox_days = 0\n")
    async with running_desks(tmp_path, made) as desks:
        reporter = await desks.file("En sak.")
        await desks.release()
        name = reporter.keys.case_id.hex()
        async with desks.desk(0) as book:
            await book.sync()
            await acts.do(book, "close", name, "Klart.")
            await erase(book, name, "LK 2026-17")
        home = made.home.path
        waiting = column(home, "SELECT statement FROM statements")
        columns = column(home, "SELECT name FROM pragma_table_info('statements')")
        disk = everything(home)
        async with desks.desk(1) as book:
            await book.sync()
            seen = (await book.open(book.state.find(name))).waiting
            done = await erase(book, name, "LK 2026-17")
            kept = book.state.case_list.tombstones[name]
        left = column(home, "SELECT statement FROM tombstone_statements")

    assert (len(waiting), len(left)) == (1, 2)
    assert "member_id" not in columns
    for keys in made.keys:
        for blob in (*waiting, *left):
            assert not any(form in blob for form in names_of(keys))
    assert b"LK 2026-17" not in disk
    # All of one size, whatever the reference.
    assert len({len(blob) for blob in (*waiting, *left)}) == 1
    # And still it does what it is for: the second member sees who signed, and both have the proof.
    assert seen == ((made.keys[0].id, "LK 2026-17"),)
    assert done == "done"
    assert len(kept.statements) == 2


async def test_the_disk_has_no_hour_no_name_no_word_and_no_address(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        page = await file_report(browser, "planted words of the report", [photograph(maker="planted maker")])
        inbox = await log_in(browser, page.receipt)
        handle = dict(inbox.form("/inbox", language="sv").fields)["handle"]
        await browser.post("/inbox/write", inbox.form("/inbox/write").with_(text="planted message"))
        await release(intake.services, intake.clock().date().replace(day=3))
        disk = everything(intake.made.home.path)

    planted = ["planted", "secret-name", handle, " ".join(page.receipt.words[:2])]
    assert [one for one in planted if one.encode() in disk] == []
    # 12:00 UTC is the hour of everything that happened here; it would stand as text or as seconds since 1970.
    seconds = int(intake.clock().timestamp())
    hours = [b"12:00", b"13:00", str(seconds).encode(), str(seconds // 3600).encode()]
    assert [one for one in hours if one in disk] == []


async def test_two_reports_of_different_lengths_and_files_leave_rows_of_the_same_sizes(tmp_path):
    sizes = []
    for number, (text, side) in enumerate((("Kort.", 32), ("Längre. " * 200, 36))):
        folder = tmp_path / str(number)
        folder.mkdir()
        async with zygotes() as sandbox, running_intake(folder, sandbox=sandbox) as intake:
            await file_report(intake.browser(), text, [photograph(side)])
            home = intake.made.home.path
            sizes.append(
                (
                    column(home, "SELECT length(body) FROM entries ORDER BY number"),
                    column(home, "SELECT sealed_size FROM files ORDER BY item_kind"),
                    column(home, "SELECT length(item) FROM waiting_items"),
                )
            )

    assert sizes[0] == sizes[1]


async def test_what_was_taken_back_is_in_no_page_of_the_file(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        page = await file_report(browser, "To be taken back", [photograph(300)])
        home = intake.made.home.path
        pieces = [
            bytes(piece)[start : start + 32]
            for query in ("SELECT body FROM entries", "SELECT chunk FROM chunks", "SELECT item FROM waiting_items")
            for piece in column(home, query)
            for start in (0, len(piece) // 2)
            if len(piece) >= 64
        ]
        inbox = await log_in(browser, page.receipt)
        asked = await browser.post("/inbox/take-back", inbox.form("/inbox/take-back", without="file").fields)
        await browser.post("/inbox/take-back", asked.form("/inbox/take-back").fields)
        disk = everything(home)

    assert len(pieces) > 10
    assert [piece for piece in pieces if piece in disk] == []


async def test_the_order_of_rows_is_not_the_order_of_filing(tmp_path):
    made = make_home(tmp_path / "home")
    async with running_intake(tmp_path, made) as intake:
        # As many fall into this order by chance once in five hundred million times.
        for number in range(12):
            await file_report(intake.browser(), f"Report {number}")
        listed = column(made.home.path, "SELECT case_id FROM cases")
        slots = column(made.home.path, "SELECT slot FROM cases ORDER BY case_id")

    assert listed == sorted(listed)
    assert slots != sorted(slots)
