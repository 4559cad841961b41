"""Risk and remedy of each row of `audit mirror`. Remedies are for the mirror's host."""

from __future__ import annotations

from audit.advice.entry import Advice, Group

_M = Group.MIRROR

ADVICE = {
    "parts": Advice(
        _M,
        "A program that nobody has reviewed could see the addresses of visitors.",
        "Stop what is named and does not belong to the mirror; start the units in `deploy/systemd` again.",
        "Ett program som ingen har granskat kan se besökarnas adresser.",
        "Stoppa det som nämns och inte hör till spegeln; starta enheterna i `deploy/systemd` igen.",
    ),
    "command": Advice(
        _M,
        "A word of the command line could switch on a log.",
        "Start by the unit: `systemctl restart kallskydd-relay`, or the proxy's with `deploy/proxy/*.service.conf`.",
        "Ett ord på kommandoraden kan slå på en logg.",
        "Starta genom enheten: `systemctl restart kallskydd-relay`, eller proxyns med `deploy/proxy/*.service.conf`.",
    ),
    "configuration": Advice(
        _M,
        "The proxy could log, keep or pass on addresses.",
        "Make the file in /etc/kallskydd-proxy like that in `deploy/proxy`, and restart the proxy.",
        "Proxyn kan logga, spara eller skicka vidare adresser.",
        "Gör filen i /etc/kallskydd-proxy lik den i `deploy/proxy` och starta om proxyn.",
    ),
    "torrc": Advice(
        _M,
        "The mirror's tor could log when visitors came.",
        "Make /etc/kallskydd-relay/torrc like `deploy/torrc-relay`; `systemctl restart kallskydd-relay-tor`.",
        "Spegelns tor kan logga när besökare kom.",
        "Gör /etc/kallskydd-relay/torrc lik `deploy/torrc-relay`; `systemctl restart kallskydd-relay-tor`.",
    ),
    "units": Advice(
        _M,
        "What the programs say, or how much they forward, stays in the journal or in a file.",
        "Use the units in `deploy/systemd`, remove drop-ins, `systemctl daemon-reload` and restart.",
        "Det som programmen säger, eller hur mycket de skickar vidare, blir kvar i systemloggen eller i en fil.",
        "Använd enheterna i `deploy/systemd`, ta bort tillägg, kör `systemctl daemon-reload` och starta om.",
    ),
    "locks": Advice(
        _M,
        "A taken-over relay could write down addresses, or a crash could.",
        "Start by the unit: `systemctl restart kallskydd-relay`; `kernel.core_pattern` as in `deploy/sysctl.d`.",
        "Ett kapat relä, eller en krasch, kan skriva ner adresser.",
        "Starta genom enheten med `systemctl restart kallskydd-relay`; sätt `kernel.core_pattern` som i"
        " `deploy/sysctl.d`.",
    ),
    "requests": Advice(
        _M,
        "The planted visits did not go as they should, so that nothing was found shows nothing.",
        "Mend the mirror until its page opens in a browser; name --stop and --start, and run it again.",
        "De utlagda besöken gick inte som de skulle, så att inget hittades visar ingenting.",
        "Åtgärda spegeln tills dess sida öppnas i en webbläsare; ange --stop och --start, och kör igen.",
    ),
    "descriptors": Advice(
        _M,
        "A visitor's address or report lies in a file that the mirror has open.",
        "Use the files in `deploy/proxy` and restart; nginx must not keep bodies in temporary files.",
        "En besökares adress eller anmälan ligger i en fil som spegeln har öppen.",
        "Använd filerna i `deploy/proxy` och starta om; nginx får inte lägga anmälningar i tillfälliga filer.",
    ),
    "files": Advice(
        _M,
        "A visitor's address lies in a log or a temporary file.",
        "Delete the file that is named, and make the configuration like `deploy/proxy` so that it is not made again.",
        "En besökares adress ligger i en logg eller i en tillfällig fil.",
        "Radera filen som nämns, och gör inställningarna lika `deploy/proxy` så att den inte skapas igen.",
    ),
    "memory": Advice(
        _M,
        "Who seizes the host while it runs finds visitors in the relay's memory.",
        "`systemctl restart kallskydd-relay`; if it stays, compare the program with the reviewed source.",
        "Den som beslagtar värden när den är igång hittar besökare i reläets minne.",
        "`systemctl restart kallskydd-relay`; om det kvarstår, jämför programmet med den granskade källkoden.",
    ),
    "syslog": Advice(
        _M,
        "Lines about visitors are copied to a file or to another computer.",
        "Remove the line that is named from /etc/rsyslog.conf or /etc/rsyslog.d; `systemctl restart rsyslog`.",
        "Rader om besökare kopieras till en fil eller till en annan dator.",
        "Ta bort raden som nämns ur /etc/rsyslog.conf eller /etc/rsyslog.d; `systemctl restart rsyslog`.",
    ),
    "firewall": Advice(
        _M,
        "The firewall writes down visitors' addresses.",
        "Remove rules with `log` from /etc/nftables.conf; `nft -f /etc/nftables.conf`.",
        "Brandväggen skriver upp besökarnas adresser.",
        "Ta bort regler med `log` ur /etc/nftables.conf; `nft -f /etc/nftables.conf`.",
    ),
    "conntrack": Advice(
        _M,
        "The kernel keeps a list of visitors' addresses.",
        "Put `deploy/sysctl.d/60-kallskydd-relay.conf` into /etc/sysctl.d, `sysctl --system`; remove rules that track"
        " (`ct`) from /etc/nftables.conf, `modprobe -r nf_conntrack`.",
        "Kärnan för en lista över besökarnas adresser.",
        "Lägg `deploy/sysctl.d/60-kallskydd-relay.conf` i /etc/sysctl.d, `sysctl --system`; ta bort regler som spårar"
        " (`ct`) ur /etc/nftables.conf, `modprobe -r nf_conntrack`.",
    ),
    "audit-subsystem": Advice(
        _M,
        "The kernel writes down moments at which visitors come.",
        "Run `auditctl -D`, remove the rules in /etc/audit/rules.d, and `systemctl disable --now auditd`.",
        "Kärnan skriver upp när besökare kommer.",
        "Kör `auditctl -D`, ta bort reglerna i /etc/audit/rules.d och kör `systemctl disable --now auditd`.",
    ),
    "accounting": Advice(
        _M,
        "A counter or a table of the kernel tells of visitors.",
        "Unload the module that is named with `modprobe -r MODULE`, and run `accton off`.",
        "En räknare eller en tabell i kärnan berättar om besökare.",
        "Ta bort modulen som nämns med `modprobe -r MODUL` och kör `accton off`.",
    ),
}
