"""The two sentences of a desk for the connection to its server, and for what the server refuses."""

from typing import Final

SENTENCES: Final = {
    # The connection to the server.
    "reach.starting": ("The way to the server is not open yet.", "Try again in a minute."),
    "reach.no_tor": ("No tor listens at the SOCKS address.", "Start tor or Tor Browser, or leave --socks out."),
    "reach.no_socket": ("Nobody listens on the socket.", "Check that the server runs on this computer."),
    "reach.tor_failed": ("tor could not reach the server.", "Try again in a few minutes."),
    "reach.timed_out": ("The server did not answer in time.", "Try again in a few minutes."),
    "reach.broke_off": ("The connection broke off.", "Run list to see what was done, then try again."),
    "reach.no_descriptor": (
        "tor does not find the desk address: the server is off, or came up a moment ago.",
        "Try again in a few minutes.",
    ),
    "reach.bad_descriptor": ("tor found the desk address and could not use it.", "Try again in a few minutes."),
    "reach.introduction_failed": ("The server did not answer through tor.", "Try again in a few minutes."),
    "reach.rendezvous_failed": ("The connection through tor broke.", "Try again."),
    "reach.introduction_timed_out": ("The server did not answer through tor in time.", "Try again in a few minutes."),
    "reach.key_missing": (
        "The server lets members in only, and this tor has not been given your key.",
        "Leave --socks out, or add --control with tor's control socket.",
    ),
    "reach.key_wrong": (
        "The server does not know this member's key.",
        "Check with the operator that the roster names you with your own join.toml.",
    ),
    "reach.bad_address": ("The desk address has a misprint.", "Run join again with the right address."),
    # What the server refuses.
    "refused": ("The file could not be cleaned, so nothing was sent.", "Try another kind, such as a PDF or a JPEG."),
    "refused.would_not_vouch": (
        "After cleaning something was left that nobody could vouch for, so nothing was sent.",
        "Take a picture of the screen and send that.",
    ),
    "request.refused": (
        "The server does not accept this member's requests.",
        "Check that the roster names you; a proposal must have been signed first.",
    ),
    "request.counter_behind": ("The server has seen later requests of this member.", "Try again."),
    "request.unknown": ("The server does not know that request.", "Check that desk and server have the same version."),
    "request.unreadable": ("The server could not read the request.", "Check that both have the same version."),
    "request.too_large": ("The entry is too long for the server.", "Write a shorter text."),
    "request.other_host": (
        "The desks' address of this server is another; the one that was joined may be the reporters'.",
        "Run join again with the one that serve prints as members' desks.",
    ),
    "request.other_member": ("The statement is signed by somebody else.", "Sign it with your own key."),
    "server.fault": ("The server made a mistake.", "Nothing was changed. Tell the operator."),
    "store.not_there": (
        "The server has no such case for this member.",
        "If it was moved to a new key, that comes with the next daily release; if not, ask another member.",
    ),
    "store.conflict": ("Another member wrote at the same moment.", "Try again."),
    "store.busy": ("The server is busy.", "Nothing was changed. Try again in a minute."),
    "filing.other_day": (
        "Nothing was filed: the day of the release changed while the report was on its way.",
        "Send it again.",
    ),
    "oral.language": ("The service does not answer in that language, so nothing was filed.", "Choose another."),
    "oral.concerns_you": (
        "The report may concern the member who takes the call, so nothing was filed.",
        "Hand the call to another member.",
    ),
    "roster.moved": ("The roster changed while the report was written, so nothing was filed.", "Send it again."),
    "routing.no_eligible_reader": (
        "No member is eligible to read the report, so nothing was filed.",
        "Tell the caller which authorities take reports.",
    ),
    "timing.not_now": ("The case does not allow that now.", "Run read to see what is allowed."),
    "timing.completion_too_soon": (
        "The reporter needs at least seven days to answer.",
        "Choose a later day with --by.",
    ),
    "probe.failed": (
        "The reporters' site did not answer as it does a reporter, so the test report may not be filed.",
        "Look at the address, and open it in Tor Browser; if it is the right one, call the operator.",
    ),
    "probe.csp": (
        "A page of the reporters' site does not forbid scripts and what comes from elsewhere.",
        "Call the operator.",
    ),
    "probe.telltale": (
        "An answer tells its program, its clock, or whether the browser was there before.",
        "Call the operator.",
    ),
    "probe.cookie": ("The site set a cookie.", "Call the operator."),
    "probe.cache": ("A page may be kept by the browser.", "Call the operator."),
    "probe.script": ("There is a script on a page.", "Call the operator."),
    "probe.headers": ("A page lacks a line that protects its reader.", "Call the operator."),
    "probe.mirror_headers": (
        "An answer of the website lacks a line: browsers may come without https, or search engines list it.",
        "Call the operator.",
    ),
    "probe.mirror_leads": (
        "The website does not lead on to the address that you typed, so one of the two is false.",
        "Compare with the poster, and call the operator.",
    ),
    "probe.mirror_differs": (
        "The website answers differently from the onion: something stands between, or they are two services.",
        "Call the operator.",
    ),
    "probe.mirror_other": (
        "The website shows a certificate that is not the server's, so somebody may read what is sent there.",
        "Nothing was sent. Call the operator at once, and a colleague.",
    ),
    "probe.mirror_not_accepted": (
        "The website shows a certificate that browsers do not accept: expired, or of another name.",
        "Nothing was sent. Call the operator.",
    ),
    "probe.mirror_away": (
        "The website does not answer through Tor.",
        "Try again in a while; if it stays so, call the operator.",
    ),
    "probe.mirror_needs_tor": (
        "The website is tried through Tor alone, and this desk reaches its server without it.",
        "Use a desk with a tor of its own.",
    ),
    "probe.same_text": ("The last test report had the same text, and two alike say what they are.", "Write another."),
    "probe.no_mirror": ("The server has no website on the open web.", "Leave --mirror out."),
    "probe.too_soon": ("It was shown before its day, so the time of a report can be seen.", "Call the operator."),
    "probe.late": ("It was shown later than its day.", "Call the operator."),
    "probe.readers": ("It went to other members than the rules give.", "Compare with another member."),
    "probe.desk_address": (
        "This is the members' address, where no report can be sent.",
        "Give the one on the poster.",
    ),
    "probe.form_again": (
        "The site gave the form back and filed nothing: it found a name, number or address in the text, or is closed.",
        "Take it out and try again.",
    ),
    "roster.not_open": ("No roster is in force yet.", "Run roster, and sign the proposal when its words are right."),
    "roster.unsigned": ("The first roster is not signed by all its members yet.", "Each member runs sign-roster."),
    "roster.no_such_proposal": ("There is no such roster to sign.", "Run roster to see what is on offer."),
    "roster.broken": ("The roster does not verify or does not allow this.", "Call another member."),
    "join.unreadable": ("Name, role or label cannot be used.", "Use 1 to 80 ordinary characters for each."),
    "roster.other_words": (
        "The six words of the proposal are others, so nothing was signed.",
        "Compare them again with another member by voice; if they stay others, do not use the server.",
    ),
    "roster.not_agreed": (
        "You did not answer yes, so nothing was signed.",
        "Compare the six words with another member by voice, then run sign-roster again.",
    ),
    "roster.no_words": (
        "A roster is signed when its six words have been compared by voice, and none were given.",
        "Run roster, compare, then give them with --words.",
    ),
    "roster.proposal_waits": ("A change of the roster waits for signatures.", "Run roster to see it."),
}
