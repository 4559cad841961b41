"""The two sentences for every text key that a member's desk can meet, where a member has another next step."""

from typing import Final

from cases.sentences import file, operator

_OF_THE_DESK: Final = {
    # The desk itself.
    "desk.error": ("Something went wrong at this desk.", "Try again; if it happens again, ask another member."),
    "desk.no_key": ("There is no member.key in this desk home.", "Run enrol first, or name the right --desk-home."),
    "desk.key_taken": (
        "This desk home has a member.key already, and it was left as it is.",
        "Use it, or name another --desk-home.",
    ),
    "desk.wrong_passphrase": ("The passphrase does not open member.key.", "Check it and try again."),
    "desk.weak_passphrase": (
        "The passphrase is shorter than 12 characters.",
        "Choose a longer one, for example four words that do not belong together.",
    ),
    "desk.key_damaged": (
        "The file member.key cannot be read as a key.",
        "Put back the copy that you keep offline, or call another member.",
    ),
    "desk.home_synced": (
        "The desk home lies in a folder that is copied to other computers, so the key was not used.",
        "Move it to an ordinary folder, and name that with --desk-home.",
    ),
    "desk.home_in_onedrive": (
        "The desk home lies in OneDrive, which copies it to other computers, so the key was not used.",
        "Move it to an ordinary folder, and name that with --desk-home.",
    ),
    "desk.home_in_dropbox": (
        "The desk home lies in Dropbox, which copies it to other computers, so the key was not used.",
        "Move it to an ordinary folder, and name that with --desk-home.",
    ),
    "desk.home_in_icloud": (
        "The desk home lies in iCloud, which copies it to other computers, so the key was not used.",
        "Move it to an ordinary folder, and name that with --desk-home.",
    ),
    "desk.home_in_nextcloud": (
        "The desk home lies in Nextcloud, which copies it to other computers, so the key was not used.",
        "Move it to an ordinary folder, and name that with --desk-home.",
    ),
    "desk.home_in_google": (
        "The desk home lies in Google Drive, which copies it to other computers, so the key was not used.",
        "Move it to an ordinary folder, and name that with --desk-home.",
    ),
    "desk.address_kept": (
        "This desk has seen the members of the server that it has joined.",
        "Make a desk home of its own for another server.",
    ),
    "bridges.unreadable": (
        "What was pasted is no bridge line.",
        "Copy each line whole: an address with its port, and the letters behind it.",
    ),
    "bridges.too_many": ("These are more bridges than tor needs.", "Give ten at most."),
    "bridges.no_transport": (
        "A bridge of the kind obfs4 needs a program that is not on this computer.",
        "Install obfs4proxy, or ask for plain bridges.",
    ),
    "desk.no_passphrase": (
        "There is no terminal to ask for the passphrase on.",
        "Run the command on a terminal, or name a file with --passphrase-file.",
    ),
    "desk.passphrase_file": ("The passphrase file cannot be read.", "Check the path of --passphrase-file."),
    "desk.passphrase_exposed": (
        "Others on this computer can read the passphrase file, so it was not used.",
        "Run `chmod 600` on it, and choose a new passphrase if it may have been read.",
    ),
    "desk.passphrases_differ": ("The two passphrases differ.", "Nothing was made. Try again."),
    "desk.no_role": ("No role was chosen.", "Choose handler, lead or counsel."),
    "desk.not_joined": ("This desk does not know its server yet.", "Run join --address with the desk address."),
    "desk.bad_address": (
        "The desk address has a misprint: its own checksum says so.",
        "Copy it again, all 56 characters before .onion.",
    ),
    "desk.reporters_address": (
        "That is the address for reporters, which a browser opens.",
        "Run join with the other one, which serve prints as members' desks.",
    ),
    "desk.state_damaged": (
        "The file desk.toml of this desk home does not read.",
        "Move it away, run join again, and compare the six words of the roster with another member.",
    ),
    "desk.list_damaged": (
        "The file cases.sealed of this desk home does not open.",
        "Move it away: the list of cases comes back from the post box.",
    ),
    "desk.home_unusable": (
        "A file of the desk home cannot be read or written.",
        "Check its permissions and that the disk is not full.",
    ),
    "desk.busy": ("Another command is at work in this desk home.", "Wait until it has ended and try again."),
    "desk.not_reachable": ("The server cannot be reached.", "Check that tor runs, then try again in a few minutes."),
    "desk.strange_answer": (
        "The server answered in a way this desk does not know.",
        "Check that desk and server have the same version.",
    ),
    "desk.unknown_case": (
        "No case in the list begins like that, or several do.",
        "Run list, and give at least four characters of the case's name.",
    ),
    "desk.erased": ("The case has been erased.", "This desk has kept the tombstone; list shows it."),
    "desk.not_now": ("The case does not allow that now.", "Run read to see its state and what is allowed."),
    "desk.save_refused": (
        "Nothing was saved: the folder is not there, or has a file of that name.",
        "Name another folder with --save.",
    ),
    "desk.not_verified": ("What the server shows cannot be right.", "Do not act on it. Call another member."),
    "desk.roster_broken": (
        "The roster does not verify, or does not continue the one this desk has seen.",
        "Do not act on it. Call another member and compare the six words.",
    ),
    "desk.wrong_server": (
        "The roster is that of another server; the address that was joined may be the reporters'.",
        "Check the desk address with another member, and run join again.",
    ),
    "desk.case_cut": (
        "Entries that this desk has seen are gone from the case, or changed.",
        "The server may show an old copy or be in other hands. Call another member.",
    ),
    "desk.not_restored": (
        "The case is not in the service since that was restored: it came after the backup, or its share was not in it.",
        "What this computer fetched before can still be read here. Tell the members who read it.",
    ),
    "desk.sealed_to_wrong": (
        "The report was not sealed to this member, and its key came here all the same. It is not shown.",
        "Tell another member, who should not use the server before it is known why.",
    ),
    "desk.case_broken": (
        "The case does not open as a whole.",
        "The server may be damaged or in other hands. Call another member.",
    ),
    "desk.tombstone_broken": (
        "The case is gone, and the proof that it was erased by two members does not verify.",
        "Call another member: it may have been deleted by somebody else.",
    ),
    "desk.erased_by_others": (
        "RED: the case is gone, and one who signed its erasure was not given it, as far as this desk has seen.",
        "Ask a member you trust, who is neither of the two, whether it was moved to that one. The key is kept here.",
    ),
    "desk.erased_without_signatures": (
        "The case is gone without any member's signature, and this desk has not seen it closed for two years.",
        "Call another member: the server may have deleted it. The key is kept here.",
    ),
    "desk.roster_offered": (
        "No roster waits for signatures.",
        "Run roster to see the one in force.",
    ),
    "desk.move_broken": (
        "The move of the case does something else than it says, so it was not signed.",
        "Tell the member who made it; if the case was written to meanwhile, let the move be made again.",
    ),
    "move.file": (
        "The file is no move of a case for this member.",
        "Name the file that the other member made for you with move --signer.",
    ),
    "move.no_member": ("The roster has no member with that label.", "Run roster to see them."),
    "move.too_few": (
        "A case needs two readers or more, and the signer of the move must be one of them.",
        "Name each with --reader, and one of them, not yourself, with --signer.",
    ),
    "move.signer": (
        "The member named with --signer does not read the case today, or has stepped aside while others can sign.",
        "Name a reader who reads it today; if you are counsel, one who is not. Others can be named with --reader.",
    ),
    "move.no_signer": (
        "Nobody but you can sign a move: counsel and others can only when they read the case today.",
        "It stays with its readers; you can go on working on it.",
    ),
    "move.not_held": (
        "The file moves a case that you do not read today, so you cannot check it and sign.",
        "Let the move be made again, with a signer who reads the case.",
    ),
    "move.too_large": (
        "The case is too long for the server to hold its move.",
        "Name a file with --out, and give that to the second member.",
    ),
    "desk.fetch_broken": (
        "Something went wrong at this desk while it fetched what is new.",
        "Try again; if it happens again, call a colleague.",
    ),
    "filing.too_many": (
        "You have filed as many reports by voice today as the server takes from one member.",
        "Let a colleague take the call, or type it into the reporters' form.",
    ),
    "move.none_waits": (
        "No move waits at the server for this member, or more than one does.",
        "Ask for it to be sent again, or name the file that you were given.",
    ),
    "move.concerned": (
        "The reporter has said that the report concerns one of these members.",
        "Leave the member out; reports about somebody unnamed are for counsel alone.",
    ),
    "move.aside": (
        "You have stepped aside in this case, so you offer no move of it.",
        "Ask a member who has not to offer it; you may be asked to sign.",
    ),
    "move.offerer_aside": (
        "The member who offers the move has stepped aside in the case, so it was not signed.",
        "Let a member who has not stepped aside offer it.",
    ),
    "move.signer_aside": (
        "You have stepped aside in this case, and others can sign its move without you.",
        "Let it be offered again, with one of them as --signer.",
    ),
    "move.second": (
        "The signer has stepped aside and reads the case after this move: only a reader can check the new key.",
        "After the next daily release move it again, without that member and with the new reader as --signer.",
    ),
    "move.second_yours": (
        "You have stepped aside and are asked since too few others can sign; you read the case after this move too.",
        "After the next daily release let it be moved again without you: the new reader can sign that.",
    ),
    "erase.by_another": (
        "With this reference an erasure would be signed by somebody who was not given the case, or whom it concerns.",
        "Sign with another reference, and let a member who reads the case sign with that one too.",
    ),
    "erase.two_aside": (
        "You have stepped aside in this case, and so has the member who has signed its erasure.",
        "Let a member who has not stepped aside sign it.",
    ),
    "erase.aside": (
        "You have stepped aside in this case, and the members who have not can sign its erasure without you.",
        "Leave it to two of them, or one and counsel; what you signed before counts.",
    ),
    "move.not_agreed": (
        "You did not agree, so nothing was signed and nothing was moved.",
        "Run sign-move again with --agree, or on a terminal, when the readers are right.",
    ),
    "recuse.not_agreed": (
        "You did not agree, so nothing was written and you have not stepped aside.",
        "Run recuse again and answer yes, or move the case first.",
    ),
    "act.notes_key_kept": (
        "Nothing was written: the notes kept their key when the case was moved, and members who were left out have it.",
        "Move it again, to the same readers, and the notes get a key of their own.",
    ),
    "act.notes_hidden": (
        "The case has notes, and this member was not given their key.",
        "Ask a member who can read them.",
    ),
    "usage.text": ("There is no text.", "Give it with --text, or on standard input."),
    "usage.text_too_long": ("The text is too long.", "Shorten it, or write it in two parts."),
    "link.no_such_number": ("None of your other cases has that number.", "Look at the number and write it again."),
    "usage.day": ("The day is not one.", "Write it as YYYY-MM-DD, for example 2026-05-01."),
    "usage.text_file": ("The text is not in UTF-8.", "Save it as UTF-8, or give it with --text."),
    "usage.route": (
        "The address of tor does not read.",
        "Write --socks HOST:PORT, or name a unix socket with --socket.",
    ),
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
    # Shown with a case.
    "warning.routing": (
        "The report was sealed to other members than the rules give for the reporter's answers.",
        "Compare with another member, and tell the operator.",
    ),
    "warning.roster": (
        "The report names a roster that is not in the chain this desk has verified.",
        "Compare with another member, and tell the operator.",
    ),
    "warning.references": (
        "Members have signed to erase the case under different references, and that erases nothing.",
        "Agree on one: who signs again with the reference of the other erases the case.",
    ),
    "warning.few_signers": (
        "When you step aside, fewer than two members are left who can sign a move or an erasure of the case.",
        "You will be asked to sign an erasure, or a move to a third reader, who then signs one that leaves you out.",
    ),
    "warning.last_signer": (
        "You are the last who can work on the case or offer a move of it.",
        "Move it before you step aside: afterwards nobody can close it, and only what is closed can be erased.",
    ),
    "warning.audits_changed": (
        "The server's chain of daily audits is not the one this desk has seen.",
        "Call another member, and have the file audit.chain on the server looked at by an auditor.",
    ),
    "warning.other_keys": (
        "RED: a later key of the case came here, and opens nothing. It was made up, or the server shows an old copy.",
        "Write nothing in it before you have asked another member whether the case was moved, by voice.",
    ),
    "warning.erase_signer": (
        "RED: somebody has signed to erase the case who was not given it, or whom it concerns.",
        "Somebody who reads the case has given the key away: call a member you trust. Keep a copy of what matters.",
    ),
    "warning.erased_unseen": (
        "RED: a case was erased that this desk had never opened, so it cannot tell whether those who signed read it.",
        "Ask another member who read the case, by voice, whether it was to be erased.",
    ),
    "backup.other_words": (
        "The six words are not those of this question, so the backup was not opened.",
        "Call the operator by telephone, and answer only the question whose words are the same.",
    ),
    "backup.ask_file": (
        "The question cannot be read, or is larger than one can be.",
        "Ask the operator for the file ask.json of the restore again.",
    ),
    "warning.lost_in_restore": (
        "Something that this desk had seen in the case is gone since the service was restored from a backup.",
        "Write again what is missing, and ask the reporter in the case for what the reporter had added.",
    ),
    "warning.erased_is_back": (
        "The case was erased, and is back since the service was restored from a backup of before that.",
        "Sign its erasure again, with a second member.",
    ),
    "warning.notes_key": (
        "RED: the notes kept their key when the case was moved, and the members who were left out have it.",
        "Write no note in it: move it again, to the same readers, and the notes get a key of their own.",
    ),
    "warning.by_waiting": (
        "RED: a version of the roster came into force by one signature and fourteen days of waiting.",
        "Ask the member who signed, by voice.",
    ),
    "warning.unripe": (
        "RED: one member alone has changed the roster. This desk takes it fourteen days after it was first shown it.",
        "Run roster to see the change, and ask the member who signed, by voice.",
    ),
}

# What only the operator can put right.
_OF_THE_SERVER: Final = {
    key: (happened, "Tell the operator.")
    for key, (happened, to_do) in operator.SENTENCES.items()
    if to_do in {operator.RESTORE_ROSTER, operator.RESTORE} or key.startswith("store.")
}

SENTENCES: Final = {**operator.SENTENCES, **_OF_THE_SERVER, **file.SENTENCES, **_OF_THE_DESK}
