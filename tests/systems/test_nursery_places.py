"""`nursery_places`: points that one counts again by hand, what is said to whom, and what bad files become."""

import re
from datetime import date
from typing import Any

import pytest

from beffroi.systems import nursery_places
from beffroi.systems.contract import BadInput, Tables
from beffroi.systems.kit import writing

SAMPLE = nursery_places.make_sample(0)
VOTE = [
    {"criterion": "Fratrie", "points": 20},
    {"criterion": "Parent isolé", "points": 15},
    {"criterion": "Quotient familial", "level": "tranche 1", "points": 10},
    {"criterion": "Parent étudiant", "points": 5},
]


def town(requests: list[dict[str, Any]], seats: dict[str, int], **tables: list[dict[str, Any]]) -> Tables:
    usual = {"date": date(2026, 1, 10), "wish_1": "Bellevue"}
    rows = [{**usual, "case": f"2026-{number}", **row} for number, row in enumerate(requests)]
    opened = [{"nursery": nursery, "places": count} for nursery, count in seats.items()]
    made = {"requests": rows, "places": opened, "criteria": VOTE, **tables}
    return {name: writing.input_table(nursery_places.__name__, name, rows) for name, rows in made.items()}


def answers(tables: Tables, **settings: Any) -> list[str]:
    """The nursery proposed to each request, empty for the waiting list."""
    return [act.place for act in nursery_places.run(tables, settings, 0).proposals]


def test_points_go_first_then_the_date_then_the_declared_draw() -> None:
    requests = [{"situations": "parent etudiant"}, {"single_parent": True}, {"date": date(2025, 12, 1)}, {}, {}]  # fmt: skip
    drawn = [answers(town(requests, {"Bellevue": 4}), draw=draw) for draw in range(8)]
    assert all(one[:3] == ["Bellevue"] * 3 for one in drawn)
    assert {tuple(one[3:]) for one in drawn} == {("Bellevue", ""), ("", "Bellevue")}


def test_points_of_siblings_count_in_their_nursery_only() -> None:
    two = {"wish_1": "Bellevue", "wish_2": "Les Tilleuls"}
    requests = [{**two, "sibling": "les tilleuls"}, {**two, "single_parent": True}, {"wish_1": "Les Tilleuls", "single_parent": True}]  # fmt: skip
    assert answers(town(requests, {"Bellevue": 1, "Les Tilleuls": 1})) == ["Les Tilleuls", "Bellevue", ""]


def test_evidence_is_enough_to_count_again_by_hand() -> None:
    outcome = nursery_places.run(SAMPLE, {}, 0)
    rows = {row["case"]: row for row in SAMPLE["requests"].to_pylist()}
    for act in outcome.proposals:
        row, named = rows[act.key], rows[act.key]["situations"] or ""
        general = 15 * row["single_parent"] + 25 * row["disability"] + 15 * ("emploi" in named)
        general += 5 * ("tension" in named) + {"tranche 1": 20, "tranche 2": 10}.get(row["social"], 0)
        assert sum(act.evidence["points_by_criterion"].values()) == general + 20 * bool(row["sibling"])
        for wish in act.evidence["wishes"]:
            assert wish["points"] == general + 20 * (wish["nursery"].split(",")[0] == row["sibling"])
            # By the last points alone one sees who may have the place.
            assert wish["result"] != "complet" or wish["points"] <= wish["last_points"]
        assert (act.effect == "favourable") == (act.value == 1.0) == bool(act.place)
    assert {figure.key: figure.value for figure in outcome.figures}["blocking"] == 0
    assert sum(act.value for act in outcome.proposals) == sum(outcome.table.column("proposed").to_pylist())


def test_the_four_items_of_the_law_are_those_of_this_file() -> None:
    tables = town([{"social": "Tranche 1"}, {}], {"Bellevue": 1})
    _, act = nursery_places.run(tables, {"draw": 2026}, 0).proposals
    assert (act.subject, act.case, act.about) == ("Dossier 2026-1", "dossier 2026-1", "Liste d’attente")
    assert act.effect == "unfavourable" and act.explanation is not None
    assert "Quotient familial : tranche 1 : 0 sur 10 points." in act.explanation.parameters
    assert any("tirage numéro 2026" in operation for operation in act.explanation.operations)
    assert "Vœu 1, Bellevue : 0 point, rang 2 sur 2, complet." in act.explanation.operations
    assert any("un dossier de 10 points" in reason for reason in act.reasons)


def test_a_quarter_that_asks_little_is_told_beside_its_children() -> None:
    requests = [{"quarter": "Gare"} for _ in range(5)] + [{"quarter": "Plaine"}]
    population = [{"area": "gare", "under_three": 50}, {"area": "Plaine", "under_three": 40}, {"area": "Lac", "under_three": -1}]  # fmt: skip
    outcome = nursery_places.run(town(requests, {"Bellevue": 2}, population=population), {}, 0)
    rates = {row["members"]: row["per_hundred"] for row in outcome.layers["disparities"].to_pylist()}
    assert rates == {"Quartier : Gare": 10.0}
    assert any("Moins de 5 demandes dans : Plaine (40 enfants)" in note for note in outcome.notes)
    assert any("sans quartier, ou sans nombre d’enfants (Lac)" in note for note in outcome.notes)


def test_no_file_is_named_but_in_its_own_proposal() -> None:
    outcome = nursery_places.run(SAMPLE, {}, 0)
    shown = [outcome.table, *outcome.layers.values(), *outcome.figures]
    texts = [outcome.summary, *outcome.notes, *(str(getattr(one, "to_pylist", one.__str__)()) for one in shown)]  # fmt: skip
    texts += [f"{act.about} {act.reasons} {act.evidence} {act.explanation}" for act in outcome.proposals]
    assert not [text for text in texts if re.search(r"2026-\d{3}\b", text)]
    assert all(row["requests"] >= 5 for row in outcome.layers["disparities"].to_pylist())


def test_it_beats_what_a_commission_does_by_hand_where_places_are_short() -> None:
    for seed in range(3):
        score = nursery_places.backtest(nursery_places.make_sample(seed), {}, seed)
        assert score.value == 0 < min(score.baseline, *score.without_ai.values()) and score.recommended
    plenty = nursery_places.backtest(town([{}] * 6, {"Bellevue": 9}), {}, 0)
    assert plenty.verdict.startswith("Ne pas utiliser ici") and plenty.guards["placed"].value == 100


def test_rows_that_cannot_serve_are_told_and_the_rest_is_computed() -> None:
    wrong = [{"case": "2026-0"}, {"case": "Dupont"}, {"date": date(2026, 9, 1)}, {"date": None}, {"wish_1": None}]  # fmt: skip
    last = {"wish_1": "Crèche d’ailleurs", "wish_2": "BELLEVUE", "situations": "Voisin"}
    vote = [VOTE[1], {"criterion": "Fratrie", "points": None}, {"criterion": "Malus", "points": -5}]
    tables = town([{}, *wrong, last], {"Bellevue": 3, "La Ruche": -2}, criteria=vote)
    outcome = nursery_places.run(tables, {"today": "2026-02-01"}, 0)
    assert [act.about for act in outcome.proposals] == ["Bellevue, vœu 1", "Bellevue, vœu 2"]
    told = " ".join(outcome.notes)
    for words in (
        "dossier déjà lu", "ce peut être un nom", "date qui n’est pas encore passée", "sans date (ligne 5)", "aucun vœu dans",
        "Crèche d’ailleurs", "1 situation des demandes", "nombre de places négatif", "points négatifs", "n’a les points de : Parent isolé",
    ):  # fmt: skip
        assert words in told, words
    assert "Dupont" not in told


def test_groups_known_on_one_side_only_are_put_together_and_told() -> None:
    places = [{"nursery": "Bellevue", "group": group, "places": 1} for group in ("Bébés", "Grands")]
    assert sorted(answers(town([{"group": "bebes"}] * 2, {}, places=places))) == ["", "Bellevue"]
    together = nursery_places.run(town([{}] * 2, {}, places=places), {}, 0)
    assert {act.place for act in together.proposals} == {"Bellevue"}
    assert any("mises ensemble" in note for note in together.notes)


@pytest.mark.parametrize(
    ("tables", "why"),
    [
        (town([], {"Bellevue": 1}), "Aucune demande ne peut servir"),
        (town([{"wish_1": " "}], {"Bellevue": 1}), "Aucune demande ne peut servir"),
        (town([{}], {"Bellevue": 0}), "aucune place à répartir"),
        (town([{}], {"Bellevue": -3}), "aucune place à répartir"),
        (town([{}], {"Bellevue": 1}, criteria=[]), "Aucun critère voté ne peut servir"),
        (town([{}] * 10_001, {"Bellevue": 1}), "Faites un calcul par groupe d’âge"),
    ],
)
def test_what_cannot_serve_is_refused_in_french(tables: Tables, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        nursery_places.run(tables, {}, 0)
    assert answers(town([{}], {"Bellevue": 1})) == ["Bellevue"]  # one row is enough
