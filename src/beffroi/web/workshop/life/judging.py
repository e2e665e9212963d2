"""The workshop's own gates, in the order in which a person meets them; `install` registers them when the site starts."""

from . import choosing, serving
from .gates import Gate, register
from .states import State

_BEFORE_TRIAL = frozenset({State.CHECKED, State.PRODUCTION})
_WHILE_SERVING = frozenset({State.SANDBOX, State.PRODUCTION, State.REVIEWED})


def install() -> None:
    """Register the workshop's gates, in the order in which a person meets them."""
    for key, label, before, judge in (
        ("need", "Besoin d'une IA vérifié", _BEFORE_TRIAL, choosing.need),
        ("options", "Options comparées, avec et sans IA", _BEFORE_TRIAL, choosing.options),
        ("supplier", "Réponses du fournisseur", _BEFORE_TRIAL, choosing.supplier),
        ("sovereignty", "Dépendances connues", _BEFORE_TRIAL, choosing.sovereignty),
        ("supervisor", "Superviseur nommé", _WHILE_SERVING, serving.supervisor),
        ("training", "Superviseur formé", _WHILE_SERVING, serving.training),
        ("data", "Données prêtes", frozenset({State.SANDBOX, State.PRODUCTION}), serving.data),
        ("plan", "Essai préparé", frozenset({State.SANDBOX}), serving.plan),
        ("trial", "Essai mené", frozenset({State.PRODUCTION}), serving.trial),
        (
            "benefit",
            "Mieux que sans IA, chez vous",
            frozenset({State.PRODUCTION, State.REVIEWED}),
            serving.benefit,
        ),
        ("quality", "Qualité examinée", frozenset({State.PRODUCTION, State.REVIEWED}), serving.quality),
        (
            "public_card",
            "Habitants informés",
            frozenset({State.PRODUCTION, State.REVIEWED}),
            serving.public_card,
        ),
        ("review", "Usage réel relu", frozenset({State.REVIEWED}), serving.review),
    ):
        register(Gate(key, label, before, judge))
