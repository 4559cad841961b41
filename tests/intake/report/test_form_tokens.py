"""One-time tokens, sessions and the daily clock, without a browser."""

import asyncio
import os
import sqlite3
import time
from datetime import UTC, date, datetime, timedelta

import pytest
from visitors.intake_harness import NOON, SetClock, file_report, log_in, make_home, running_intake

from intake.daily import keep_time, release_everything
from intake.sessions import MOST, FoundInFiles, Session, Sessions, Standing
from trusted.case.clock import due_day
from trusted.case.errors import SettingLost
from trusted.crypto.seal import CaseKeys, new_case_keys
from trusted.forms.attachment import FileShown
from trusted.jail.stages import Kind, Removed, ScrubReport, What, Where
from trusted.web.errors import ExpiredToken
from trusted.web.form_tokens import FormTokens, TokenClaim


async def test_a_mark_is_for_one_form_and_for_one_day():
    clock = SetClock()
    tokens = FormTokens(clock)
    token = tokens.new("report")

    with pytest.raises(ExpiredToken):
        await tokens.claim(token, "return")
    with pytest.raises(ExpiredToken):
        await FormTokens(clock).claim(token, "report")
    clock.forward(hours=23)
    _use, is_first = await tokens.claim(token, "report")
    clock.forward(hours=3)
    with pytest.raises(ExpiredToken):
        await tokens.claim(token, "report")

    assert is_first


@pytest.mark.parametrize("made_up", ["", "x", "AAAA", "å" * 40, "A" * 48, "=" * 48, "A" * 10_000])
async def test_what_is_no_mark_is_an_old_mark(made_up):
    with pytest.raises(ExpiredToken):
        await FormTokens(SetClock()).claim(made_up, "report")


def test_the_same_token_goes_on_through_all_pages_of_a_form_and_one_that_does_not_verify_is_replaced():
    clock = SetClock()
    tokens = FormTokens(clock)
    token = tokens.new("report")

    again = tokens.again(token, "report")
    of_another_form = tokens.again(token, "return")
    made_up = tokens.again("A" * 48, "report")
    tokens.verify(of_another_form, "return")
    clock.forward(hours=26)
    too_old = tokens.again(token, "report")

    assert again == token
    assert len({token, of_another_form, made_up, too_old}) == 4
    tokens.verify(too_old, "report")
    with pytest.raises(ExpiredToken):
        tokens.verify(made_up, "return")
    with pytest.raises(ExpiredToken):
        tokens.verify(token, "report")


async def test_a_token_that_was_looked_at_is_still_unused():
    tokens = FormTokens(SetClock())
    token = tokens.new("report")

    tokens.verify(token, "report")
    tokens.again(token, "report")
    _use, is_first = await tokens.claim(token, "report")

    assert is_first


async def test_the_second_waits_for_the_first_and_gets_its_page():
    tokens = FormTokens(SetClock())
    token = tokens.new("report")
    use, first = await tokens.claim(token, "report")
    second = asyncio.ensure_future(tokens.claim(token, "report"))
    await asyncio.sleep(0)
    waited = not second.done()

    use.commit(b"the page")
    again, is_first = await second

    assert (first, waited, is_first) == (True, True, False)
    assert again.kept == b"the page"


async def test_when_the_first_was_refused_the_one_who_waited_becomes_the_first():
    tokens = FormTokens(SetClock())
    token = tokens.new("report")
    use, _first = await tokens.claim(token, "report")
    waiting = [asyncio.ensure_future(tokens.claim(token, "report")) for _ in range(2)]
    await asyncio.sleep(0)

    use.release()
    done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    new_use, is_first = done.pop().result()
    new_use.commit()
    results = [await one for one in waiting]

    assert is_first
    assert sorted(first for _use, first in results) == [False, True]


async def test_a_page_is_kept_for_half_an_hour():
    clock = SetClock()
    tokens = FormTokens(clock)
    token = tokens.new("report")
    use, _ = await tokens.claim(token, "report")
    use.commit(b"the page")

    clock.forward(minutes=29)
    kept = (await tokens.claim(token, "report"))[0].kept
    clock.forward(minutes=2)
    forgotten = (await tokens.claim(token, "report"))[0].kept

    assert kept == b"the page"
    assert forgotten is None


async def test_the_half_hour_begins_when_the_form_has_come_however_long_it_was_on_its_way():
    clock = SetClock()
    tokens = FormTokens(clock)
    token = tokens.new("report")
    use, _ = await tokens.claim(token, "report")
    clock.forward(minutes=40)
    quick, _ = await tokens.claim(tokens.new("report"), "report")
    quick.commit(b"another's page")
    use.commit(b"the page")

    clock.forward(minutes=29)
    kept = (await tokens.claim(token, "report"))[0].kept
    clock.forward(minutes=2)
    tokens.prune()

    assert kept == b"the page"
    assert use.kept is None
    assert quick.kept is None


async def test_when_too_many_marks_are_used_the_key_changes_and_old_forms_come_back(monkeypatch):
    monkeypatch.setattr("trusted.web.form_tokens.MAX_USED", 3)
    tokens = FormTokens(SetClock())
    open_form = tokens.new("report")

    for _ in range(4):
        use, _ = await tokens.claim(tokens.new("report"), "report")
        use.commit()

    with pytest.raises(ExpiredToken):
        await tokens.claim(open_form, "report")


async def test_what_is_kept_for_second_sendings_is_bounded_and_drives_out_nothing(monkeypatch):
    monkeypatch.setattr("trusted.web.form_tokens.KEPT_BYTES", 1000)
    tokens = FormTokens(SetClock())
    uses = [(await tokens.claim(tokens.new("report"), "report"))[0] for _ in range(100)]

    for use in uses:
        use.commit(b"the page", 40)
    before = [use for use in uses if use.kept is not None]
    uses[0].let_go()
    for _ in range(10):
        tokens.sweep()
    after = [use for use in uses if use.kept is not None]

    assert uses[:12] == before[:12]
    assert len(before) <= 25
    assert 6 <= len(after) <= 18
    assert all(use.is_committed for use in uses)


def test_what_was_found_in_files_is_bounded_over_all_sessions_and_drives_out_nothing(monkeypatch):
    found = Removed(What.PLACE, Where.EXIF, "x" * 160)
    shown = FileShown(1, Kind.JPEG, ScrubReport(Kind.JPEG, (found,) * 120, (), ""), None)
    monkeypatch.setattr("intake.sessions.FOUND_BYTES", 20 * shown.bytes_kept)
    sessions = Sessions(SetClock())
    opened = [opened_as(Standing.PROVED, sessions) for _ in range(60)]

    for session in opened:
        sessions.keep_found(session, FoundInFiles([shown], {}, NOON))
    before = [session.found is not None for session in opened]
    for _ in range(10):
        sessions.sweep()
    after = [session.found is not None for session in opened]
    for session in opened:
        sessions.end(session.handle)

    assert shown.bytes_kept > 120 * 4 * 160
    assert before[:10] == [True] * 10
    assert sum(before) <= 20
    assert 5 <= sum(after) <= 15
    assert sessions._found.bytes == 0


def test_messages_that_did_not_get_through_are_bounded_over_all_sessions_and_drive_out_none(monkeypatch):
    monkeypatch.setattr("intake.sessions.UNSENT_BYTES", 20 * 4 * 100)
    sessions = Sessions(SetClock())
    opened = [opened_as(Standing.PROVED, sessions) for _ in range(60)]

    for session in opened:
        sessions.keep_unsent(session, "x" * 100)
    before = [bool(session.unsent) for session in opened]
    for _ in range(10):
        sessions.sweep()

    assert before[:10] == [True] * 10
    assert sum(before) <= 20
    assert 5 <= sum(bool(session.unsent) for session in opened) <= 15


def opened_as(standing: Standing, sessions: Sessions, case: CaseKeys | None = None) -> Session:
    opened_by = None if standing is Standing.PROVED else TokenClaim(FormTokens(SetClock()), b"", NOON)
    return sessions.open(None, None, case or new_case_keys(), opened_by, unseen=standing is Standing.UNSEEN)


@pytest.mark.parametrize("standing", Standing)
def test_sessions_are_bounded_by_the_clock_in_random_order_and_nobody_who_comes_ends_one(monkeypatch, standing):
    monkeypatch.setitem(MOST, standing, 40)
    sessions = Sessions(SetClock())
    opened = [opened_as(standing, sessions) for _ in range(100)]
    before = len(sessions)

    sessions.sweep()

    left = [sessions.peek(one.handle) is one for one in opened]
    assert before == 100
    assert 30 <= sum(left) <= 40
    assert left != sorted(left)
    assert len(opened[0].handle) == 64


@pytest.mark.parametrize("flood", Standing)
def test_a_flood_of_one_standing_ends_no_session_of_another(monkeypatch, flood):
    for standing in Standing:
        monkeypatch.setitem(MOST, standing, 4)
    sessions = Sessions(SetClock())
    honest = [opened_as(standing, sessions) for standing in Standing if standing is not flood]

    for _ in range(50):
        opened_as(flood, sessions)
        sessions.sweep()

    assert all(sessions.peek(one.handle) is one for one in honest)
    assert 3 + 2 <= len(sessions) <= 4 + 2


def test_a_code_that_is_shown_or_typed_back_changes_its_standing_and_the_bounds_hold(monkeypatch):
    for standing in Standing:
        monkeypatch.setitem(MOST, standing, 4)
    sessions = Sessions(SetClock())

    for _ in range(50):
        shown = sessions.find(opened_as(Standing.UNSEEN, sessions).handle)
        assert shown.standing is Standing.SHOWN
        shown.confirmed = True
        assert shown.standing is Standing.PROVED
    for _ in range(50):
        sessions.find(opened_as(Standing.UNSEEN, sessions).handle)
    sessions.sweep()

    assert 3 + 3 <= len(sessions) <= 4 + 4


def test_of_each_case_the_session_used_last_ends_after_all_others(monkeypatch):
    monkeypatch.setitem(MOST, Standing.PROVED, 8)
    sessions = Sessions(SetClock())
    honest = opened_as(Standing.PROVED, sessions)
    cases = [new_case_keys() for _ in range(4)]
    of_cases = [[opened_as(Standing.PROVED, sessions, case) for _ in range(8)] for case in cases]
    sessions.used(of_cases[0][0])

    sessions.sweep()

    assert 6 <= len(sessions) <= 8
    for last_used in (honest, of_cases[0][0], *(one[-1] for one in of_cases[1:])):
        assert sessions.peek(last_used.handle) is last_used


def test_who_logs_out_of_a_session_that_is_over_ends_the_others_of_the_case_whoever_came_meanwhile(monkeypatch):
    sessions = Sessions(SetClock())
    case = new_case_keys()
    over, other = (opened_as(Standing.PROVED, sessions, case) for _ in range(2))
    sessions.end(over.handle)
    strangers = [opened_as(Standing.PROVED, sessions) for _ in range(100)]
    for one in strangers[:50]:
        sessions.end(one.handle)
    sessions.sweep()

    sessions.log_out(over.handle)

    assert sessions.peek(other.handle) is None
    assert len(sessions) == 50
    assert set(sessions._ended) <= {case.case_id, *(one.case.case_id for one in strangers)}
    sessions.sweep()
    assert not sessions._ended


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 3, 3, 4, 59, tzinfo=UTC), date(2026, 3, 2)),  # 05:59 in Stockholm
        (datetime(2026, 3, 3, 5, 0, tzinfo=UTC), date(2026, 3, 3)),
        (datetime(2026, 7, 3, 3, 59, tzinfo=UTC), date(2026, 7, 2)),  # summer time
        (datetime(2026, 7, 3, 4, 0, tzinfo=UTC), date(2026, 7, 3)),
        (datetime(2026, 3, 2, 23, 30, tzinfo=UTC), date(2026, 3, 2)),
    ],
)
def test_the_release_comes_at_six_in_stockholm(moment, day):
    assert due_day(moment) == day


async def come(what) -> None:
    """Wait until something is so; a disk that others use as well takes its time."""
    async with asyncio.timeout(20):
        while not what():
            await asyncio.sleep(0.01)


async def test_the_daily_release_and_the_heartbeat_come_by_the_clock(tmp_path, monkeypatch):
    monkeypatch.setattr("intake.daily.LOOK_SECONDS", 0.01)
    async with running_intake(tmp_path) as intake:
        released = []
        beats = []
        real_beat = intake.services.store.heartbeat

        async def beat() -> None:
            beats.append(intake.clock())
            await real_beat()

        monkeypatch.setattr(intake.services.store, "heartbeat", beat)
        page = await file_report(intake.browser(), "Waits until Tuesday")
        clockwork = asyncio.ensure_future(
            keep_time(intake.services, lambda: released.append(intake.clock()), lambda: None)
        )
        await come(lambda: (len(released), len(beats)) == (1, 1))
        at_start = len(released)
        before = (await log_in(intake.browser(), page.receipt)).plain
        intake.clock.forward(minutes=9)
        await asyncio.sleep(0.1)
        beats_in_ten_minutes = len(beats)
        intake.clock.now = datetime(2026, 3, 3, 5, 0, 1, tzinfo=UTC)
        await come(lambda: (len(released), len(beats)) == (2, 2))
        await asyncio.sleep(0.1)
        after = (await log_in(intake.browser(), page.receipt)).plain
        clockwork.cancel()
        await asyncio.gather(clockwork, return_exceptions=True)

    assert at_start == 1
    assert len(released) == 2
    assert beats_in_ten_minutes == 1
    assert len(beats) == 2
    assert "inte sett än" in before
    assert "inte sett än" not in after


async def test_a_heartbeat_gives_what_a_visit_reads_its_own_time_of_reading_and_no_other(tmp_path, monkeypatch):
    monkeypatch.setattr("intake.daily.LOOK_SECONDS", 0.01)
    async with running_intake(tmp_path) as intake:
        home = intake.services.home
        # Later than the change, as after a visit: then our own look does not move it (relatime).
        visit = time.time() + 3600
        for path in read_by_visits(home):
            if path.suffix == ".sock":
                path.touch()
            os.utime(path, (visit, 1))
        clockwork = asyncio.ensure_future(keep_time(intake.services, lambda: None, lambda: None))
        await come(lambda: max(path.stat().st_atime for path in read_by_visits(home)) < visit - 1)
        clockwork.cancel()
        await asyncio.gather(clockwork, return_exceptions=True)

    assert {path.stat().st_mtime for path in read_by_visits(home)} == {1.0}


def read_by_visits(home):
    (home / "run").mkdir(exist_ok=True)
    return [*(home / "roster").iterdir(), home / "roster", home / "run" / "public.sock", home / "run" / "desk.sock"]


async def test_only_a_trial_releases_before_its_time(tmp_path):
    async with running_intake(tmp_path) as real:
        refused = await release_everything(real.services)
    made = make_home(tmp_path / "trial", ("handler",), trial=True)
    async with running_intake(tmp_path, made) as trial:
        page = await file_report(trial.browser(), "Soon")
        done = await release_everything(trial.services)
        inbox = await log_in(trial.browser(), page.receipt)
        trial.clock.forward(hours=1)
        second = await file_report(trial.browser(), "And again")
        done_again = await release_everything(trial.services)
        inbox_again = await log_in(trial.browser(), second.receipt)

    assert not refused
    assert done
    assert done_again
    assert "inte sett än" not in inbox.plain
    assert "inte sett än" not in inbox_again.plain


def test_half_an_hour_and_a_day_are_what_the_design_says():
    from intake.sessions import IDLE
    from trusted.web.form_tokens import PAGE_KEPT_FOR, VALID_FOR

    assert PAGE_KEPT_FOR == IDLE == timedelta(minutes=30)
    assert timedelta(hours=24) == VALID_FOR


async def test_the_clock_and_with_it_the_intake_ends_when_the_database_has_lost_a_setting(tmp_path, monkeypatch):
    monkeypatch.setattr("intake.daily.LOOK_SECONDS", 0.01)
    async with running_intake(tmp_path) as intake:
        async with intake.services.store._parts.db.read() as connection:
            await connection.execute_fetchall("PRAGMA secure_delete = OFF")

        with pytest.raises(SettingLost):
            await asyncio.wait_for(keep_time(intake.services, lambda: None, lambda: None), 20)


async def test_the_clock_goes_on_when_the_disk_takes_no_heartbeat(tmp_path, monkeypatch):
    monkeypatch.setattr("intake.daily.LOOK_SECONDS", 0.01)
    async with running_intake(tmp_path) as intake:
        store, faults = intake.services.store, intake.services.faults
        connection = store._parts.db._connection
        beats = []
        real_beat, real_fetch = store.heartbeat, connection.execute_fetchall

        async def beat() -> None:
            beats.append(intake.clock())
            await real_beat()

        async def full(statement, *values):
            if "wal_checkpoint" in statement:
                fault = sqlite3.OperationalError("disk I/O error")
                fault.sqlite_errorcode = sqlite3.SQLITE_IOERR_WRITE
                raise fault
            return await real_fetch(statement, *values)

        before = faults.count
        monkeypatch.setattr(store, "heartbeat", beat)
        with monkeypatch.context() as broken:
            broken.setattr(connection, "execute_fetchall", full)
            clockwork = asyncio.ensure_future(keep_time(intake.services, lambda: None, lambda: None))
            await come(lambda: (len(beats) == 1 and faults.count > before) or clockwork.done())
            intake.clock.forward(minutes=11)
            await come(lambda: (len(beats) == 2 and faults.count > before + 1) or clockwork.done())
            ended = clockwork.done()
            clockwork.cancel()
            await asyncio.wait([clockwork])

    assert not ended
    assert len(beats) == 2
