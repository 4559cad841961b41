"""Members: who reads, what is about to change, the words that are compared before a signature, and what is red."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from desks.harness import running_desks
from desks.pages import pages_of
from visitors.intake_harness import NOON, make_home

from cases.roster.chain import fingerprint_words, parse_roster, propose, read_chain, render
from cases.roster.member import new_member_keys
from desk.errors import NotReachable
from desk.web.views.group.people import PeopleWords
from desk.web.views.group.word_picture import SIDE, word_picture
from desk.web.views.pages import Pages
from desk.work.case.waiting import Unripe
from desk.work.membership import introduction_of
from trusted.case.clock import days_now

LEAD, HANDLER, COUNSEL = 0, 1, 2
NEW_KEYS = new_member_keys()
NEW = NEW_KEYS.public("Åsa Ny", "handler", "Ekonomichef").member
NEXT_DAY = NOON.date() + timedelta(days=1)


@pytest.fixture
async def desks(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        yield desks


def next_version(before, members, day=None):
    return parse_roster(
        render(
            version=before.version + 1,
            previous=before.digest,
            home=before.home,
            organisations=before.organisations,
            members=tuple(members),
            proposed=day or NOON.date(),
        )
    )


def proposed(desks, change, day=None):
    """What the operator's `kallskydd roster --add` or `--remove` does."""
    before = desks.roster
    after = next_version(before, change(before.members), day)
    propose(desks.made.home.roster, after, NOON.date())
    return after


def add_new(members):
    return (*members, NEW)


def words_of(member) -> str:
    return " · ".join(fingerprint_words(introduction_of(member)))


async def test_the_list_in_force_is_shown_with_words_pictures_and_since_when(desks):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        page = await reader.go("/members")

    assert "De här 3 är behöriga, ingen annan." in page.words
    for member in desks.roster.members:
        assert f"{member.name}, {member.label}" in page.words
        assert words_of(member) in page.words
        assert word_picture(introduction_of(member)).path in page.text
    assert page.words.count("Behörig från början") == 3
    assert page.words.count("(du)") == 1
    assert "Sammankallande." in page.words
    assert "Handläggare." in page.words
    assert "Extern jurist." in page.words
    assert "Väntar på" not in page.words


async def test_a_new_member_is_added_by_two_who_compared_the_words_with_her(desks):
    after = proposed(desks, add_new)
    async with pages_of(desks, LEAD) as lead, pages_of(desks, HANDLER) as handler:
        await lead.unlock()
        await handler.unlock()
        page = await lead.go("/members")
        assert "Väntar på dig: lägg till Åsa Ny, Ekonomichef " in page.words
        assert words_of(NEW) in page.words
        assert "Jag har jämfört orden med Åsa Ny per telefon." in page.words
        page = await lead.send("/members/sign", digest=page.hidden("digest"), compared="yes")
        assert "Du har skrivit under." in page.words
        assert 'action="/members/sign"' not in page.text

        second = await handler.go("/members")
        assert "Person 1 har skrivit under." in second.words
        done = await handler.send("/members/sign", digest=second.hidden("digest"), compared="yes")

    assert desks.roster.digest == after.digest
    assert "De här 4 är behöriga" in done.words
    assert "Behörig sedan listan från 2 mars 2026" in done.words
    assert "✓ Jämförda per telefon 2 mars 2026" in done.words


async def test_without_the_tick_nothing_is_signed(desks):
    proposed(desks, add_new)
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        page = await reader.go("/members")
        page = await reader.send("/members/sign", digest=page.hidden("digest"))

    assert page.status == 422
    assert "Inget är underskrivet: du har inte kryssat för att orden är jämförda." in page.words
    assert 'name="compared" value="yes" aria-invalid="true"' in page.text
    assert read_chain(desks.made.home.roster, NOON.date()).signed_by == frozenset()


async def test_words_of_a_proposal_that_was_exchanged_meanwhile_sign_nothing(desks):
    proposed(desks, add_new)
    other = new_member_keys().public("Åsa Ny", "handler", "Ekonomichef").member
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        page = await reader.go("/members")
        proposed(desks, lambda members: (*members, other))
        page = await reader.send("/members/sign", digest=page.hidden("digest"), compared="yes")

    assert page.status == 422
    assert "förslaget har ändrats under tiden" in page.words
    assert words_of(other) in page.words
    assert words_of(NEW) not in page.words
    assert read_chain(desks.made.home.roster, NOON.date()).signed_by == frozenset()


async def test_who_finds_other_words_signs_nothing_and_is_told_whom_to_call(desks):
    proposed(desks, add_new)
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        page = await reader.go("/members")
        page = await reader.send("/members/sign", digest=page.hidden("digest"), compared="yes", differ="yes")

    assert "Inget är underskrivet. Ring de andra behöriga på nummer du redan har" in page.words
    assert read_chain(desks.made.home.roster, NOON.date()).signed_by == frozenset()


async def test_a_form_that_is_sent_twice_signs_once(desks):
    proposed(desks, add_new)
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        page = await reader.go("/members")
        first = reader.page
        await reader.send("/members/sign", digest=page.hidden("digest"), compared="yes")
        reader.page = first
        again = await reader.send("/members/sign", digest=page.hidden("digest"), compared="yes")

    assert again.status == 422
    assert "redan tagits emot en gång" in again.words
    assert len(read_chain(desks.made.home.roster, NOON.date()).signed_by) == 1


async def test_one_whom_the_change_concerns_does_not_sign_it(desks):
    proposed(desks, lambda members: [one for one in members if one.name != "Person 2"])
    async with pages_of(desks, HANDLER) as concerned, pages_of(desks, LEAD) as lead:
        await concerned.unlock()
        page = await concerned.go("/members")
        await lead.unlock()
        seen = await lead.go("/members")

    assert "Väntar på underskrifter: ta bort Person 2, Handler 2 " in page.words
    assert "Det gäller dig, så de andra avgör." in page.words
    assert 'action="/members/sign"' not in page.text
    # With somebody who leaves nothing is compared; with the one who signs too, the words of the list.
    assert "Jag har jämfört orden med Person 3 per telefon." in seen.words


async def test_words_that_were_compared_later_are_remembered_by_day_at_this_computer(desks):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        before = await reader.go("/members")
        page = await reader.send("/members/compared", compared=before.hidden("compared"))
        again = await reader.send("/members/compared", compared=["0" * 64, "x\n[y]"])

    assert before.words.count("Inte jämförda än.") == 2
    for one in (page, again):
        assert one.words.count("Inte jämförda än.") == 1
        assert one.words.count("✓ Jämförda per telefon 2 mars 2026") == 1


async def test_red_until_there_are_two_who_read_and_an_external_lawyer(tmp_path):
    made = make_home(tmp_path / "home", ("lead", "handler"))
    async with running_desks(tmp_path, made) as desks, pages_of(desks, LEAD) as reader:
        await reader.unlock()
        page = await reader.go("/members")

    assert "Er grupp är inte komplett än" in page.words
    assert "Det saknas: en extern jurist." in page.words


async def test_red_when_reports_cannot_be_received_at_all(tmp_path):
    made = make_home(tmp_path / "home", ("lead",))
    async with running_desks(tmp_path, made) as desks, pages_of(desks, LEAD) as reader:
        await reader.unlock()
        page = await reader.go("/members")

    assert "Ni kan inte ta emot anmälningar än" in page.words
    assert "Det saknas: en behörig till som läser och en extern jurist." in page.words


async def test_a_day_that_this_computer_has_not_reached_says_that_its_clock_is_wrong(desks):
    proposed(desks, add_new, day=NOON.date() + timedelta(days=2))
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        page = await reader.go("/members")
        desks.clock.forward(days=2)
        later = await reader.go("/members")

    assert "Datorns klocka går fel med ungefär ett dygn. Ställ den rätt och försök igen." in page.words
    assert "klocka går fel" not in later.words


@pytest.mark.parametrize("days", [-1, 1])
async def test_a_clock_that_is_a_day_behind_or_ahead_of_the_servers_is_noticed_on_the_overview_too(desks, days):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        right = await reader.go("/")
        async with reader.services.desk.at_work() as book:
            book.clock = lambda: desks.clock() + timedelta(days=days)
        wrong = await reader.send("/fetch")
        on_members = await reader.go("/members")
        book.clock = desks.clock
        again = await reader.send("/fetch")

    assert "klocka går fel" not in right.words
    for page in (wrong, on_members):
        assert "Datorns klocka går fel med ungefär ett dygn. Ställ den rätt och försök igen." in page.words
    assert "klocka går fel" not in again.words


def test_around_midnight_two_clocks_that_are_right_show_two_days():
    midnight = datetime(2026, 3, 3, 23, 0, tzinfo=UTC)

    assert days_now(lambda: midnight) == {date(2026, 3, 3), date(2026, 3, 4)}
    assert days_now(lambda: midnight + timedelta(minutes=11)) == {date(2026, 3, 4)}


async def away(*_asked):
    raise NotReachable


async def test_when_the_server_is_away_what_was_fetched_is_still_shown(desks):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await reader.go("/members")
        async with reader.services.desk.at_work() as book:
            book.client.ask = away
        page = await reader.go("/members")

    assert "Servern svarar inte." in page.words
    assert "De här 3 är behöriga" in page.words


async def test_the_steps_of_every_change_are_on_a_page_of_their_own(desks):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        page = await reader.go("/members/change")

    for said in (
        "kallskydd roster --add",
        "kallskydd roster --remove",
        "Tappad dator eller lösenfras",
        "Dela ett äldre ärende",
    ):
        assert said in page.words
    # Never the words of the machinery, but in what the operator types.
    assert not re.search(r"grant|epoch|tombstone|(?<!kallskydd )roster", page.words)


def views(current, *, own=0):
    return PeopleWords(Pages().language("sv"), current.members[own].id, {})


@pytest.fixture
def chain(tmp_path):
    return read_chain(make_home(tmp_path / "home").home.roster, NOON.date())


def test_a_change_by_one_alone_is_red_with_the_day_from_which_it_counts(chain):
    after = next_version(chain.current, add_new(chain.current.members))
    unripe = Unripe(after, date(2026, 3, 16))

    view = views(chain.current).view(chain, unripe, (*chain.all, after), clock_wrong=False)

    warning = view.warnings[0]
    assert warning.tone == "bad"
    assert warning.what == "En enda behörig har ändrat vem som läser"
    assert warning.do.startswith("Lägg till Åsa Ny, Ekonomichef. Det gäller hos dig från 16 mars 2026.")


def test_a_change_that_came_about_by_waiting_stays_red(chain):
    after = next_version(chain.current, add_new(chain.current.members))
    waited = replace(chain, current=after, all=(*chain.all, after), by_waiting=(2,))

    view = views(chain.current).view(waited, None, waited.all, clock_wrong=False)

    assert view.warnings[0].tone == "bad"
    assert "fjorton dagars väntan" in view.warnings[0].what
    assert view.warnings[0].do.startswith("Lägg till Åsa Ny, Ekonomichef.")


def test_another_label_of_the_same_member_is_said_before_and_after(chain):
    first, *others = chain.current.members
    after = next_version(chain.current, [replace(first, label="VD"), *others])

    view = views(chain.current, own=1).view(replace(chain, proposal=after), None, chain.all, clock_wrong=False)

    assert view.pending.heading == "Väntar på dig: ändra Person 1, Lead 1 till Person 1, VD"


@pytest.mark.parametrize(
    ("roles", "removed", "said"),
    [
        (("lead", "handler", "counsel"), 2, "Det krävs två som läser och som ändringen inte gäller."),
        (("lead", "handler", "counsel"), 1, "Det krävs Person 1 och en extern jurist."),
        (("lead", "counsel"), 1, "Det krävs en som ändringen inte gäller."),
    ],
)
def test_how_many_must_sign_is_said_as_the_rules_have_it(tmp_path, roles, removed, said):
    chain = read_chain(make_home(tmp_path / "home", roles).home.roster, NOON.date())
    left = [one for number, one in enumerate(chain.current.members) if number != removed]
    proposal = next_version(chain.current, left)

    view = views(chain.current).view(replace(chain, proposal=proposal), None, chain.all, clock_wrong=False)

    assert view.pending.needs.startswith(said)


def test_a_picture_follows_from_the_hash_alone_is_mirrored_and_differs_with_one_bit():
    one, other = bytes(32), bytes([1]) + bytes(31)

    drawn = {word_picture(one).path, word_picture(one).path, word_picture(other).path}
    squares = {(int(x), int(y)) for x, y in re.findall(r"M(\d) (\d)h1v1h-1z", word_picture(other).path)}

    assert len(drawn) == 2
    assert squares
    assert {(SIDE - 1 - x, y) for x, y in squares} == squares
    assert all(0 <= x < SIDE and 0 <= y < SIDE for x, y in squares)
