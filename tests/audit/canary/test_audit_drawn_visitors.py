"""Visitors are drawn from a seed: the same again with it, other ones without, and two runs differ in one property."""

from __future__ import annotations

import pytest

from audit.canary.compare.answers import compare_answers
from audit.canary.compare.random import Observation
from audit.canary.compare.residues import residues, residues_of_windows
from audit.canary.later import check_orders
from audit.canary.memory import HOOK, ask
from audit.canary.visits.http import Answer
from audit.canary.visits.material import of_kind
from audit.canary.visits.odd import STEPS
from audit.canary.visits.plan import Plan
from audit.canary.visits.visitor import Exchange, Markers
from audit.verdict import Inspection, Verdict
from cases.languages import LANGUAGES

SEEDS = [Plan(f"seed {number}") for number in range(300)]


def test_a_seed_draws_the_same_again_and_a_new_one_something_else():
    again, new = Plan.new("a seed"), Plan.new()

    assert again.words() == Plan("a seed").words()
    assert new.words() != Plan.new().words()
    assert new.seed in new.words().values()


@pytest.mark.parametrize("visitor", ["A", "B"])
def test_between_two_runs_one_property_of_the_browser_differs_and_it_is_named(visitor):
    for plan in SEEDS:
        first, *others = (plan.browser(run, visitor) for run in range(3))
        assert all(one != first for one in others)
        assert len(set(plan.differs)) == 2
        for property_, one in zip(plan.differs, others, strict=True):
            assert (one.language != first.language) == (property_ == "language of the browser")


def test_two_visitors_of_a_run_are_alike_in_nothing_and_the_language_of_a_page_is_another_than_the_browsers():
    for plan in SEEDS:
        one, other = plan.browser(0, "A"), plan.browser(0, "B")
        assert one.named != other.named
        assert one.language != other.language
    assert any(plan.languages[0] == plan.browser(0, "A").language for plan in SEEDS)
    assert any(plan.languages[0] != plan.browser(0, "A").language for plan in SEEDS)


def test_everything_that_can_be_drawn_is_drawn_by_some_seed():
    drawn = {(kind, size) for plan in SEEDS for kind, size, _bytes in plan.files}

    assert {kind for kind, _size in drawn} == {"film", "recording", "e-mail", "archive", "table"}
    assert {size for _kind, size in drawn} == {"20 KiB", "600 KiB", "2 MiB", "12 MiB"}
    assert {number for plan in SEEDS for number in plan.steps(len(STEPS))} == set(range(len(STEPS)))
    assert {language for plan in SEEDS for language in plan.languages[:4]} == set(LANGUAGES)
    assert {one for plan in SEEDS for one in plan.differs} == {
        "language of the browser", "family of the browser", "version of the browser", "headers besides",
    }  # fmt: skip


def test_a_browser_says_its_language_and_its_name_with_what_was_planted():
    browser = Plan("one").browser(0, "A")
    headers = dict(Markers.new(browser).headers())

    assert headers["Accept-Language"].startswith(f"{browser.language},qxq")
    assert headers["User-Agent"].split("qxq")[0] == browser.named.split("{marker}")[0]
    assert headers["Accept-Encoding"] == browser.encoding


@pytest.mark.parametrize("size", [20 * 2**10, 600 * 2**10])
@pytest.mark.parametrize("kind", ["film", "recording", "e-mail", "archive", "table"])
def test_a_drawn_file_is_of_its_size_the_same_each_time_and_has_what_was_planted(kind, size):
    ending, mime, content = of_kind(kind, "qxqplantedz", size)

    assert size * 0.9 < len(content) < size * 1.2
    # A table has no place that nobody sees.
    assert (b"qxqplantedz" in content) == (kind != "table")
    assert (ending, mime, content) == of_kind(kind, "qxqplantedz", size)


@pytest.mark.parametrize(
    ("run", "property_"), [(0, "value of what was planted"), (1, "headers besides"), (2, "language of the browser")]
)
def test_what_differs_is_attributed_to_the_property_that_differs(run, property_):
    inspection, differs = Inspection(), ("headers besides", "language of the browser")
    asked = [(0, b"one"), (1, b"one"), (2, b"one"), (run, b"another")]
    exchanges = [
        Exchange("a page", Answer(200, b"HTTP/1.1 200 OK", body), frozenset({200}), frozenset(), run=number)
        for number, body in asked
    ]

    compare_answers(inspection, exchanges, {number: [] for number in range(3)}, differs)

    assert f"(in run {run}, which has another: {property_})" in inspection.evidence[0].text()


def observed(numbers, *, size=8, runs=2):
    return [
        Observation(number.to_bytes(size, "big"), at % runs, "AB"[at % 2], at, 1000.0 + at * 7, 1000.5 + at * 7)
        for at, number in enumerate(numbers)
    ]


def test_a_number_whose_residue_is_the_hour_is_found_whatever_its_other_digits_are():
    import random

    drawn = random.Random(1)
    honest = [drawn.randrange(1024) for _ in range(40)]
    hour = [number // 24 * 24 + 14 for number in honest]
    by_run = [number // 24 * 24 + at % 2 for at, number in enumerate(honest)]

    assert residues(observed(honest)) == []
    assert residues(observed(hour))
    assert residues(observed(by_run))


def test_a_number_that_says_something_in_most_visits_is_found():
    import random

    drawn = random.Random(2)
    mostly = [drawn.randrange(2**31) if at % 5 == 0 else drawn.randrange(2**26) * 24 + 3 for at in range(40)]

    assert residues(observed(mostly))


def test_a_window_of_bytes_whose_residue_is_the_same_is_found():
    import random

    drawn = random.Random(3)
    honest = [drawn.randbytes(24) for _ in range(40)]
    told = [(int.from_bytes(one[:8], "big") // 23 * 23 + 5).to_bytes(8, "big") + one[8:] for one in honest]

    assert residues_of_windows(observed([int.from_bytes(one, "big") for one in honest], size=24)) == []
    assert "23" in residues_of_windows(observed([int.from_bytes(one, "big") for one in told], size=24))[0]


@pytest.mark.parametrize(
    ("boxes", "verdict"),
    [
        (([3, 1, 2, 0, *range(4, 11)], [9, *range(9), 10]), Verdict.CLEAN),
        (([*range(11)], [*range(11)]), Verdict.FINDING),
        (([*range(11)][::-1], [*range(11)]), Verdict.FINDING),
        # Not as filed, and the same for two members.
        (([1, 0, *range(2, 11)], [1, 0, *range(2, 11)]), Verdict.FINDING),
        # As filed for one alone is chance.
        (([*range(11)], [1, 0, *range(2, 11)]), Verdict.CLEAN),
        (([*range(10)], [1, 0, *range(2, 10)]), Verdict.VOID),
    ],
)
def test_grants_that_lie_as_reports_came_or_alike_for_two_members_are_a_finding(boxes, verdict):
    inspection = Inspection()

    check_orders(inspection, list(range(11)), boxes)

    assert inspection.verdict is verdict


def test_what_an_object_leads_to_is_found_and_nothing_that_is_let_go_of():
    names: dict[str, object] = {}
    exec("import ctypes, sys\n_LATER = None\n" + HOOK, names)  # noqa: S102 - the lines that the examined interpreter runs
    looked_for = [(word[::-1], word[::-1].encode()) for word in ("zdlehqxq", "zenogqxq")]
    held = {"a session": [("words", {"of": bytearray(b"held " + looked_for[0][1])})]}

    assert names["_leads_to"](looked_for) == 0b01
    held.clear()
    assert names["_leads_to"](looked_for) == 0


def test_an_intake_that_does_not_answer_is_not_taken_for_one_that_holds_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("audit.canary.memory._ANSWER_SECONDS", 0.3)
    (tmp_path / "later").write_bytes(bytes(4096))

    assert ask(tmp_path / "later", {"words": b"x"}, 7) is None
    assert (tmp_path / "later").read_bytes()[:8] == (7).to_bytes(8, "little")
