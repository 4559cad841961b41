"""The two sentences for every text key that a member's desk can meet, where a member has another next step."""

from typing import Final

from cases.sentences import file, operator, server

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
    "desk.swap": (
        "Swap is on and not encrypted: this computer may write your key and what you read to its disk.",
        "Switch it off (`sudo swapoff -a`, and its line in /etc/fstab) or encrypt it.",
    ),
    "desk.no_port": (
        "Every port of this computer that was tried is taken, so the application was not opened.",
        "Restart the computer and try again. If it happens again, another account may be doing it: call a colleague.",
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
    "backup.no_words": (
        "There is no terminal on which to ask you whether this backup may be opened.",
        "Give the six words that the operator read to you with --words, or run it on a terminal.",
    ),
    "backup.not_agreed": (
        "You did not agree, so no answer was written.",
        "Compare the six words with the operator on the phone, and run it again.",
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
_OF_THE_OPERATOR: Final = {
    key: (happened, "Tell the operator.")
    for key, (happened, to_do) in operator.SENTENCES.items()
    if to_do in {operator.RESTORE_ROSTER, operator.RESTORE} or key.startswith("store.")
}

SENTENCES: Final = {
    **operator.SENTENCES,
    **_OF_THE_OPERATOR,
    **file.SENTENCES,
    **server.SENTENCES,
    **_OF_THE_DESK,
}
