"""French messages for the changes of a file's columns: a sentence, a question, the label of each answer."""

from beffroi.lake import drift
from beffroi.lake.drift import Change

from .labels import TYPES

_SENTENCES = {
    "added": "La colonne « {label} » est nouvelle.",
    "gone": "La colonne « {label} » n'est plus dans le fichier.",
    "renamed": "La colonne « {before} » n'est plus là ; « {after} » lui ressemble.",
    "unit": "L'unité de « {label} » a changé : « {before} » avant, « {after} » maintenant.",
    "widened": "La colonne « {label} » contenait : {before} ; elle contient maintenant : {after}.",
    "narrowed": "La colonne « {label} » contenait : {before} ; elle contient maintenant : {after}.",
    "emptier": "La colonne « {label} » se vide : {before} de valeurs absentes à la livraison d'avant, {after} dans ce fichier.",
    "order": "Les colonnes ont changé d'ordre. C'est sans effet : elles sont reconnues à leur nom.",
}
_QUESTIONS = {
    "added": "Que faire de la colonne « {label} » ?",
    "gone": "Que faire sans la colonne « {label} » ?",
    "renamed": "« {after} » est-elle la même colonne que « {before} » ?",
    "unit": "Les valeurs de « {label} » sont-elles comparables à celles d'avant ?",
    "widened": "Comment lire « {label} » ?",
    "narrowed": "Comment lire « {label} » ?",
    "emptier": "Est-ce normal que « {label} » se vide ?",
}
_ANSWERS = {
    ("added", drift.ACCEPT): "L'ajouter au jeu, vide pour les lignes d'avant",
    ("added", drift.IGNORE): "L'ignorer : elle n'est pas versée",
    ("gone", drift.KEEP): "Garder la colonne : vide pour les nouvelles lignes",
    ("gone", drift.REFUSE): "Ne pas verser : le fichier est à revoir",
    ("renamed", drift.SAME): "Oui, c'est la même : elle garde son nom d'avant",
    ("renamed", drift.OTHER): "Non : ajouter la nouvelle, garder l'ancienne vide",
    ("unit", drift.SAME): "Oui : même colonne, les valeurs sont gardées telles quelles",
    ("unit", drift.OTHER): "Non : en faire une nouvelle colonne, garder l'ancienne vide",
    ("widened", drift.NEW_TYPE): "Élargir la colonne, pour garder toutes les valeurs",
    ("widened", drift.AS_BEFORE): "La lire comme avant, et mettre de côté les lignes qui n'y entrent pas",
    ("widened", drift.REFUSE): "Ne pas verser : le fichier est à revoir",
    ("narrowed", drift.AS_BEFORE): "Garder la colonne comme avant",
    (
        "narrowed",
        drift.NEW_TYPE,
    ): "Prendre le nouveau type si le fichier remplace tout ; sinon garder celui qui convient aux deux",
    ("narrowed", drift.REFUSE): "Ne pas verser : le fichier est à revoir",
    ("emptier", drift.ACCEPT): "Oui, verser",
    ("emptier", drift.REFUSE): "Non, ne pas verser : le fichier est à revoir",
}


def sentence(change: Change) -> str:
    """What changed."""
    return _SENTENCES[change.kind].format(**_placeholders(change))


def question(change: Change) -> str:
    return _QUESTIONS[change.kind].format(**_placeholders(change))


def answers(change: Change) -> list[tuple[str, str]]:
    """The answers that the change accepts, with their words."""
    return [(value, _ANSWERS[change.kind, value]) for value in change.choices]


def answer(change: Change, value: str) -> str:
    """The label of an answer; empty for a change without a question."""
    return _ANSWERS.get((change.kind, value), "")


def _placeholders(change: Change) -> dict[str, str]:
    before, after = change.before, change.after
    if change.kind in ("widened", "narrowed"):
        before, after = TYPES.get(before, before), TYPES.get(after, after)
    elif change.kind == "emptier":
        before, after = (f"{float(share):.0%}".replace("%", "\u202f%") for share in (before, after))
    elif change.kind == "unit":
        before, after = before or "sans unité", after or "sans unité"
    return {"label": change.label, "before": before, "after": after}
