"""Cases at a certain point: with members' entries, with notes that wait for approval, closed."""

from datetime import date

from intake.daily import release
from trusted.case.clock import today
from trusted.case.entry import Close, Outcome, PhoneMinutes, Stream
from trusted.case.statements import Act, Unsigned, read_statement, sign_statement
from trusted.crypto.seal import Authorship, append, case_keys, fetch_mac, open_grant, open_stream
from trusted.store.store import CaseProof, MemberEntries, SignedStatement
from visitors.intake_harness import file_report, log_in, words_asked
from visitors.samples import session_of

TUESDAY = date(2026, 3, 3)


async def members_write(intake, page, *bodies, by: int = 0):
    """Do what a desk does: find the grant in the box, fetch, open, sign, seal, append."""
    services, keys = intake.services, intake.made.keys[by]
    session = await session_of(intake, page)
    for batch in await services.store.box(keys.id_bytes):
        for item in batch.items:
            try:
                grant = open_grant(item, keys.id_bytes, keys.box_private)
            except Exception:  # noqa: BLE001, S112 - the boxes are full of what does not open
                continue
            if grant.case_id != session.case.case_id:
                continue
            row = await services.store.find_by_lookup(session.keys.lookup_id)
            case = case_keys(grant, row.share)
            for counter, body in enumerate(bodies, start=1):
                mac = fetch_mac(case.access_key, "case", case.case_id, counter)
                seen = await services.store.released_case(CaseProof(case.case_id, mac, counter))
                stream = seen.streams.get(Stream.MEMBERS)
                known = {one.id: one.sign for one in intake.made.members}
                existing = open_stream(case, Stream.MEMBERS, stream.sealed, stream.head, known.get) if stream else ()
                count = len(seen.streams[Stream.REPORTER].sealed)
                sealed, _entry, head = append(
                    case, Stream.MEMBERS, existing, Authorship(keys.id, keys.sign_seed, today(services.clock),
                    {int(Stream.REPORTER): count}), body,
                )  # fmt: skip
                mac = fetch_mac(case.access_key, "append", case.case_id, counter)
                proof = CaseProof(case.case_id, mac, counter)
                new = MemberEntries(proof, len(existing), (sealed,), head)
                await services.store.append_member(new, Stream.MEMBERS)
            return
    message = "the member has no grant for this case"
    raise AssertionError(message)


NOTES = "You said that the bridge was paid twice."


async def with_notes(intake, browser):
    """A released case with notes that wait; its receipt page, and the reporter's inbox."""
    page = await file_report(browser, "By telephone")
    await release(intake.services, TUESDAY)
    intake.clock.forward(days=1)
    await members_write(intake, page, PhoneMinutes(NOTES))
    return page, await log_in(browser, page.receipt)


def filled(words):
    """The form that approves, with the two words that it asks for."""
    return words.form("/inbox/minutes").with_(word=words_asked(words))


async def shown_words(browser, inbox):
    """The page that asks, and the page with the new words."""
    asked = await browser.post("/inbox/minutes", inbox.form("/inbox/minutes").fields)
    return asked, await browser.post("/inbox/minutes", asked.form("/inbox/minutes").fields)


async def closed_case(intake, browser):
    page = await file_report(browser, "Something")
    await release(intake.services, TUESDAY)
    intake.clock.forward(days=1)
    await close_case(intake, page)
    return page


async def close_case(intake, page):
    """Write the outcome of a released case and close it, with the statement that is for it."""
    await members_write(intake, page, Outcome("handled", "It has been put right."), Close())
    session = await session_of(intake, page)
    roster = intake.services.roster.open_roster()
    day = today(intake.clock)
    blob = sign_statement(
        intake.made.keys[0],
        Unsigned(Act.CLOSE, session.case.case_id, day=day, server=roster.server_key, reference=""),
    )
    mac = fetch_mac(session.case.access_key, "statement", session.case.case_id, 9)
    read = read_statement(blob, roster, roster.server_key)
    await intake.services.store.keep_statement(
        CaseProof(session.case.case_id, mac, 9), SignedStatement(blob, read, session.case.statement_key), roster
    )
