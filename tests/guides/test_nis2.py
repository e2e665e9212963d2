"""The NIS 2 rule: each kind, population and service against a table written apart; counts of the real list of places."""

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from beffroi.guides import CONTENT, KINDS
from beffroi.guides.loading import load_file
from beffroi.guides.rule import Edition, Rule, evaluate
from beffroi.lake.reference import place_queries
from beffroi.lake.reference.kinds import KINDS as AUTHORITIES
from beffroi.text import fold_name
from reference_data import require_reference

EXPECTED = Path(__file__).parent / "nis2_expected.csv"
SERVICES = ("drinking_water", "waste_water", "waste", "energy", "health", "transport", "digital")
POPULATIONS = (0, 90, 499, 1800, 3500, 9999, 20000, 30000, 30001, 50000, 250000, 2100000)
TODAY = date(2026, 11, 29)


@pytest.fixture(scope="module")
def rule() -> Rule:
    guide, problems = load_file(CONTENT / "cyber/nis2.toml", KINDS)
    assert not problems
    assert isinstance(guide, Rule)
    return guide


def cells() -> Iterator[tuple[dict[str, Any], str]]:
    """Facts with the family of status that the table says: the word before the first « _ » of its key."""
    with EXPECTED.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for population, service in product(POPULATIONS, ("none", *SERVICES)):
                size = "more than 30000" if population > 30000 else "up to 30000"
                facts: dict[str, Any] = {"kind": row["kind"], "population": population, "services": [service], "designation": "no"}  # fmt: skip
                if row["large_commune"]:
                    facts["large_commune"] = row["large_commune"]
                yield facts, row[size if service == "none" else f"{size} with a service"]


def family(rule: Rule, facts: dict[str, Any]) -> str:
    return evaluate(rule, facts, TODAY).status.key.partition("_")[0]


def test_every_cell_of_the_table_has_its_status(rule: Rule):
    every = list(cells())
    assert {facts["kind"] for facts, _ in every} == {choice.key for choice in rule.facts[0].choices}
    assert len(every) == 34 * 12 * 8
    assert [
        (facts, said, expected) for facts, expected in every if (said := family(rule, facts)) != expected
    ] == []


def test_the_kind_of_a_town_of_this_instance_is_one_of_the_answers(rule: Rule):
    answers = {choice.key for choice in rule.facts[0].choices}
    helpers = {"csirt"}  # of no legal kind: a GIP, a régie or an association, which says so
    assert {fold_name(kind).replace(" ", "-") for kind in AUTHORITIES} - helpers <= answers


def test_a_small_commune_reads_first_that_it_is_not_concerned_in_principle(rule: Rule):
    found = evaluate(
        rule, {"kind": "commune", "population": 1800, "services": ["none"], "designation": "no"}, TODAY
    )
    assert found.status.title == "Non visée en principe, sauf service exploité ou désignation"
    assert found.possible == ()
    assert found.indicative
    assert [due.duty.key for due in found.due] == ["prepare"]


@pytest.mark.parametrize(
    ("facts", "status", "possible", "open_facts"),
    [
        ({"population": 1800, "services": ["unknown"], "designation": "no"}, "none", {"service_to_check"}, ("services",)),
        # What is ticked counts, beside « je ne sais pas ».
        ({"population": 1800, "services": ["waste", "unknown"], "designation": "no"}, "service_to_check", set(), ()),
        ({"services": ["none"], "designation": "no"}, "none", {"essential_commune"}, ("population",)),
        ({"population": 1800, "services": ["none"]}, "none", {"essential_designated", "important_designated"}, ("designation",)),
        ({"kind": "ca", "designation": "no"}, "important_at_least", {"essential_agglomeration", "important_agglomeration"},
         ("large_commune",)),
    ],
)  # fmt: skip
def test_what_is_unknown_leaves_the_stronger_statuses_open(
    rule: Rule, facts: dict[str, Any], status: str, possible: set[str], open_facts: tuple[str, ...]
):
    found = evaluate(rule, {"kind": "commune", **facts}, TODAY)
    assert found.status.key == status
    assert {each.key for each in found.possible} == possible
    assert found.open_facts == open_facts


def test_a_fact_left_out_never_hides_the_status_that_all_facts_give(rule: Rule):
    for facts, _ in list(cells())[::7]:
        whole = evaluate(rule, facts, TODAY).status
        for key in facts:
            found = evaluate(rule, {name: value for name, value in facts.items() if name != key}, TODAY)
            assert whole in (found.status, *found.possible), (facts, key)


def test_a_promulgated_law_is_one_more_edition(rule: Rule):
    law = Edition(since=date(2027, 2, 1), state="promulgated", title="Loi promulguée", url="https://exemple.fr/loi",
                  read_on=date(2026, 1, 1))  # fmt: skip
    force = law.model_copy(update={"since": date(2027, 10, 1), "state": "in_force"})
    later = rule.model_copy(update={"editions": (*rule.editions, law, force)})
    facts = {"kind": "region"}
    assert [evaluate(later, facts, day).indicative for day in (TODAY, law.since, force.since)] == [
        True,
        True,
        False,
    ]
    assert [due.duty.key for due in evaluate(later, facts, force.since).due][-3:] == ["early_warning", "notification", "final_report"]  # fmt: skip


def places() -> Iterator[tuple[str, int, str]]:
    """Authorities of the real list: kind, population, whether one of its communes has more than 30,000 inhabitants.

    The départements and régions that are one authority with another, or whose kind is apart, are said by hand.
    """
    communes = {row[0]: row[3] or 0 for row in place_queries.every_commune()}
    for code, population in communes.items():
        yield _kind_of_commune(code), population, ""
    members: dict[str, list[int]] = {}
    for commune, place in place_queries.every_epci():
        members.setdefault(place, []).append(communes[commune])
    for row in place_queries.by_codes(members):
        yield row[2].lower(), row[3] or 0, "yes" if max(members[row[0]]) > 30000 else "no"
    # 101 départements and 18 régions, less those that are single authorities or the commune of Paris.
    apart = ("corse", "martinique", "guyane", "mayotte", "alsace")
    for kind in (*["departement"] * 93, *["region"] * 14, *apart):
        yield kind, 0, ""


def _kind_of_commune(code: str) -> str:
    if code == "75056":
        return "paris"
    return "overseas" if code >= "975" and not code.startswith("976") else "commune"


def test_the_real_authorities_counted_explain_the_published_figures(rule: Rule):
    require_reference()
    counts: Counter[tuple[str, str]] = Counter()
    for (kind, population, large), number in Counter(places()).items():
        facts = {
            "kind": kind,
            "population": population,
            "large_commune": large,
            "services": ["none"],
            "designation": "no",
        }
        counts[family(rule, facts), kind] += number
    assert sum(n for (_, kind), n in counts.items() if kind in ("commune", "paris", "overseas")) == 34969
    assert sum(n for (_, kind), n in counts.items() if kind in ("cc", "ca", "cu", "metro")) == 1255
    touched = {place: n for place, n in counts.items() if place[0] in ("essential", "presumed", "important")}
    assert touched == {
        ("essential", "region"): 14, ("essential", "departement"): 93, ("essential", "commune"): 288,
        ("essential", "ca"): 108, ("essential", "metro"): 22, ("essential", "cu"): 14,
        ("presumed", "corse"): 1, ("presumed", "martinique"): 1, ("presumed", "guyane"): 1, ("presumed", "mayotte"): 1,
        ("presumed", "alsace"): 1, ("presumed", "paris"): 1,
        ("important", "cc"): 989, ("important", "ca"): 122,
    }  # fmt: skip
    # The bill of 2024 made every communauté d'agglomération essential: 667 of its 1,489 are in our list, and 989 of 992.
    essential = (
        sum(n for (status, _), n in touched.items() if status != "important") + touched["important", "ca"]
    )
    assert (1489 - essential, 992 - touched["important", "cc"]) == (822, 3)
    said = (CONTENT / "cyber/nis2.toml").read_text("utf-8")
    for sentence in ("= 539", "1 489 - 667 = 822", "992 - 989 = 3"):
        assert sentence in said
