"""Quality scale: every examined point, its tier and its requirement; `docs/quality-scale.md` is generated from here.

A tier is reached when all its points are met and those of the tiers below. `blocking`: a fault that ends `beffroi check`
with an error whatever the tier; the other points only decide which tier is reached.
"""

from dataclasses import dataclass
from typing import Literal

type Tier = Literal["bronze", "silver", "gold", "platinum"]

TIERS: tuple[Tier, ...] = ("bronze", "silver", "gold", "platinum")
TIER_NAMES: dict[str, str] = {
    "bronze": "bronze",
    "silver": "argent",
    "gold": "or",
    "platinum": "platine",
    "": "aucun niveau",
}

MAX_SENTENCE_WORDS = 32  # words
COVERAGE_TOLERANCE = 0.05  # of the stated share, on the sample's held-out days
ROLLING_TOLERANCE = 0.03  # the same, over several end dates
MAX_SHIFT = 0.10  # how far one wrong row may move the sum of the outputs
MAX_ATTACK_AUC = 0.60  # the upper bound of the attack's AUC: chance is 0.5
MAX_CPU_S, MAX_MEMORY_MB = 60.0, 1024.0  # one execution on the sample
LEARNING_TOLERANCE = 0.05  # half the history is enough where it loses less than this share of the figure


@dataclass(frozen=True)
class Rule:
    """One point of the scale. `name` is French, printed by the check; `requirement` is English, for the page."""

    key: str
    tier: Tier
    name: str
    requirement: str
    blocking: bool = False


SCALE: tuple[Rule, ...] = (
    Rule("manifest", "bronze", "Manifeste", "the folder's manifest is read and respects the contract", True),
    Rule("complete", "bronze", "Manifeste complet", "no field that the card prints is empty", True),
    Rule(
        "plain",
        "bronze",
        "Langage clair",
        f"no sentence of the manifest beyond {MAX_SENTENCE_WORDS} words",
        True,
    ),
    Rule("competences", "bronze", "Compétences connues", "the competences named exist", True),
    Rule(
        "legal",
        "bronze",
        "Réponses juridiques cohérentes",
        "no prohibited purpose; level, personal data and columns that identify a person agree",
        True,
    ),
    Rule(
        "pinned",
        "bronze",
        "Modèle figé avec sa licence",
        "each model file lies in the folder, has the stated SHA-256, and its licence's text beside it",
        True,
    ),
    Rule(
        "closed",
        "bronze",
        "Isolement du calcul",
        "tried for real beside the system's own code: no socket, no file of the host or of the home, no environment",
    ),
    Rule("sample", "bronze", "Échantillon", "the sample maker gives every declared table", True),
    Rule("runs", "bronze", "Essai sur l’échantillon", "the system runs on its own sample", True),
    Rule(
        "proposals",
        "bronze",
        "Propositions",
        "each proposal has a reason, evidence whose keys the manifest describes and an ordered interval; a system that "
        "informs proposes nothing",
        True,
    ),
    Rule(
        "same",
        "bronze",
        "Même réponse pour la même graine, colonnes déclarées seulement",
        "the same seed gives the same answer, with undeclared columns and tables beside",
        True,
    ),
    Rule("bare", "bronze", "Sans les données facultatives", "it runs on the required columns alone", True),
    Rule(
        "dropped",
        "bronze",
        "Chaque colonne retirée à son tour",
        "a required column that is missing is refused in French; an optional one is done without",
    ),
    Rule(
        "read",
        "bronze",
        "Colonnes déclarées réellement lues",
        "each declared column, left out where it is optional or given plausible other values (exchanged between rows, doubled, a week later, moved), changes an output, a note or the backtest: what changes nothing is not declared",
    ),
    Rule(
        "cost", "bronze", "Empreinte mesurée", "processor time and energy of the backtest are counted", True
    ),
    Rule(
        "seeds",
        "silver",
        "Cinq échantillons",
        "the sample maker invents other tables for each of five seeds, the same for the same seed, and the system answers on each",
    ),
    Rule(
        "settings",
        "silver",
        "Réglages à leurs bornes",
        "each setting at its least, at its most, at each choice: a result or a French refusal; beyond its bounds: a French refusal",
    ),
    Rule(
        "french",
        "silver",
        "Tout est dit en français",
        "every note, summary, reason, figure, verdict and refusal of the examination is French, without a value of the program",
    ),
    Rule(
        "outputs",
        "silver",
        "Résultats annoncés",
        "the tables that a run writes are declared in the manifest, column by column, and are what is declared",
    ),
    Rule(
        "ranking",
        "silver",
        "Un seul classement",
        "of the places of the first table, the one that the summary names first is that of the first row, ranked by its roles (worst status, then furthest from the reference by day), and so is the one that the first proposal names",
    ),
    Rule(
        "judged",
        "silver",
        "Épreuve sur des données mises de côté",
        "a backtest on held-out data goes through",
        True,
    ),
    Rule(
        "future",
        "silver",
        "Rien de l’avenir n’est vu",
        "rows after the day of the calculation change no forecast (`uses_today`); a backtest on truths drawn by a coin loses about as much as the baseline",
        True,
    ),
    Rule(
        "beats",
        "silver",
        "Mieux que la référence sans IA",
        "better than the declared baseline (on a territory's own data, losing is a result, not a fault)",
        True,
    ),
    Rule(
        "sure",
        "silver",
        "Gain plus grand que le hasard",
        "the 95 % interval of the gain over the baseline excludes zero",
    ),
    Rule(
        "guards",
        "silver",
        "Rien d’autre n’empire",
        "each guard of the manifest (what must not get worse) is measured beside the way without AI, and holds",
    ),
    Rule(
        "coverage",
        "silver",
        "Intervalles tenus",
        f"the coverage of the intervals is measured, with its own 95 % interval, within {COVERAGE_TOLERANCE:.0%} of the stated; a system whose outputs hold no forecast says why instead (`forecast_why_not`)",
        True,
    ),
    Rule(
        "reasons",
        "silver",
        "Explication de chaque proposition",
        "each proposal's reasons are French and their readability reaches « assez courant » (50)",
    ),
    Rule(
        "individual",
        "silver",
        "Décision sur une personne expliquée",
        "a system that prepares individual decisions gives each proposal the four things of article R311-3-1-2 of the CRPA",
        True,
    ),
    Rule(
        "persons",
        "silver",
        "Équité mesurée, où des personnes sont concernées",
        "a system that reads personal data or prepares a decision on a person measures its figure by group, two at least, and states the widest gap accepted (`bias_gap`); a reason why not is not enough",
    ),
    Rule(
        "readable",
        "silver",
        "Lisibilité mesurée",
        "the readability of the card's texts, measured, reaches 50",
    ),
    Rule(
        "degraded",
        "silver",
        "Mode dégradé",
        "what people do while the system is off is written, in plain French",
    ),
    Rule(
        "tiny",
        "silver",
        "Très petit échantillon",
        "cut to a half, a quarter… and three rows: a result or a French refusal, never a breakdown",
    ),
    Rule(
        "bad",
        "silver",
        "Mauvaises données",
        "a missing column, a negative figure, an empty column, an empty table, one row, each row twice, constant tables, each column of each table missing, absurd or impossible in a row: a result or a French refusal",
    ),
    Rule(
        "planted",
        "silver",
        "Erreur plantée",
        f"figures a hundred times too large (one row in a hundred, then the last row) are reported, or move the sum of the outputs by {MAX_SHIFT:.0%} at most",
    ),
    Rule(
        "groups", "gold", "Équité entre groupes", "the metric by group, or why no figure by group is possible"
    ),
    Rule(
        "learning",
        "gold",
        "Courbe d’apprentissage",
        "the backtest with a quarter, a half and all of the history (or why not): would less data do?",
    ),
    Rule(
        "lines",
        "gold",
        "Empreinte complète",
        "energy, carbon, water, materials, storage and transfer each measured, estimated with bounds, or « inconnu »",
    ),
    Rule(
        "origin", "gold", "Origine de l’apprentissage", "where training data or pretrained weights come from"
    ),
    Rule(
        "threats",
        "gold",
        "Menaces sur la vie privée",
        "who could learn what from the model, and what stops them",
    ),
    Rule(
        "options",
        "gold",
        "Options comparées",
        "beside the baseline without AI, at least one other way of doing is measured on the same data",
    ),
    Rule(
        "sovereign",
        "gold",
        "Dépendances et solutions de rechange",
        "the licence, and for each critical component: what if it is lost, and the alternative",
    ),
    Rule(
        "small",
        "gold",
        "Petit modèle d’abord",
        "no language or large model, or why a smaller one does not do",
    ),
    Rule(
        "rolling",
        "platinum",
        "Intervalles tenus dans la durée",
        f"coverage over three successive end dates within {ROLLING_TOLERANCE:.0%} of the stated (or `forecast_why_not`)",
    ),
    Rule("target", "platinum", "Objectif du manifeste", "the figure aimed at is reached"),
    Rule(
        "gap",
        "platinum",
        "Écart entre groupes borné",
        "the gap between groups is under the manifest's `bias_gap`",
    ),
    Rule(
        "membership",
        "platinum",
        "Attaque par appartenance",
        f"whoever sees the outputs cannot tell which rows taught it: upper bound of the AUC under {MAX_ATTACK_AUC}",
    ),
    Rule(
        "machine",
        "platinum",
        "Petite machine",
        f"each execution on the sample within {MAX_CPU_S:.0f} s of processor and {MAX_MEMORY_MB:.0f} MB",
    ),
)
RULES = {rule.key: rule for rule in SCALE}
