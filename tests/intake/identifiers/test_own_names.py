"""In ten languages: a name that its bearer says or signs is found, and who says what they are is left alone."""

import pytest

from intake.identifiers.find import DetailKind, details_in, most_telling

BODIES = {
    "sv": "Chefen har beställt varor av sin svåger i tre år.\nFakturan betalades två gånger.\n",
    "ar": "المدير يشتري من شركة شقيقه منذ ثلاث سنوات.\nدفعت الفاتورة مرتين.\n",
    "ti": "እቲ ሓላፊ ካብ ትካል ሓዉ ይዕድግ።\nእቲ ቅብሊት ክልተ ግዜ ተኸፊሉ።\n",
}


def names_in(text: str) -> list[str]:
    return [one.found for one in details_in(text) if one.kind is DetailKind.NAME]


@pytest.mark.parametrize(
    ("end", "name"),
    [
        ("With best regards,\nJohn Smith\nContractor, ACME Ltd", "John Smith"),
        ("Best wishes\nJohn", "John"),
        ("Thanks,\nJohn Smith", "John Smith"),
        ("Thank you.\nJohn Smith\nNight nurse\nThe home at the river\nLudvika", "John Smith"),
        ("Yours sincerely, John Smith", "John Smith"),
        ("John Smith\nContractor", "John Smith"),
        ("Vänligen, Anna Andersson", "Anna Andersson"),
        ("Tack!\nAnna", "Anna"),
        ("Hoppas ni gör något. Mvh Anna Andersson", "Anna Andersson"),
        ("Med vänliga hälsningar från Anna Andersson", "Anna Andersson"),
        ("Mvh\nAnna Andersson, undersköterska på Björken", "Anna Andersson"),
        ("Mvh\n/Anna", "Anna"),
        ("Anna Andersson, undersköterska på Björken", "Anna Andersson"),
        ("Parhain terveisin\nPekka Virtanen", "Pekka Virtanen"),
        ("T. Pekka", "Pekka"),
        ("Un cordial saludo,\nMaría García López", "María García López"),
        ("Atentamente\nJosé", "José"),
        ("Z poważaniem\nAnna Kowalska-Nowak", "Anna Kowalska-Nowak"),
        ("З повагою,\nОлена Коваль", "Олена Коваль"),
        ("Salaan,\nCabdi Maxamed", "Cabdi Maxamed"),
        ("Mahadsanid\nCabdi", "Cabdi"),
        ("مع تحياتي\nأحمد", "أحمد"),
        ("مع خالص التحية\nأحمد علي\nممرض في الليل", "أحمد علي"),
        ("شكرا\nأحمد", "أحمد"),
        ("تحياتي، أحمد علي", "أحمد علي"),
        ("با احترام\nعلی‌رضا رضایی", "علی‌رضا رضایی"),
        ("ምስ ሰላምታ\nሃይለ ገብረ", "ሃይለ ገብረ"),
        ("ብኽብሪ፣\nሃይለ", "ሃይለ"),
    ],
)
@pytest.mark.parametrize("body", BODIES)
def test_a_name_that_is_signed_is_found(body, end, name):
    assert names_in(BODIES[body] + end) == [name]


@pytest.mark.parametrize(
    "end",
    [
        "Best regards\nA worried colleague",
        "With best regards,\nAnonymous\nNurse",
        "Thanks for reading this.",
        "Thank you",
        "Vänligen utred detta",
        "Vänligen hör av er.",
        "Tack på förhand",
        "Tack för att ni läser",
        "Mvh\nEn orolig medarbetare",
        "Mvh\nAnonym\nUndersköterska",
        "Han köpte t.ex. kvitton, t.ex. bilar",
        "t.ex. kvitton",
        "Terveisin huolestunut työntekijä",
        "Saludos a todos",
        "Pozdrawiam serdecznie",
        "Щиро дякую",
        "З повагою\nАнонім",
        "Salaan\nShaqaale",
        "شكرا لكم",
        "مع تحياتي\nموظف قلق",
        "احترام القانون واجب",
        "با تشکر",
        "ብኽብሪ\nሓደ ሰራሕተኛ",
        "የቐንየለይ",
    ],
)
@pytest.mark.parametrize("body", BODIES)
def test_an_end_that_names_nobody_is_left_alone(body, end):
    assert names_in(BODIES[body] + end) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("I am Anna Andersson and work nights.", "Anna Andersson"),
        ("I\u2019m Anna Andersson.", "Anna Andersson"),
        ("Jag är Anna Andersson", "Anna Andersson"),
        ("Jag är Anna Andersson på socialtjänsten.", "Anna Andersson"),
        ("Jag heter Anna Andersson på socialtjänsten.", "Anna Andersson"),
        ("Jag heter anna och är orolig.", "anna"),
        ("Undertecknad, Anna Andersson, har sett", "Anna Andersson"),
        ("Minä olen Pekka Virtanen.", "Pekka Virtanen"),
        ("Nimeni on Pekka.", "Pekka"),
        ("Soy María García y trabajo", "María García"),
        ("Me llamo María.", "María"),
        ("Jestem Anna Kowalska z", "Anna Kowalska"),
        ("Nazywam się Anna Kowalska", "Anna Kowalska"),
        ("Я — Олена Коваль.", "Олена Коваль"),
        ("Мене звати Олена", "Олена"),
        ("Waxaan ahay Cabdi Maxamed", "Cabdi Maxamed"),
        ("Magacaygu waa Cabdi", "Cabdi"),
        ("اسمي أحمد", "أحمد"),
        ("نام من علی است", "علی"),
        ("ስመይ ሃይለ እዩ", "ሃይለ"),
    ],
)
def test_a_name_that_is_said_is_found(text, name):
    assert names_in(text) == [name]


@pytest.mark.parametrize(
    "text",
    [
        "I am a nurse and work nights.",
        "I am a Nurse at Ludvika Hospital.",
        "I am Swedish.",
        "I am Head Nurse here.",
        "I am very worried",
        "Jag är orolig",
        "Jag är Sverigedemokrat",
        "Jag är Undersköterska på Björken",
        "Jag är rädd för Anders Persson.",
        "Jag är kollega till Anders Persson",
        "My name is not important.",
        "Jag heter inte som det står.",
        "Det är Anna Andersson som gjort det.",
        "Ja, Anna Andersson gjorde det.",
        "Olen huolissani",
        "Olen Ruotsin kansalainen",
        "Soy enfermera",
        "Soy de Ludvika",
        "Jestem Polakiem",
        "Я працюю в Ludvika",
        "Я медсестра",
        "Waxaan ahay shaqaale",
        "أنا موظف في البلدية",
        "من کارمند هستم",
        "ኣነ ሰራሕተኛ እየ",
    ],
)
def test_who_says_what_they_are_is_left_alone(text):
    assert names_in(text) == []


def test_beyond_the_most_that_is_shown_the_own_name_and_number_come_first():
    numbers = "".join(f"070-123 45 {number}\n" for number in range(10, 40))

    found = most_telling(details_in(f"{numbers}850709-9805\nMvh Anna Andersson"))

    assert len(found) == 12
    assert [one.kind for one in found[-2:]] == [DetailKind.PERSONAL_NUMBER, DetailKind.NAME]
    assert [one.line for one in found] == sorted(one.line for one in found)
