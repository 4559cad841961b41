"""`desk probe`: file a test report through the reporters' onion, or say what came of the last one."""

from cases.sentences import in_words_of_desk
from desk.commands.result import CommandInput, Result, code_for
from desk.errors import MisprintedAddress
from desk.keep.saving import short_name
from desk.server.address import tidy_address
from desk.work.case.casebook import Casebook
from desk.work.case.examining import open_all
from desk.work.probe import Arrival, ProbeResult, file_report, look_for

_WHERE = {
    Arrival.WAITING: "It waits for its release on {due}.",
    Arrival.HERE: "It came, as case {case}. Close and erase it like any other.",
    Arrival.MISSING: "It should have come on {due} and has not. Ask another member, then call the operator.",
    Arrival.ERASED: "It came, and is erased.",
}


async def probe(book: Casebook, given: CommandInput) -> Result:
    """With an address, file a test report there; then say what came of the last. Raises NotReachable, ProbeFailed."""
    await book.sync()
    if given.args.address is not None:
        address = tidy_address(given.args.address)
        if address == book.state.address:
            raise MisprintedAddress("probe.desk_address")
        filed = await file_report(book.client.connector, book.clock, address, given.text)
        book.state.keep_probe(address, filed)
    cases, _problems = await open_all(book)
    result = look_for(book, cases)
    if result is None:
        return Result({"probe": None}, "No test report has been sent from this desk. Send one with --address.")
    return _said(result)


def _said(result: ProbeResult) -> Result:
    probe, case = result.probe, result.case
    name = "" if case is None else short_name(case.known.case_id)
    found = {
        "filed_on": probe.filed_on.isoformat(),
        "release_on": probe.release_on.isoformat(),
        "arrival": result.arrival.name.lower(),
        "case": None if case is None else case.known.case_id.hex(),
        "faults": list(result.faults),
    }
    lines = [f"Test report of {probe.filed_on}.", _WHERE[result.arrival].format(due=probe.release_on, case=name)]
    lines += [in_words_of_desk(key) for key in result.faults]
    return Result({"probe": found}, "\n".join(lines), code_for(result.faults, result.arrival is Arrival.MISSING))
