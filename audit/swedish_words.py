"""Swedish for the single words and remarks in the audit's sentences and commands, as in `audit.swedish`."""

# Words that stand in sentences as values, and by which what is open is counted.
SWEDISH_WORDS: dict[str, str] = {
    # Planted visits, and moments.
    "a whole upload": "en hel uppladdning",
    "an upload that was cut off": "en uppladdning som bröts av",
    "a visit to another name": "ett besök till ett annat namn",
    "what is behind was stopped": "det bakom stoppades",
    "a visit without https": "ett besök utan https",
    "a visit without what is behind": "ett besök utan det bakom",
    "what is behind was started": "det bakom startades",
    "a visit after that": "ett besök efter det",
    # What came of them.
    "no answer": "inget svar",
    "sent half": "hälften skickades",
    "closed": "stängdes",
    "answered": "fick svar",
    # What was found of them.
    "a planted address": "en utlagd besökares adress",
    "the planted browser": "den utlagda webbläsaren",
    "the planted text": "den utlagda texten",
    "during an upload": "under en uppladdning",
    "after one that was cut off": "efter en som bröts av",
    "while what is behind is gone": "medan det bakom är borta",
    "after all visits": "efter alla besök",
    # What a line of a proxy's should be.
    "there": "finnas där",
    "a number": "ett tal",
    "a time": "en tid",
    "a size": "en storlek",
    "a path": "en sökväg",
    "a folder in memory": "en mapp i minnet",
    "on this computer": "på den här datorn",
    "a name": "ett namn",
    "an account": "ett konto",
    "an address with ssl": "en adress med ssl",
    "empty, or the mirror's name": "tom, eller spegelns namn",
    "a header taken off, or Host": "ett huvud som tas bort, eller Host",
    "listener": "lyssnare",
    "accepted stream": "mottagen ström",
    "stream pair": "strömpar",
    "stream pair, closed": "strömpar, stängt",
    "pipe within the service": "rör inom tjänsten",
    "own library, for reading": "eget bibliotek, för läsning",
    "/dev/null": "/dev/null",
    "memfd": "memfd",
    "pidfd": "pidfd",
    "eventpoll": "eventpoll",
    "file of the home": "fil i hemmet",
    "another": "en annan",
    # What a setting of tor's should be.
    "left out": "utelämnad",
    "there once": "där en gång",
    "a plain line": "en vanlig rad",
    "0 or 1": "0 eller 1",
    "an absolute path": "en hel sökväg",
    "a directory on this computer": "en katalog på den här datorn",
    "the folder of the keeper's own tor, or one below /var/lib": (
        "mappen för keeperns eget tor, eller en under /var/lib"
    ),
    "the one unix socket that the keeper uses, with no flag that opens it": (
        "den enda unix-socket som keeper använder, utan flagga som öppnar den"
    ),
    "0, or one unix socket with no flag but ExtendedErrors": (
        "0, eller en unix-socket utan annan flagga än ExtendedErrors"
    ),
    "notice, warn or err to stdout or stderr": "notice, warn eller err till stdout eller stderr",
}
# Remarks in the lines of shell.
SWEDISH_REMARKS: dict[str, str] = {
    "# the mirror's name": "# spegelns namn",
    "# the home, as an absolute path": "# hemmet, med hela sökvägen",
    "# git: in the source; sha256sum: in the program's folder": ("# git: i källkoden; sha256sum: i programmets mapp"),
    "# or that of the system's tor": "# eller systemets tor",
    "# the kernel's version; that the intake puts it on, audit canary sees": (
        "# kärnans version; att intake lägger på det ser audit canary"
    ),
    "# that free pages are zeros, audit live alone reads": "# att lediga sidor är nollor läser bara audit live",
    "# files.number is random": "# files.number är slumpmässigt",
    "# and the forms by hand": "# och formulären för hand",
    "# by process and descriptor": "# efter process och deskriptor",
    "# messages of eight bytes on the channel's descriptor": "# meddelanden på åtta byte på kanalens deskriptor",
    "# before and after a report": "# före och efter en anmälan",
    "# before and after": "# före och efter besök",
    "# each page, answer to a desk and file of two homes": "# varje sida, svar till en medlem och fil i två hem",
    "# after each report": "# efter varje anmälan",
    "# each file": "# varje fil",
    "# against requirements.lock; the files against RECORD in each *.dist-info": (
        "# mot requirements.lock; filerna mot RECORD i varje *.dist-info"
    ),
}
