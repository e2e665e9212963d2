"""Plans: the ordered parts of a proposal (stops of a round), and what a person makes of them.

In: a proposal and the parts that a person retains, in their order. Out: the parts to store, as JSON. Raises DecisionError.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .errors import DecisionError
from .models import Proposal

MAX_LABEL = 200  # characters of a part that a person adds

type Part = dict[str, Any]
"""One stored part: `key`, `label`, `facts`, `fixed`."""


@dataclass(frozen=True)
class Retained:
    """One part that a person retains: one of the proposal by its `key`, or one of their own by its `label`."""

    key: str = ""
    label: str = ""


def decided(proposal: Proposal, retained: Sequence[Retained] | None) -> list[Part] | None:
    """The parts as retained; those proposed where the person said nothing of them; None where the proposal has none."""
    if not proposal.items:
        if retained:
            raise DecisionError("Cette proposition n'a pas d'étapes. Rien n'a été enregistré.", "items")
        return None
    if retained is None:
        return list(proposal.items)
    known = {part["key"]: part for part in [*proposal.items, *(proposal.spare or [])]}
    parts = [known.get(one.key) or _added(one, rank) for rank, one in enumerate(retained, start=1)]
    _check(proposal, parts)
    return parts


def is_changed(proposal: Proposal, parts: list[Part] | None) -> bool:
    return bool(proposal.items) and parts != proposal.items


def one_line(parts: list[Part]) -> str:
    """« 1. Dépôt ; 2. Rue des Lilas », for a cell of a spreadsheet."""
    return " ; ".join(f"{rank}. {part['label']}" for rank, part in enumerate(parts, start=1))


def _added(one: Retained, rank: int) -> Part:
    label = one.label.strip()
    if one.key or not label or len(label) > MAX_LABEL:
        raise DecisionError(
            f"L'étape n° {rank} est inconnue, vide ou trop longue ({MAX_LABEL} caractères au plus). Rien n'a été enregistré.",
            "items",
        )
    return {"key": f"ajout-{rank}", "label": label, "facts": [], "fixed": False}


def _check(proposal: Proposal, parts: list[Part]) -> None:
    """Each part once, one at least, and the fixed ones where they were: at the start, at the end."""
    keys = [part["key"] for part in parts]
    if len(set(keys)) < len(keys):
        raise DecisionError("Une étape est deux fois dans la liste. Rien n'a été enregistré.", "items")
    if not any(not part["fixed"] for part in parts):
        raise DecisionError(
            "Il ne reste aucune étape : refusez la proposition, ou gardez-en une. Rien n'a été enregistré.",
            "items",
        )
    for ordered, now in ((proposal.items, parts), (proposal.items[::-1], parts[::-1])):
        fixed = _leading_fixed(ordered)
        if now[: len(fixed)] != fixed:
            raise DecisionError(
                f"« {fixed[0]['label']} » ne se retire pas et ne change pas de place. Rien n'a été enregistré.",
                "items",
            )


def _leading_fixed(parts: list[Part]) -> list[Part]:
    count = next((n for n, part in enumerate(parts) if not part["fixed"]), len(parts))
    return parts[:count]
