"""The words of the printed report. The assertion is fixed: changing it changes what has been certified."""

from __future__ import annotations

from audit.verdict import Language

# The number goes up with every change of the sentence.
ASSERTION: dict[Language, str] = {
    "sv": (
        "Påstående 1. På den granskade datorn, den angivna dagen, kunde de processer som tar emot anmälningar inte få"
        " veta en besökares adress, kunde inte logga och inte skicka något ut, och inget som rörde en enskild anmälan"
        " hade en tidsuppgift finare än en dag, utom det som är märkt ”Fynd” eller ”Inte sett”."
    ),
    "en": (
        "Assertion 1. On the computer audited, on the day named, the processes that receive reports could not learn a"
        " visitor's address, could not log and could not send anything out, and nothing that concerned a single report"
        " had a time finer than a day, apart from what is marked “Finding” or “Not seen”."
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
            " anslutning. Det granskade programmet startar inte, eller avslutas, utan dem (raden own-files)."
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
            " connection. The reviewed program does not start, or ends, without them (the row own-files)."
        ),
        "A program that was changed after the audit, and a kernel or machine that lies about all of the above.",
    ),
}
# Said once, before the annexes use them.
TERMS: dict[Language, tuple[str, ...]] = {
    "sv": (
        "keeper: processen som startar och övervakar de andra; den ser ingen anmälan.",
        "intake: processen som tar emot anmälningar; den kan inte öppna någon förbindelse.",
        "zygote och job: i buren, där filer rensas; zygote startar ett job för varje fil.",
        "hem: mappen med allt som tjänsten sparar ($HOMEDIR nedan).",
        "hjärtslag: var tionde minut får alla filer i hemmet samma tid, så att ingen visar när en anmälan kom.",
    ),
    "en": (
        "keeper: the process that starts and watches the others; it sees no report.",
        "intake: the process that receives reports; it can open no connection.",
        "zygote and job: in the jail, where files are cleaned; the zygote starts one job for each file.",
        "home: the folder with all that the service keeps ($HOMEDIR below).",
        "heartbeat: every ten minutes all files of the home get the same time, so none shows when a report came.",
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
        "mirror_host": "Spegelns dator",
        "program": "Program",
        "program_is": "Källskydd {version}, commit {commit}",
        "no_commit": "inte antecknad",
        "digest": "Programmets kontrollsumma",
        "day": "Dag",
        "who": "Kört av",
        "root": "kontot {account}, med alla rättigheter; granskarens namn: se underskriften",
        "other": "kontot {account}, ett vanligt konto: rader som kräver root är inte sedda",
        "can be certified": "Kan intygas",
        "can be certified with remarks": "Kan intygas med anmärkningar",
        "cannot be certified": "Kan inte intygas",
        "sign_clean": "Får skrivas under.",
        "reasons": "Fynd: {grave}. Anmärkningar: {other}.",
        "proofs": "Bevis: {names} finns.",
        "proofs_lack": "Bevis: {names} finns; {lacking} saknas.",
        "chain_name": "daglig granskning",
        "chain_lacks": "daglig granskning (hindrar inte)",
        "is_trial": "Provdrift: gäller inte riktig drift.",
        "rule": (
            "Regel: ett fynd hindrar, och {needed} som saknas är ett fynd; en anmärkning följer med intyget, och det"
            " som inte kunde ses och ett bevis äldre än {days} dagar är anmärkningar."
        ),
        "or": "eller",
        "remark": "Anmärkning",
        "next": "Nästa steg",
        "next_mend": "åtgärda det ovan{remake}, kör igen och skriv ut sidan:",
        "remake": "; gör om {proofs} med `--save` och ett nytt filnamn",
        "on_mirror": " (på spegelns värd)",
        "next_sign": "skriv under detta blad. Granska igen efter varje ny version, eller efter {days} dagar.",
        "same_command": "kommandot som gjorde sidan",
        "new_name": "(med ett nytt filnamn efter `--report`)",
        "sign_bad": "Skriv inte under.",
        "sign_some": "Får skrivas under med anmärkningarna nedan.",
        "check": "Kontroll",
        "seen": "Iakttagelse",
        "proof": "Bevis",
        "outcome": "Utfall",
        "live": "live: tjänsten som körs, sedd utifrån",
        "canary": "canary: en kopia under uppsikt, med utlagda spår",
        "selftest": "selftest: utlagda fel som canary måste hitta",
        "mirror_proof": "mirror: spegelns värd, med utlagda besök",
        "chain": "audit.chain: granskningen varje dag",
        "rows": "{clean} av {all} rader utan anmärkning",
        "caught_some": "ett urval: {clean} av {all} utlagda fel hittades",
        "caught": "{clean} av {all} utlagda fel hittades",
        "is_missing": "saknas",
        "no_days_short": "saknas: ingen är gjord än (hindrar inte)",
        "days_unreadable_short": "saknas: får inte läsas av kontot (hindrar inte)",
        "chain_is": "Dagar: {days}, med fynd: {found}. Huvud: {head}…",
        "chain_broken": "ändrad: håller inte",
        "remarks": "Fynd och anmärkningar",
        "no_remarks": "Inga.",
        "risk": "Risk",
        "remedy": "Åtgärd",
        "more": "Och {count} till: bilaga {letter}.",
        "assertion": "Detta intygas",
        "assertion_some": "Detta intygas, med anmärkningarna ovan",
        "assertion_bad": "Detta kan inte intygas",
        "not_covered": "Detta omfattas inte",
        "by_hand_short": "Med kommandona i bilagorna kan du se efter för hand, utan vår kod: bilaga {letter}.",
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
        "terms": "Orden i bilagorna",
        "tools": "Raderna kräver bash och programmen socat, xxd, ss, sqlite3 och git.",
        "digest_is": (
            "Programmets kontrollsumma är SHA-256 av förteckningen över Källskydds egna filer, med en rad för varje fil"
            " (SHA-256 och namn); bibliotek, Tor och kärna ingår inte, dem visar live.libraries och live.loaded. Räkna"
            " om den av den granskade källkoden med `kallskydd audit manifest KÄLLKOD > MANIFEST; sha256sum MANIFEST`,"
            " eller utan vår kod med raden nedan, i källkodens mapp. Jämför varje fil i mappen där programmet är"
            " installerat: `sha256sum -c MANIFEST`. Förteckningen som"
            " gavs med --manifest svarar den för som gjorde den: gör den själv. Är ingen commit antecknad, visar"
            " `git rev-parse HEAD` i källkoden vilken förteckningen är gjord av."
        ),
        "foot": "{title} {day}, program {digest}",
        "all_remarks": "Alla fynd och anmärkningar",
        "processes": "Processer",
        "tor": "Tor",
        "storage": "Lagring",
        "program_group": "Program",
        "system": "System",
        "mirror_group": "Spegel",
        "canary_group": "Canary: en kopia under uppsikt",
        "selftest_group": "Selftest: utlagda fel",
        "days": "De dagliga granskningarna",
        "days_are": (
            "Tjänsten granskar sig själv en gång om dagen med egna rättigheter, och binder varje dag till den förra."
            " Medlemmarnas datorer minns huvudet och varnar om en dag ändras. Huvudet nu: {head}"
        ),
        "no_days": "Ingen daglig granskning är gjord än: den första görs när tjänsten har gått ett dygn.",
        "days_unreadable": "Filen audit.chain finns men kan inte läsas av kontot som körde granskningen. Kör som root.",
        "clean": "Utan anmärkning",
        "finding": "Fynd",
        "not seen": "Inte sett",
        "void": "Ogiltig",
        "full": "Allt som sågs ({count})",
        "full_faults": "Alla utlagda fel ({count}), med sina engelska namn",
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
    },
}
