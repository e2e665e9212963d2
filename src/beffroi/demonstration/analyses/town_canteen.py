"""The canteen's board of the invented town: what the town orders, what is eaten, where and when it differs.

In comes what the town holds; out comes a board, or None without the canteen's export.
"""

from beffroi.recipes.model import (
    Condition,
    Derive,
    Filter,
    Group,
    Join,
    Key,
    Measure,
    Order,
    Sort,
    Source,
    Step,
    Top,
)
from beffroi.web.catalogue.models import Dataset
from beffroi.web.studio.models import Board

from .drafts import AnalysisCandidate
from .town_data import TownData


def canteen_board(town: TownData) -> Board | None:
    found = town.one("site", "date", "prevision", "reel")
    if found is None:
        return None
    meals, c = found
    day, ordered, served = c["date"], c["prevision"], c["reel"]
    start: tuple[Step, ...] = (
        Source(source="cantine"),
        Filter(conditions=(Condition(column=ordered, op="present"), Condition(column=served, op="present"))),
    )
    sums = (
        Measure(name="commandes", operation="sum", column=ordered),
        Measure(name="servis", operation="sum", column=served),
    )
    surplus: tuple[Step, ...] = (
        Filter(conditions=(Condition(column="servis", op=">", value=0),)),
        Derive(name="ecart", operation="difference", column="commandes", other="servis"),
        Derive(name="surplus", operation="ratio", column="ecart", other="servis", times=100),
    )
    base = "{lignes} relevés (un site, un jour) où la commande et le réel sont connus"
    only = {"cantine": meals}
    period = f"{{periode:{day}}}"
    measure_label = "Surplus (commandés moins servis, en % des servis)"
    recent = Filter(conditions=(Condition(column=day, op="last_days", value=365),))
    drafts = [
        AnalysisCandidate(
            "Surplus des commandes de la ville depuis un an",
            only,
            (*start, recent, Group(measures=sums), *surplus),
            "number",
            "% des repas servis",
            base,
            period,
            {"value": "surplus"},
        ),
        AnalysisCandidate(
            "Surplus des commandes, année scolaire par année scolaire",
            only,
            (
                *start,
                Derive(name="annee", operation="school_year", column=day),
                Group(by=("annee",), measures=sums),
                *surplus,
            ),
            "bar",
            "% des repas servis",
            base,
            period,
            {"x": "annee", "y": "surplus", "labels": {"annee": "Année scolaire", "surplus": measure_label}},
        ),
        AnalysisCandidate(
            "Repas servis par semaine d'école, depuis un an",
            only,
            (
                *start,
                recent,
                Derive(name="semaine", operation="week", column=day),
                Group(by=("semaine",), measures=sums),
                Sort(by=(Order(column="semaine"),)),
            ),
            "line",
            "repas",
            base,
            period,
            {"x": "semaine", "y": "servis", "labels": {"semaine": "Semaine", "servis": "Repas servis"}},
        ),
        *_by_school(town, meals, c, (start, sums, surplus), base, measure_label),
        AnalysisCandidate(
            "Repas servis un jour moyen, selon le jour de la semaine",
            only,
            (
                *start,
                Derive(name="jour", operation="weekday", column=day),
                Group(
                    by=("jour",),
                    measures=(
                        Measure(name="servis", operation="sum", column=served),
                        Measure(name="jours", operation="count_distinct", column=day),
                    ),
                ),
                Derive(name="moyenne", operation="ratio", column="servis", other="jours"),
            ),
            "bar",
            "repas par jour",
            base,
            period,
            {"x": "jour", "y": "moyenne", "labels": {"jour": "Jour", "moyenne": "Repas par jour"}},
        ),
    ]
    question = "Combien de repas servons-nous, et combien en commandons-nous de trop ?"
    return town.board("un-matin-a-la-cantine", "Un matin à la cantine", question, drafts, 10)


def _by_school(
    town: TownData,
    meals: Dataset,
    c: dict[str, str],
    parts: tuple[tuple[Step, ...], tuple[Measure, ...], tuple[Step, ...]],
    base: str,
    measure_label: str,
) -> list[AnalysisCandidate]:
    """The surplus of each school: the canteen's export joined to the directory of schools."""
    start, sums, surplus = parts
    period = f"{{periode:{c['date']}}}"
    directory = town.one("nom_ecole", "site_cantine")
    if directory is None:
        return []
    schools, d = directory
    return [
        AnalysisCandidate(
            "Les dix écoles où le surplus est le plus fort",
            {"cantine": meals, "ecoles": schools},
            (
                *start,
                Join(
                    source="ecoles",
                    on=(Key(left=c["site"], right=d["site_cantine"]),),
                    keep="matched",
                    columns=(d["nom_ecole"],),
                ),
                Group(by=(d["nom_ecole"],), measures=sums),
                *surplus,
                Top(count=10, column="surplus"),
            ),
            "bar",
            "% des repas servis",
            f"{base} et le site retrouvé dans la liste des écoles ({{perdues}} lignes ne l'ont pas été)",
            period,
            {
                "x": d["nom_ecole"],
                "y": "surplus",
                "labels": {d["nom_ecole"]: "École", "surplus": measure_label},
            },
        )
    ]
