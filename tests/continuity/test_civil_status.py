"""Civil status on paper: three counters off line, acts numbered by officers in the paper register; doubles and gaps are found."""

from datetime import date, timedelta
from random import Random

import pytest

from beffroi.guides import Register
from beffroi.web.continuity.paper_forms import numbers
from beffroi.web.continuity.rekeying import batches, entries
from beffroi.web.continuity.rekeying.civil_status import ActLine, RegisterStart, Series, check_series
from beffroi.web.continuity.rekeying.resumption import FOLLOW_UP, resumption
from beffroi.web.guides.library import guide
from beffroi.web.guides.services.registers import save_entry
from beffroi.web.platform.models import Person, Territory
from places import a_person

from .sheets import DAY, allotted, civil

pytestmark = pytest.mark.django_db
BEFORE = {"birth": 120, "marriage": 14, "death": 77}


def night(days: int, seed: int) -> list[ActLine]:
    """Some days of acts at three counters that share the registers of the town: numbered in order, as the officer does."""
    random, last, found = Random(seed), dict(BEFORE), []
    sheets = dict.fromkeys("ABC", 0)
    for at in range(days):
        day = date(2026, 11, 1) + timedelta(at)
        for _ in range(random.randint(6, 12)):
            register = random.choice(["birth", "birth", "marriage", "death", "death"])
            counter = random.choice("ABC")
            last[register] += 1
            sheets[counter] += 1
            found.append(
                ActLine(f"ECIV-{counter}-{sheets[counter]:04}", counter, register, last[register], day)
            )
    return found


def starts(**explained: dict[int, str]) -> list[RegisterStart]:
    return [
        RegisterStart(Series(register, 2026), last, date(2026, 10, 30), explained.get(register, {}))
        for register, last in BEFORE.items()
    ]


@pytest.mark.parametrize("seed", range(5))
def test_days_without_a_fault_give_no_finding(seed: int) -> None:
    assert check_series(night(10, seed), starts()) == []


@pytest.mark.parametrize("seed", range(5))
def test_every_planted_fault_is_found_and_nothing_else(seed: int) -> None:
    random, lines = Random(seed), night(12, seed)
    planted = set()
    by_register: dict[str, list[int]] = {}
    for at, line in enumerate(lines):
        by_register.setdefault(line.register, []).append(at)
    births, deaths, marriages = by_register["birth"], by_register["death"], by_register["marriage"]
    # A birth takes the number of the one before it: a double, and a gap where it should be.
    at = random.randrange(2, len(births) - 3)
    twice, other = lines[births[at]], lines[births[at - 1]]
    lines[births[at]] = ActLine(twice.sheet, twice.counter, "birth", other.act_number, twice.act_on)
    planted |= {("double", "birth", other.act_number), ("gap", "birth", twice.act_number)}
    # A death written before those that it follows.
    at = len(deaths) - 2
    late = lines[deaths[at]]
    lines[deaths[at]] = ActLine(late.sheet, late.counter, "death", late.act_number, date(2026, 10, 31))
    planted.add(("order", "death", late.act_number))
    # A marriage whose number existed before the paper; then two sheets that nobody has: one is explained.
    lines.append(ActLine("ECIV-A-0900", "A", "marriage", 3, date(2026, 11, 20)))
    planted.add(("double", "marriage", 3))
    gone, explained = lines[marriages[0]], lines[deaths[1]]
    lines = [line for line in lines if line not in (gone, explained)]
    planted.add(("gap", "marriage", gone.act_number))
    found = check_series(lines, starts(death={explained.act_number: "feuille barrée"}))
    assert {(each.kind, each.series.register, each.number) for each in found} == planted


def test_a_counter_with_its_own_register_is_counted_apart() -> None:
    own = RegisterStart(Series("birth", 2026, "B"), 9, None)
    lines = [
        ActLine("ECIV-A-0001", "A", "birth", 121, date(2026, 11, 2)),
        ActLine("ECIV-B-0001", "B", "birth", 10, date(2026, 11, 2)),
    ]
    assert check_series(lines, [*starts(), own]) == []


def test_one_copy_only_and_a_register_that_nobody_noted_are_said() -> None:
    lines = [ActLine("ECIV-A-0001", "A", "single", 1, date(2026, 11, 2), both=False)]
    assert {each.kind for each in check_series(lines, [])} == {"one_copy", "no_start"}


def test_three_counters_come_back_from_paper_with_no_double_and_no_unexplained_gap(
    territory: Territory, secretary: Person
) -> None:
    """The services from end to end: sheets allotted, typed by two persons, one void; then the list to type from."""
    agent = a_person(territory, "agent")
    register = guide(Register, "civil_registers")
    for key, last in BEFORE.items():
        save_entry(territory, secretary, register, {
            "register": key, "year": 2026, "counter": "TOUS", "last_number": last, "explained": ["79 | feuillet barré"],
        })  # fmt: skip
    acts = [
        ("birth", 121, "A"),
        ("death", 78, "B"),
        ("birth", 122, "C"),
        ("death", 80, "A"),
        ("marriage", 15, "B"),
    ]
    given = {counter: allotted(territory, secretary, FOLLOW_UP, 6, counter) for counter in "ABC"}
    opened = {
        counter: batches.open_batch(territory, secretary, given[counter][0], counter, DAY, 2)
        for counter in "ABC"
    }
    used = dict.fromkeys("ABC", 0)
    numbers.end_number(territory, given["A"][1][1], "void", "rature, remplacée", secretary)
    for key, number, counter in acts:
        at = used[counter]
        used[counter] = at + (2 if (counter, at) == ("A", 0) else 1)
        typed = civil(key, number, "20112026")
        sheet = entries.enter(opened[counter], secretary, str(given[counter][1][at]), typed)
        entries.enter_again(sheet, agent, typed)
    found = resumption(territory)
    assert found.is_clean, (found.findings, found.missing)
    assert [(row[0], row[2], row[4]) for row in found.rows()] == [
        ("naissances", 121, "A"), ("naissances", 122, "C"), ("décès", 78, "B"), ("décès", 80, "A"), ("mariages", 15, "B"),
    ]  # fmt: skip
    sheet = entries.enter(opened["C"], secretary, str(given["C"][1][3]), civil("birth", 122, "20112026"))
    entries.enter_again(sheet, agent, civil("birth", 122, "20112026"))
    found = resumption(territory)
    assert [each.kind for each in found.findings] == ["double"]
    assert found.missing == [str(number) for number in given["C"][1][1:3]]
