"""The two sentences for every text key in cases/, as the operator's commands print them; `str(error)` gives them."""

from typing import Final

CALL_A_MEMBER = "Do not act on it. Call another member and compare the six words."
RESTORE_ROSTER = "Put the files of the folder `roster` back as they were, from the backup."
MAKE_JOIN_AGAIN = "Ask the member to make the join file again with `kallskydd desk enrol`, in a new desk home."
RESTORE = "Stop the service and make the home again with `kallskydd restore`; see docs/operating/bad-day.md."
SAME_VERSION = "Check that desk and server have the same version."

SENTENCES: Final = {
    "case.error": ("Something went wrong.", "Try again; if it happens again, see docs/OPERATING.md."),
    # What is sealed.
    "seal.broken": ("Something sealed does not open, or not where it stands.", CALL_A_MEMBER),
    "seal.not_a_recipient": ("This was sealed to somebody else.", "Nothing needs to be done."),
    "receipt.wrong": ("The words are no case code.", "Compare each with the note, and type all eight in their order."),
    "member.wrong_passphrase": ("The passphrase does not open the member's key.", "Check it and try again."),
    "request.refused": (
        "The server does not accept this member's requests.",
        "Check that the roster names the member; a proposal must have been signed first.",
    ),
    "request.counter_behind": ("The server has seen later requests of this member.", "Run the command again."),
    "request.replayed": ("The server has seen this request before.", "Run the command again."),
    "request.unreadable": ("The request does not read.", SAME_VERSION),
    "routing.no_eligible_reader": (
        "No member is eligible to read the report.",
        "Nothing was stored. The form names the authorities to turn to.",
    ),
    "audit.chain_broken": (
        "The chain of daily audits was changed, or does not read.",
        "Keep the file audit.chain as it is, and show it to an auditor.",
    ),
    # Backups, restores and moves.
    "backup.fault": ("The backup cannot be made or used.", "See docs/operating/bad-day.md."),
    "backup.holders": (
        "The keys in a backup are sealed to two members of the roster in force, one of them no counsel.",
        "Name them by label or id, each with --to; of three, any two can open it.",
    ),
    "backup.exists": (
        "There is something already where a file or folder is to be written.",
        "Name one that does not exist; nothing is overwritten.",
    ),
    "backup.missing": (
        "There is no backup in that folder.",
        "Name the folder that `kallskydd backup` made, with --from; look whether the disk is mounted.",
    ),
    "backup.damaged": (
        "The backup is not whole: a file of it is missing, was changed, or belongs to another backup.",
        "Use another backup; nothing was restored.",
    ),
    "backup.shares_too_old": (
        "The shares of case keys in this backup are older than seven days, and would undo erasures.",
        "Destroy the file, and ask again without --slots: addresses and roster come back, the cases do not.",
    ),
    "backup.answers": (
        "The sealed part of the backup does not open with this.",
        "Take the answers of two members it was sealed to, both to the same question, at most seven days old.",
    ),
    "backup.busy": (
        "Cases changed each time the copy was made, so no copy was whole.",
        "Nothing was kept. Make the backup again in a quieter hour.",
    ),
    "backup.other_server": (
        "The question is about another server than the one this desk has joined.",
        "Do not answer it. Call the operator, and another member.",
    ),
    "backup.changed": (
        "The backup was changed after it was made: it is not what was sealed to the members then.",
        "Nothing was restored. Somebody has had it in hand: tell the members, and take another backup.",
    ),
    "backup.register": (
        "A register of erased cases was changed after it was made, or is another server's.",
        "Nothing was restored. Take the file erased.register as a backup of this server has it.",
    ),
    "backup.earlier": (
        "The backup, or the question about it, has the form of an earlier version, which could be changed unnoticed.",
        "Make a new backup with this version; an earlier one is restored with the version that made it.",
    ),
    "backup.roster_other": (
        "The list of members does not verify, or does not go on from the one in the backup.",
        "Name with --roster the folder of a later backup, or one that a member's desk has saved, and ask again.",
    ),
    "backup.roster_older": (
        "The service would start with an older list of members than this computer has seen, and who was removed read.",
        "Do not answer. Tell the operator to ask again with the newer list; desk save-roster writes it to a folder.",
    ),
    "backup.roster_not_kept": (
        "This computer has kept no list of members: only the members' application keeps one, once it was unlocked.",
        "Ask another member, or the operator for the folder roster of a later backup.",
    ),
    "backup.roster_waits": (
        "The list of members came about by one signature and waiting, and its fourteen days are not over here.",
        "Do not answer it here. Call another member: a desk that has seen the list for fourteen days can answer.",
    ),
    "backup.shares_differ": (
        "The answers come with the shares of case keys and the command without them, or the other way.",
        "Name the same --slots as when you asked, or ask again.",
    ),
    # The roster, and the join files of those whom it takes in.
    "roster.broken": ("The roster does not verify or does not allow this.", RESTORE_ROSTER),
    "roster.broken_chain": ("The version does not continue the roster before it.", RESTORE_ROSTER),
    "roster.more_than_one": (
        "The version adds, removes or alters more than one member.",
        "Propose one change, and the next when it is in force.",
    ),
    "roster.bad_signature": ("A signature under the roster does not verify.", RESTORE_ROSTER),
    "roster.gap": ("A version of the roster is missing from its folder.", RESTORE_ROSTER),
    "roster.unreadable": ("A file of the roster does not read.", RESTORE_ROSTER),
    "roster.unknown_key": ("A file of the roster has a key that no roster has.", RESTORE_ROSTER),
    "roster.wrong_id": (
        "The id of a member does not follow from the member's keys, or nothing can be sealed to one of them.",
        RESTORE_ROSTER,
    ),
    "roster.none": ("There is no roster in the home.", RESTORE_ROSTER),
    "roster.twice": (
        "Two members would have the same label or the same keys, or the member is in the roster already.",
        "Give each member a label and a key of the own: run `kallskydd desk enrol` with another --label.",
    ),
    "roster.unsigned": (
        "The first roster is not signed by all its members yet.",
        "Each of them runs `kallskydd desk sign-roster` at the own desk.",
    ),
    "roster.not_open": ("The service is not open.", "Run `kallskydd roster` to see what it waits for."),
    "roster.moved": ("The roster changed while the report was written.", "Send the form again."),
    "roster.no_such_proposal": ("There is no such roster to sign.", "Run `roster` to see what is on offer."),
    "join.unreadable": (
        "A join file does not read: it is not one, or its name or label cannot be used.",
        "Take the file `join.toml` as `kallskydd desk enrol` wrote it, with a name of 1 to 80 ordinary characters.",
    ),
    "join.unsigned": ("A join file was changed after its member had made it.", MAKE_JOIN_AGAIN),
    # The store.
    "store.fault": ("The store of the home made a mistake.", "Nothing was changed. Tell the operator."),
    "store.conflict": ("Somebody else wrote at the same moment.", "Try again."),
    "store.move_waits": (
        "A move of the case waits for its second signature, and another entry would make it unfit.",
        "Wait until it is signed.",
    ),
    "store.not_there": ("There is no such case for this member.", "Run `kallskydd desk list`."),
    "store.not_allowed": ("The case does not allow that now.", "Read the case to see what is allowed."),
    "store.busy": ("The database of the home is in use.", "Nothing was changed. Try again in a minute."),
    "store.log_not_cut": (
        "The database is read by another program, so deleted bytes are still in its log.",
        "End the backup or the program that reads it; the next heartbeat cuts the log.",
    ),
    "store.not_written": ("The database of the home cannot be written.", "Look at the space left and the permissions."),
    "store.unreadable": ("The database of the home does not read.", RESTORE),
    "store.pragma": (
        "This SQLite does not keep what the store needs of it.",
        "Use the system's own Python and SQLite.",
    ),
    "store.newer": ("The home was made by a newer version.", "Use that version or a later one."),
    "store.version": ("The home was made by a version that is no longer read.", "Use the version that made it."),
    "store.schema": (
        "The database of the home has tables, views or triggers that are not this program's, or lacks one of them.",
        "Do not serve it: somebody has changed it. Keep it for an auditor, and make the home again from a backup.",
    ),
    "store.slots_damaged": ("The file shred.slots is missing or damaged.", RESTORE),
    "store.empty_filing": ("A report without a word or without a reader cannot be kept.", "File it again."),
    # Acts on a case.
    "close.closed": ("The case is closed already.", "Nothing more is needed."),
    "reopen.not_closed": ("The case is not closed.", "Nothing more is needed."),
    "hold.unchanged": ("The case is on hold already, or is not.", "Read the case to see its state."),
    "take_back.released": ("The report has been released.", "It can be withdrawn, and no longer be taken back."),
    "inbox.not_closed": ("The case is not closed.", "The inbox can be ended when it is."),
    "erase.not_closed": ("The case is not closed.", "Close it first, with its outcome."),
    "erase.not_signed": ("No signature of this member waits in the case.", "Run list to see what waits."),
    "erase.hold": ("The case is on legal hold.", "It can be erased when the hold is released."),
    "erase.inbox_open": (
        "The reporter can still read the outcome: the inbox stays open for a time after closing.",
        "Sign again when that time is over.",
    ),
    "statement.other_day": (
        "The server's day and this computer's day differ, so the signature was not taken.",
        "Check the clock of this computer and try again.",
    ),
    "statement.unknown": ("The server does not know what was signed.", SAME_VERSION),
    "rekey.unsigned": (
        "A case moves to a new key when two members have signed all of it, and these have not.",
        "Nothing was changed. Let the second member check the move and sign it.",
    ),
    "rekey.wait_for_release": (
        "Something of the case waits for its release, and would be lost with the old key.",
        "Do it after the next daily release.",
    ),
    "timing.not_now": ("The case does not allow that now.", "Read the case to see what is allowed."),
    "timing.no_outcome": ("The case has no outcome with a text for the reporter.", "Give one: close does both."),
    "timing.on_hold": ("The case is on legal hold.", "It can be erased when the hold is released."),
    "timing.inbox_open": ("The reporter can still read the outcome.", "Sign again when that time is over."),
    "timing.completion_too_soon": (
        "The reporter needs at least seven days to answer.",
        "Choose a later day.",
    ),
}
