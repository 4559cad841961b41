"""Risk and remedy of each row of `audit live`."""

from __future__ import annotations

from audit.advice.entry import Advice, Group

_P, _T, _S, _C, _H = Group.PROCESSES, Group.TOR, Group.STORAGE, Group.PROGRAM, Group.SYSTEM

ADVICE = {
    "processes": Advice(
        _P,
        "A process beside the service could read or pass on what reporters send.",
        "Look with `ps -fp PID` what the process that is named is, end it, {restart}, and look again.",
        "En process vid sidan av tjänsten kan läsa eller skicka vidare det som anmälare skickar.",
        "Se med `ps -fp PID` vad processen som nämns är, avsluta den, {restart} och granska igen.",
    ),
    "filter": Advice(
        _P,
        "A taken-over process could reach the network or start programs.",
        "To start again: {restart_both}; the kernel must allow seccomp filters.",
        "En kapad process kan nå nätet eller starta program.",
        "För att starta om: {restart_both}; kärnan måste tillåta seccomp-filter.",
    ),
    "landlock": Advice(
        _P,
        "A taken-over intake could write to all files of the home.",
        "Use a kernel with Landlock (Debian 12 or later); where `own-files` is not clean, mend that first.",
        "Ett kapat intake kan skriva i alla filer i hemmet.",
        "Använd en kärna med Landlock (Debian 12 eller senare); åtgärda först `own-files` om den har anmärkning.",
    ),
    "privileges": Advice(
        _P,
        "A taken-over process would have power over the whole computer.",
        "Run the service as an ordinary account, by its unit `deploy/systemd/kallskydd.service`; then {restart}.",
        "En kapad process får makt över hela datorn.",
        "Kör tjänsten som ett vanligt konto, genom dess enhet `deploy/systemd/kallskydd.service`; sedan: {restart}.",
    ),
    "core-dumps": Advice(
        _P,
        "A crash would write reports to the disk in plain text, or another program could read them.",
        "Put `deploy/sysctl.d/60-kallskydd.conf` (`kernel.core_pattern=|/bin/false`, `fs.suid_dumpable=0`) into"
        " /etc/sysctl.d, run `sysctl --system`; for the limit: {restart}.",
        "En krasch kan skriva anmälningar till disken i klartext, eller ett annat program kan läsa dem.",
        "Lägg `deploy/sysctl.d/60-kallskydd.conf` (`kernel.core_pattern=|/bin/false`, `fs.suid_dumpable=0`) i"
        " /etc/sysctl.d och kör `sysctl --system`; för gränsen: {restart}.",
    ),
    "memory": Advice(
        _P,
        "What a reporter is typing could be written to the disk and read from a seized computer.",
        "Run `swapoff -a` and remove its line in /etc/fstab, or encrypt the swap.",
        "Det som en anmälare skriver kan hamna på disken och läsas om datorn beslagtas.",
        "Kör `swapoff -a` och ta bort raden i /etc/fstab, eller kryptera växlingsutrymmet.",
    ),
    "intake-descriptors": Advice(
        _P,
        "The intake could write or send something about a visitor through what it has open.",
        "To start again: {restart}; if it stays, do not sign, and compare `own-files`.",
        "Intake kan skriva eller skicka något om en besökare genom det som är öppet.",
        "För att starta om: {restart}; om det kvarstår, skriv inte under och jämför `own-files`.",
    ),
    "zygote-descriptors": Advice(
        _P,
        "A hostile attachment could write or send something through what the jail has open.",
        "To start again: {restart}; if it stays, do not sign, and compare `own-files`.",
        "En skadlig bilaga kan skriva eller skicka något genom det som är öppet i buren.",
        "För att starta om: {restart}; om det kvarstår, skriv inte under och jämför `own-files`.",
    ),
    "streams": Advice(
        _P,
        "An error message could carry a visitor's data into a log.",
        "Start the service by its unit: `deploy/systemd/kallskydd.service`.",
        "Ett felmeddelande kan föra en besökares uppgifter till en logg.",
        "Starta tjänsten genom dess enhet: `deploy/systemd/kallskydd.service`.",
    ),
    "mappings": Advice(
        _P,
        "Something could be written into a shared file without any system call that shows it.",
        "To start again: {restart}; if it stays, do not sign, and compare `own-files`.",
        "Något kan skrivas i en delad fil utan att något systemanrop visar det.",
        "För att starta om: {restart}; om det kvarstår, skriv inte under och jämför `own-files`.",
    ),
    "code": Advice(
        _C,
        "Foreign code in a process of the service can do anything that the process can.",
        "Empty /etc/ld.so.preload, remove the file that is named, reinstall with `make install`; {restart}.",
        "Främmande kod i en av tjänstens processer kan göra allt som processen kan.",
        "Töm /etc/ld.so.preload, ta bort filen som nämns, installera om med `make install`; {restart}.",
    ),
    "torrc": Advice(
        _T,
        "tor could log, open itself to others, or go ways that somebody else has chosen.",
        "{mend_torrc}",
        "Tor kan logga, öppna sig för andra eller gå vägar som någon annan har valt.",
        "{mend_torrc}",
    ),
    "tor-listeners": Advice(
        _T,
        "Somebody else could steer tor, or reach the service by another way.",
        "Look with `ps -fp PID` what the program that is named is, and end it; then {restart_both}.",
        "Någon annan kan styra tor eller nå tjänsten en annan väg.",
        "Se med `ps -fp PID` vad programmet som nämns är, och avsluta det; sedan: {restart_both}.",
    ),
    "tor-files": Advice(
        _T,
        "tor could keep a log of moments at which visitors came.",
        "Remove every line `Log` to a file from `{torrc}`; {restart_tor}.",
        "Tor kan föra logg över när besökare kom.",
        "Ta bort varje rad `Log` till en fil ur `{torrc}`; {restart_tor}.",
    ),
    "permissions": Advice(
        _S,
        "Another account of the computer could read or change the home's files.",
        "`chmod go= FILE` for the file that is named; find out what a file that nobody knows is, and remove it.",
        "Ett annat konto på datorn kan läsa eller ändra filerna i hemmet.",
        "`chmod go= FIL` för filen som nämns; ta reda på vad en okänd fil är och ta bort den.",
    ),
    "times": Advice(
        _S,
        "The time of a file could tell when somebody reported.",
        "Find out who changed the file and why; then {restart}, wait ten minutes for the heartbeat, and look again.",
        "Tiden hos en fil kan visa när någon anmälde.",
        "Ta reda på vem som ändrade filen och varför; {restart}, vänta tio minuter på hjärtslaget, granska igen.",
    ),
    "schema": Advice(
        _S,
        "The database has room for something that should not be kept, such as a moment.",
        "Do not sign. Compare with `cases/store/schema.sql`, and ask the operator who changed the database.",
        "Databasen har plats för något som inte ska sparas, till exempel ett klockslag.",
        "Skriv inte under. Jämför med `cases/store/schema.sql` och fråga driften vem som har ändrat databasen.",
    ),
    "values": Advice(
        _S,
        "The database tells more exactly than by the day when somebody reported.",
        "Do not sign. Ask the operator which program wrote the value; the column is named.",
        "Databasen visar noggrannare än på dagen när någon anmälde.",
        "Skriv inte under. Fråga driften vilket program som skrev värdet; kolumnen nämns.",
    ),
    "storage": Advice(
        _S,
        "What was deleted could be read again from the disk.",
        "To start again: {restart}; if it stays, compare `own-files` and do not sign.",
        "Det som raderats kan läsas igen från disken.",
        "För att starta om: {restart}; om det kvarstår, jämför `own-files` och skriv inte under.",
    ),
    "disk": Advice(
        _S,
        "What was erased stays readable below the file system, or on another machine.",
        "Move the home to ext4 or XFS on LUKS (docs/operating/before-you-open.md); stop the program that is named.",
        "Det som raderats kan läsas kvar under filsystemet eller på en annan dator.",
        "Flytta hemmet till ext4 eller XFS på LUKS, se docs/operating/before-you-open.md; stoppa program som nämns.",
    ),
    "roster": Advice(
        _S,
        "Somebody whom the members have not agreed on could read reports.",
        "Run `kallskydd roster` with two members and compare the six words; `operator_is_no_member` in config.toml.",
        "Någon som medlemmarna inte har enats om kan läsa anmälningar.",
        "Kör `kallskydd roster` med två medlemmar och jämför de sex orden; `operator_is_no_member` i config.toml.",
    ),
    "libraries": Advice(
        _C,
        "A library that was swapped or added could do anything that the service can.",
        "Find out why first; move a file that nobody installed out of its folder; then `make install`, {restart}.",
        "Ett utbytt eller tillagt bibliotek kan göra allt som tjänsten kan.",
        "Ta först reda på varför; flytta undan en fil som ingen har installerat; sedan `make install`, {restart}.",
    ),
    "own-files": Advice(
        _C,
        "The program that runs is not the one that was reviewed, and all else rests on it.",
        "Reinstall from the reviewed source with `make install`; make a list with `kallskydd audit manifest SOURCE`.",
        "Programmet som körs är inte det granskade, och allt annat vilar på det.",
        "Installera om från den granskade källkoden med `make install`; gör en lista med"
        " `kallskydd audit manifest KÄLLKOD`.",
    ),
    "loaded": Advice(
        _C,
        "A changed or added file of the program, of a library or of tor could do anything that the service can.",
        "Find out why first; move an added file away; then install again: `apt-get install --reinstall` or"
        " `make install`.",
        "En ändrad eller tillagd fil i programmet, ett bibliotek eller Tor kan göra allt som tjänsten kan.",
        "Ta först reda på varför; flytta undan en tillagd fil; installera sedan om: `apt-get install --reinstall` eller"
        " `make install`.",
    ),
    "kernel": Advice(
        _H,
        "The kernel's log could tell the moment at which a file was cleaned.",
        "Put `deploy/sysctl.d/60-kallskydd.conf` into /etc/sysctl.d and run `sysctl --system`.",
        "Kärnans logg kan visa när en fil rensades.",
        "Lägg `deploy/sysctl.d/60-kallskydd.conf` i /etc/sysctl.d och kör `sysctl --system`.",
    ),
    "journal": Advice(
        _H,
        "Lines with moments stay on the disk or go to another computer.",
        "Put `deploy/journald.conf.d/kallskydd.conf` into /etc/systemd/journald.conf.d;"
        " `systemctl restart systemd-journald`.",
        "Rader med klockslag blir kvar på disken eller går till en annan dator.",
        "Lägg `deploy/journald.conf.d/kallskydd.conf` i /etc/systemd/journald.conf.d;"
        " `systemctl restart systemd-journald`.",
    ),
    "syslog": Advice(
        _H,
        "Lines with moments are copied to a file or to another computer.",
        "Remove the line that is named from /etc/rsyslog.conf or /etc/rsyslog.d; `systemctl restart rsyslog`.",
        "Rader med klockslag kopieras till en fil eller till en annan dator.",
        "Ta bort raden som nämns ur /etc/rsyslog.conf eller /etc/rsyslog.d; `systemctl restart rsyslog`.",
    ),
    "firewall": Advice(
        _H,
        "Each connection's moment is written down, and with it tor's guard.",
        "Remove rules with `log` from /etc/nftables.conf; `nft -f /etc/nftables.conf`.",
        "Varje anslutnings klockslag skrivs upp, och med det Tor-noden den går till.",
        "Ta bort regler med `log` ur /etc/nftables.conf; `nft -f /etc/nftables.conf`.",
    ),
    "conntrack": Advice(
        _H,
        "A collector could keep when and how much was sent.",
        "`sysctl -w net.netfilter.nf_conntrack_log_invalid=0 net.netfilter.nf_conntrack_timestamp=0`; stop the"
        " program that is named.",
        "Ett insamlingsprogram kan spara när och hur mycket som skickades.",
        "`sysctl -w net.netfilter.nf_conntrack_log_invalid=0 net.netfilter.nf_conntrack_timestamp=0`; stoppa"
        " programmet som nämns.",
    ),
    "audit-subsystem": Advice(
        _H,
        "The kernel writes down moments at which processes start or open files.",
        "Run `auditctl -D`, remove the rules in /etc/audit/rules.d, and `systemctl disable --now auditd`.",
        "Kärnan skriver upp när processer startar eller öppnar filer.",
        "Kör `auditctl -D`, ta bort reglerna i /etc/audit/rules.d och kör `systemctl disable --now auditd`.",
    ),
    "accounting": Advice(
        _H,
        "Amounts of traffic and work, which follow reports, stay in the journal or in a file.",
        "Use the units in `deploy/systemd`, remove `DefaultIPAccounting` from /etc/systemd/system.conf; `accton off`.",
        "Mängden trafik och arbete, som följer anmälningarna, blir kvar i systemloggen eller i en fil.",
        "Använd enheterna i `deploy/systemd`, ta bort `DefaultIPAccounting` ur /etc/systemd/system.conf; `accton off`.",
    ),
}
