"""A tiny system of a third party that uses all that a morning page shows: figures, two tables, a map, a dial, the day.

It forecasts each school's mean from the day that the house gives, and says where the schools are.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from beffroi.web.catalogue.models import Dataset
from beffroi.web.platform.models import Person, Territory
from beffroi.web.workshop import services
from beffroi.web.workshop.models import SystemUse
from replay import replayed
from support import sample_systems

MORE = """
[settings]
shortage_risk = 1.0
mode = ""

[evidence]
mean = { label = "Moyenne des jours connus", unit = "repas par jour" }

[dial]
setting = "shortage_risk"
label = "Manque accepté"
help = "Plus il est petit, plus on commande."
unit = "% des repas"
options = [0.5, 1.0, 2.0]

[[outputs]]
name = "forecasts"
title = "Repas prévus"
lead = "Un point par jour."
views = ["series", "bars"]
adds_up = true
columns = [
  { name = "site", label = "École", type = "text", role = "place" },
  { name = "day", label = "Jour", type = "date", role = "day" },
  { name = "meals", label = "Repas", type = "number", role = "value", unit = "repas" },
  { name = "low", label = "Au moins", type = "number", role = "low" },
  { name = "high", label = "Au plus", type = "number", role = "high" },
]

[[outputs]]
name = "places"
title = "Où sont les écoles"
views = ["map"]
columns = [
  { name = "site", label = "École", type = "text", role = "place" },
  { name = "shape", label = "Lieu", type = "geometry", role = "geometry" },
  { name = "meals", label = "Repas", type = "number", role = "value", unit = "repas" },
  { name = "state", label = "État", type = "text", role = "status", levels = ["comme d’habitude", "plus que d’habitude"] },
]

[[inputs]]
name = "attendance"
title = "Repas servis"
[[inputs.columns]]
name = "site"
type = "text"
why = "Distinguer les restaurants."
hints = ["école", "cantine"]
[[inputs.columns]]
name = "date"
type = "date"
why = "Ranger les jours dans l'ordre."
hints = ["jour"]
[[inputs.columns]]
name = "meals"
type = "integer"
why = "Ce que l'on prévoit."
hints = ["repas servis", "repas"]

[[inputs]]
name = "rolls"
title = "Effectifs"
required = false
[[inputs.columns]]
name = "site"
type = "text"
same_as = "attendance.site"
why = "Relier l'effectif au restaurant du même nom."
hints = ["etablissement"]
[[inputs.columns]]
name = "pupils"
type = "integer"
why = "Ne pas prévoir plus de repas que d'élèves."
hints = ["eleves"]

[[inputs]]
name = "leftovers"
title = "Restes pesés"
required = false
recorded = "Noter les restes pesés"
[[inputs.columns]]
name = "site"
label = "Restaurant"
type = "text"
same_as = "attendance.site"
why = "Relier la pesée au restaurant."
[[inputs.columns]]
name = "day"
label = "Jour du repas"
type = "date"
why = "Relier la pesée au jour."
[[inputs.columns]]
name = "kilos"
label = "Restes, en kilos"
type = "number"
why = "Suivre ce qui est jeté."

[[inputs]]
name = "visits"
title = "Visites en cuisine"
required = false
recorded = "Noter une visite"
one_of = ["site", "street"]
[[inputs.columns]]
name = "day"
label = "Jour de la visite"
type = "date"
why = "Savoir quand."
[[inputs.columns]]
name = "wasted"
label = "Repas jetés"
type = "boolean"
why = "Savoir si des repas partaient à la poubelle."
[[inputs.columns]]
name = "site"
label = "Restaurant"
type = "text"
required = false
why = "Savoir où."
[[inputs.columns]]
name = "street"
label = "Rue"
type = "text"
required = false
why = "Savoir où, à défaut du nom."
[[inputs.columns]]
name = "weight"
label = "Poids jeté"
type = "number"
required = false
why = "Savoir combien."
"""

CODE = """
import dataclasses
import datetime
import json

import pyarrow as pa

from beffroi.systems.contract import Figure, Outcome, ProposedAct, Score

MARGINS = {"0.5": 10, "1": 5, "2": 2}


def run(tables, settings, seed):
    rows = tables["attendance"].to_pylist()
    today = datetime.date.fromisoformat(settings["today"])
    margin = MARGINS[f"{settings['shortage_risk']:g}"]
    lines, places, acts = [], [], []
    pupils = {row["site"]: row["pupils"] for row in (tables["rolls"].to_pylist() if "rolls" in tables else [])}
    for place, site in enumerate(sorted({row["site"] for row in rows})):
        meals = [row["meals"] for row in rows if row["site"] == site]
        mean = sum(meals) / len(meals)
        point = json.dumps({"type": "Point", "coordinates": [-1.5 + place / 100, 47.2]})
        state = "plus que d’habitude" if meals[-1] > mean else "comme d’habitude"
        places.append({"site": site, "shape": point, "meals": mean, "state": state})
        for n in range(3):
            day = today + datetime.timedelta(n)
            lines.append({"site": site, "day": day, "meals": mean + n, "low": mean - 9, "high": mean + 9})
        acts.append(
            ProposedAct(
                subject=f"{site}, {today.isoformat()}", value=mean + margin, unit="repas", low=mean, high=mean + 20,
                reasons=(f"Moyenne de {len(meals)} jours.",), day=today, place=site, evidence={"site": site, "pupils": pupils.get(site), "mean": mean},
                by_choice={option: mean + more for option, more in MARGINS.items()},
            )
        )
    total = sum(line["meals"] for line in lines if line["day"] == today)
    mode = settings["mode"]
    if mode == "columns":
        lines = [{"site": "Zola", "meals": 3.0}]
    elif mode == "shapes":
        for place, shape in zip(places, ('{"coordinates": [1]}', '{"type": "Point", "coordinates": [NaN, 1]}')):
            place["shape"] = shape
    elif mode == "deep":
        places[0]["shape"] = "[" * 100_000
    elif mode == "nan":
        total = float("nan")
    elif mode == "large":
        lines[0]["site"] = "a" * (33 << 20)
    elif mode == "many":
        acts = [dataclasses.replace(acts[0], subject=f"{n}") for n in range(10_001)]
    elif mode == "choices":
        acts = [dataclasses.replace(act, by_choice={"abc": 1.0, "1": 2.0}) for act in acts]
    table = pa.Table.from_pylist(lines)
    if mode == "days":
        table = table.set_column(1, "day", pa.array([2_000_000_000] * len(lines), pa.int32()).cast(pa.date32()))
    if mode == "twice":
        table = table.append_column("site", table["site"])
    figure = Figure("total", "Repas demain", total, "repas", "toutes les écoles", total - 9, total + 9, "lower")
    return Outcome(
        table, tuple(acts), (), (), {"places": pa.Table.from_pylist(places)}, (figure,),
        f"Commandez {total + margin:.0f} repas pour demain.",
    )


def backtest(tables, settings, seed):
    return Score(3.0, 6.0, 0.9, 0.9, True, "Recommandé.", "les derniers jours", 40)


def make_sample(seed):
    return {}
"""


@contextmanager
def installed(folder: Path) -> Iterator[None]:
    """Put the system on the import path with the metadata of a distribution."""
    purpose = "Dire combien de repas prévoir."
    manifest = sample_systems.manifest(
        "daily", MORE, title="Repas du matin", purpose=purpose, place_word="école", uses_today=True
    )
    with sample_systems.installed(folder, "daily", manifest, CODE):
        yield


@replayed
def bound(territory: Territory, supervisor: Person, dataset: Dataset) -> SystemUse:
    """Taken in use and bound to the meals."""
    made = services.adopt(territory, supervisor, "daily", supervisor=supervisor)
    columns = {"site": "ecole", "date": "jour", "meals": "repas_servis"}
    return services.bind(made, supervisor, {"attendance": {"dataset": dataset.slug, "columns": columns}})
