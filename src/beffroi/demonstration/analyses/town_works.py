"""The board of waste and energy of the invented town: two pairs of exports of different applications, joined.

In comes what the town holds; out comes a board. A year is shown only when its twelve months are there.
"""

from beffroi.recipes.model import (
    Choose,
    Commune,
    Condition,
    Derive,
    Filter,
    Group,
    Join,
    Key,
    Measure,
    Order,
    Place,
    Sort,
    Source,
    Step,
    Top,
)
from beffroi.web.catalogue.models import Dataset
from beffroi.web.studio.models import Board

from .drafts import AnalysisCandidate
from .town_data import TownData, communes_of_town


def works_board(town: TownData) -> Board | None:
    drafts = [*_waste(town), *_energy(town)]
    question = "Que pesons-nous, que consommons-nous, et où agir d'abord ?"
    return town.board("dechets-et-energie", "Déchets et énergie", question, drafts, 20)


def _waste(town: TownData) -> list[AnalysisCandidate]:
    """Tonnages, which know communes by their names only, joined to the communes and their inhabitants."""
    found, shapes = town.one("annee", "mois", "commune", "flux", "tonnage"), communes_of_town(town)
    if found is None or shapes is None:
        return []
    waste, w = found
    communes, g = shapes
    year = _last_whole_year(town, waste, w)
    if year is None:
        return []
    known = tuple(
        Commune(code=str(row[g["code"]]), name=str(row[g["nom"]]))
        for row in town.rows(communes, (Choose(columns=(g["code"], g["nom"])),))
    )
    both = {"dechets": waste, "communes": communes}
    whole = Filter(conditions=(Condition(column=w["annee"], op="=", value=year),))
    by_commune: tuple[Step, ...] = (
        Source(source="dechets"),
        whole,
        Place(column=w["commune"], by="name", communes=known, name="code_commune"),
        Join(
            source="communes",
            on=(Key(left="code_commune", right=g["code"]),),
            keep="matched",
            columns=(g["nom"], g["population"]),
        ),
        Group(
            by=("code_commune", g["nom"]),
            measures=(
                Measure(name="tonnes", operation="sum", column=w["tonnage"]),
                Measure(name="habitants", operation="max", column=g["population"]),
            ),
        ),
    )
    ratio = Derive(name="kilos", operation="ratio", column="tonnes", other="habitants", times=1000)
    base = "{lignes} lignes de tonnage ; population de la liste des communes"
    months = Derive(
        name="periode", operation="concatenation", column=w["annee"], other=w["mois"], separator="-"
    )
    return [
        AnalysisCandidate(
            "Déchets collectés par habitant",
            both,
            (
                *by_commune,
                Group(
                    measures=(
                        Measure(name="tonnes", operation="sum", column="tonnes"),
                        Measure(name="habitants", operation="sum", column="habitants"),
                    )
                ),
                ratio,
            ),
            "number",
            "kg par habitant et par an",
            base,
            str(year),
            {"value": "kilos"},
        ),
        AnalysisCandidate(
            "Déchets collectés par habitant, commune par commune",
            both,
            (*by_commune, ratio, Sort(by=(Order(column="kilos", descending=True),))),
            "map",
            "kg par habitant et par an",
            base,
            str(year),
            {
                "place": "code_commune",
                "value": "kilos",
                "x": g["nom"],
                "labels": {"code_commune": "Code", g["nom"]: "Commune", "kilos": "kg par habitant"},
            },
        ),
        AnalysisCandidate(
            "Tonnages collectés mois par mois, par flux",
            {"dechets": waste},
            (
                Source(source="dechets"),
                months,
                Group(
                    by=("periode", w["flux"]),
                    measures=(Measure(name="tonnes", operation="sum", column=w["tonnage"]),),
                ),
                Sort(by=(Order(column="periode"), Order(column=w["flux"]))),
            ),
            "line",
            "tonnes",
            "{lignes} lignes de tonnage",
            f"{{periode:{w['annee']}}}",
            {
                "x": "periode",
                "y": "tonnes",
                "series": w["flux"],
                "labels": {"periode": "Mois", "tonnes": "Tonnes", w["flux"]: "Flux"},
            },
        ),
    ]


def _last_whole_year(town: TownData, waste: Dataset, w: dict[str, str]) -> int | None:
    """The last year whose twelve months are there."""
    months = Group(
        by=(w["annee"],),
        measures=(Measure(name="mois_connus", operation="count_distinct", column=w["mois"]),),
    )
    years = [row[w["annee"]] for row in town.rows(waste, (months,)) if row["mois_connus"] == 12]
    return max((int(str(year)) for year in years), default=None)


def _energy(town: TownData) -> list[AnalysisCandidate]:
    """Meter statements of the suppliers joined to the list of buildings, one pair of figures an energy."""
    found = town.one("code_batiment", "nom", "usage", "surface")
    if found is None:
        return []
    buildings, b = found
    drafts = []
    for statement, e in town.having("code_batiment", "compteur", "mois", "consommation"):
        energy = statement.title.split()[0].lower()
        both = {"releves": statement, "batiments": buildings}
        year = _last_whole_statement(town, statement, e)
        if year is None:
            continue
        joined: tuple[Step, ...] = (
            Source(source="releves"),
            Derive(name="annee", operation="year", column=e["mois"]),
            Filter(conditions=(Condition(column="annee", op="=", value=year),)),
            Join(
                source="batiments",
                on=(Key(left=e["code_batiment"], right=b["code_batiment"]),),
                keep="matched",
                columns=(b["nom"], b["usage"], b["surface"]),
            ),
            Group(
                by=(b["nom"], b["usage"]),
                measures=(
                    Measure(name="kwh", operation="sum", column=e["consommation"]),
                    Measure(name="surface", operation="max", column=b["surface"]),
                ),
            ),
        )
        per_square = Derive(name="kwh_m2", operation="ratio", column="kwh", other="surface")
        base = "{lignes} relevés mensuels rapprochés de la liste des bâtiments ({perdues} ne l'ont pas été)"
        labels = {
            b["nom"]: "Bâtiment",
            b["usage"]: "Usage",
            "kwh": "Consommation (kWh)",
            "kwh_m2": "kWh par m²",
            "surface": "Surface (m²)",
        }
        drafts += [
            AnalysisCandidate(
                f"Les dix bâtiments qui consomment le plus d'{energy}"
                if energy[0] in "aeéiou"
                else f"Les dix bâtiments qui consomment le plus de {energy}",
                both,
                (*joined, per_square, Top(count=10, column="kwh")),
                "bar",
                "kWh par an",
                base,
                str(year),
                {"x": b["nom"], "y": "kwh", "labels": labels},
            ),
            AnalysisCandidate(
                f"Consommation au mètre carré, selon l'usage du bâtiment ({energy})",
                both,
                (
                    *joined,
                    Group(
                        by=(b["usage"],),
                        measures=(
                            Measure(name="kwh", operation="sum", column="kwh"),
                            Measure(name="surface", operation="sum", column="surface"),
                        ),
                    ),
                    per_square,
                    Sort(by=(Order(column="kwh_m2", descending=True),)),
                ),
                "bar",
                "kWh par m² et par an",
                base,
                str(year),
                {"x": b["usage"], "y": "kwh_m2", "labels": labels},
            ),
            AnalysisCandidate(
                f"Consommation mois par mois ({energy})",
                {"releves": statement},
                (
                    Source(source="releves"),
                    Derive(name="periode", operation="month", column=e["mois"]),
                    Group(
                        by=("periode",),
                        measures=(Measure(name="kwh", operation="sum", column=e["consommation"]),),
                    ),
                    Sort(by=(Order(column="periode"),)),
                ),
                "line",
                "kWh",
                "{lignes} relevés mensuels, régularisations comprises",
                f"{{periode:{e['mois']}}}",
                {"x": "periode", "y": "kwh", "labels": {"periode": "Mois", "kwh": "Consommation (kWh)"}},
            ),
        ]
    # The place on the board goes to the first energy; the second one keeps its ranking only.
    return [*drafts[:3], *drafts[3:4]]


def _last_whole_statement(town: TownData, statement: Dataset, e: dict[str, str]) -> int | None:
    steps: tuple[Step, ...] = (
        Derive(name="annee", operation="year", column=e["mois"]),
        Group(
            by=("annee",),
            measures=(Measure(name="mois_connus", operation="count_distinct", column=e["mois"]),),
        ),
    )
    years = [row["annee"] for row in town.rows(statement, steps) if row["mois_connus"] == 12]
    return max((int(str(year)) for year in years), default=None)
