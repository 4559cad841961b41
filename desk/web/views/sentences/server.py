"""The way to the server, what it answers, who may read at it, and the test report that tries its entrance."""

from collections.abc import Mapping
from typing import Final

from desk.web.views.pages import N_, Notice

CALL_OPERATOR: Final = N_("Call the operator, and say what stands here.")
UNREACHED: Final = Notice(
    N_("The server does not answer."),
    N_("You can read what was fetched before. What you wrote is kept on the page; try again in a few minutes."),
    "warn",
)

SERVER: Final[Mapping[str, Notice]] = {
    "desk.wrong_server": Notice(
        N_("The list of who reads is that of another server."),
        N_("Compare the address with a colleague, by telephone, and paste it once more."),
    ),
    "desk.roster_broken": Notice(
        N_("The list of who reads does not continue the one that this computer has seen."),
        N_("Write nothing before you have called a colleague and compared the six words."),
    ),
    **dict.fromkeys(
        ("desk.roster_offered", "roster.no_such_proposal"),
        Notice(N_("No change waits for your signature any more."), N_("Look at who reads now."), "warn"),
    ),
    "roster.not_agreed": Notice(
        N_("Nothing is signed: you have not said that you compared the words."),
        N_("Call first, then tick the box and sign."),
    ),
    "roster.other_words": Notice(
        N_("Nothing is signed: what is proposed has changed meanwhile."), N_("Compare the words that stand here now.")
    ),
    "reach.starting": Notice(
        N_("The way to the server is not open yet."),
        N_("What you see was fetched before. Try again in a minute."),
        "warn",
    ),
    "reach.no_tor": Notice(
        N_("Tor is not running on this computer."), N_("Close the page and start the application again.")
    ),
    "roster.not_open": Notice(
        N_("The service is not open, so no report can be taken."),
        N_("Enough members must have signed who reads. Look under Members."),
    ),
    "desk.fetch_broken": Notice(
        N_("Something went wrong at this desk while it fetched what is new."),
        N_("What stands here was fetched before. Press Fetch what is new; if it happens again, call a colleague."),
    ),
    "store.not_there": Notice(
        N_("The case is being locked again."),
        N_("You see it again after the next daily release, at 6. If the group has taken you out, you see it no more."),
        "warn",
    ),
    **dict.fromkeys(
        (
            *("roster.bad_signature", "roster.broken", "roster.broken_chain", "roster.gap", "roster.more_than_one"),
            *("roster.none", "roster.twice", "roster.unknown_key", "roster.unreadable", "roster.wrong_id"),
        ),
        Notice(
            N_("The list of who reads that the server shows does not hold together."),
            N_("Write nothing before you have called a colleague and compared the six words."),
        ),
    ),
    "roster.unsigned": Notice(
        N_("Not all who are named in the first list of who reads have signed it."),
        N_("Each of them compares the six words and signs."),
        "warn",
    ),
    "roster.no_words": Notice(
        N_("The six words were not given, and without them nothing is signed."),
        N_("Compare them with a colleague by telephone, then give them with --words."),
    ),
    "roster.proposal_waits": Notice(
        N_("A change of who reads waits for signatures."),
        N_("Look at it under Members, and compare the words."),
        "warn",
    ),
    **dict.fromkeys(
        (
            *("desk.not_reachable", "reach.tor_failed", "reach.timed_out", "reach.broke_off", "reach.no_descriptor"),
            *("reach.bad_descriptor", "reach.introduction_failed", "reach.rendezvous_failed"),
            "reach.introduction_timed_out",
        ),
        UNREACHED,
    ),
    "reach.no_socket": Notice(
        N_("Nobody listens on the socket."), N_("Look whether the server runs on this computer.")
    ),
    "reach.key_missing": Notice(
        N_("The server lets members in only, and the Tor that runs here has not been given your key."),
        N_("Leave --socks out, or give the control socket of that Tor with --control."),
    ),
    "reach.key_wrong": Notice(
        N_("The server does not know your key."),
        N_("Give the operator your join file; if you have done that, ask whether the others have signed."),
    ),
    "reach.bad_address": Notice(
        N_("The address has a misprint."), N_("Copy it once more, all 56 characters before .onion.")
    ),
    "usage.route": Notice(
        N_("The address of Tor cannot be read."), N_("Write --socks HOST:PORT, or name a socket with --socket.")
    ),
    # What the server answers.
    "request.refused": Notice(
        N_("The server does not take your requests."),
        N_("Ask the operator whether you stand in the list of who reads, and whether that is signed."),
    ),
    **dict.fromkeys(
        ("request.counter_behind", "request.replayed", "store.busy", "store.conflict"),
        Notice(
            N_("The server did not take it: somebody else wrote at the same moment, or there is much to do."),
            N_("Nothing was changed. Try again in a minute."),
            "warn",
        ),
    ),
    **dict.fromkeys(
        ("desk.strange_answer", "request.unknown", "request.unreadable", "statement.unknown"),
        Notice(
            N_("Your desk and the server do not understand each other, so nothing was done."),
            N_("Ask the operator whether both have the same version."),
        ),
    ),
    "request.too_large": Notice(N_("The text is too long for the server."), N_("Shorten it, or send it in two parts.")),
    "request.other_host": Notice(
        N_("The members' address of this server is another than yours, which may be the reporters'."),
        N_("Ask the operator for the members' address, and paste that one."),
    ),
    "request.other_member": Notice(N_("Somebody else's key has signed this."), N_("Sign with your own.")),
    "statement.other_day": Notice(
        N_("The server has another day than this computer, so the signature was not taken."),
        N_("Set the clock of this computer right, and try again."),
    ),
    **dict.fromkeys(
        (
            *("server.fault", "store.fault", "store.empty_filing", "store.log_not_cut", "store.newer", "store.version"),
            *("store.not_written", "store.pragma", "store.schema", "store.slots_damaged", "store.unreadable"),
        ),
        Notice(N_("Something is wrong at the server, so nothing was done."), N_("Tell the operator.")),
    ),
    "desk.not_verified": Notice(
        N_("What the server shows cannot be right."), N_("Write nothing before you have called a colleague.")
    ),
}

PROBE: Final[Mapping[str, Notice]] = {
    "probe.failed": Notice(
        N_("The reporters' site did not answer as it does a reporter, so the test report may not be filed."),
        N_("Compare the address with the poster, and open it in Tor Browser. If it is right, call the operator."),
    ),
    "probe.form_again": Notice(
        N_("The site gave the form back, and nothing was filed."),
        N_("Take out names, numbers and addresses, and try again. If it stays so, the site may be closed."),
    ),
    "probe.desk_address": Notice(
        N_("This is the members' address, where no report can be sent."), N_("Type the one on the poster.")
    ),
    "probe.mirror_other": Notice(
        N_("The website shows a certificate that is not the server's. Somebody may read what is sent there."),
        N_("Nothing was sent. Call the operator at once, and a colleague."),
    ),
    "probe.mirror_not_accepted": Notice(
        N_("The website shows a certificate that browsers do not accept: expired, or of another name."),
        N_("Nothing was sent. Call the operator."),
    ),
    "probe.mirror_away": Notice(
        N_("The website does not answer through Tor."),
        N_("Nothing was filed, as far as your desk knows. Try again in a while; if it stays so, call the operator."),
    ),
    "probe.mirror_needs_tor": Notice(
        N_("The website is tried through Tor alone, and this desk reaches its server without it."),
        N_("Use a desk with a tor of its own."),
    ),
    "probe.same_text": Notice(
        N_("The last test report had the same text, and two alike say what they are."), N_("Write another.")
    ),
    "probe.no_mirror": Notice(
        N_("The server has no website on the open web any more."), N_("Try the address on the poster.")
    ),
    # What was wrong on the way.
    "probe.csp": Notice(N_("A page does not forbid scripts and what comes from elsewhere."), CALL_OPERATOR),
    "probe.telltale": Notice(
        N_("An answer tells its program, its clock, or whether the browser was there before."), CALL_OPERATOR
    ),
    "probe.cookie": Notice(N_("The site set a cookie."), CALL_OPERATOR),
    "probe.cache": Notice(N_("A page may be kept by the browser."), CALL_OPERATOR),
    "probe.script": Notice(N_("There is a script on a page."), CALL_OPERATOR),
    "probe.headers": Notice(N_("A page lacks a line that protects its reader."), CALL_OPERATOR),
    "probe.mirror_headers": Notice(
        N_("The website lets browsers come without https, or search engines list it."), CALL_OPERATOR
    ),
    "probe.mirror_leads": Notice(
        N_("The website does not lead on to the address that you typed: one of the two is false."), CALL_OPERATOR
    ),
    "probe.mirror_differs": Notice(
        N_("The website answers differently from the Tor address: something may stand between."), CALL_OPERATOR
    ),
    "probe.too_soon": Notice(N_("It was shown before its day, so the time of a report can be seen."), CALL_OPERATOR),
    "probe.late": Notice(N_("It was shown later than its day."), CALL_OPERATOR),
    "probe.readers": Notice(N_("It went to other members than the rules give."), CALL_OPERATOR),
}
