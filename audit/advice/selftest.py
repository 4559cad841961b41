"""Risk and remedy of the rows of `audit selftest`."""

from __future__ import annotations

from audit.advice.entry import Advice, Group

UNMODIFIED, SELECTION, ANY_FAULT = "none", "selection", "fault"

ADVICE = {
    UNMODIFIED: Advice(
        Group.SELFTEST,
        "The canary rings without a fault, or cannot see, so that what it finds in the others proves nothing.",
        "Mend what `sudo kallskydd audit canary` names, then run `sudo kallskydd audit selftest` again.",
        "Canary larmar utan fel, eller kan inte se, så det som den hittar i de andra bevisar ingenting.",
        "Åtgärda det som `sudo kallskydd audit canary` nämner, kör sedan `sudo kallskydd audit selftest` igen.",
        title_sv="Utan fel har canary ingen anmärkning",
    ),
    SELECTION: Advice(
        Group.SELFTEST,
        "It has not been tried that the canary would notice the leaks that were left out.",
        "Run `sudo kallskydd audit selftest --save FILE` without `--only`, and make the page again with that file.",
        "Det är inte prövat att canary skulle märka de läckor som inte lades ut.",
        "Kör `sudo kallskydd audit selftest --save FIL` utan `--only`, och gör om sidan med den filen.",
        title_sv="Alla fel lades ut",
    ),
    ANY_FAULT: Advice(
        Group.SELFTEST,
        "The canary would not notice a leak of this kind, so its silence does not show that there is none.",
        "Run `sudo kallskydd audit selftest --only NAME` on an idle computer; if it stays, report it to"
        " those who maintain the program.",
        "Canary skulle inte märka en läcka av det här slaget, så att den är tyst visar inte att det inte finns någon.",
        "Kör `sudo kallskydd audit selftest --only NAMN` på en dator utan annat arbete; om det kvarstår, anmäl det"
        " till dem som sköter programmet.",
    ),
}
