"""French description of a recipe, one sentence a step, with the labels of its columns."""

from typing import Any

import pytest

from beffroi.recipes.model import Recipe
from beffroi.recipes.sentences import sentences

LABELS = {"cantines": "Cantines 2024", "repas": "Repas servis", "ecole": "École"}


def describe(*steps: dict[str, Any]) -> str:
    first = {"step": "source", "source": "repas"}
    sources = {"repas": "cantines", "ecoles": "ecoles"}
    made = Recipe.model_validate({"title": "Essai", "sources": sources, "steps": [first, *steps]})
    return sentences(made, LABELS)[-1]


def where(column: str, op: str, value: Any) -> dict[str, Any]:
    return {"step": "filter", "conditions": [{"column": column, "op": op, "value": value}]}


def test_the_first_sentence_names_the_dataset() -> None:
    assert describe() == "Prendre les données de « Cantines 2024 »."


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        (where("repas", ">=", 1200.5), "Garder les lignes où « Repas servis » est au moins 1\u00a0200,5."),
        (where("jour", "between", ["2024-01-01", "2024-02-01"]),
         "Garder les lignes où « jour » est entre le 01/01/2024 et le 01/02/2024."),
        (where("ecole", "in", ["A", "B", "C"]), "Garder les lignes où « École » vaut « A », « B » ou « C »."),
        (where("ecole", "in", ["A"]), "Garder les lignes où « École » vaut « A »."),
        (where("jour", "last_days", 30), "Garder les lignes où « jour » est dans les 30 derniers jours."),
        (where("ecole", "missing", None), "Garder les lignes où « École » n'est pas renseigné."),
        (where("ecole", "contains", "moulin"), "Garder les lignes où « École » contient « moulin »."),
        ({"step": "choose", "columns": ["ecole", "repas"], "rename": {"repas": "total"}},
         "Garder « École » et « Repas servis » ; « Repas servis » devient « total »."),
        ({"step": "derive", "name": "an", "operation": "school_year", "column": "jour"},
         "Calculer « an » : l'année scolaire de « jour »."),
        ({"step": "derive", "name": "t", "operation": "ratio", "column": "a", "other": "b", "times": 100},
         "Calculer « t » : « a » divisé par « b », multiplié par 100."),
        ({"step": "join", "source": "ecoles", "on": [{"left": "ecole", "right": "code"}], "keep": "matched"},
         "Rapprocher de « ecoles » là où « École » est égal à « code » ; les lignes sans correspondance sont retirées."),
        ({"step": "join", "source": "ecoles", "on": [{"left": "ecole", "right": "code"}], "fold": True},
         "Rapprocher de « ecoles » là où « École » est égal à « code », sans tenir compte des majuscules, des accents, "
         "des traits d'union, des espaces ni des zéros de tête ; les lignes sans correspondance restent."),
        ({"step": "group", "by": ["ecole"], "measures": [
            {"name": "moyenne", "operation": "mean", "column": "repas"}, {"name": "n", "operation": "count"}]},
         "Pour chaque « École », calculer la moyenne de « Repas servis » (« moyenne ») et le nombre de lignes (« n »)."),
        ({"step": "group", "measures": [{"name": "n", "operation": "count_distinct", "column": "ecole"}]},
         "Sur l'ensemble, calculer le nombre de « École » différents (« n »)."),
        ({"step": "sort", "by": [{"column": "repas", "descending": True}, {"column": "ecole"}]},
         "Trier par « Repas servis » décroissant puis « École » croissant."),
        ({"step": "top", "count": 10, "column": "repas"}, "Garder les 10 lignes aux plus grands « Repas servis »."),
        ({"step": "top", "count": 1, "column": "repas", "smallest": True},
         "Garder la ligne au plus petit « Repas servis »."),
        ({"step": "pivot", "rows": ["ecole"], "column": "mois", "value": "repas"},
         "Mettre en colonnes « mois », avec la somme de « Repas servis » pour chaque « École »."),
        ({"step": "place", "column": "ville"}, "Reconnaître les communes par leur code INSEE dans « ville »."),
        ({"step": "reference", "column": "ville", "bring": ["epci_name", "population"], "names": {"population": "hab"}},
         "Apporter du découpage administratif, selon le code INSEE de « ville » : le nom de son EPCI (« nom_epci ») et sa "
         "population (« hab »)."),
        ({"step": "window", "partition": ["ecole"], "order": [{"column": "jour"}], "columns": [
            {"name": "cumul", "operation": "cumulative", "column": "repas"},
            {"name": "lissé", "operation": "moving_mean", "column": "repas", "rows": 7}]},
         "Ajouter, pour chaque « École », dans l'ordre de « jour » croissant : le cumul de « Repas servis » (« cumul ») "
         "et la moyenne mobile de « Repas servis » sur 7 lignes (« lissé »)."),
        ({"step": "window", "period": "mois", "columns": [
            {"name": "évolution", "operation": "last_year_change", "column": "repas"}]},
         "Ajouter, sur toutes les lignes : l'évolution en % de « Repas servis » par rapport à celui de la même période "
         "un an plus tôt, selon « mois » (« évolution »)."),
        ({"step": "periods", "column": "jour", "period": "month", "by": ["ecole"], "fill": "zero", "measures": [
            {"name": "total", "operation": "sum", "column": "repas"}]},
         "Montrer, pour chaque « École », tous les mois de « jour », avec la somme de « Repas servis » (« total ») ; "
         "ceux qui n'ont pas de ligne valent zéro."),
        ({"step": "periods", "column": "jour", "period": "week", "first": "2024-01-01", "last": "2024-06-30"},
         "Montrer, toutes les semaines de « jour », depuis le 01/01/2024 jusqu'au 30/06/2024, les lignes hors de ces "
         "dates étant retirées ; celles qui n'ont pas de ligne restent vides."),
        ({"step": "ranking", "value": "total", "denominator": "habitants", "per": 100_000, "then": ["or"]},
         "Classer selon « total » divisé par « habitants », pour 100\u00a0000 (« total pour 100 000 habitants »), du plus "
         "grand au plus petit ; à égalité, selon « or » ; les ex æquo partagent leur rang (« rang »), en laissant ensuite "
         "autant de rangs vides ; sans « habitants » au-dessus de zéro, pas de rang."),
        ({"step": "ranking", "value": "coût", "ascending": True, "ties": "dense", "within": ["année"]},
         "Classer, pour chaque « année » selon « coût », du plus petit au plus grand ; les ex æquo partagent leur rang "
         "(« rang »), sans rang vide après."),
        ({"step": "unpivot", "columns": ["janvier", "février"], "name": "mois", "value": "tonnes"},
         "Mettre en lignes les colonnes « janvier » et « février » : le nom de la colonne dans « mois », sa valeur dans "
         "« tonnes »."),
        ({"step": "unpivot", "columns": ["repas"], "drop_missing": True},
         "Mettre en lignes la colonne « Repas servis », sauf les valeurs absentes : le nom de la colonne dans « nom », sa "
         "valeur dans « valeur »."),
        ({"step": "stack", "sources": ["ecoles"], "rename": {"ecoles": {"nom": "ecole"}}},
         "Ajouter dessous les lignes de « ecoles » ; « nom » de « ecoles » devient « ecole » ; « origine » dit de quel jeu "
         "vient chaque ligne."),
        ({"step": "stack", "sources": ["ecoles"], "origin": None}, "Ajouter dessous les lignes de « ecoles »."),
        ({"step": "check", "rules": [
            {"column": "ecole", "rule": "present"}, {"column": "repas", "rule": "between", "minimum": 0, "maximum": 500},
            {"column": "code", "rule": "length", "minimum": 5, "maximum": 5},
            {"column": "code", "rule": "prefix", "values": ["90", "25"]}]},
         "Vérifier que « École » est renseigné, « Repas servis » est au moins 0 et au plus 500, la longueur de « code » est 5 "
         "et « code » commence par « 90 » ou « 25 » ; « défauts » compte les règles non suivies, « motifs » dit lesquelles."),
        ({"step": "check", "keep": "passing", "rules": [
            {"column": "ecole", "rule": "unique", "also": ["jour"]}, {"column": "bio", "rule": "one_of", "values": [True]}]},
         "Vérifier que « École » avec « jour » n'est pas en double et « bio » vaut oui ; les lignes qui manquent à une règle "
         "sont retirées, et comptées."),
    ],
)  # fmt: skip
def test_each_step_is_a_sentence(step: dict[str, Any], sentence: str) -> None:
    assert describe(step) == sentence


def test_several_conditions_are_joined_as_they_count() -> None:
    two = [{"column": "a", "op": "=", "value": True}, {"column": "b", "op": "!=", "value": 2}]
    assert describe({"step": "filter", "conditions": two, "match": "any"}) == (
        "Garder les lignes où « a » vaut oui ou « b » ne vaut pas 2."
    )
