"""The boards of the invented town: exports of different applications brought together, each giving one answer.

In come its territory, whose catalogue holds the town's files, and a person who may write analyses; out come boards.
Datasets are found by their columns, so that another title or another year changes nothing.
"""

from collections.abc import Callable, Iterable

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
    Recipe,
    Sort,
    Source,
    Step,
    Top,
)
from beffroi.web.catalogue.models import Dataset, Processing
from beffroi.web.studio import answers, services
from beffroi.web.studio.models import Board
from beffroi.web.territories.models import Person, Territory

from .drafts import Draft, board, keep
from .held import TROUBLES
from .place import communes_drafts

type Say = Callable[[float, str], None]


def analyse_town(
    territory: Territory, person: Person, say: Say = lambda percent, message: None
) -> list[Board]:
    """Make the boards of the invented town, the most useful first; what a missing file prevents is left out."""
    town = _Town(territory, person, services.steering(territory))
    made = []
    for percent, name, make in (
        (10, "Un matin à la cantine", _canteen),
        (40, "Déchets et énergie", _waste_and_energy),
        (80, "Le territoire", _place),
    ):
        say(percent, name)
        made.append(make(town))
    say(100, "Analyses prêtes")
    return [b for b in made if b is not None]


class _Town:
    """The datasets in force, found by the columns that they have."""

    def __init__(self, territory: Territory, person: Person, processing: Processing) -> None:
        self.territory, self.person, self.processing = territory, person, processing
        self._columns = {
            dataset: {column["name"]: column for column in snapshot.columns}
            for dataset in Dataset.objects.of(territory).filter(sensitivity=Dataset.Sensitivity.ORDINARY)
            if (snapshot := dataset.current) is not None
        }

    def having(self, *beginnings: str) -> list[tuple[Dataset, dict[str, str]]]:
        """Datasets that have a column beginning by each of these; with the column's name for each beginning."""
        found = []
        for dataset, columns in self._columns.items():
            named = {
                b: n
                for b in beginnings
                if (n := min((name for name in columns if name.startswith(b)), key=len, default=None))
            }
            if len(named) == len(beginnings):
                found.append((dataset, named))
        return found

    def one(self, *beginnings: str) -> tuple[Dataset, dict[str, str]] | None:
        return next(iter(self.having(*beginnings)), None)

    def rows(self, dataset: Dataset, steps: Iterable[Step]) -> list[dict[str, object]]:
        """What a small question answers, to choose a period; nothing when it cannot be answered."""
        recipe = Recipe(
            title="Question préalable", sources={"jeu": dataset.slug}, steps=(Source(source="jeu"), *steps)
        )
        try:
            opened = answers.open_sources(self.person, self.territory, recipe, self.processing)
            return answers.ask(recipe, opened.grants).table.to_pylist()
        except TROUBLES:
            return []

    def board(self, slug: str, title: str, question: str, drafts: list[Draft], rank: int) -> Board | None:
        recipes = keep(self.territory, self.person, self.processing, drafts)
        return board(self.territory, self.person, slug, title, question, recipes, rank=rank)


def _canteen(town: _Town) -> Board | None:
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
    said = "Surplus (commandés moins servis, en % des servis)"
    recent = Filter(conditions=(Condition(column=day, op="last_days", value=365),))
    drafts = [
        Draft(
            "Surplus des commandes de la ville depuis un an",
            only,
            (*start, recent, Group(measures=sums), *surplus),
            "number",
            "% des repas servis",
            base,
            period,
            {"value": "surplus"},
        ),
        Draft(
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
            {"x": "annee", "y": "surplus", "labels": {"annee": "Année scolaire", "surplus": said}},
        ),
        Draft(
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
        *_by_school(town, meals, c, (start, sums, surplus), base, said),
        Draft(
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
    town: _Town,
    meals: Dataset,
    c: dict[str, str],
    parts: tuple[tuple[Step, ...], tuple[Measure, ...], tuple[Step, ...]],
    base: str,
    said: str,
) -> list[Draft]:
    """The surplus of each school: the canteen's export joined to the directory of schools."""
    start, sums, surplus = parts
    period = f"{{periode:{c['date']}}}"
    directory = town.one("nom_ecole", "site_cantine")
    if directory is None:
        return []
    schools, d = directory
    return [
        Draft(
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
            {"x": d["nom_ecole"], "y": "surplus", "labels": {d["nom_ecole"]: "École", "surplus": said}},
        )
    ]


def _waste_and_energy(town: _Town) -> Board | None:
    drafts = [*_waste(town), *_energy(town)]
    question = "Que pesons-nous, que consommons-nous, et où agir d'abord ?"
    return town.board("dechets-et-energie", "Déchets et énergie", question, drafts, 20)


def _waste(town: _Town) -> list[Draft]:
    """Tonnages, which know communes by their names only, joined to the communes and their inhabitants."""
    found, shapes = town.one("annee", "mois", "commune", "flux", "tonnage"), _communes(town)
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
        Draft(
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
        Draft(
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
        Draft(
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


def _last_whole_year(town: _Town, waste: Dataset, w: dict[str, str]) -> int | None:
    """The last year whose twelve months are there."""
    months = Group(
        by=(w["annee"],),
        measures=(Measure(name="mois_connus", operation="count_distinct", column=w["mois"]),),
    )
    years = [row[w["annee"]] for row in town.rows(waste, (months,)) if row["mois_connus"] == 12]
    return max((int(str(year)) for year in years), default=None)


def _energy(town: _Town) -> list[Draft]:
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
            Draft(
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
            Draft(
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
            Draft(
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


def _last_whole_statement(town: _Town, statement: Dataset, e: dict[str, str]) -> int | None:
    steps: tuple[Step, ...] = (
        Derive(name="annee", operation="year", column=e["mois"]),
        Group(
            by=("annee",),
            measures=(Measure(name="mois_connus", operation="count_distinct", column=e["mois"]),),
        ),
    )
    years = [row["annee"] for row in town.rows(statement, steps) if row["mois_connus"] == 12]
    return max((int(str(year)) for year in years), default=None)


def _communes(town: _Town) -> tuple[Dataset, dict[str, str]] | None:
    return town.one("code", "nom", "population", "superficie")


def _place(town: _Town) -> Board | None:
    found = _communes(town)
    if found is None:
        return None
    dataset, g = found
    year = f"population inventée, état au {dataset.current.at:%d/%m/%Y}" if dataset.current else ""
    drafts = communes_drafts(dataset, code=g["code"], name=g["nom"], population=g["population"], year=year)
    return town.board("le-territoire", "Le territoire", "Qui sommes-nous, et combien ?", drafts, 60)
