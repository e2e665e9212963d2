"""The part of the form of a decision where a person reorders, removes and adds the parts of a plan.

A rank beside each part: another number moves it, an empty one removes it; those in reserve have none until the person gives one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from django import forms

from beffroi.web.ui.fields import VisibleCharField

from .models import Proposal
from .plans import MAX_LABEL, Part, Retained

MAX_RANK = 9999
ADDED = 3  # parts in the person's own words, at once


@dataclass(frozen=True)
class PartLine:
    """One line of the table: a part, and its rank's field; none for a fixed part."""

    label: str
    facts: list[str]
    number: int
    rank: forms.BoundField | None


class PlanFields:
    """The fields of the plan of one proposal, put into the form that decides on it."""

    def __init__(self, form: forms.Form, proposal: Proposal) -> None:
        self.form = form
        self.items: list[Part] = proposal.items or []
        self.spare: list[Part] = proposal.spare or []
        if not self.items:
            return
        for number, part in enumerate([*self.items, *self.spare]):
            if not part["fixed"]:
                rank = number + 1 if number < len(self.items) else None
                form.fields[f"rank_{number}"] = _rank(f"Rang de « {part['label']} »", rank)
        for number in range(ADDED):
            form.fields[f"added_{number}"] = VisibleCharField(
                label=f"Étape à ajouter, n° {number + 1}", required=False, max_length=MAX_LABEL
            )
            form.fields[f"added_rank_{number}"] = _rank(f"Rang de l'étape à ajouter n° {number + 1}", None)

    def __bool__(self) -> bool:
        return bool(self.items)

    @property
    def has_additions(self) -> bool:
        """Whether what the person adds was filled in, and is to be seen again."""
        names = [name for name in self.form.data if name.startswith("added_")]
        return any(self.form.data.get(name) for name in names)

    def proposed_lines(self) -> Iterator[PartLine]:
        yield from self._lines(self.items, 0)

    def spare_lines(self) -> Iterator[PartLine]:
        yield from self._lines(self.spare, len(self.items))

    def added_fields(self) -> Iterator[tuple[forms.BoundField, forms.BoundField]]:
        for number in range(ADDED):
            yield self.form[f"added_{number}"], self.form[f"added_rank_{number}"]

    def retained(self) -> tuple[Retained, ...] | None:
        """The parts as the person orders them: one that is given another rank comes to stand there, then those that they add.

        None where there is no plan.
        """
        if not self.items:
            return None
        cleaned = self.form.cleaned_data
        staying: list[Retained] = []
        moved: list[tuple[int, Retained]] = []
        added: list[tuple[int, Retained]] = []
        for number, part in enumerate([*self.items, *self.spare]):
            own = number + 1 if number < len(self.items) else None
            rank = own if part["fixed"] else cleaned.get(f"rank_{number}")
            if rank is not None and rank == own:
                staying.append(Retained(part["key"]))
            elif rank is not None:
                (added if own is None else moved).append((rank, Retained(part["key"])))
        for number in range(ADDED):
            if label := cleaned.get(f"added_{number}", "").strip():
                added.append((cleaned.get(f"added_rank_{number}") or MAX_RANK, Retained(label=label)))
        order = _inserted(staying, moved, self._fixed_at_the_end)
        return tuple(_inserted(order, added, self._fixed_at_the_end))

    @property
    def _fixed_at_the_end(self) -> int:
        return len(list(takewhile(lambda part: part["fixed"], reversed(self.items))))

    def _lines(self, parts: list[Part], first: int) -> Iterator[PartLine]:
        for number, part in enumerate(parts, start=first):
            rank = None if part["fixed"] else self.form[f"rank_{number}"]
            yield PartLine(part["label"], part["facts"], number + 1, rank)


def _inserted(
    parts: list[Retained], others: list[tuple[int, Retained]], fixed_at_the_end: int
) -> list[Retained]:
    """Each of the others at its rank in the end, but before what is fixed at the end."""
    order = list(parts)
    for rank, retained in sorted(others, key=lambda one: one[0]):
        order.insert(min(rank - 1, len(order) - fixed_at_the_end), retained)
    return order


def _rank(label: str, initial: int | None) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=1,
        max_value=MAX_RANK,
        initial=initial,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "off", "size": 4, "data-rank": True}
        ),
        error_messages={"invalid": "Écrivez un rang en chiffres, par exemple 3."},
    )
