"""What points to the writer is found, what does not is left alone, and nothing of it is kept."""

import pytest
from processes.measured import quickest
from visitors.intake_harness import SHOWN, file_report, running_intake, zygotes
from visitors.samples import opened, photograph, rows

from intake.identifiers.find import DetailKind, details_in

REPORT = "Chefen har beställt varor av sin svåger i tre år.\nFakturan 4711 betalades två gånger, 120 000 kr.\n"


def found(text: str, *known: str) -> list[tuple[DetailKind, str]]:
    return [(one.kind, one.found) for one in details_in(text, known)]


@pytest.mark.parametrize(
    "number",
    ["8507099805", "850709-9805", "19850709-9805", "198507099805", "850709+9805", "850709 9805", "850769-9802"],
)
def test_a_personal_number_is_found_however_it_is_written(number):
    assert found(f"Mitt nummer är {number}.") == [(DetailKind.PERSONAL_NUMBER, number)]


@pytest.mark.parametrize(
    "number",
    [
        "850709-9806",  # the last digit does not fit
        "851309-9805",  # no such month
        "212000-2270",  # a municipality's own number
        "5560360793",  # a company's
        "4507099805123",
    ],
)
def test_numbers_that_are_no_personal_numbers_are_left_alone(number):
    assert found(f"Se {number} i diariet.") == []


@pytest.mark.parametrize(
    "number",
    [
        "070-123 45 67",
        "0701234567",
        "073 123 45 67",
        "0240-865 55",
        "0240 865 55",
        "0240 12345",
        "0240-123456",
        "08-12345678",
        "023-123 45",
        "08-123 456 78",
        "+46 70 123 45 67",
        "+46701234567",
        "+46 (0)70-123 45 67",
        "0046 70 123 45 67",
        "+358 40 1234567",
        "+48 601 234 567",
    ],
)
def test_a_telephone_number_is_found_however_it_is_written(number):
    assert found(f"Ring mig på {number} på kvällen.") == [(DetailKind.TELEPHONE, number)]


@pytest.mark.parametrize(
    "text",
    [
        "Ring 112 om det brinner.",
        "Jag ringde 020-899 433 och fick vänta.",
        "Kommunens växel 0240-860 00 svarade inte.",
        "Växeln +46 240 860 00 svarade inte.",
        "Det gällde 0771-567 567 och 114 14.",
        "Den 05-06 2024 och 2024-05-06 kl. 09:15.",
        "Från 2023-01-01 till 2024-12-31.",
        "Belopp 1 250 000 kr, konto 5012, faktura 100234567.",
        "Diarienummer KS 2023/00451-12.",
        "Fastigheten Ludvika 4:15, 59.3293, 18.0686.",
        "Bilagan a0240 12345 och 0240 12345b.",
    ],
)
def test_numbers_that_everybody_has_dates_and_sums_are_left_alone(text):
    assert found(text, "0240-860 00") == []


@pytest.mark.parametrize("address", ["anna@example.com", "anna.andersson+jobb@mail.ludvika.se", "åsa@exempel.se"])
def test_an_e_mail_address_is_found(address):
    assert found(f"Skriv till {address}, tack.") == [(DetailKind.EMAIL, address)]


@pytest.mark.parametrize(
    "path", [r"C:\Users\annand\Desktop\a.xlsx", "/home/annand/a.txt", r"c:\Användare\annand\a", "/Users/annand/a"]
)
def test_a_user_name_in_a_path_is_found(path):
    assert [sort for sort, _found in found(f"Filen ligger i {path} sedan i mars.")] == [DetailKind.USER_NAME]


@pytest.mark.parametrize(
    ("end", "name"),
    [
        ("Mvh Anna Andersson", "Anna Andersson"),
        ("mvh anna", "anna"),
        ("Med vänlig hälsning\nAnna Andersson", "Anna Andersson"),
        ("Vänliga hälsningar,\n\nAnna-Lena Ek\nEkonomiassistent", "Anna-Lena Ek"),
        ("Hälsningar, Anna", "Anna"),
        ("Best regards, Anna A.", "Anna A."),
        ("Ystävällisin terveisin\nPekka Virtanen", "Pekka Virtanen"),
        ("/Anna", "Anna"),
        ("- Anna Andersson", "Anna Andersson"),
        ("Anna Andersson", "Anna Andersson"),
        ("Åsa", "Åsa"),
        ("Anna Andersson\n070-123 45 67", "Anna Andersson"),
        ("Mvh\nAnna Andersson, anna@example.com", "Anna Andersson"),
    ],
)
def test_a_name_that_is_signed_at_the_end_is_found(end, name):
    assert (DetailKind.NAME, name) in found(REPORT + end)


@pytest.mark.parametrize(
    "end",
    [
        "Mvh Anonym",
        "Mvh en orolig anställd",
        "Hälsningar från en kollega",
        "Tack.",
        "/anonym",
        "Ludvika kommun",
        "Detta måste stoppas.",
        "Det gäller Anna Andersson på ekonomi.",
        "- inga kvitton finns",
        "Sverige är inte sådant.",
    ],
)
def test_an_end_without_a_name_and_names_of_others_are_left_alone(end):
    assert found(REPORT + end) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [("Hej, jag heter Anna Andersson och", "Anna Andersson"), ("My name is Anna.", "Anna"), ("اسمي أحمد", "أحمد")],
)
def test_a_name_that_is_said_is_found(text, name):
    assert found(text) == [(DetailKind.NAME, name)]


@pytest.mark.parametrize("piece", ["a@b.se ", "0701234567 ", "a.", "1 ", "070 ", "mvh\n", "/home/", "A B C\n", "-"])
def test_the_longest_text_of_one_sort_takes_no_time(piece):
    require_quick((piece * 100_000)[:100_000])


@pytest.mark.parametrize("beginning", ["Med", "Bästa", "Kind", "Yours", "Mvh", "ystävällisin", "Jag heter"])
def test_a_greeting_and_a_hundred_thousand_spaces_take_no_time(beginning):
    require_quick(f"{REPORT}{beginning}{' ' * 99_000}x")


def require_quick(text: str) -> None:
    assert quickest(lambda: details_in(text), 1) < 1
    assert len(details_in(text)) <= 256


POINTING = f"{REPORT}Mvh\nAnna Andersson, 070-123 45 67"


async def test_what_was_found_is_shown_with_the_files_held_and_nothing_of_the_text_on_the_disk(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        form = (await browser.get("/report")).form("/report")
        back = await browser.post("/report", form.with_(text=POINTING), [photograph()])
        stored, staged = rows(intake, "cases"), rows(intake, "files")
        disk = b"".join(path.read_bytes() for path in intake.made.home.path.rglob("*") if path.is_file())
        sent = await browser.post("/report", back.form("/report").with_(act="keep"))
        case = await opened(intake, sent)

    assert back.status == 400
    assert "Innan det skickas: visar det här vem du är?" in back.plain
    assert "<mark>Anna Andersson</mark>, " in back.text
    assert "<mark>070-123 45 67</mark>" in back.text
    assert dict(back.form("/report").fields)["text"] == POINTING
    assert (stored, staged) == (0, 2)
    assert b"Andersson" not in disk
    assert case.report.text == POINTING
    assert [type(entry.body).__name__ for entry in case.reporter] == ["Report", "Attachment", "ScrubRecord"]


async def test_the_homes_own_number_in_the_text_is_no_matter(tmp_path):
    async with running_intake(tmp_path) as intake:
        page = await file_report(intake.browser(), "Jag ringde 020-899 433 och 112.")

    assert page.status == SHOWN
