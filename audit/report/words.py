"""The words of the printed report. The assertion is fixed: changing it changes what has been certified."""

from __future__ import annotations

from audit.verdict import Language

# The number goes up with every change of the sentence.
ASSERTION: dict[Language, str] = {
    "sv": (
        "Påstående 1. På den granskade datorn, den angivna dagen, kunde de processer som tar emot anmälningar inte få"
        " veta en besökares adress, kunde inte logga och inte skicka något ut, och inget som rörde en enskild anmälan"
        " hade en tidsuppgift finare än en dag, utom det som anges under ”Fynd” och ”Inte sett”."
    ),
    "en": (
        "Assertion 1. On the computer audited, on the day named, the processes that receive reports could not learn a"
        " visitor's address, could not log and could not send anything out, and nothing that concerned a single report"
        " had a time finer than a day, apart from what stands under “Findings” and “Not seen”."
    ),
}
MIRROR_APART: dict[Language, str] = {
    "sv": "En spegel på den öppna webben: den granskas för sig.",
    "en": "A mirror on the open web: it is audited by itself.",
}
NOT_COVERED: dict[Language, tuple[str, ...]] = {
    "sv": (
        "Flödesdata hos den som driver nätet eller datorhallen: de ser att datorn använder Tor, och när.",
        "Telefonlinjen och andra vägar att anmäla.",
        "Kommunens egen webbplats, dess loggar och statistik, också sidan som visar adressen hit.",
        "DNS-frågor från besökarens dator, och allt annat på den.",
        MIRROR_APART["sv"],
        "Det som medlemmarna sparar, skriver ut eller kopierar på sina datorer.",
        (
            "Det som ingen kärna visar utifrån: att Landlock binder intake, och vissa inställningar hos databasens"
            " anslutning. Programmet startar inte, eller slutar, utan dem; det vilar på att det är det granskade."
        ),
        "Ett program som ändrades efter granskningen, och en kärna eller maskin som ljuger om allt ovan.",
    ),
    "en": (
        "Flow records of the operators of network and data centre: they see that this computer uses Tor, and when.",
        "The telephone line, and other ways to report.",
        "The municipality's own web site, its logs and statistics, also the page that shows this service's address.",
        "DNS questions from the visitor's computer, and everything else on it.",
        MIRROR_APART["en"],
        "What members save, print or copy on their own computers.",
        (
            "What no kernel shows from outside: that Landlock binds the intake, and some settings of the database's"
            " connection. The program does not start, or ends, without them; that rests on its being the one that was"
            " reviewed."
        ),
        "A program that was changed after the audit, and a kernel or machine that lies about all of the above.",
    ),
}
WORDS = {
    "sv": {
        "title": "Intyg om källskydd",
        "examined": "Granskad tjänst",
        "owner": "Verksamhet",
        "public": "Adress för anmälare",
        "desk": "Adress för medlemmar",
        "mirror": "Spegel",
        "no_mirror": "ingen",
        "host": "Dator",
        "program": "Program",
        "program_is": "Källskydd {version}, commit {commit}",
        "no_commit": "inte antecknad",
        "digest": "Programmets kontrollsumma",
        "day": "Dag",
        "who": "Granskat av",
        "root": "kontot {account}, med alla rättigheter (root)",
        "other": "kontot {account}, ett vanligt konto: rader som kräver root är inte sedda",
        "can be certified": "Kan intygas",
        "can be certified with remarks": "Kan intygas med anmärkningar",
        "cannot be certified": "Kan inte intygas",
        "all_clean": "Får skrivas under. Alla bevis finns, och alla rader är utan anmärkning.",
        "reasons": "Hinder: {grave}. Anmärkningar: {other}.",
        "missing": "Saknas: {names}.",
        "sign_bad": "Skriv inte under.",
        "sign_some": "Får skrivas under med anmärkningarna nedan.",
        "check": "Kontroll",
        "seen": "Iakttagelse",
        "nothing_missing": "Alla bevis finns.",
        "proof": "Bevis",
        "outcome": "Utfall",
        "live": "live: tjänsten som körs, sedd utifrån",
        "canary": "canary: en kopia under uppsikt, med utsatta spår",
        "selftest": "selftest: utsatta fel som canary måste hitta",
        "mirror_proof": "mirror: spegelns värd, med utsatta besök",
        "chain": "audit.chain: granskningen varje dag",
        "rows": "{clean} av {all} rader utan anmärkning",
        "caught": "{clean} av {all} utsatta fel hittades",
        "is_missing": "saknas",
        "chain_is": "Dagar: {days}, med fynd: {found}. Huvud: {head}…",
        "chain_broken": "ändrad: håller inte",
        "remarks": "Fynd, inte sett och annat att anmärka",
        "no_remarks": "Inga.",
        "risk": "Risk",
        "remedy": "Åtgärd",
        "more": "Och {count} till: bilaga {letter}.",
        "assertion": "Detta intygas",
        "assertion_some": "Detta intygas, med anmärkningarna ovan",
        "assertion_bad": "Detta kan inte intygas",
        "not_covered": "Detta omfattas inte",
        "by_hand_short": "Varje rad i bilagorna kan upprepas för hand, utan vår kod: bilaga {letter} visar hur.",
        "sign": "Underskrifter",
        "auditor": "Granskarens namn",
        "operator": "Namn på den som ansvarar för driften",
        "place": "Ort och dag",
        "signature": "Underskrift",
        "annex": "Bilaga",
        "by_hand": "Så upprepar du en kontroll för hand",
        "by_hand_is": (
            "Bli root (sudo -i bash) på den granskade datorn. Klistra in raderna nedan, som sätter namnen. Klistra"
            " sedan in raden under en kontroll i bilagorna, och jämför det du ser med det som står där."
            " Exempel: raden live.filter ska visa Seccomp: 2 och NoNewPrivs: 1 på varje rad."
            " Vad varje kontroll ska visa står i docs/AUDITING_REFERENCE.md, under dess namn."
        ),
        "all_remarks": "Alla fynd, inte sett och annat att anmärka",
        "processes": "Processer",
        "tor": "Tor",
        "storage": "Lagring",
        "program_group": "Program",
        "system": "System",
        "mirror_group": "Spegel",
        "canary_group": "Canary: en kopia under uppsikt",
        "selftest_group": "Selftest: utsatta fel",
        "days": "De dagliga granskningarna",
        "days_are": (
            "Tjänsten granskar sig själv en gång om dagen med egna rättigheter, och binder varje dag till den förra."
            " Medlemmarnas datorer minns huvudet och varnar om en dag ändras. Huvudet nu: {head}"
        ),
        "no_days": "Ingen daglig granskning är gjord än, eller filen audit.chain kan inte läsas av det här kontot.",
        "clean": "Utan anmärkning",
        "finding": "Fynd",
        "not seen": "Inte sett",
        "void": "Ogiltig",
        "full": "Allt som sågs ({count})",
        "full_faults": "Alla utsatta fel ({count})",
    },
    "en": {
        "title": "Certificate of source protection",
        "examined": "Service examined",
        "owner": "Owner",
        "public": "Address for reporters",
        "desk": "Address for members",
        "mirror": "Mirror",
        "no_mirror": "none",
        "host": "Computer",
        "program": "Program",
        "program_is": "Källskydd {version}, commit {commit}",
        "no_commit": "not recorded",
        "digest": "Digest of the program",
        "day": "Day",
        "who": "Examined by",
        "root": "account {account}, with all rights (root)",
        "other": "account {account}, an ordinary one: rows that take root were not seen",
        "can be certified": "Can be certified",
        "can be certified with remarks": "Can be certified with remarks",
        "cannot be certified": "Cannot be certified",
        "all_clean": "You may sign. All proofs are there, and all rows are clean.",
        "reasons": "Obstacles: {grave}. Remarks: {other}.",
        "missing": "Missing: {names}.",
        "sign_bad": "Do not sign.",
        "sign_some": "You may sign with the remarks below.",
        "check": "Check",
        "seen": "Observation",
        "nothing_missing": "All proofs are there.",
        "proof": "Proof",
        "outcome": "Outcome",
        "live": "live: the running service, seen from outside",
        "canary": "canary: a copy under watch, with planted traces",
        "selftest": "selftest: planted faults that the canary must find",
        "mirror_proof": "mirror: the mirror's host, with planted visits",
        "chain": "audit.chain: the audit of each day",
        "rows": "{clean} of {all} rows clean",
        "caught": "{clean} of {all} planted faults found",
        "is_missing": "missing",
        "chain_is": "Days: {days}, with findings: {found}. Head: {head}…",
        "chain_broken": "changed: does not hold",
        "remarks": "Findings, not seen, and other remarks",
        "no_remarks": "None.",
        "risk": "Risk",
        "remedy": "Remedy",
        "more": "And {count} more: annex {letter}.",
        "assertion": "This is certified",
        "assertion_some": "This is certified, with the remarks above",
        "assertion_bad": "This cannot be certified",
        "not_covered": "This is not covered",
        "by_hand_short": "Each row of the annexes can be repeated by hand, without our code: annex {letter} shows how.",
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
        "all_remarks": "All findings, not seen, and other remarks",
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
        "no_days": "No daily audit was made yet, or this account may not read the file audit.chain.",
        "clean": "Clean",
        "finding": "Finding",
        "not seen": "Not seen",
        "void": "Void",
        "full": "All that was seen ({count})",
        "full_faults": "All planted faults ({count})",
    },
}
