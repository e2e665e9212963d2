"""What a person answers about the columns of one table: each change, and which columns name a row."""

from collections.abc import Sequence
from typing import Any

from django import forms

from beffroi.lake import drift
from beffroi.lake.drift import Change
from beffroi.lake.tables import Column
from beffroi.lake.upsert_keys import Candidate

from .drift_messages import answers, question, sentence


class DriftForm(forms.Form):
    """One question a change; nothing is answered in advance."""

    def __init__(self, changes: Sequence[Change], prefix: str, data: Any = None) -> None:
        super().__init__(data, prefix=f"{prefix}-d")
        self.questions = drift.awaiting_answer(changes)
        self.notices = [sentence(change) for change in changes if not change.choices]
        for change in self.questions:
            self.fields[change.key] = forms.ChoiceField(
                label=question(change),
                choices=answers(change),
                widget=forms.RadioSelect,
                help_text=sentence(change),
                error_messages={
                    "required": "Choisissez une réponse : rien n'est versé tant que la question attend.",
                    "invalid_choice": "Choisissez une des réponses proposées.",
                },
            )

    def answers(self) -> dict[str, str]:
        return dict(self.cleaned_data) if self.is_bound and self.is_valid() else {}


class KeyForm(forms.Form):
    """The columns that name a row, for a file that updates."""

    columns = forms.MultipleChoiceField(
        label="Quelles colonnes désignent une ligne ?",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=(
            "Pour « mettre à jour » seulement. Une ligne du fichier modifie celle du jeu qui a la même clé. "
            "Par exemple : le SIRET d'une association, ou l'école et la date d'un repas."
        ),
    )

    def __init__(
        self, columns: Sequence[Column], candidates: Sequence[Candidate], prefix: str, data: Any = None
    ) -> None:
        first = candidates[0].columns if candidates else ()
        super().__init__(data, prefix=f"{prefix}-k", initial={"columns": list(first)})
        labels = {column.name: column.label for column in columns}
        choices = [(column.name, column.label) for column in columns if column.type != "geometry"]
        # The key of the last time may be a column that the file no longer has, under that name.
        choices += [(name, name) for name in first if name not in labels]
        self.fields["columns"].choices = choices  # type: ignore[attr-defined]
        self.candidates = [
            {
                "named": ", ".join(f"« {labels.get(name, name)} »" for name in candidate.columns),
                "effect": candidate.effect,
                "trouble": candidate.trouble,
            }
            for candidate in candidates
        ]

    @property
    def matched(self) -> bool:
        """Whether a key finds rows of the file among the existing ones, or no longer can: it is then displayed open."""
        effects = [candidate["effect"] for candidate in self.candidates if candidate["effect"]]
        trouble = any(candidate["trouble"] for candidate in self.candidates)
        return trouble or any(effect.changed or effect.unchanged for effect in effects)

    def key(self) -> tuple[str, ...]:
        return tuple(self.cleaned_data.get("columns", ())) if self.is_bound and self.is_valid() else ()
