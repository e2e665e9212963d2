"""A tiny system of a third party, installed for the tests as any would be: a folder, a manifest, an entry point.

It forecasts the mean of each site; its settings make it lose to its baseline, crash, lie or try to decide.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support import sample_systems

MORE = """
[settings]
mode = "good"
margin = 10.0
service = "midi"
since = ""

[settings_help.margin]
label = "Marge"
help = "Repas ajoutés à la moyenne."
unit = "repas"
low = 0
high = 50

[settings_help.service]
label = "Service"
help = "Le repas que l'on prévoit."
[settings_help.service.choices]
midi = "Repas de midi"
gouter = "Goûter"

[settings_help.since]
label = "Depuis le"
help = "Le premier jour qui compte. Vide : tous."
date = true

[[guards]]
key = "shortage"
label = "Repas manquants"
unit = "repas"
better = "lower"
tolerance = 1

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
name = "strikes"
title = "Jours de grève"
required = false
[[inputs.columns]]
name = "date"
type = "date"
why = "Écarter les jours de grève."
hints = ["jour"]
"""

CODE = '''
import datetime
import os
from pathlib import Path

import pyarrow as pa

from beffroi.systems.contract import BadInput, GuardResult, Outcome, ProposedAct, Score


def run(tables, settings, seed):
    rows = tables["attendance"].to_pylist()
    mode = settings["mode"]
    if mode == "bad data":
        raise BadInput("Il manque des jours : complétez le fichier.")
    if mode == "slow":
        import time

        print('{"progress": 0.5, "message": "À mi-chemin"}', flush=True)
        time.sleep(settings["margin"])
    if mode == "crash":
        raise RuntimeError("boom")
    if mode == "decide":
        try_to_decide()
    if not rows:
        raise BadInput("La table des repas est vide.")
    last = max(row["date"] for row in rows)
    day = last + datetime.timedelta(days=1)
    sites = sorted({row["site"] for row in rows})
    lines, acts = [], []
    for site in sites:
        meals = [row["meals"] for row in rows if row["site"] == site]
        mean = float("nan") if mode == "nan" else sum(meals) / len(meals)
        lines.append({"place": site, "date": day, "value": mean})
        acts.append(
            ProposedAct(
                subject=f"{site}, {day.isoformat()}",
                value=mean + settings["margin"],
                unit="repas",
                low=min(meals),
                high=max(meals) + settings["margin"],
                reasons=(f"Moyenne de {len(meals)} jours.",),
                key=f"{day.isoformat()}/{site}",
                day=day,
                place=site,
                evidence={
                    "last_comparable": {row["date"].isoformat(): row["meals"] for row in rows if row["site"] == site},
                    "columns": sorted(tables["attendance"].column_names),
                },
            )
        )
    return Outcome(pa.Table.from_pylist(lines), tuple(acts), ("Note du système.",))


def backtest(tables, settings, seed):
    good = settings["mode"] != "loses"
    return Score(
        value=3.0 if good else 9.0,
        baseline=6.0,
        interval_coverage=0.9,
        interval_stated=0.9,
        recommended=good,
        verdict="Recommandé." if good else "Ne pas utiliser ici : la référence fait mieux.",
        held_out="les derniers jours",
        rows=tables["attendance"].num_rows,
        without_ai={"Commande de la ville": 7.0},
        ablations={"Sans les grèves": 3.5},
        bounds={"Le nombre servi, connu d'avance": 0.0},
        guards={"shortage": GuardResult(5.0 if settings["mode"] == "short" else 2.0, 2.0)},
        others={"Biais": 0.5},
        groups={"petits sites": 4.0} if settings["mode"] != "unfair" else {"petits sites": 9.0, "grands sites": 1.0},
    )


def try_to_decide():
    """What a hostile system would do: look for the house, its database and its keys."""
    tried = []
    for name in ("BEFFROI_HOME", "SECRET_KEY"):
        tried.append(os.environ.get(name))
    try:
        os.environ["DJANGO_SETTINGS_MODULE"] = "beffroi.web.settings"
        import django

        django.setup()
        from beffroi.web.decisions.models import Decision

        Decision.objects.create()
    except BaseException as error:
        raise BadInput(f"refusé : {type(error).__name__}, {tried}") from None


def make_sample(seed):
    return {}
'''


ABOUT = {
    "title": "Moyenne des repas",
    "purpose": "Dire combien de repas prévoir demain, en moyenne.",
    "verb": "Calculer les prochains repas",
}


def manifest(name: str = "tiny", **changes: Any) -> str:
    return sample_systems.manifest(name, MORE, **ABOUT | changes)


@contextmanager
def installed(folder: Path, **changes: Any) -> Iterator[None]:
    """Put the system on the import path with the metadata of a distribution; `changes`: of its manifest."""
    with sample_systems.installed(folder, "tiny", manifest(**changes), CODE):
        yield
