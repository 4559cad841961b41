"""The number in the group's own register, a link to an earlier case, a request to meet."""

from __future__ import annotations

from desks.harness import running_desks
from visitors.intake_harness import make_home

from cases.case.timeline import CaseReader, Release, fold
from desk.commands import show
from desk.work import acts
from trusted.case.entry import MeetingRequest, RegisterNumber, Stream

LEAD, HANDLER = range(2)


async def test_the_newest_register_number_counts_and_is_shown_by_the_case_and_the_list(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        reporter = await desks.file("En sak.")
        await desks.release()
        name = reporter.keys.case_id.hex()
        bare = (await desks.command(LEAD, "list")).found["cases"][0]["register_number"]
        await desks.act(LEAD, "register", name, "KS 2026/430")
        await desks.act(HANDLER, "register", name, "KS 2026/431")

        listed = await desks.command(HANDLER, "list")
        case = await desks.opened(LEAD, name)
        seen = await desks.reporter_sees(reporter)

    assert bare == ""
    assert case.register_number == "KS 2026/431"
    assert listed.found["cases"][0]["register_number"] == "KS 2026/431"
    assert "register number: KS 2026/431" in show.list_prose([case])
    assert case.streams[Stream.NOTES][0].body == RegisterNumber("KS 2026/430")
    # It is nobody's business but the group's, and changes no day.
    assert seen == []
    without = {stream: entries for stream, entries in case.streams.items() if stream is not Stream.NOTES}
    folded = fold(without, Release(case.release_day, is_out=True), case.release_day, CaseReader("member"))
    assert folded.deadlines == case.state.deadlines


async def test_a_member_asks_to_meet_and_the_reporter_can_read_it(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        reporter = await desks.file("En sak.")
        await desks.release()
        async with desks.desk(LEAD) as book:
            await book.sync()
            await acts.do(book, "meet", reporter.keys.case_id.hex(), "Kan vi talas vid på torsdag?")

        seen = await desks.reporter_sees(reporter)

    assert seen == [MeetingRequest("Kan vi talas vid på torsdag?")]
