"""Swedish for the sentences of the canary and the selftest, by their English templates, as in `audit.swedish`.

What stands in them as a value (the name of a visit, a page, a call) is a name of the program's and stays as it is.
"""

CANARY: dict[str, str] = {
    # Requests and answers.
    "{count} requests were sent": "{count} förfrågningar skickades",
    "{name} was answered {status} and not {right}": "{name} fick svaret {status} och inte {right}",
    "the service did not start: {why}": "tjänsten startade inte: {why}",
    "the service went away: {why}": "tjänsten försvann: {why}",
    "the service ended with {code}": "tjänsten slutade med {code}",
    "not all reports are in the store: {what}": "alla anmälningar finns inte i databasen: {what}",
    "what strace wrote is not whole": "det som strace skrev är inte helt",
    "a member opens {count} things and not {right}": "en medlem öppnar {count} saker och inte {right}",
    "{count} answers were searched": "{count} svar söktes igenom",
    "{count} pages were as long as one of the {classes} classes": (
        "{count} sidor var så långa som någon av de {classes} klasserna"
    ),
    "the first page took {before} s and after reports {after}": (
        "första sidan tog {before} s, och {after} s efter anmälningar"
    ),
    "refusals of broken requests with {status} have {count} different bodies": (
        "avslag på trasiga förfrågningar med {status} har {count} olika innehåll"
    ),
    "the answer to {name} has {size} bytes, which is no class of pages": (
        "svaret på {name} har {size} byte, vilket inte är någon klass av sidor"
    ),
    "the answer to {name} may be kept by a browser: {said}": "svaret på {name} får sparas av en webbläsare: {said}",
    "{count} pages to which a form led may be kept by no browser": (
        "{count} sidor som ett formulär ledde till får inte sparas av någon webbläsare"
    ),
    "the answer to {name} has the header {header}": "svaret på {name} har huvudet {header}",
    "the answer to {name} holds: {kind} ({form})": "svaret på {name} innehåller: {kind} ({form})",
    # What is written.
    "{count} bytes that {calls} calls wrote were searched for {markers} markers in every form": (
        "{count} byte som {calls} anrop skrev söktes igenom efter {markers} spår i alla former"
    ),
    "{count} calls were held against the list of what each process may do": (
        "{count} anrop jämfördes med listan över vad varje process får göra"
    ),
    "{count} files were searched after the end": "{count} filer söktes igenom efter slutet",
    "{kind} ({form}) was written: {where}": "{kind} ({form}) skrevs: {where}",
    "{kind} ({form}) lies in {name}": "{kind} ({form}) ligger i {name}",
    "and {count} more of these": "och {count} till av dessa",
    "not on the list: {call}": "inte på listan: {call}",
    # The channel to the keeper, and tor.
    "the intake told the keeper {count} things, each a known code and the number one: {codes}": (
        "intake berättade {count} saker för keeper, var och en en känd kod och talet ett: {codes}"
    ),
    "the channel to the keeper: strace sees numbers of files only. Run it as root": (
        "kanalen till keeper: strace ser bara filernas nummer. Kör som root"
    ),
    "the intake told the keeper {count} things while visitors came{quiet}: {what}": (
        "intake berättade {count} saker för keeper medan besökare kom{quiet}: {what}"
    ),
    "the keeper said while visitors came: {line}": "keeper sa medan besökare kom: {line}",
    "the keeper asks tor what is on no list: {command}": "keeper frågar tor något som inte står på listan: {command}",
    "the keeper asks tor what it asks in no other run: {command}": (
        "keeper frågar tor något som inte frågas i någon annan körning: {command}"
    ),
    "nobody holds the home": "ingen håller hemmet",
    # How the processes close themselves.
    "the filter of the intake {pid} was tried with {count} calls that would lead out": (
        "filtret i intake {pid} prövades med {count} anrop som skulle leda ut"
    ),
    "what the filter of the intake {pid} refuses": "vad filtret i intake {pid} vägrar",
    "the filter of the intake {pid} lets pass: {words} ({call})": (
        "filtret i intake {pid} släpper igenom: {words} ({call})"
    ),
    "the intake {pid} {did} before its first thread": "intake {pid}, före sin första tråd: {did}",
    "the intake {pid} {did} after its first thread": "intake {pid}, efter sin första tråd: {did}",
    "the intake {pid} has put on no Landlock: this kernel has none, or it did not ask": (
        "intake {pid} har inte lagt på Landlock: kärnan saknar det, eller det bad inte om det"
    ),
    "the intake {pid} has loaded no filter": "intake {pid} har inte lagt på något filter",
    "{role} {pid}, threads {count}: all under a filter and without new privileges: {fine}": (
        "{role} {pid}, antal trådar {count}: alla under filter och utan nya behörigheter: {fine}"
    ),
    "{role} {pid}: core dumps of at most {core} bytes": "{role} {pid}: minnesdump på högst {core} byte",
    "{role} {pid}: crash handlers: {names}": "{role} {pid}: kraschhanterare: {names}",
    "{role} {pid} has ended during the inspection": "{role} {pid} slutade medan vi tittade",
    "process {pid} shows every account its name and command line; changed since the start: {what}": (
        "process {pid} visar alla konton sitt namn och sin kommandorad; ändrat sedan start: {what}"
    ),
    "a handler of the intake failed on a request {count} times": (
        "en hanterare i intake misslyckades med en förfrågan {count} gånger"
    ),
    "the open files of {names}: they close themselves to their account. Run it as root": (
        "öppna filer i {names}: de stänger sig för sitt eget konto. Kör som root"
    ),
    # The database.
    "the database's log has {size} bytes after the stop": "databasens logg har {size} byte efter stoppet",
    "the database's header is the same after the run, but for counters; what differs: {what}": (
        "databasens huvud är detsamma efter körningen, utom räknare; det som skiljer: {what}"
    ),
    "the headers of two databases differ: {what}": "två databasers huvuden skiljer sig: {what}",
    "the home's row is the same after reports, and {batches} batches more: {same}": (
        "hemmets rad är densamma efter anmälningar, och {batches} omgångar till: {same}"
    ),
    "counters are those of the desks' last requests: {same}": (
        "räknarna är de i medlemmarnas senaste förfrågningar: {same}"
    ),
    "the table {table}, which no report may touch, is another after {what}": (
        "tabellen {table}, som ingen anmälan får röra, är en annan efter {what}"
    ),
    "the table {table} has rows and is on no list": "tabellen {table} har rader och står inte på listan",
    "{table}.{column} holds a moment: {value}": "{table}.{column} innehåller ett klockslag: {value}",
    "{table}.{column} holds {value}, which is not on its list": (
        "{table}.{column} innehåller {value}, som inte står på dess lista"
    ),
    "a header in {table} says {told}, which is not what its row says": (
        "ett huvud i {table} säger {told}, vilket inte är vad dess rad säger"
    ),
    "{count} columns hold no moment finer than a day": "{count} kolumner har inget klockslag finare än en dag",
    "{count} values are each of the kind that their column is for": (
        "{count} värden är vart och ett av det slag som kolumnen är till för"
    ),
    "{count} values of {table}.{column} are no sealed boxes, which can be told": (
        "{count} värden i {table}.{column} är inga förseglade askar, vilket märks"
    ),
    "{what} leaves {slots} slots with another share": "{what} lämnar {slots} platser med en annan andel",
    "{count} slots changed, each with the case that names it": (
        "{count} platser ändrades, var och en med ärendet som nämner den"
    ),
    "with {what} the slots {slots} changed, and its cases name {named}": (
        "med {what} ändrades platserna {slots}, och ärendena nämner {named}"
    ),
    "batches hold {counts} items and not 4, 8, 16 …": "omgångar har {counts} poster och inte 4, 8, 16 …",
    "one batch holds different numbers of items for different members: {counts}": (
        "en omgång har olika många poster för olika medlemmar: {counts}"
    ),
    "{what} alters what others have left: {columns}": "{what} ändrar det som andra har lämnat: {columns}",
    "{what} leaves {left} rows more in the table {table}, and {gone} less": (
        "{what} lämnar {left} rader fler i tabellen {table}, och {gone} färre"
    ),
    # What members see.
    "of {reports} reports, {naming} of which names a member, {opened} open for that one": (
        "av {reports} anmälningar, varav {naming} nämner en medlem, öppnas {opened} för den medlemmen"
    ),
    "entries that are not what their reporter's key signed: {what}": (
        "poster som inte är vad anmälarens nyckel har signerat: {what}"
    ),
    "a desk is told {name}, where {place} is no value of the store: {what}": (
        "en medlems dator får {name}, där {place} inte är något värde i databasen: {what}"
    ),
    "{count} entries and files of a report were opened with a member's key and searched": (
        "{count} poster och filer i en anmälan öppnades med en medlems nyckel och söktes igenom"
    ),
    "a member reads in {name}: {kind} ({form})": "en medlem läser i {name}: {kind} ({form})",
    "a member reads in {name} another text than was typed: {text}": (
        "en medlem läser i {name} en annan text än den som skrevs: {text}"
    ),
    "what the desk is told by {verb} is the same bytes after {what}: {same}": (
        "det som medlemmens dator får veta av {verb} är samma byte efter {what}: {same}"
    ),
    # Before and after, and between runs.
    "{what}: {count} fields of files, processes and locks, of which {changed} changed as they may": (
        "{what}: {count} uppgifter om filer, processer och lås, varav {changed} ändrades som de får"
    ),
    "{what}: {field} of {thing} was {was} and is {now}": "{what}: {field} för {thing} var {was} och är {now}",
    "{what}: and {count} more of these": "{what}: och {count} till av dessa",
    "{count} files and folders have no time of the visits": "{count} filer och mappar har ingen tid från besöken",
    "after the stop {name} has a time of the visits: {field}": "efter stoppet har {name} en tid från besöken: {field}",
    "rows of {count} reports and messages were compared by number, size and day": (
        "rader från {count} anmälningar och meddelanden jämfördes till antal, storlek och dag"
    ),
    "{count} things that members read were compared between runs": (
        "{count} saker som medlemmar läser jämfördes mellan körningar"
    ),
    "the same visits make a call {counts} times: {line}": "samma besök gör ett anrop {counts} gånger: {line}",
    "{count} calls of {kinds} kinds were made as often in runs of the same visits": (
        "{count} anrop av {kinds} slag gjordes lika ofta i körningar med samma besök"
    ),
    "the heartbeat comes ten minutes after the one before, whatever was sent: {came}": (
        "hjärtslaget kommer tio minuter efter det förra, vad som än skickades: {came}"
    ),
    "on the day of their release all reports are there for members: {came}": (
        "på dagen då de släpps finns alla anmälningar för medlemmarna: {came}"
    ),
    "a member opens nothing of what was released": "en medlem öppnar inget av det som släpptes",
    "the grants of {count} reports lie in an order of their own in the box of each member: {fine}": (
        "tilldelningarna av {count} anmälningar ligger i en egen ordning i varje medlems låda: {fine}"
    ),
    "{measure} after the same visits: {values}": "{measure} efter samma besök: {values}",
    "{what} leaves different rows: {one} and {other}": "{what} lämnar olika rader: {one} och {other}",
    "a process was given what it is given in no other run: {given}": (
        "en process fick något som den inte får i någon annan körning: {given}"
    ),
    "the intake took memory of sizes that it takes in no other run: {sizes}": (
        "intake tog minne i storlekar som inte tas i någon annan körning: {sizes}"
    ),
    "a member reads another thing in {name} of another run: {one} and {other}": (
        "en medlem läser något annat i {name} i en annan körning: {one} och {other}"
    ),
    "{count} answers, of {names} kinds, were compared byte by byte": (
        "{count} svar, av {names} slag, jämfördes byte för byte"
    ),
    "{count} answers to desks were compared by form": "{count} svar till medlemmars datorer jämfördes till formen",
    "and answers to {count} more questions differ": "och svaren på {count} frågor till skiljer sig",
    "a desk is told {name} in another form: {one} and {other}": (
        "en medlems dator får {name} i en annan form: {one} och {other}"
    ),
    "two answers to {name} differ: {one} and {other}": "två svar på {name} skiljer sig: {one} och {other}",
    # What must be random.
    "{count} grants lie in their batches at {places} different places": (
        "{count} tilldelningar ligger i sina omgångar på {places} olika platser"
    ),
    "grants can be told from decoys: {words}": "tilldelningar kan skiljas från attrapper: {words}",
    "{count} values of {fields} fields depend on no order, clock, run or visitor": (
        "{count} värden i {fields} fält följer ingen ordning, klocka, körning eller besökare"
    ),
    "a mark has another hour than that of its making: {what}": (
        "ett märke har en annan timme än när det gjordes: {what}"
    ),
    "of {count} batches, {apart} have a grant at another place {words}": (
        "av {count} omgångar har {apart} en tilldelning på en annan plats {words}"
    ),
    "{name}, which must be random: {words}": "{name}, som måste vara slumpmässigt: {words}",
    "{count} values are, whole, what was drawn": "{count} värden är, hela, det som drogs",
    "{name}: {count} values are not what was drawn": "{name}: {count} värden är inte det som drogs",
    "{what}: not as many values are drawn each time: {lengths}": (
        "{what}: det dras inte lika många värden varje gång: {lengths}"
    ),
    # The selftest.
    "the canary is clean on a copy without a fault": "canary är utan anmärkning på en kopia utan fel",
    "the canary cannot see everything from this account: {what}": "canary ser inte allt från det här kontot: {what}",
    "the canary is not clean on a copy without a fault: {what}": "canary har anmärkning på en kopia utan fel: {what}",
    "a file of {size} bytes lies in chunks of {sizes}, which is no class of sizes": (
        "en fil på {size} byte ligger i delar om {sizes}, som inte är någon storleksklass"
    ),
    "entries of {sizes} bytes are not whole pages": "inlägg på {sizes} byte är inte hela sidor",
    "{count} sealed files and entries are as long as the design says; {large} files are above a mebibyte": (
        "{count} förseglade filer och inlägg är så långa som det är beskrivet; {large} filer är över en mebibyte"
    ),
    "no stored file is above a mebibyte": "ingen sparad fil är över en mebibyte",
    "nobody else's file was being cleaned while a form's progress was looked at": (
        "ingen annans fil rensades medan någon tittade på hur långt ett formulär hade kommit"
    ),
    "the heartbeat renews {right} slot, and it renewed {count}": (
        "hjärtslaget förnyar {right} plats, och det förnyade {count}"
    ),
    "the keeper looks at what it looks at in no other run: {name}": (
        "keeper tittar på det som den inte tittar på i någon annan körning: {name}"
    ),
    "what desks read writes the pages {pages} of the database, and {right} hold counters": (
        "det som medlemmars datorer läser skriver sidorna {pages} i databasen, och {right} har räknare"
    ),
    (
        "faults planted: {faults}, in copies: {copies}; with a copy to themselves: {alone}, the others found beside"
        " faults that were seen elsewhere not to bring their findings"
    ): (
        "utlagda fel: {faults}, i antal kopior: {copies}; med en egen kopia: {alone}, de andra hittades bredvid fel som"
        " på annat håll setts inte ge deras fynd"
    ),
    "a selection: faults of the program {all}, planted {planted}": (
        "ett urval: fel i programmets samling {all}, utlagda {planted}"
    ),
    "in one copy with {others} other faults, none of which brought such a finding where this one was not": (
        "i en kopia med {others} andra fel, varav inget gav ett sådant fynd där det här felet saknades"
    ),
    "the patch does not apply: {why}": "felet gick inte att sätta ut: {why}",
    "not caught: no finding says {evidence}": "inte hittat: inget fynd säger {evidence}",
}
