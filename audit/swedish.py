"""Swedish for every sentence of the audit, by its English template. A test holds the two together.

The processes keep their names (keeper, intake, zygote, job, tor): an auditor meets them in a list of processes. So do
the rows, which the command and the guide call by them.
"""

SWEDISH: dict[str, str] = {
    # Processes.
    "keeper: process {pid}, holds the lock on the home": "keeper: process {pid}, håller låset på hemmet",
    "intakes: {count}": "antal intake: {count}",
    "zygotes: {count}, jobs: {jobs}": "antal zygote: {count}, antal job: {jobs}",
    "process {pid} was started by the service and is no part of it": (
        "process {pid} har startats av tjänsten och hör inte till den"
    ),
    "the intake has started process {pid}": "intake har startat process {pid}",
    "{name} {pid} is traced by process {tracer}": "{name} {pid} följs av process {tracer}",
    "{program} runs as {pids}": "{program} körs som {pids}",
    "the program of {name} {pid}": "programmet i {name} {pid}",
    "{name} {pid} has ended during the inspection": "{name} {pid} slutade medan vi tittade",
    "job {pid} ended during the inspection; a job lasts as long as its file": (
        "job {pid} slutade medan vi tittade; ett job varar så länge som sin fil"
    ),
    "{name} {pid}, threads {count}: Seccomp {modes}, NoNewPrivs {privileges}": (
        "{name} {pid}, antal trådar {count}: Seccomp {modes}, NoNewPrivs {privileges}"
    ),
    "seen: the kernel offers Landlock {version}": "sett: kärnan har Landlock {version}",
    (
        "clean, though no kernel shows that the intake uses it: the program, which own-files knows, does not"
        " start where its rules do not hold, and the canary sees them put on"
    ): (
        "i ordning, fast ingen kärna visar att intake använder det: programmet, som own-files känner, startar inte om"
        " reglerna inte håller, och canary ser dem läggas på"
    ),
    "that the intake uses it: no kernel shows that, and own-files does not know the program": (
        "att intake använder det: ingen kärna visar det, och own-files känner inte programmet"
    ),
    "this kernel has no Landlock: the second layer, over files, is missing": (
        "kärnan saknar Landlock: det andra skyddet, över filer, fattas"
    ),
    "what still holds: the filter of system calls, seen above, lets no socket be made and no program start": (
        "vad som ändå håller: filtret för systemanrop, sett ovan, låter ingen socket skapas och inget program startas"
    ),
    "{name} {pid}: account {owner}, capabilities {powers}": "{name} {pid}: konto {owner}, rättigheter {powers}",
    "{name} {pid} is still root": "{name} {pid} är fortfarande root",
    (
        "a trial that is run as root; of root's powers the intake keeps at most two: to read each file,"
        " and to lock memory"
    ): (
        "provdrift som körs som root; av roots rättigheter har intake kvar högst två: att läsa alla filer och att låsa"
        " minne"
    ),
    "the service runs as root; of root's powers the intake keeps at most two: to read each file, and to lock memory": (
        "tjänsten körs som root; av roots rättigheter har intake kvar högst två: att läsa alla filer och att låsa minne"
    ),
    "{name} {pid}: core limit {soft} and {hard}": "{name} {pid}: gräns för minnesdump {soft} och {hard}",
    "{name} {pid}: /proc/PID belongs to account {owner}": "{name} {pid}: /proc/PID tillhör konto {owner}",
    "tor {pid} can be read by other processes of account {owner}; no dump of it is written": (
        "tor {pid} kan läsas av andra processer hos konto {owner}; ingen dump av det skrivs"
    ),
    "{name} {pid} is closed to other processes: {closed}": "{name} {pid} är stängd för andra processer: {closed}",
    "whether {name} {pid} is closed to other processes": "om {name} {pid} är stängd för andra processer",
    "kernel.core_pattern": "kernel.core_pattern",
    "kernel.core_pattern = {pattern}": "kernel.core_pattern = {pattern}",
    "kernel.core_pattern = {pattern}, wanted {wanted}: what stands after | gets the memory despite the limit": (
        "kernel.core_pattern = {pattern}, ska vara {wanted}: programmet efter | får minnet trots gränsen"
    ),
    "fs.suid_dumpable": "fs.suid_dumpable",
    "/proc/swaps": "/proc/swaps",
    "{name}": "{name}",
    "fs.suid_dumpable = {setting}": "fs.suid_dumpable = {setting}",
    "there is no swap": "det finns inget växlingsutrymme",
    "swap on {name}: encrypted": "växling på {name}: krypterad",
    "swap on {name}: compressed memory": "växling på {name}: komprimerat minne",
    "swap on {name}: the service's control group may not swap": "växling på {name}: tjänstens grupp får inte växla",
    "swap on {name}: the intake's memory is locked": "växling på {name}: minnet i intake är låst",
    "swap on {name}: readable on a stolen disk": "växling på {name}: läsbar på en stulen disk",
    "{name} {pid}: {locked} locked, {swapped} in swap": "{name} {pid}: {locked} låst, {swapped} växlat",
    # Descriptors.
    "{name} {pid}: {kinds}": "{name} {pid}: {kinds}",
    "{name} {pid} has {target} open as {number}": "{name} {pid} har {target} öppet som {number}",
    "the open files of {name} {pid}": "vad {name} {pid} har öppet",
    "the other end of socket {inode}: the kernel has no table of them": (
        "andra änden av socket {inode}: kärnan har ingen tabell över dem"
    ),
    "{name} {pid}: 0, 1 and 2 are {targets}": "{name} {pid}: 0, 1 och 2 är {targets}",
    "the standard streams of {name} {pid}": "standardströmmarna i {name} {pid}",
    "{name} {pid}, mapped and shared: {files}": "{name} {pid}, inläst och delat: {files}",
    "the mapped files of {name} {pid}": "inlästa filer i {name} {pid}",
    # Code.
    "{path} loads into every program: {files}": "{path} läser in i alla program: {files}",
    "{name} {pid} runs code of {count} files and {bare} pieces of memory; not in order: {strange}": (
        "{name} {pid} kör kod ur {count} filer; kodminne utan fil: {bare}; inte i ordning: {strange}"
    ),
    "the code and the environment of {name} {pid}": "koden och miljön i {name} {pid}",
    # tor.
    "{count} lines that tor answers with were held against the {rows} rows of the table": (
        "{count} rader som tor svarar med jämfördes med tabellens {rows} rader"
    ),
    "tor says: SafeLogging {safe}, Log {log}": "tor uppger: SafeLogging {safe}, Log {log}",
    "{name} is {found}, and should be {wanted}": "{name} är {found} och borde vara {wanted}",
    "{file}, line {line}: {name} is {found}, and should be {wanted}": (
        "{file}, rad {line}: {name} är {found} och borde vara {wanted}"
    ),
    "{file} was held against the table": "{file} jämfördes med tabellen",
    "tor's own file {file}": "tors egen fil {file}",
    "tor's command line": "tors kommandorad",
    "tor {pid} was started with {words}": "tor {pid} startades med {words}",
    "the sockets of tor": "tors socketar",
    "the kernel has tor {pid} listening on {places}": "kärnan har tor {pid} lyssnande på {places}",
    "tor {pid} is steered by {count} processes; not of the service: {strange}": (
        "antal processer som styr tor {pid}: {count}; inte tjänstens: {strange}"
    ),
    "tor listens for {kind} on {place}": "tor lyssnar efter {kind} på {place}",
    "onions that are not this service's: {onions}": "adresser som inte är tjänstens: {onions}",
    "{count} onions are published, {ours} of this service": "adresser som är uppe: {count}, av dem tjänstens: {ours}",
    "tor {pid} has open: {files}": "tor {pid} har öppet: {files}",
    "the process of the system's tor: it does not answer, or is not to be found by its number": (
        "processen för systemets tor: det svarar inte, eller finns inte under sitt nummer"
    ),
    "tor: it does not answer on its control socket, or does not let this account in": (
        "tor: det svarar inte på sin styrsocket, eller släpper inte in det här kontot"
    ),
    # Files.
    "others may reach {name}": "andra kan nå {name}",
    "nobody knows the file {name} in the home": "ingen känner till filen {name} i hemmet",
    "{count} files and folders belong to account {owner} alone": "filer och mappar som bara konto {owner} når: {count}",
    "all of the home": "hela hemmet",
    "when the intake was started": "när intake startades",
    "the times of {name}": "tiderna för {name}",
    "{name}: read, written and changed {age} s ago at most; the heartbeat allows {window} s": (
        "{name}: läst, skriven och ändrad för högst {age} s sedan; hjärtslaget medger {window} s"
    ),
    "{name}: read {age} s ago at most; the heartbeat allows {window} s": (
        "{name}: läst för högst {age} s sedan; hjärtslaget medger {window} s"
    ),
    "when {name} was born: the file system does not keep it": "när {name} skapades: filsystemet sparar det inte",
    "{name} was born before the intake started to take reports: {fine}": (
        "{name} skapades innan intake började ta emot: {fine}"
    ),
    "{name} has not changed since the intake started: {fine}": "{name} är oförändrad sedan intake startade: {fine}",
    # The database.
    "the database cannot be read by this account": "databasen kan inte läsas av det här kontot",
    "{count} statements, digest {digest}": "{count} satser, kontrollsumma {digest}",
    "there is a {kind} {name}": "det finns en {kind} {name}",
    "table {table}: STRICT, WITHOUT ROWID": "tabell {table}: STRICT, WITHOUT ROWID",
    "{table}.{column} is of type {kind}": "{table}.{column} är av typen {kind}",
    "{table}.{column} is a text that need not be a day": "{table}.{column} är en text som inte måste vara en dag",
    "{count} columns were looked through": "{count} kolumner gicks igenom",
    "{table}.{column} holds more than a day": "{table}.{column} innehåller mer än en dag",
    "{table}.{column} holds numbers that could be times": "{table}.{column} innehåller tal som kan vara tider",
    "journal_mode: {mode}": "journal_mode: {mode}",
    "auto_vacuum: {mode}": "auto_vacuum: {mode}",
    "user_version: {version}": "user_version: {version}",
    "secure_delete: {dirty} of {pages} free pages and {blocks} freed blocks are not zeros": (
        "secure_delete: av lediga sidor ({pages}) och lediga block ({blocks}) är {dirty} inte nollor"
    ),
    "secure_delete: nothing was deleted yet by which it would show": (
        "secure_delete: inget har raderats ännu som det skulle synas på"
    ),
    (
        "out of its reach: {moved} bytes of rows that SQLite has moved within the file, until the next heartbeat writes"
        " over them"
    ): (
        "det som secure_delete inte når: {moved} byte av rader som SQLite har flyttat inom filen, tills nästa hjärtslag"
        " skriver över dem"
    ),
    "connections of the intake to the database: {count}": "anslutningar från intake till databasen: {count}",
    "temp_store: unlinked files open: {files}": "temp_store: öppna borttagna filer: {files}",
    "mmap_size: the database is mapped: {mapped}": "mmap_size: databasen är inläst: {mapped}",
    "temp_store and mmap_size: the open and mapped files of the intake": (
        "temp_store och mmap_size: öppna och inlästa filer i intake"
    ),
    (
        "clean by construction, as no mark outside shows them: synchronous, foreign_keys, trusted_schema,"
        " cell_size_check and the rest of"
        " secure_delete and temp_store; the program, which own-files knows, reads all back at its opening and at"
        " each heartbeat, the last of which times shows, and ends where one does not hold"
    ): (
        "i ordning genom konstruktionen, då inget utifrån visar dem: synchronous, foreign_keys, trusted_schema,"
        " cell_size_check och resten av secure_delete och temp_store; programmet, som own-files känner, läser tillbaka"
        " alla vid öppningen och före varje hjärtslag, varav times visar det senaste, och slutar om någon inte håller"
    ),
    (
        "synchronous, foreign_keys, trusted_schema and cell_size_check: no mark outside, and own-files or times is not"
        " clean, by which the program would be known to end without them"
    ): (
        "synchronous, foreign_keys, trusted_schema och cell_size_check: syns inte utifrån, och own-files eller times,"
        " genom vilka programmet är känt för att sluta utan dem, är inte utan anmärkning"
    ),
    # The roster.
    "the rosters cannot be read by this account": "förteckningarna kan inte läsas av det här kontot",
    "the chain of rosters does not hold at {place}": "kedjan av förteckningar håller inte vid {place}",
    "roster {number} was signed for another server": "förteckning {number} undertecknades för en annan server",
    "a trial: not required that the operator is no member": (
        "provdrift: det krävs inte att den som driver servern inte är medlem"
    ),
    "clean as declared in config.toml, though no audit can see it: who runs the server is no member": (
        "i ordning, som uppgivet i config.toml, fast ingen granskning kan se det: den som driver servern är inte medlem"
    ),
    "nobody has declared that the operator is no member, who could see which case excludes her": (
        "ingen har uppgett att den som driver servern inte är medlem; en medlem skulle kunna se vilket ärende som"
        " utesluter henne"
    ),
    "roster {number} and the home do not agree on whether this is a trial": (
        "förteckning {number} och hemmet är inte ense om detta är provdrift"
    ),
    "roster {number} holds: {readers} readers, {counsel} counsel, hash {digest}": (
        "förteckning {number} håller: {readers} läsare, {counsel} externa jurister, kontrollsumma {digest}"
    ),
    "roster {number} came about by one signature and fourteen days of waiting": (
        "förteckning {number} gäller genom en underskrift och fjorton dagars väntan"
    ),
    "roster {number} is a proposal and not in force": "förteckning {number} är ett förslag och gäller inte",
    "no roster is in force yet, so the service is not open": (
        "ingen förteckning gäller ännu, så tjänsten är inte öppen"
    ),
    # The program.
    "where the program of the intake is installed": "var programmet i intake är installerat",
    "requirements.lock is not with this installation": "requirements.lock finns inte med installationen",
    "{count} libraries, not of the locked version: {others}": "{count} bibliotek, inte av låst version: {others}",
    "{count} files hashed, not as they were installed: {faults}": (
        "{count} filer kontrollerade, inte som de installerades: {faults}"
    ),
    "files that Python runs at its start and nobody installed: {files}": (
        "filer som Python kör vid start och som ingen har installerat: {files}"
    ),
    "{count} files, against the list {manifest} (--manifest), of commit {commit}; others: {faults}": (
        "antal filer {count}, mot förteckningen {manifest} (--manifest), av version {commit}; andra: {faults}"
    ),
    "{count} files, as they were installed from commit {commit}; others: {faults}": (
        "{count} filer, som de installerades från version {commit}; andra: {faults}"
    ),
    "{count} files with code, {debians} of them as Debian's packages brought them; changed: {changed}": (
        "{count} filer med kod, {debians} av dem som Debians paket levererade dem; ändrade: {changed}"
    ),
    "files with code that are in no list: {count} ({files})": (
        "filer med kod som inte står i någon förteckning: {count} ({files})"
    ),
    "the code of {name} {pid}": "koden i {name} {pid}",
    "{count} files of the packages, against the build of commit {commit}; others: {faults}": (
        "{count} filer i paketen, mot bygget av version {commit}; andra: {faults}"
    ),
    "{count} modules of the interpreter, as Debian's packages brought them; changed: {changed}": (
        "{count} moduler i Pythontolken, som Debians paket levererade dem; ändrade: {changed}"
    ),
    "{count} files, against commit {commit}; others: {faults}": "{count} filer, mot version {commit}; andra: {faults}",
    "our own files: no manifest was given and this is no checkout that git can read": (
        "programmets filer: ingen förteckning gavs, och detta är ingen mapp som git kan läsa"
    ),
    "when the service was started": "när tjänsten startades",
    "files changed since the service was started: {files}": "filer ändrade sedan tjänsten startades: {files}",
    # The computer.
    "this kernel has no {name}; that processes are closed to others by themselves, core-dumps shows": (
        "kärnan saknar {name}; att processerna själva är stängda för andra visar core-dumps"
    ),
    "{name} = {value}, as the kernel comes: enough for a trial; a real home needs {wanted}": (
        "{name} = {value}, som kärnan är från början: det räcker för provdrift; riktig drift kräver {wanted}"
    ),
    "where the keeper's words go": "vart det keeper säger tar vägen",
    "the keeper's descriptor {number} is {target}; journal: {journal}; events: {events}": (
        "keeper har {target} som {number}; systemloggen: {journal}; händelser: {events}"
    ),
    "a journal is running: {runs}": "en systemlogg körs: {runs}",
    "ForwardToSyslog={value} ({path}); used: {meant}": "ForwardToSyslog={value} ({path}); används: {meant}",
    "Storage={value}; kept on the disk: {on_disk}": "Storage={value}; sparas på disk: {on_disk}",
    # What lies under the home.
    "the home's file system is none that is known to keep what is overwritten": (
        "hemmets filsystem är inget av dem som är kända för att behålla det som skrivs över"
    ),
    "the home lies on {kind}, which keeps what is overwritten": (
        "hemmet ligger på {kind}, som behåller det som skrivs över"
    ),
    "what the home's file system lies on cannot be seen; enough for a trial": (
        "vad hemmets filsystem ligger på går inte att se; nog för provdrift"
    ),
    "what the home's file system lies on": "vad hemmets filsystem ligger på",
    "under the home: {devices}": "under hemmet: {devices}",
    "{name} is part of a snapshot, or of a pool that shares blocks": (
        "{name} är en del av en ögonblicksbild eller av en pool som delar block"
    ),
    "{name} is a volume of ZFS, which keeps what is overwritten": (
        "{name} är en ZFS-volym, som behåller det som skrivs över"
    ),
    "{name} leads to another machine; what it carries is encrypted above it: {closed}": (
        "{name} leder till en annan dator; det som går där är krypterat ovanför: {closed}"
    ),
    "programs that copy the database as it changes, and keep what was erased: {names}": (
        "program som kopierar databasen när den ändras, och behåller det som raderats: {names}"
    ),
    "which node of the cluster leads: Pacemaker does not answer": (
        "vilken nod i klustret som leder: Pacemaker svarar inte"
    ),
    "of the cluster's nodes {nodes} leads; this one is {here}": "av klustrets noder leder {nodes}; den här är {here}",
    "syslog daemons that run: {names}": "syslog-tjänster som körs: {names}",
    "{path} cannot be read by this account": "{path} kan inte läsas av det här kontot",
    "{path} takes over the journal: {line}": "{path} tar över systemloggen: {line}",
    "{path} sends lines away: {line}": "{path} skickar iväg rader: {line}",
    "the firewall's rules: root alone sees them": "brandväggens regler: bara root ser dem",
    "rules of nf_tables: {count}; those that log: {rules}": "regler i nf_tables: {count}; som loggar: {rules}",
    "the older tables are in use ({tables}); look with iptables-legacy-save": (
        "de äldre tabellerna används ({tables}); se efter med iptables-legacy-save"
    ),
    "{name} = {value}": "{name} = {value}",
    "programs that collect connections: {names}": "program som samlar anslutningar: {names}",
    "the rules of the audit subsystem: root alone sees them, and nobody in a container": (
        "reglerna i kärnans audit: bara root ser dem, och i en container ingen"
    ),
    "this kernel has no audit subsystem": "kärnan har inget audit",
    "audit subsystem: on {enabled}, daemon {daemon}, rules {rules}": (
        "kärnans audit är påslaget: {enabled}; granskningstjänst: {daemon}; antal regler: {rules}"
    ),
    "Default{name}={value}": "Default{name}={value}",
    "{unit} has {name}={value}": "{unit} har {name}={value}",
    "the kernel's process accounts are kept in {path}": "kärnans processräkning sparas i {path}",
    "units of the service: {units}": "tjänstens enheter: {units}",
    # The mirror.
    "{what} did not go as it should: {outcome}": "{what} gick inte som det skulle: {outcome}",
    "{what}: times {count}, outcome {outcomes}": "{what}: antal {count}, utfall {outcomes}",
    "a visit to another name was answered": "ett besök till ett annat namn fick svar",
    "addresses: the mirror listens on IPv6 alone, where a visitor on this computer has but one": (
        "adresser: spegeln lyssnar bara på IPv6, där en besökare på den här datorn bara har en"
    ),
    "a visit while what is behind the mirror is gone: name --stop and --start": (
        "ett besök medan det bakom spegeln är borta: ange --stop och --start"
    ),
    "{name} {pid} has open: {what}": "{name} {pid} har öppet: {what}",
    "open file {place} holds {what}, {moment}": "den öppna filen {place} innehåller {what}, {moment}",
    "{count} open files and sockets were looked at": "{count} öppna filer och socketar gicks igenom",
    "{path} holds {what}, {moment}": "{path} innehåller {what}, {moment}",
    "files that changed, and journals, that were searched: {count}": (
        "ändrade filer och journaler som söktes igenom: {count}"
    ),
    "{name} {pid} ends TLS: its memory holds what it forwards, and its host has to be trusted": (
        "{name} {pid} avslutar TLS: dess minne har det som skickas vidare, och värden måste man lita på"
    ),
    "the relay's memory: none runs here": "reläets minne: inget relä körs här",
    "the memory of {name} {pid}: root alone sees it": "minnet i {name} {pid}: bara root ser det",
    "in the memory of {name} {pid} after the visits: {what}": "i minnet hos {name} {pid} efter besöken: {what}",
    (
        "{name} {pid} still holds {sealed} of {all_sealed} samples of what was sent, and the greetings of"
        " {randoms} of {all_randoms} visits; what buffers leave is a part of the last ones"
    ): (
        "{name} {pid} har kvar {sealed} av {all_sealed} prov av det som skickades, och hälsningarna från"
        " {randoms} av {all_randoms} besök; det som buffertar lämnar är en del av de sista"
    ),
    "a planted visit did not do what it should, so that nothing was found here shows nothing": (
        "ett utlagt besök gick inte som det skulle, så att inget hittades här visar ingenting"
    ),
    "the command line of {name} {pid}": "kommandoraden för {name} {pid}",
    "the environment of {name} {pid}": "miljön för {name} {pid}",
    "{name} {pid} was started with {words}": "{name} {pid} startades med {words}",
    "of the environment of {name} {pid} leads elsewhere: {names}": "i miljön för {name} {pid} leder bort: {names}",
    "relay {pid} reads no file: its settings are its command line": (
        "relay {pid} läser ingen fil: inställningarna är kommandoraden"
    ),
    "{name} {pid} was started without a file of its own": "{name} {pid} startades utan en egen fil",
    "{path} is not of a form that this audit reads whole": "{path} har en form som granskningen inte läser helt",
    "{path} was changed after {name} was started: what it reads now is not what runs": (
        "{path} ändrades efter att {name} startades: det som står där nu är inte det som körs"
    ),
    "the tor that the relay dials: it is not to be found by its port": (
        "det tor som reläet ringer: det gick inte att hitta på sin port"
    ),
    "the unit of {name} {pid}: it was started by hand": "enheten för {name} {pid}: startad för hand",
    "{unit}: {name} is {found}, and should be {wanted}": "{unit}: {name} är {found} och borde vara {wanted}",
    "{unit} was held against the table": "{unit} jämfördes med tabellen",
    "{name}: process {pid}, with {count} more": "{name}: process {pid}, och {count} till",
    "/proc/sys": "/proc/sys",
    "connections that the kernel tracks: {count}": "anslutningar som kärnan följer: {count}",
    "the kernel's table of connections has {count} of the planted addresses": (
        "kärnans tabell över anslutningar har {count} av de utlagda adresserna"
    ),
    "the kernel's table of connections: root sees it with `conntrack -L`": (
        "kärnans tabell över anslutningar: root ser den med `conntrack -L`"
    ),
    "the kernel's modules": "kärnans moduler",
    "the kernel has no {name}": "kärnan har inget {name}",
    "no file changed during the visits where programs write, and there is no journal to search": (
        "ingen fil ändrades under besöken där program skriver, och det finns ingen journal att söka i"
    ),
    "modules that count or note visitors: {names}": "moduler som räknar eller antecknar besökare: {names}",
    "accounts of processes: {names}": "räkning av processer: {names}",
    "the rest of this row ({fault})": "resten av raden ({fault})",
}
