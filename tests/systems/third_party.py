"""Third-party distributions on disk, each with its system, for tests to install on the import path."""

import textwrap
from pathlib import Path

import beffroi.systems.canteen
from support import sample_systems

MANIFEST = """
id = "{id}"
version = "1.0"
title = "Système d’essai"
purpose = "Montrer qu’un tiers peut brancher un système."
helps = "Les tests."
level = "informs"
supervisor_role = "Personne qui teste"
baseline = "La moyenne."
contest = "Écrire à la personne qui teste."
hosting = "Sur place."
limits = ["Ne sert qu’aux tests."]
[measure]
metric = "error"
label = "Erreur"
unit = "points"
better = "lower"
target = 1.0
[legal]
risk = "minimal"
risk_why = "Aucun effet sur une personne."
legal_basis = "Aucune donnée personnelle."
personal_data = false
individual_decision = false
[settings]
path = ""
[[inputs]]
name = "numbers"
title = "Nombres"
[[inputs.columns]]
name = "value"
type = "number"
why = "Le nombre dont on veut la moyenne."
"""

HEADER = """
import pyarrow as pa
from beffroi.systems.contract import BadInput, Outcome, ProposedAct, Score

def make_sample(seed):
    return {"numbers": pa.table({"value": [1.0, 2.0, 3.0]})}

def backtest(tables, settings, seed):
    return Score(0.5, 1.0, 0.9, 0.9, True, "Bon.", "trois nombres", 3)

def answer(value):
    return Outcome(pa.table({"answer": [str(value)]}), ())
"""


def distribution(
    folder: Path, name: str, run: str, *, manifest: str = MANIFEST, module: str | None = None
) -> Path:
    """One distribution offering one system, whose `run` has this body. Returns the folder to put on the import path."""
    body = textwrap.indent(textwrap.dedent(run), "    ")
    code = f"{HEADER}\ndef run(tables, settings, seed):\n{body}\n"
    return sample_systems.distribution(folder, name, manifest.format(id=name), code, module=module)


CANTEEN = Path(beffroi.systems.canteen.__file__).parent
