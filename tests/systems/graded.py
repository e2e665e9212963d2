"""Sample systems: a small careful one that reaches every tier, and a deliberately poor one, installed as third parties' would be.

`careful` forecasts the visits of four invented places by weekday; each test spoils one thing in its code or manifest
by a replacement and looks at the point that must fail. `poor` loses to its baseline, gives no reason and breaks down.
"""

from pathlib import Path

from beffroi.systems import registry
from beffroi.systems.check.bench import Bench
from beffroi.systems.runner import DEFAULT_LIMITS
from support.sample_systems import distribution

CAREFUL_MANIFEST = """
id = "{id}"
version = "1.0"
title = "Visites par lieu"
purpose = "Dire combien de personnes viendront demain dans chaque lieu. Une personne décide des horaires."
helps = "Les agents d’accueil : ils savent quand ouvrir un guichet de plus."
level = "proposes"
supervisor_role = "Responsable de l’accueil"
baseline = "Sans IA : le dernier jour connu."
contest = "Écrivez à la mairie. Une personne vous répond."
hosting = "Serveur de la mairie, sans réseau."
limits = ["Ne sait rien d’une fête ou d’un jour férié."]
degraded_mode = "Sans le système, on garde les horaires de la semaine d’avant."
training_origin = "Aucune donnée d’ailleurs : il apprend sur vos visites."
bias_gap = 5.0
learning_curve = true
licence = "EUPL-1.2"
threats = ["Les visites sont comptées par lieu et par jour : personne n’y est nommé."]
[[dependencies]]
name = "Apache Arrow"
if_lost = "Logiciel libre, gardé avec la maison."
alternative = "un autre format de tables"
[measure]
metric = "mae"
label = "Erreur moyenne"
unit = "visites"
better = "lower"
target = 6.0
[legal]
risk = "minimal"
risk_why = "Des nombres par lieu, jamais une personne."
legal_basis = "Mission d’intérêt public."
personal_data = false
individual_decision = false
[evidence]
days = {{ label = "Jours comparables" }}
[[outputs]]
name = "forecasts"
title = "Visites attendues"
columns = [
  {{ name = "place", label = "Lieu", type = "text", role = "place" }},
  {{ name = "day", label = "Jour", type = "date", role = "day" }},
  {{ name = "forecast", label = "Visites", type = "number", role = "value" }},
]
[[inputs]]
name = "visits"
title = "Visites"
[[inputs.columns]]
name = "place"
type = "text"
why = "Distinguer les lieux d’accueil."
[[inputs.columns]]
name = "day"
type = "date"
why = "Reconnaître le jour de la semaine."
[[inputs.columns]]
name = "people"
type = "integer"
why = "Ce que l’on prévoit."
[[inputs.columns]]
name = "closed"
type = "boolean"
required = false
why = "Ne pas apprendre des jours de fermeture."
"""

CAREFUL = """
import datetime
import random
import statistics

import pyarrow as pa

from beffroi.systems.contract import BadInput, Outcome, ProposedAct, Score

DAYS = ("lundis", "mardis", "mercredis", "jeudis", "vendredis", "samedis", "dimanches")
LEVELS = {"Mairie": 60, "Annexe": 80, "Centre": 100, "Gare": 120}


def make_sample(seed):
    chance = random.Random(seed)
    rows = []
    for number in range(240):
        day = datetime.date(2024, 1, 1) + datetime.timedelta(number)
        for place, level in LEVELS.items():
            people = level + 12 * day.weekday() + round(chance.gauss(0, 5))
            closed = chance.random() < 0.03
            rows.append({"place": place, "day": day, "people": people // 3 if closed else people, "closed": closed})
    return {"visits": pa.Table.from_pylist(rows)}


def clean(tables):
    rows = tables["visits"].to_pylist()
    notes = []
    known = [row for row in rows if row["place"] and row["day"] and row["day"].year < 2100 and row["people"] is not None and row["people"] >= 0]
    if len(known) < len(rows):
        notes.append(f"{len(rows) - len(known)} ligne(s) sans valeur possible ont été laissées de côté.")
    known = [row for row in known if not row.get("closed")]
    if known:
        usual = statistics.median(row["people"] for row in known)
        odd = [row for row in known if row["people"] > 8 * usual]
        if odd:
            notes.append(f"{len(odd)} nombre(s) sans doute mal saisi(s) ont été laissés de côté.")
        known = [row for row in known if row["people"] <= 8 * usual]
    if len({row["day"] for row in known}) < 28:
        raise BadInput("Il faut au moins quatre semaines de visites pour prévoir : ajoutez les mois d’avant.")
    return sorted(known, key=lambda row: (row["day"], row["place"])), notes


def expected(rows, place, weekday):
    return [row["people"] for row in rows if row["place"] == place and row["day"].weekday() == weekday]


def run(tables, settings, seed):
    rows, notes = clean(tables)
    last = max(row["day"] for row in rows)
    lines, acts = [], []
    for place in sorted({row["place"] for row in rows}):
        day = last + datetime.timedelta(1)
        past = expected(rows, place, day.weekday())
        if len(past) < 2:
            continue
        mean, spread = statistics.mean(past), max(1.0, statistics.stdev(past))
        mean += random.Random(seed + len(place)).gauss(0, 0.5)
        lines.append({"place": place, "day": day, "forecast": round(mean, 1)})
        acts.append(
            ProposedAct(
                subject=f"{place}, {day.isoformat()}", value=round(mean, 1), unit="visites",
                low=round(mean - 1.645 * spread, 1), high=round(mean + 1.645 * spread, 1),
                reasons=(f"Les {DAYS[day.weekday()]}, il vient en moyenne {mean:.0f} personnes dans ce lieu.",),
                evidence={"days": len(past)},
            )
        )
    return Outcome(pa.Table.from_pylist(lines), tuple(acts), tuple(notes))


def backtest(tables, settings, seed):
    rows, _ = clean(tables)
    days = sorted({row["day"] for row in rows})
    start = days[-max(8, len(days) // 4)]
    share = settings.get("training_share", 1.0)
    before = [day for day in days if day < start]
    begin = before[int((1 - share) * len(before))]
    taught = [row for row in rows if begin <= row["day"] < start]
    judged = [row for row in rows if row["day"] >= start]
    errors, naive, flat, inside, groups = {}, {}, [], [], {}
    last = {}
    for row in taught:
        last[row["place"]] = row["people"]
    for row in judged:
        past = expected(taught, row["place"], row["day"].weekday())
        if len(past) < 2:
            raise BadInput("Il faut au moins deux fois chaque jour de la semaine : ajoutez les mois d’avant.")
        mean, spread = statistics.mean(past), statistics.stdev(past)
        error = abs(row["people"] - mean)
        errors.setdefault(row["day"], []).append(error)
        naive.setdefault(row["day"], []).append(abs(row["people"] - last[row["place"]]))
        flat.append(abs(row["people"] - statistics.mean(r["people"] for r in taught if r["place"] == row["place"])))
        inside.append(error <= 1.75 * spread)
        groups.setdefault(row["place"], []).append(error)
        last[row["place"]] = row["people"]
    chance = random.Random(seed)
    drawn = []
    for _ in range(200):
        picked = chance.choices(list(errors), k=len(errors))
        drawn.append(sum(sum(naive[d]) - sum(errors[d]) for d in picked) / sum(len(errors[d]) for d in picked))
    drawn.sort()
    return Score(
        value=statistics.mean(sum(errors.values(), [])),
        baseline=statistics.mean(sum(naive.values(), [])),
        interval_coverage=sum(inside) / len(inside), interval_stated=0.9,
        recommended=True, verdict="Recommandé.", held_out="les derniers jours", rows=len(judged),
        without_ai={"Moyenne du lieu": statistics.mean(flat)},
        groups={place: statistics.mean(values) for place, values in groups.items()},
        gain_interval=(drawn[5], drawn[-6]),
    )
"""

POOR_MANIFEST = """
id = "{id}"
version = "0.1"
title = "Oracle"
purpose = "Optimiser l’anticipation opérationnelle multidimensionnelle des fréquentations territoriales infracommunales."
helps = "Les administrations."
level = "proposes"
supervisor_role = "Direction générale"
baseline = "La moyenne."
contest = "Écrire au support."
hosting = "Ailleurs."
limits = ["Aucune limite connue."]
[measure]
metric = "mae"
label = "Erreur"
unit = "visites"
better = "lower"
target = 1.0
[legal]
risk = "minimal"
risk_why = "Rien de notable."
legal_basis = "Intérêt public."
personal_data = false
individual_decision = false
[[inputs]]
name = "visits"
title = "Visites"
[[inputs.columns]]
name = "place"
type = "text"
why = "Distinguer les lieux."
[[inputs.columns]]
name = "people"
type = "integer"
why = "Ce que l’on prévoit."
[[inputs.columns]]
name = "phone"
type = "text"
required = false
why = "On ne sait jamais, cela peut servir."
"""

POOR = """
import os

import pyarrow as pa

from beffroi.systems.contract import Outcome, ProposedAct, Score


def make_sample(seed):
    return {"visits": pa.table({"place": ["A", "B"] * 30, "people": list(range(60)), "phone": ["06"] * 60})}


def run(tables, settings, seed):
    people = tables["visits"]["people"].to_pylist()
    value = sum(people) / len(people) + int.from_bytes(os.urandom(6)) / 2**40
    act = ProposedAct("A", value, "visites", value, value, (), {})
    return Outcome(pa.table({"place": ["A"], "forecast": [value]}), (act,))


def backtest(tables, settings, seed):
    return Score(9.0, 6.0, 0.5, 0.9, True, "Excellent.", "tout", 60)
"""


def install(
    folder: Path,
    name: str = "careful",
    code: str = CAREFUL,
    manifest: str = CAREFUL_MANIFEST,
    files: dict[str, bytes] | None = None,
) -> Path:
    """The distribution on disk; returns the folder to put on the import path."""
    return distribution(folder, name, manifest.format(id=name), code, files=files)


def bench(name: str = "careful", *, sampled: bool = True) -> Bench:
    """The bench of an installed system, on its own sample."""
    made = Bench(registry.get(name), {}, 0, DEFAULT_LIMITS, False)
    if sampled:
        made.sample = made.server.sample(0)
    return made
