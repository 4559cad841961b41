"""CaseStage, time limits and what may happen next follow from the entries and the day alone."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from homes.case_samples import DAY, CaseInMaking, person, roster_of
from hypothesis import given
from hypothesis import strategies as st

from cases.case.deadlines import DeadlineKind
from cases.case.timeline import (
    DEFAULT_RULES,
    THE_REPORTER,
    CaseAction,
    CaseReader,
    CaseStage,
    Release,
    Rules,
    fold,
    merge,
    require_allowed,
    wanted_by,
)
from trusted.case import clock
from trusted.case.entry import (
    Acknowledgement,
    Assessment,
    Attachment,
    Close,
    CompletionRequest,
    Feedback,
    Handover,
    InboxEnded,
    LegalHold,
    MeetingRequest,
    Message,
    Note,
    Outcome,
    PhoneMinutes,
    Recusal,
    Reopen,
    Stream,
    Withdrawal,
)
from trusted.case.errors import NotAllowed, SealBroken

RELEASED = DAY + timedelta(days=2)  # so that the statutory clocks start on DAY
ANNA = person("Anna")
MEMBERS = {role: [person(f"{role} {number}", role) for number in range(5)] for role in ("handler", "lead", "counsel")}
HANDLED = Outcome("handled", "Vi har rättat fakturan.")


def days(count):
    return DAY + timedelta(days=count)


class Story(CaseInMaking):
    """A case and the day it is looked at."""

    def __init__(self, *readers, **report):
        super().__init__(*(readers or (ANNA,)))
        self.report(day=RELEASED, sealed_to=tuple(self.members), **report)

    def state(self, day=RELEASED, role="member", *, rules=DEFAULT_RULES, released=None, **reader):
        release = Release(RELEASED, is_out=day >= RELEASED if released is None else released)
        return fold(self.streams, release, day, CaseReader(role, **reader), rules=rules)

    def deadline(self, kind, day=RELEASED, **options):
        (found,) = [due for due in self.state(day, **options).deadlines if due.kind == kind]
        return found


# States


def test_a_case_goes_the_whole_way():
    story = Story()
    seen = [story.state().state]
    for body in (
        Acknowledgement("Tack."),
        Assessment("Vi utreder."),
        CompletionRequest("När?", days(20)),
    ):
        story.by_member(body)
        seen.append(story.state().state)
    story.by_reporter(Message("I mars."))
    seen.append(story.state().state)
    story.by_member(HANDLED)
    seen.append(story.state().state)
    story.by_member(Close(), day=days(40))
    seen += [story.state(days(40)).state, story.state(days(69)).state, story.state(days(70)).state]

    assert seen == [
        CaseStage.RECEIVED,
        CaseStage.ACKNOWLEDGED,
        CaseStage.INVESTIGATION,
        CaseStage.AWAITING_COMPLETION,
        CaseStage.INVESTIGATION,
        CaseStage.CONCLUDED,
        CaseStage.CLOSED,
        CaseStage.CLOSED,
        CaseStage.ERASABLE,
    ]


def test_feedback_before_the_outcome_meets_the_three_months_and_leaves_the_case_open():
    story = Story()
    story.by_member(Acknowledgement("Tack."))

    story.by_member(Feedback("  "))
    before = story.state(days(120))
    story.by_member(Feedback("Vi har talat med två, och granskar fakturorna."))
    told = story.state(days(120))
    story.by_member(CompletionRequest("När?", days(20)))
    asking = story.state(days(10))
    story.by_reporter(Message("I mars."))
    answered = story.state(days(10))

    assert before.state == CaseStage.ACKNOWLEDGED
    assert [limit.kind for limit in before.due if limit.overdue] == [DeadlineKind.ASSESS, DeadlineKind.FEEDBACK]
    assert (told.state, told.due, told.closed_on) == (CaseStage.FED_BACK, (), None)
    assert {CaseAction.REPLY, CaseAction.ASK, CaseAction.FEEDBACK, CaseAction.CONCLUDE} <= told.allowed
    assert CaseAction.CLOSE not in told.allowed
    assert (asking.state, answered.state) == (CaseStage.AWAITING_COMPLETION, CaseStage.FED_BACK)


def test_a_case_that_is_opened_again_is_under_investigation_and_its_feedback_was_in_time():
    story = Story()
    for body in (Feedback("Vi har börjat."), HANDLED, Close(), Reopen("En sak till.")):
        story.by_member(body)

    again = story.state(days(300))

    assert again.state == CaseStage.INVESTIGATION
    assert DeadlineKind.FEEDBACK not in {limit.kind for limit in again.due}


def test_the_reporter_sees_the_state_that_members_see_without_the_notes():
    story = Story()
    story.by_member(Acknowledgement("Tack."))
    story.by_member(Note("intern"), stream=Stream.NOTES)
    reporters_streams = {stream: story.streams[stream] for stream in (Stream.REPORTER, Stream.MEMBERS)}

    to_reporter = fold(reporters_streams, Release(RELEASED, is_out=True), days(3), THE_REPORTER)
    to_member = story.state(days(3))

    assert (to_reporter.state, to_reporter.deadlines) == (to_member.state, to_member.deadlines)


def test_a_report_waits_until_its_release_and_can_be_taken_back_until_then():
    story = Story()

    waiting = story.state(days(1), "reporter")
    also_waiting = story.state(days(2), "reporter", released=False)
    released = story.state(days(2), "reporter")

    assert (waiting.state, also_waiting.state, released.state) == (
        CaseStage.WAITING,
        CaseStage.WAITING,
        CaseStage.RECEIVED,
    )
    assert CaseAction.TAKE_BACK in waiting.allowed
    assert CaseAction.WITHDRAW not in waiting.allowed
    assert CaseAction.TAKE_BACK not in released.allowed
    assert CaseAction.WITHDRAW in released.allowed
    assert story.state(days(1)).allowed == frozenset()


def test_a_request_is_answered_only_by_somebody_who_has_seen_it():
    story = Story()
    story.by_member(CompletionRequest("När?", days(20)))

    story.by_reporter(Message("Skrivet innan."), seen=0)
    before = story.state()
    story.by_reporter(Message("I mars."))
    afterwards = story.state()

    assert [entry.number for entry in before.open_requests] == [0]
    assert afterwards.open_requests == ()


def test_a_withdrawn_case_is_for_members_to_end_with_an_outcome():
    story = Story()

    story.by_reporter(Withdrawal(None, "Jag ångrar mig."))
    withdrawn = story.state()
    story.by_member(Outcome("dismissed", "Vi lägger ned.", "withdrawn"))
    concluded = story.state()

    assert (withdrawn.state, withdrawn.withdrawn) == (CaseStage.WITHDRAWN, True)
    assert CaseAction.CLOSE not in withdrawn.allowed
    assert CaseAction.WITHDRAW not in story.state(role="reporter").allowed
    assert concluded.state == CaseStage.CONCLUDED


def test_a_withdrawn_file_is_named_and_the_case_goes_on():
    story = Story()
    story.by_reporter(Attachment("ab" * 16, "jpeg", 5, "cd" * 32, 0, None))

    story.by_reporter(Withdrawal("ab" * 16))

    assert story.state().withdrawn_files == {"ab" * 16}
    assert story.state().state == CaseStage.RECEIVED


def test_minutes_wait_for_the_reporter_to_approve_them():
    story = Story()
    story.by_member(MeetingRequest("Kan vi ses?"))
    story.by_member(PhoneMinutes("Du sade …"))

    waiting = story.state(role="reporter")
    story.approve(1)
    approved = story.state(role="reporter")

    assert (waiting.open_minutes, approved.open_minutes) == ((1,), ())
    assert CaseAction.APPROVE_MINUTES in waiting.allowed
    assert CaseAction.APPROVE_MINUTES not in approved.allowed


def test_a_report_by_voice_waits_for_an_approval_of_itself_also_before_its_release():
    story = Story(call_back="ekorre tisdag brygga")

    unreleased = story.state(role="reporter", released=False)
    released = story.state(role="reporter")
    story.approve(None)
    approved = story.state(role="reporter")

    assert (unreleased.open_minutes, released.open_minutes, approved.open_minutes) == ((None,), (None,), ())
    assert CaseAction.APPROVE_MINUTES in unreleased.allowed & released.allowed
    assert CaseAction.TAKE_BACK in unreleased.allowed
    assert CaseAction.APPROVE_MINUTES not in approved.allowed


def test_an_approval_of_other_notes_is_enough_for_a_report_by_voice():
    story = Story(call_back="ekorre tisdag brygga")
    story.by_member(PhoneMinutes("Du sade …"))

    story.approve(0)

    assert story.state(role="reporter").open_minutes == ()


# Guards


def test_nothing_closes_without_an_outcome_that_has_a_text():
    story = Story()

    story.by_member(Close())
    story.by_member(Outcome("handled", "  "))
    story.by_member(Close())

    assert story.state().state == CaseStage.RECEIVED
    with pytest.raises(NotAllowed) as refused:
        require_allowed(story.state(), CaseAction.CLOSE)
    assert refused.value.text_key == "timing.no_outcome"


def closed_story(on=40):
    story = Story()
    story.by_member(HANDLED)
    story.by_member(Close(), day=days(on))
    return story


def test_a_reopened_case_needs_a_new_outcome():
    story = closed_story()

    story.by_member(Reopen("Nya uppgifter."), day=days(41))
    story.by_member(Close(), day=days(42))
    still_open = story.state(days(42))
    story.by_member(HANDLED, day=days(43))
    story.by_member(Close(), day=days(44))

    assert (still_open.state, still_open.outcome) == (CaseStage.INVESTIGATION, None)
    assert story.state(days(44)).closed_on == days(44)


def test_a_closed_case_can_be_reopened_held_and_erased_and_nothing_else():
    story = closed_story()

    closed = {CaseAction.NOTE, CaseAction.RECUSE, CaseAction.HOLD, CaseAction.REOPEN, CaseAction.CO_SIGN}
    # Who reads it can leave too.
    closed |= {CaseAction.HAND_OVER}
    assert story.state(days(41)).allowed == closed
    assert story.state(days(70)).allowed == closed | {CaseAction.ERASE}
    assert story.state(days(41), "reporter").allowed == {CaseAction.WRITE, CaseAction.END_INBOX}


def test_an_inbox_that_the_reporter_ends_lets_the_case_be_erased_from_that_day_on():
    story = closed_story()

    story.by_reporter(InboxEnded(), day=days(45))
    before, after = story.state(days(44)), story.state(days(45))

    assert before.state == CaseStage.CLOSED
    assert (after.state, after.inbox_ended, after.erasable_from) == (CaseStage.ERASABLE, True, days(45))
    assert CaseAction.ERASE in after.allowed
    assert story.state(days(45), "reporter").allowed == set()


def test_a_case_that_is_closed_again_after_the_inbox_has_ended_waits_for_nobody():
    story = closed_story()
    story.by_reporter(InboxEnded(), day=days(45))

    story.by_member(Reopen("Nya uppgifter."), day=days(46))
    open_again = story.state(days(46))
    story.by_member(HANDLED, day=days(50))
    story.by_member(Close(), day=days(50))

    assert open_again.state == CaseStage.INVESTIGATION
    assert story.state(days(50)).state == CaseStage.ERASABLE
    assert story.state(days(50)).erasable_from == days(50)


def test_the_end_of_an_inbox_never_makes_a_case_wait_longer():
    story = closed_story()

    story.by_reporter(InboxEnded(), day=days(90))

    assert story.state(days(70)).erasable_from == days(70)


def test_erasing_waits_until_the_reporter_has_had_time_to_read():
    story = closed_story()

    for day, reason in ((days(69), "timing.inbox_open"), (days(39), "timing.inbox_open")):
        with pytest.raises(NotAllowed) as refused:
            require_allowed(story.state(day), CaseAction.ERASE)
        assert refused.value.text_key == reason
    require_allowed(story.state(days(70)), CaseAction.ERASE)
    with pytest.raises(NotAllowed) as refused:
        require_allowed(Story().state(), CaseAction.ERASE)
    assert refused.value.text_key == "timing.not_now"


def test_a_legal_hold_stops_erasing_and_shows_the_cap():
    story = closed_story()

    story.by_member(LegalHold("Utredning hos polisen", on=True), day=days(41))
    held = story.state(days(200))
    story.by_member(LegalHold("Klart", on=False), day=days(201))
    lifted = story.state(days(201))

    assert (held.state, held.erase_by) == (CaseStage.CLOSED, clock.add_months(days(40), 24))
    assert CaseAction.RELEASE_HOLD in held.allowed
    with pytest.raises(NotAllowed) as refused:
        require_allowed(held, CaseAction.ERASE)
    assert refused.value.text_key == "timing.on_hold"
    assert (lifted.state, lifted.erase_by) == (CaseStage.ERASABLE, days(70))


def test_who_is_recused_may_note_and_nothing_else_where_nobody_counts_who_is_left():
    story = Story()
    story.by_member(Recusal(ANNA.keys.id, "Min svåger"), stream=Stream.NOTES)

    assert story.state(member=ANNA.keys.id).allowed == {CaseAction.NOTE}
    assert CaseAction.REPLY in story.state(member="00" * 16).allowed


def recused_story(*readers, aside):
    story = Story(*readers)
    for one in aside:
        story.by_member(Recusal(one.keys.id, "Min svåger"), stream=Stream.NOTES, who=one)
    return story


def test_of_two_readers_who_is_recused_may_sign_with_the_other_and_erase_what_is_erasable():
    bodil = person("Bodil")
    story, roster = recused_story(ANNA, bodil, aside=[ANNA]), roster_of(ANNA, bodil)

    open_case = story.state(member=ANNA.keys.id, roster=roster)
    story.by_member(HANDLED, who=bodil)
    story.by_member(Close(), day=days(40), who=bodil)
    closed, erasable = (story.state(days(day), member=ANNA.keys.id, roster=roster) for day in (69, 70))

    assert open_case.allowed == closed.allowed == {CaseAction.NOTE, CaseAction.CO_SIGN}
    assert erasable.allowed == {CaseAction.NOTE, CaseAction.CO_SIGN, CaseAction.ERASE}


def test_whom_the_case_was_given_to_later_is_counted_and_who_has_left_the_roster_is_not():
    bodil, cilla = person("Bodil"), person("Cilla")
    story = recused_story(ANNA, bodil, aside=[ANNA])
    story.members[cilla.keys.id] = cilla

    before = story.state(member=ANNA.keys.id, roster=roster_of(ANNA, bodil, cilla))
    story.by_member(Handover(cilla.keys.id, "Jäv."), who=bodil)
    after = story.state(member=ANNA.keys.id, roster=roster_of(ANNA, bodil, cilla))
    left = story.state(member=ANNA.keys.id, roster=roster_of(ANNA, bodil))

    assert CaseAction.CO_SIGN in before.allowed
    assert after.allowed == {CaseAction.NOTE}
    assert CaseAction.CO_SIGN in left.allowed


def test_nobody_is_recused_by_what_another_has_written():
    bodil = person("Bodil")
    story = Story(ANNA, bodil)

    story.by_member(Recusal(ANNA.keys.id, "Hon är jävig."), stream=Stream.NOTES, who=bodil)

    assert CaseAction.REPLY in story.state(member=ANNA.keys.id, roster=roster_of(ANNA, bodil)).allowed


@given(
    st.lists(st.tuples(st.sampled_from(["handler", "lead", "counsel"]), st.booleans()), min_size=1, max_size=5),
    st.booleans(),
)
def test_who_is_recused_signs_only_while_the_others_are_too_few_and_never_begins_anything(readers, closed):
    people = [(MEMBERS[role][number], aside) for number, (role, aside) in enumerate(readers)]
    story = recused_story(*(one for one, _ in people), aside=[one for one, aside in people if aside])
    if closed:
        story.by_member(HANDLED)
        story.by_member(Close(), day=days(40))
    roster = roster_of(*(one for one, _ in people))
    left = [one.member.role for one, aside in people if not aside]
    enough = len(left) > 1 and set(left) != {"counsel"}

    for one, aside in people:
        allowed = story.state(days(70), member=one.keys.id, roster=roster).allowed
        signs = {CaseAction.CO_SIGN, CaseAction.ERASE} if closed else {CaseAction.CO_SIGN}
        if aside:
            assert allowed == ({CaseAction.NOTE} if enough else {CaseAction.NOTE} | signs)
        else:
            assert allowed >= signs | {CaseAction.NOTE, CaseAction.RECUSE}


@pytest.mark.parametrize(("ahead", "allowed"), [(0, False), (6, False), (7, True), (400, True)])
def test_a_completion_is_wanted_at_least_seven_days_ahead(ahead, allowed):
    if allowed:
        assert wanted_by(DAY, days(ahead)) == days(ahead)
    else:
        with pytest.raises(NotAllowed):
            wanted_by(DAY, days(ahead))
    assert wanted_by(DAY) == days(14)


# Time limits


def test_the_limits_of_a_new_report_count_from_two_days_before_its_release():
    story = Story()

    due = {one.kind: one.day for one in story.state().deadlines}

    assert due == {
        DeadlineKind.ACKNOWLEDGE: date(2026, 3, 9),
        DeadlineKind.ASSESS: date(2026, 3, 16),
        DeadlineKind.FEEDBACK: date(2026, 6, 9),
    }


def test_an_acknowledgement_starts_the_three_months():
    story = Story()

    story.by_member(Acknowledgement("Tack."), day=days(3))

    assert story.deadline(DeadlineKind.ACKNOWLEDGE, days(30)).met
    assert story.deadline(DeadlineKind.FEEDBACK).day == date(2026, 6, 5)


def test_a_late_acknowledgement_wins_no_time():
    story = Story()

    story.by_member(Acknowledgement("Förlåt."), day=days(50))

    assert story.deadline(DeadlineKind.FEEDBACK).day == date(2026, 6, 9)


@pytest.mark.parametrize(("kind", "last"), [("acknowledge", 7), ("assess", 14), ("feedback", 99)])
def test_a_limit_is_overdue_from_the_day_after(kind, last):
    story = Story()

    assert not story.deadline(kind, days(last)).overdue
    assert story.deadline(kind, days(last + 1)).overdue


def test_what_is_met_is_never_overdue():
    story = Story()
    story.by_member(Acknowledgement("Tack."))
    story.by_member(HANDLED)

    for kind in ("acknowledge", "assess", "feedback"):
        assert (story.deadline(kind, days(500)).met, story.deadline(kind, days(500)).overdue) == (True, False)


def test_a_request_with_a_day_too_near_waits_seven_days_all_the_same():
    story = Story()

    story.by_member(CompletionRequest("Nu!", days(1)), day=days(1))
    story.by_member(CompletionRequest("Sedan", days(30)), day=days(1))

    assert [due.day for due in story.state().deadlines if due.kind == "completion"] == [days(8), days(30)]


@pytest.mark.parametrize(("inbox_days", "expected"), [(30, days(70)), (90, days(130)), (5_000, date(2028, 4, 11))])
def test_erasing_is_never_later_than_two_years_after_closing(inbox_days, expected):
    story = closed_story()

    assert story.state(rules=Rules(inbox_days=inbox_days)).erase_by == expected


@given(
    st.lists(
        st.sampled_from(
            [
                Acknowledgement("a"),
                Assessment("a"),
                Feedback("a"),
                HANDLED,
                Close(),
                Reopen("a"),
                LegalHold("a", on=True),
                LegalHold("a", on=False),
                CompletionRequest("a", DAY),
            ]
        ),
        max_size=8,
    ),
    st.integers(0, 1_000),
)
def test_whatever_members_write_in_whatever_order_the_guards_hold(bodies, day):
    story = Story()
    for number, body in enumerate(bodies):
        story.by_member(body, day=days(2 + number))

    state = story.state(days(2 + day))

    if CaseAction.ERASE in state.allowed:
        assert state.closed_on is not None
        assert not state.on_hold
        assert state.outcome.text
        assert days(2 + day) >= state.closed_on + timedelta(days=30)
    if state.erase_by is not None:
        assert state.erase_by <= clock.add_months(state.closed_on, 24)
    assert {due.kind for due in state.deadlines} >= {"acknowledge", "assess", "feedback"}


# One order for all streams


def texts(streams):
    return [getattr(entry.body, "text", "") for entry in merge(streams)]


def test_what_had_been_seen_stands_before_what_was_written_then():
    story = Story()
    story.by_reporter(Message("1"), day=days(9))
    story.by_member(Message("2"), day=days(3))
    story.by_member(Note("3"), day=days(0), stream=Stream.NOTES)
    story.by_reporter(Message("4"), day=days(1))

    assert texts(story.streams)[1:] == ["1", "2", "3", "4"]


def test_what_nobody_had_seen_stands_by_day_then_reporter_first():
    story = Story()
    story.by_member(Message("member, same day"), day=days(5))
    story.by_reporter(Message("reporter, same day"), day=days(5), seen=0)

    assert texts(story.streams)[1:] == ["reporter, same day", "member, same day"]


def test_the_order_is_the_same_however_the_streams_are_handed_over():
    story = Story()
    for number in range(6):
        story.by_member(Message(f"m{number}"), day=days(number))
        story.by_reporter(Message(f"r{number}"), day=days(number), seen=number)

    assert merge(story.streams) == merge(dict(reversed(story.streams.items())))


def test_a_withheld_entry_is_missed_as_soon_as_another_counts_it():
    story = Story()
    story.by_member(Message("withheld"))
    story.by_reporter(Message("I have read it"))

    with pytest.raises(SealBroken):
        merge(story.streams | {Stream.MEMBERS: ()})


def test_a_stream_that_we_are_not_given_is_not_missed():
    story = Story()
    story.by_member(Message("answer"))
    story.by_member(Note("note"), stream=Stream.NOTES)
    reporters = {Stream.REPORTER: story.streams[Stream.REPORTER], Stream.MEMBERS: story.streams[Stream.MEMBERS]}

    assert len(merge(reporters)) == 2


# Days and releases


def utc(*fields):
    return datetime(*fields, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sent", "released"),
    [
        (utc(2026, 1, 10, 16, 59), date(2026, 1, 11)),  # 17:59 in Stockholm: twelve hours later it is 05:59
        (utc(2026, 1, 10, 17, 0), date(2026, 1, 11)),
        (utc(2026, 1, 10, 17, 1), date(2026, 1, 12)),
        (utc(2026, 1, 10, 23, 30), date(2026, 1, 12)),
        (utc(2026, 7, 10, 16, 0), date(2026, 7, 11)),  # summer time
        (utc(2026, 7, 10, 16, 1), date(2026, 7, 12)),
        (utc(2026, 3, 28, 17, 0), date(2026, 3, 30)),  # clocks go forward that night: twelve hours later it is 07:00
        (utc(2026, 3, 28, 16, 0), date(2026, 3, 29)),
        (utc(2026, 10, 24, 17, 0), date(2026, 10, 25)),  # clocks go back that night
    ],
)
def test_a_report_is_released_at_the_first_six_o_clock_after_twelve_hours(sent, released):
    assert clock.first_release_day(sent) == released


@given(st.datetimes(datetime(2025, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 (the zone is given beside)
def test_every_report_rests_between_twelve_hours_and_two_days(sent):
    day = clock.first_release_day(sent)

    moment = datetime.combine(day, time(6, 0), clock.STOCKHOLM)

    assert timedelta(hours=12) <= moment.astimezone(UTC) - sent <= timedelta(hours=37)
    assert clock.clock_start(day) <= sent.astimezone(clock.STOCKHOLM).date()


def test_the_next_release_is_strictly_ahead():
    six = utc(2026, 1, 10, 5, 0)

    assert clock.next_release(six) == utc(2026, 1, 11, 5, 0)
    assert clock.next_release(six - timedelta(seconds=1)) == six
    assert clock.next_release(utc(2026, 3, 28, 12, 0)) == utc(2026, 3, 29, 4, 0)


def test_the_day_is_that_of_stockholm():
    assert clock.today(lambda: utc(2026, 1, 10, 23, 30)) == date(2026, 1, 11)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2027, 11, 30), 3, date(2028, 2, 29)),
        (date(2028, 2, 29), 24, date(2030, 2, 28)),
        (date(2026, 12, 31), 1, date(2027, 1, 31)),
        (date(2026, 9, 30), 3, date(2026, 12, 30)),
    ],
)
def test_months_end_on_the_last_day_there_is(day, months, expected):
    assert clock.add_months(day, months) == expected
