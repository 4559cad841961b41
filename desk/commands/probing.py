"""`desk probe`: file a test report through the reporters' onion or website, or say what came of the last ones."""

from desk.commands.result import CommandInput, Result, code_for
from desk.errors import MisprintedAddress
from desk.keep.saving import short_name
from desk.server.address import tidy_address
from desk.web.views.sentences import in_words
from desk.work.case.casebook import Casebook
from desk.work.case.examining import open_all
from desk.work.probe import Arrival, ProbeResult, file_at_mirror, file_report, look_for, require_new

_WHERE = {
    Arrival.WAITING: "It waits for its release on {due}.",
    Arrival.HERE: "It came, as case {case}. Close and erase it like any other.",
    Arrival.MISSING: "It should have come on {due} and has not. Ask another member, then call the operator.",
    Arrival.ERASED: "It came, and is erased.",
}


async def probe(book: Casebook, given: CommandInput) -> Result:
    """With an address, file a test report there or at the website; then say what came of the last of each.

    Raises NotReachable, OtherCertificate, ProbeFailed.
    """
    await book.sync()
    if given.args.address is not None:
        address = tidy_address(given.args.address)
        if address == book.state.address:
            raise MisprintedAddress("probe.desk_address")
        require_new(book, given.text)
        connector = book.client.connector
        if given.args.mirror:
            filed = await file_at_mirror(connector, book.clock, address, book.mirror, given.text)
        else:
            filed = await file_report(connector, book.clock, address, given.text)
        book.state.keep_probe(address, filed)
    cases, _problems = await open_all(book)
    results = {result.probe.by_mirror: result for result in look_for(book, cases)}
    found = {"probe": _found(results.get(False))}
    if book.mirror is not None or True in results:
        found["mirror"] = _found(results.get(True))
    if not results:
        return Result(found, "No test report has been sent from this desk. Send one with --address.")
    missing = any(result.arrival is Arrival.MISSING for result in results.values())
    prose = "\n\n".join(_said(result) for result in results.values())
    return Result(found, prose, code_for(missing, *(result.faults for result in results.values())))


def _found(result: ProbeResult | None) -> dict[str, object] | None:
    if result is None:
        return None
    return {
        "filed_on": result.probe.filed_on.isoformat(),
        "release_on": result.probe.release_on.isoformat(),
        "arrival": result.arrival.name.lower(),
        "case": None if result.case is None else result.case.known.case_id.hex(),
        "faults": list(result.faults),
    }


def _said(result: ProbeResult) -> str:
    probe, case = result.probe, result.case
    name = "" if case is None else short_name(case.known.case_id)
    way = " through the website" if probe.by_mirror else ""
    lines = [f"Test report of {probe.filed_on}{way}.", _WHERE[result.arrival].format(due=probe.release_on, case=name)]
    return "\n".join([*lines, *(in_words(key) for key in result.faults)])
