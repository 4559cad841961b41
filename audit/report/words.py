"""The words of the printed report."""

from __future__ import annotations

from audit.language import Language, in_language

# Said once, before the annexes use them.
TERMS = (
    "keeper: the process that starts and watches the others; it sees no report.",
    "intake: the process that receives reports; it can open no connection.",
    "zygote and job: in the jail, where files are cleaned; the zygote starts one job for each file.",
    "home: the folder with all that the service keeps ($HOMEDIR below).",
    "heartbeat: every ten minutes all files of the home get the same time, so none shows when a report came.",
)
_WORDS = {
    "title": "Certificate of source protection",
    "examined": "Service examined",
    "owner": "Owner",
    "public": "Address for reporters",
    "desk": "Address for members",
    "mirror": "Mirror",
    "no_mirror": "none",
    "host": "Computer",
    "mirror_host": "Mirror's computer",
    "program": "Program",
    "program_is": "Källskydd {version}, commit {commit}",
    "no_commit": "not recorded",
    "digest": "Digest of the program",
    "day": "Day",
    "who": "Run by",
    "root": "account {account}, with all rights; the auditor's name: see the signature",
    "other": "account {account}, an ordinary one: rows that take root were not seen",
    "can be certified": "Can be certified",
    "can be certified with remarks": "Can be certified with remarks",
    "cannot be certified": "Cannot be certified",
    "sign_clean": "You may sign.",
    "reasons": "Findings: {grave}. Remarks: {other}.",
    "proofs": "Proofs: {names} are there.",
    "proofs_lack": "Proofs: {names} are there; {lacking} missing.",
    "chain_name": "daily audit",
    "chain_lacks": "daily audit (does not prevent)",
    "is_trial": "A trial: does not hold for a real service.",
    "rule": (
        "Rule: a finding prevents, and {needed} that is missing is a finding; a remark goes with the certificate,"
        " and what could not be seen and a proof more than {days} days old are remarks."
    ),
    "or": "or",
    "remark": "Remark",
    "next": "Next step",
    "next_mend": "mend the above{remake}, run again, and print the page:",
    "remake": "; make {proofs} again with `--save` and a new file name",
    "on_mirror": " (on the mirror's host)",
    "next_sign": "sign this sheet. Audit again after each new version, or after {days} days.",
    "same_command": "the command that made the page",
    "new_name": "(with a new file name after `--report`)",
    "sign_bad": "Do not sign.",
    "sign_some": "You may sign with the remarks below.",
    "check": "Check",
    "seen": "Observation",
    "proof": "Proof",
    "outcome": "Outcome",
    "live": "live: the running service, seen from outside",
    "canary": "canary: a copy under watch, with planted traces",
    "selftest": "selftest: planted faults that the canary must find",
    "mirror_proof": "mirror: the mirror's host, with planted visits",
    "chain": "audit.chain: the audit of each day",
    "rows": "{clean} of {all} rows clean",
    "caught_some": "a selection: {clean} of {all} planted faults found",
    "caught": "{clean} of {all} planted faults found",
    "sealed": "Sealed with the auditor's key {key}. Sign only if you made this key and each proof yourself.",
    "is_missing": "missing",
    "no_days_short": "missing: none was made yet (does not prevent)",
    "days_unreadable_short": "missing: not to be read by this account (does not prevent)",
    "chain_is": "Days: {days}, with findings: {found}. Head: {head}…",
    "chain_broken": "changed: does not hold",
    "remarks": "Findings and remarks",
    "no_remarks": "None.",
    "risk": "Risk",
    "remedy": "Remedy",
    "more": "And {count} more: annex {letter}.",
    "assertion": "This is certified",
    "assertion_some": "This is certified, with the remarks above",
    "assertion_bad": "This cannot be certified",
    "not_covered": "This is not covered",
    "by_hand_short": "With the commands in the annexes you can look by hand, without our code: annex {letter}.",
    "sign": "Signatures",
    "auditor": "Auditor's name",
    "operator": "Name of the person responsible for operation",
    "place": "Place and day",
    "signature": "Signature",
    "annex": "Annex",
    "by_hand": "How to repeat a check by hand",
    "by_hand_is": (
        "Become root (sudo -i bash) on the computer that was examined. Paste the lines below, which set the names."
        " Then paste the line under a check of the annexes, and compare what you see with what stands there."
        " Example: the row live.filter should show Seccomp: 2 and NoNewPrivs: 1 on each line."
        " What each check should show stands in docs/AUDITING_REFERENCE.md, under its name."
    ),
    "terms": "The words of the annexes",
    "tools": "The lines take bash and the programs socat, xxd, ss, sqlite3 and git.",
    "digest_is": (
        "The digest of the program is SHA-256 of the list of Källskydd's own files, with a line for each file"
        " (SHA-256 and name); libraries, tor and kernel are not in it, live.libraries and live.loaded show them."
        " Make it from the reviewed source by `kallskydd audit manifest SOURCE > MANIFEST; sha256sum MANIFEST`, or"
        " without our code by the line below, in the folder of the source. Compare each file, in the folder where"
        " the program is installed: `sha256sum -c MANIFEST`. For the list"
        " that was given with --manifest its maker answers: make it yourself. Where no commit is recorded,"
        " `git rev-parse HEAD` in the source shows of which one the list was made."
    ),
    "foot": "{title} {day}, program {digest}",
    "all_remarks": "All findings and remarks",
    "processes": "Processes",
    "tor": "tor",
    "storage": "Storage",
    "program_group": "Program",
    "system": "System",
    "mirror_group": "Mirror",
    "canary_group": "Canary: a copy under watch",
    "selftest_group": "Selftest: planted faults",
    "days": "The daily audits",
    "days_are": (
        "The service examines itself once a day with its own rights, and binds each day to the one before. The"
        " members' desks remember the head and warn when a day was changed. The head now: {head}"
    ),
    "no_days": "No daily audit was made yet: the first comes when the service has run for a day.",
    "days_unreadable": "The account that ran the audit may not read the file audit.chain. Run it as root.",
    "clean": "Clean",
    "finding": "Finding",
    "not seen": "Not seen",
    "void": "Void",
    "full": "All that was seen ({count})",
    "full_faults": "All planted faults ({count})",
}


def words_in(language: Language) -> dict[str, str]:
    """Return the words by their names."""
    return {name: in_language(english, language) for name, english in _WORDS.items()}
