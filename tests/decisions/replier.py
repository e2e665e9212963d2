"""A tiny system of a third party that prepares answers from a table of texts, installed as any would be, and its territory.

Of three questions it answers one well, one without a passage and one with a passage that it made up.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from beffroi.web.platform.models import Person, Territory
from beffroi.web.workshop import services
from beffroi.web.workshop.models import Run, SystemUse
from life import carry
from support import sample_systems
from workshop.conftest import deposit

GOOD = "Oui. La carte se demande en mairie, avec un justificatif de domicile de moins de trois mois."
UNSUPPORTED = "Non, la piscine ferme en août."
INVENTED = "Oui, la cantine est gratuite pour tous."
QUESTION = "Où demander la carte de stationnement ?"

TEXTS = """Titre;Texte;Suivi
Stationnement;"La carte de résident se demande à l’accueil de la mairie,  avec un justificatif de domicile de moins de trois mois.";Dubreuil 114
Cantine;La cantine est payante selon le quotient familial.;Lenoir 27
État civil;Un acte se demande avec une pièce d’identité.;Petit
Eau;La facture se conteste par écrit.;102
"""

MORE = """
[settings]
mode = "good"

[[inputs]]
name = "texts"
title = "Textes de la mairie"
[[inputs.columns]]
name = "title"
type = "text"
why = "Nommer la source d'une réponse."
[[inputs.columns]]
name = "body"
type = "text"
why = "Le texte dans lequel on cherche."
[[inputs.columns]]
name = "contact"
type = "text"
why = "Savoir qui tient le texte à jour."
required = false
identifies_person = true
"""

CODE = f"""
import pyarrow as pa

from beffroi.systems.contract import Draft, Figure, Outcome, Passage, Score

GOOD = {GOOD!r}
QUOTE = "se demande à l'accueil de la mairie, avec un justificatif de domicile"


def run(tables, settings, seed):
    table = pa.table({{"questions": [3]}})
    mode = settings["mode"]
    if mode == "not a text":
        return Outcome(table, (), (), (Draft("Question ?", 12, ()),))
    text = GOOD + " Demandez « Dubreuil-114 »." if mode == "names" else GOOD
    drafts = (
        Draft({QUESTION!r}, text, (Passage("Guide du stationnement", QUOTE),), "Stationnement"),
        Draft("La piscine ouvre-t-elle en août ?", {UNSUPPORTED!r}, ()),
        Draft(
            "La cantine est-elle gratuite ?",
            {INVENTED!r},
            (Passage("Guide", QUOTE), Passage("Règlement", "La cantine est gratuite pour tous les enfants.")),
        ),
    )
    words = mode.partition(":")[2]
    notes = (words,) if mode.startswith("note:") else ()
    figures = (Figure("n", "Questions", 3.0, "questions", words),) if mode.startswith("figure:") else ()
    return Outcome(table, (), notes, drafts if mode != "none" else (), {{}}, figures)


def backtest(tables, settings, seed):
    return Score(90.0, 60.0, None, None, True, "Recommandé.", "vingt questions", 20)


def make_sample(seed):
    return {{}}
"""


@contextmanager
def installed(folder: Path) -> Iterator[None]:
    """Put the system on the import path with the metadata of a distribution."""
    manifest = sample_systems.manifest(
        "replier",
        MORE,
        title="Réponses de l'accueil",
        purpose="Préparer une réponse aux questions posées à l'accueil, à partir des textes de la mairie.",
        helps="Les agents d'accueil.",
        level="informs",
        supervisor_role="Responsable de l'accueil",
        baseline="Chercher dans le guide.",
        contest="Écrivez à l'accueil de la mairie.",
        limits=["Ne connaît que les textes de la mairie."],
        metric="found",
        label="Réponses justes",
        unit="%",
        better="higher",
        target=80.0,
        risk="transparency",
        risk_why="Un texte préparé, qu'une personne récrit.",
        personal_data=True,
    )
    with sample_systems.installed(folder, "replier", manifest, CODE):
        yield


def in_its_sandbox(territory: Territory, steward: Person, supervisor: Person) -> SystemUse:
    """Adopted, bound to the town's texts, measured, and allowed to forecast."""
    dataset = deposit(territory, steward, "textes.csv", TEXTS)
    use = services.adopt(territory, supervisor, "replier", supervisor=supervisor)
    columns = {"title": "titre", "body": "texte", "contact": "suivi"}
    use = services.bind(use, supervisor, {"texts": {"dataset": dataset.slug, "columns": columns}})
    services.execute(use, supervisor, "backtest")
    return carry(use, "sandbox")


def answered(use: SystemUse, supervisor: Person, mode: str = "good", key: str | None = None) -> Run:
    """One run, here and now."""
    return services.execute(use, supervisor, "run", settings={"mode": mode}, key=key)
