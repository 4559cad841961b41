"""The first page and the pages to know more on: what they say, of whom, and that a second municipality needs no code."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from visitors.intake_harness import make_home, running_intake

import kallskydd
from cases.config import parse_config
from cases.home import read_home
from cases.languages import LANGUAGES
from cases.roster.chain import fingerprint_words
from intake.views.information_index import INFORMATION_PAGES

LUDVIKA = (Path(kallskydd.__file__).parent / "examples" / "ludvika.toml").read_text("utf-8")
# A municipality that does not exist, with a phone of another kind, no ways, no meeting and another first language.
SKOGBY = """
owner = "Skogby kommun"
languages = ["en", "sv", "ar"]
phone = "0999-12 34 56"
phone_seen_by.en = "Nobody sees the number: the exchange of Skogby takes it away."
phone_seen_by.sv = "Ingen ser numret: växeln i Skogby tar bort det."
contact = ["0999-10 00 00"]
operator = "Granens drift"
controller = "Nämnden för insyn i Skogby"
data_protection_contact = ["0999-11 11 11"]
complaint_privacy = { name = "Dataskyddsmyndigheten", at = ["0998-1"] }
complaint_accessibility = { name = "Tillgänglighetsmyndigheten", at = ["0998-2"] }
source_code = "git.skogby.example/code"
updated = 2026-02-03
inbox_days = 90
[[other_contacts]]
name.sv = "Felanmälan i Skogby"
at = ["0999-22 22 22"]
[[authorities]]
name = "Granmyndigheten"
about.sv = "skogens arbetsmiljö"
at = ["0998-3", "gran.example"]
[[organisations]]
key = "skogby"
name = "Skogby kommun"
"""
# Pages of a home that says no more than it must.
BARE = """
owner = "Litet kommun"
[[authorities]]
name = "Granmyndigheten"
about.sv = "allt"
[[organisations]]
key = "litet"
name = "Litet kommun"
"""
EVERY_LANGUAGE = re.sub(r"(?m)^languages = .*$", f"languages = {list(LANGUAGES)}", LUDVIKA)
PATHS = [page.path for page in INFORMATION_PAGES]


def home_of(folder, text):
    """A home with this configuration, and a roster of three."""
    made = make_home(folder / "home")
    (folder / "home" / "config.toml").write_text(text, "utf-8")
    made.home = read_home(folder / "home")
    return made


def bare_text(page):
    """What is read on a page, tags away and spaces evened out; the filling is not read."""
    return re.sub(r"\s+", " ", re.sub(r"<!--.*?-->|<[^>]*>", " ", page.text, flags=re.DOTALL))


async def read_all(intake, language="sv"):
    browser = intake.browser()
    return {path: await browser.get(f"{path}?lang={language}") for path in ("/", *PATHS)}


def in_groups(page):
    """The paths that stand under each heading of the groups, and those at the foot, which have none."""
    # A heading, or what folds out.
    grouped = r"<(?:div|details)>\s*(?:<(?:h2|summary)>([^<]*)</(?:h2|summary)>)?\s*<ul>(.*?)</ul>"
    groups = re.findall(grouped, page.text, re.DOTALL)
    return {heading: re.findall(r'href="(/\w+)', links) for heading, links in groups}


async def test_the_first_page_says_what_it_is_what_to_know_before_and_where_to_go_on(tmp_path):
    async with running_intake(tmp_path, home_of(tmp_path, LUDVIKA)) as intake:
        page = (await read_all(intake))["/"]
        main = re.search(r"<main.*?</main>", page.text, re.DOTALL)[0]

    assert "<h1>Visselblås utan att säga vem du är</h1>" in main
    lead = re.search(r'<p class="lead">(.*?)</p>', main, re.DOTALL)[1]
    assert lead.startswith("Visselblåsning gäller")
    assert "En liten förtroendegrupp läser. Den som driver servern och it-avdelningen kan inte." in lead
    assert "Skriv på ditt eget språk." in lead
    # One tap from here, to the page that says what to know before calling.
    assert re.search(r'<a href="/voice">Anmäl på telefon: <bdi dir="ltr">020-899 433</bdi></a>', main)
    # The tab and the history show the title.
    assert "<title>Innan du börjar</title>" in page.text
    assert all(one in main for one in ("Ludvika kommun", "jäv", "mutor", "bedrägeri", "fara för liv och hälsa", "112"))
    before = re.search(r'<section class="before".*?</section>', main, re.DOTALL)[0]
    said = re.findall(r"<li><strong>(.*?)</strong>", before)
    assert said == ["Inte från jobbet.", "De som läser ser inte vem du är.", "Ha papper och penna framme."]
    assert "jobbprofil" in before
    assert re.findall(r'<a class="button[^"]*" href="(.*?)"', main) == ["/report", "/return"]
    assert in_groups(page) == {
        "Är det rätt för mig?": ["/place", "/law", "/voice"],
        "Så skyddas du": ["/protect", "/readers", "/check"],
        "Efter anmälan": ["/next", "/code", "/messages", "/after"],
        "": ["/privacy", "/accessibility"],
    }
    # Each way is there once, not at the foot as well; the one beside the telephone's number leads to what stands there too.
    assert {path: page.text.count(f'href="{path}"') for path in PATHS} == {**dict.fromkeys(PATHS, 1), "/voice": 2}


async def test_the_first_page_names_no_telephone_that_a_home_has_not(tmp_path):
    async with running_intake(tmp_path, home_of(tmp_path, BARE)) as intake:
        page = (await read_all(intake))["/"]

    assert "Anmäl på telefon" not in page.plain
    assert page.text.count('href="/voice"') == 1


async def test_the_first_page_names_every_language_openly_and_no_other_page_does(tmp_path):
    async with running_intake(tmp_path, home_of(tmp_path, EVERY_LANGUAGE)) as intake:
        pages = await read_all(intake, "ar")

    first = re.search(r'<nav class="languages open".*?</nav>', pages.pop("/").text, re.DOTALL)[0]
    assert "<details" not in first
    assert re.findall(r'<a href="[^"]*" lang="(\w+)" dir="(\w+)">([^<]+)</a>', first) == [
        (code, info.direction, info.name) for code, info in LANGUAGES.items() if code != "ar"
    ]
    assert all(re.search(r'<nav class="languages"[^>]*>\s*<details>', page.text) for page in pages.values())


@pytest.mark.parametrize("language", ["sv", "ar"])
async def test_every_information_page_ends_with_a_way_to_write_while_the_service_is_open(tmp_path, language):
    made = home_of(tmp_path, LUDVIKA)
    async with running_intake(tmp_path, made) as intake:
        opened = await read_all(intake, language)
    (tmp_path / "home" / "roster" / "0001.sig").write_text("")
    async with running_intake(tmp_path, made) as intake:
        closed = await read_all(intake, language)

    for path in PATHS:
        main = re.search(r"<main.*?</main>", opened[path].text, re.DOTALL)[0]
        last = re.findall(r'<a (?:class="button" )?href="([^"]*)"', main)[-2:]
        assert [one.split("?")[0] for one in last] == ["/report", "/"]
        assert "/report" not in closed[path].text


async def test_that_a_translation_is_not_reviewed_is_the_last_thing_that_is_read(tmp_path):
    async with running_intake(tmp_path, home_of(tmp_path, LUDVIKA)) as intake:
        pages = await read_all(intake, "ar")

    for page in pages.values():
        main = re.search(r"<main.*?</main>", page.text, re.DOTALL)[0]
        assert main.count('<p class="unreviewed"') == (2 if re.search(r"<main[^>]* lang=", page.text) else 1)
        assert re.search(r'<p class="unreviewed"[^>]*>[^<]*</p>\s*</main>', main)


async def test_the_foot_of_every_other_page_leads_to_the_same_groups_folded(tmp_path):
    async with running_intake(tmp_path, home_of(tmp_path, LUDVIKA)) as intake:
        pages = await read_all(intake)
        first = pages.pop("/")

    for page in pages.values():
        assert in_groups(page) == in_groups(first)
        folded = re.search(r"<footer>.*?<details>(.*?)</details>(.*?)</footer>", page.text, re.DOTALL)
        assert "/protect" in folded[1]
        assert "/privacy" in folded[2]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_first_page_and_its_style_are_small_in_every_language(tmp_path, language):
    async with running_intake(tmp_path, home_of(tmp_path, EVERY_LANGUAGE)) as intake:
        page = await intake.browser().get(f"/?lang={language}")
        style = await intake.browser().get("/style.css")

    assert f'<html lang="{language}"' in page.text
    # Tor's first cells bring about as much in one go; what fills up the answers comes after it.
    written = re.sub(r"<!-- *-->", "", page.text), re.sub(r"/\* *\*/$", "", style.text)
    assert sum(len(one.encode()) for one in written) < 14_000


async def test_a_closed_service_says_so_on_the_first_page_and_names_the_authorities_and_still_informs(tmp_path):
    made = make_home(tmp_path / "home", ("handler",))
    (tmp_path / "home" / "config.toml").write_text(LUDVIKA, "utf-8")
    made.home = read_home(tmp_path / "home")
    async with running_intake(tmp_path, made) as intake:
        pages = await read_all(intake)

    assert 'href="/report"' not in pages["/"].text
    assert "Konkurrensverket" in pages["/"].plain
    assert "08-700 16 00" in pages["/"].plain
    assert {page.status for page in pages.values()} == {200}


async def test_a_roster_that_does_not_hold_leaves_pages_that_still_make_sense(tmp_path):
    made = home_of(tmp_path, LUDVIKA)
    (tmp_path / "home" / "roster" / "0001.sig").write_text("")
    async with running_intake(tmp_path, made) as intake:
        pages = await read_all(intake)

    assert {page.status for page in pages.values()} == {200}
    assert "tjänsten är stängd" in pages["/readers"].plain


@pytest.mark.parametrize("text", [LUDVIKA, SKOGBY, BARE], ids=["ludvika", "skogby", "bare"])
async def test_every_page_is_there_in_every_language_with_one_heading_and_no_way_out(tmp_path, text):
    async with running_intake(tmp_path, home_of(tmp_path, text)) as intake:
        languages = intake.services.config.languages
        pages = [page for code in languages for page in (await read_all(intake, code)).values()]

    assert len(pages) == len(languages) * 13
    for page in pages:
        assert page.status == 200
        assert page.text.count("<h1>") == 1
        # A click would tell the other site where somebody came from, and what is opened in mail or a phone says more.
        assert not re.search(r'(href|src|action)="(?!/)', page.text.replace('href="#main"', ""))
        assert "None" not in bare_text(page)
        # The template's own way with line ends can swallow the space between two sentences.
        assert not re.search(r"[a-zåäö][.:?][A-ZÅÄÖ]", bare_text(page))
        assert "<input" not in page.text


async def test_titles_are_each_their_own_and_say_nothing_of_a_report(tmp_path):
    async with running_intake(tmp_path, home_of(tmp_path, SKOGBY)) as intake:
        titles = [
            re.search("<title>(.*?)</title>", page.text)[1]
            for code in ("sv", "en")
            for page in (await read_all(intake, code)).values()
        ]

    assert len(set(titles)) == len(titles)
    telling = ("anmäl", "rapport", "visselblås", "ärende", "kommun", "report", "källskydd", "tips", "whistle", "case")
    assert not any(word in title.lower() for title in titles for word in telling), titles


async def test_the_pages_name_what_ludvikas_configuration_says(tmp_path):
    async with running_intake(tmp_path, home_of(tmp_path, LUDVIKA)) as intake:
        pages = {path: bare_text(page) for path, page in (await read_all(intake)).items()}

    for organisation in ("Ludvika kommun", "WBAB"):
        assert organisation in pages["/place"]
    for way in ("chef", "facket", "Skyddsombudet", "112", "0240-860 00", "info@ludvika.se", "Arbetsmiljöverket"):
        assert way in pages["/place"]
    assert "020-899 433" in pages["/voice"]
    assert "#31#" in pages["/voice"]
    for law in (
        "2021:890",
        "2009:400",
        "meddelarfrihet",
        "anskaffarfrihet",
        "efterforskningsförbud",
        "repressalieförbud",
    ):
        assert law in pages["/law"]
    for nobody in ("boende", "anhöriga", "förtroendevalda"):
        assert nobody in pages["/law"]
    assert "2018:1937" in pages["/accessibility"]
    assert "www.digg.se/tdosanmalan" in pages["/accessibility"]
    assert "www.imy.se" in pages["/privacy"]


async def test_a_second_municipality_needs_no_code(tmp_path):
    async with running_intake(tmp_path, home_of(tmp_path, SKOGBY)) as intake:
        english = {path: bare_text(page) for path, page in (await read_all(intake, "en")).items()}
        swedish = {path: bare_text(page) for path, page in (await read_all(intake, "sv")).items()}

    assert "0999-12 34 56" in english["/voice"]
    assert "the exchange of Skogby takes it away" in english["/voice"]
    assert "växeln i Skogby tar bort det" in swedish["/voice"]
    assert "Granens drift" in swedish["/readers"]
    assert "Nämnden för insyn i Skogby" in swedish["/privacy"]
    assert "0999-11 11 11" in swedish["/privacy"]
    assert "90 dagar" in swedish["/privacy"]
    assert "Dataskyddsmyndigheten: 0998-1" in swedish["/privacy"]
    assert "Tillgänglighetsmyndigheten: 0998-2" in swedish["/accessibility"]
    assert "Felanmälan i Skogby 0999-22 22 22" in swedish["/place"]
    assert "Granmyndigheten: skogens arbetsmiljö 0998-3 gran.example" in swedish["/place"]
    assert "git.skogby.example/code" in swedish["/check"]
    assert "3 februari 2026" in swedish["/accessibility"]
    everything = " ".join((*english.values(), *swedish.values()))
    for ludvikas in ("Ludvika", "020-899", "Arbetsmiljöverket", "imy.se", "digg.se"):
        assert ludvikas not in everything.replace("Ludvika kommun WBAB", "")


async def test_words_that_are_not_in_the_readers_language_say_in_which_they_are(tmp_path):
    async with running_intake(tmp_path, home_of(tmp_path, SKOGBY)) as intake:
        place = await intake.browser().get("/place?lang=en")

    assert '<span lang="sv" dir="auto">skogens arbetsmiljö</span>' in place.text
    assert '<span lang="sv" dir="auto">Felanmälan i Skogby</span>' in place.text


async def test_a_language_without_these_pages_gets_them_in_english_inside_its_own_frame(tmp_path):
    async with running_intake(tmp_path, home_of(tmp_path, SKOGBY)) as intake:
        law = await intake.browser().get("/law?lang=ar")
        protect = await intake.browser().get("/protect?lang=ar")
        day = await intake.browser().get("/next?lang=ar")

    assert '<html lang="ar" dir="rtl">' in law.text
    assert re.search(r'<main[^>]* lang="en" dir="ltr"', law.text)
    assert "Whom does the law protect?" in law.plain
    # What is about safety is in the language itself.
    assert not re.search(r"<main[^>]* lang=", protect.text)
    assert "March 2026" in day.plain


async def test_who_reads_is_shown_as_the_roster_says_with_the_six_words_that_desks_compare(tmp_path):
    async with running_intake(tmp_path, home_of(tmp_path, LUDVIKA)) as intake:
        page = await intake.browser().get("/readers")
        roster = intake.services.roster.chain().current

    assert "Lead 1 (sammankallande)" in page.plain
    assert "Handler 2 (handläggare)" in page.plain
    assert "Counsel 3 (extern jurist" in page.plain
    assert " ".join(fingerprint_words(roster.digest)) in page.plain
    assert "version 1:" in page.plain
    # Labels are for everyone to see; names are the members' own.
    assert "Person 1" not in page.text


async def test_the_days_are_those_that_a_report_sent_now_would_get(tmp_path):
    async with running_intake(tmp_path, home_of(tmp_path, LUDVIKA)) as intake:
        now = (await intake.browser().get("/next")).plain
        # Past the moment after which a report rests one day longer, on the same day.
        intake.clock.forward(hours=9)
        later = (await intake.browser().get("/next")).plain

    # Monday noon: released on Tuesday, and the clocks start two days before that.
    for day in ("från 3 mars 2026", "senast 8 mars 2026", "omkring 15 mars 2026", "senast 8 juni 2026"):
        assert day in now
    assert "från 4 mars 2026" in later
    assert not re.search(r"\d\d:\d\d|12\.00", now)
    assert timedelta(days=30).days == intake.services.config.inbox_days
    assert "30 dagar" in now


async def test_a_trial_that_releases_at_once_says_so(tmp_path):
    made = make_home(tmp_path / "home", trial=True, settings="at_once = true\ninbox_days = 0\nhold_hours = 0")
    async with running_intake(tmp_path, made) as intake:
        days = (await intake.browser().get("/next")).plain
        privacy = (await intake.browser().get("/privacy")).plain

    assert "genast, eftersom det här är ett prov" in days
    assert "så snart det är avslutat, eftersom det här är ett prov" in privacy


async def test_nothing_on_the_pages_asks_for_an_address_of_mail(tmp_path):
    async with running_intake(tmp_path, home_of(tmp_path, LUDVIKA)) as intake:
        pages = await read_all(intake)

    assert not any("mailto" in page.text or 'type="email"' in page.text for page in pages.values())
    assert "Vi ber dig inte om namn eller e-postadress" in pages["/privacy"].plain


def test_words_fall_back_to_english_and_then_to_the_first_that_is_given():
    config = parse_config(SKOGBY.replace('name.sv = "Felanmälan i Skogby"', 'name.fi = "Viat"\nname.pl = "Usterki"'))

    assert config.phone_seen_by.shown("sv").code == "sv"
    assert config.phone_seen_by.shown("uk").code == "en"
    assert config.other_contacts[0].name.shown("uk") == config.other_contacts[0].name.shown("fi")
    assert config.other_contacts[0].name.shown("pl").text == "Usterki"


FOR_WHO_CANNOT_SAY = "Vänd dig i stället till en myndighet utanför kommunen."


async def test_outside_counsel_is_promised_where_there_is_some(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        readers, form = await browser.get("/readers"), await browser.get("/report")

    assert "En liten förtroendegrupp, och en extern jurist vid jäv." in readers.plain
    assert 'name="unnamed"' in form.text
    for page in (readers, form):
        assert FOR_WHO_CANNOT_SAY not in page.plain


async def test_without_counsel_nobody_promises_it_and_who_cannot_say_who_it_is_is_led_to_an_authority(tmp_path):
    made = make_home(tmp_path / "home", ("lead", "handler"))
    async with running_intake(tmp_path, made) as intake:
        browser = intake.browser()
        readers, form = await browser.get("/readers"), await browser.get("/report")
        answered = await browser.post("/report", form.form("/report").with_(text=""))
        place = await browser.get("/place")

    assert "och en extern jurist" not in readers.plain
    assert "Gruppen har ingen extern jurist." in readers.plain
    assert "En liten förtroendegrupp. Du kan kryssa för" in readers.plain
    assert 'name="unnamed"' not in form.text
    for page in (readers, form):
        assert FOR_WHO_CANNOT_SAY in page.plain
        assert 'href="/place#authorities"' in page.text
    # Back shows the form that was asked for with what was typed; an answer to a form it does not.
    assert '#authorities" target="_blank"' not in form.text
    assert '#authorities" target="_blank"' in answered.text
    assert 'id="authorities"' in place.text


@pytest.mark.parametrize(("counsel", "says"), [(1, True), (2, False)])
async def test_the_form_says_when_one_lawyer_alone_would_read_what_concerns_any_of_them(tmp_path, counsel, says):
    made = make_home(tmp_path / "home", ("lead", "handler", *["counsel"] * counsel))
    async with running_intake(tmp_path, made) as intake:
        page = bare_text(await intake.browser().get("/report?lang=sv"))

    assert ("Det är en enda person. Ingen kan hoppa in, så svaret kan dröja." in page) == says
