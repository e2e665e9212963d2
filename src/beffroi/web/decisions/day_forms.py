"""The forms of the page of a day: one reason for the ordinary lines, one form for each line decided alone, the deadline.

In comes what was posted; out go cleaned words and numbers for the services, which judge them.
"""

import math
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from .deadlines import MOST_DAYS_BEFORE
from .forms import OwnWords, ReasonForm, UsualReason
from .models import Decision
from .notices import Notice
from .reasons import choices, groups

NUMBER = "Écrivez un nombre en chiffres, par exemple 95."
SAME_WORDS = "same"


def parse_number(text: str) -> float:
    """A number as people type it here, with a comma. Raises ValidationError."""
    field = forms.FloatField(localize=True, error_messages={"invalid": NUMBER, "required": NUMBER})
    value: float = field.clean(text.strip()[:40])
    if not math.isfinite(value):
        raise ValidationError(NUMBER)
    return value


class DayForm(ReasonForm):
    """The reason of the ordinary lines, and that of the numbers which a person changed among them."""

    usual = UsualReason(
        label="Motif",
        widget=forms.Select(attrs={"data-key": "v", "data-key-focus": True}),
    )
    words = OwnWords(
        label="Ou avec vos mots", max_length=2000, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    reason_of_changes = UsualReason(label="Si vous changez un nombre, pourquoi")
    confirmed = forms.BooleanField(label="Je confirme les nombres hors de l'intervalle", required=False)
    ask_to_confirm = False

    def __init__(self, notice: Notice, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reasons = notice.reasons
        self.offer("usual", choices(reasons.accept))
        self.offer("reason_of_changes", [*choices(reasons.change), (SAME_WORDS, "Ce que j'écris ci-dessus")])

    def changes(self) -> str:
        """The reason of the changed numbers; empty where none was given."""
        chosen: str = self.cleaned_data.get("reason_of_changes", "")
        return self.cleaned_data.get("words", "").strip() if chosen == SAME_WORDS else chosen


class DayCorrectionForm(ReasonForm):
    """The reason of the numbers that a person corrects after they were decided."""

    usual = UsualReason(label="Motif")
    words = OwnWords(
        label="Ou avec vos mots", max_length=2000, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    confirmed = forms.BooleanField(label="Je confirme ces nombres, très loin de l'intervalle", required=False)

    def __init__(self, notice: Notice, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("usual", choices(notice.reasons.change))


class LineForm(ReasonForm):
    """One line decided alone: its number is beside, its two buttons say what is done with it."""

    usual = UsualReason(label="Motif")
    words = OwnWords(
        label="Ou avec vos mots", max_length=2000, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    value = forms.CharField(required=False, max_length=40)
    confirmed = forms.BooleanField(label="Je confirme", required=False)
    ask_to_confirm = False
    verdict = forms.ChoiceField(choices=[("retain", "Retenir"), (Decision.Verdict.REFUSE, "Refuser")])

    def __init__(self, proposal: int, notice: Notice, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id=f"id_{proposal}_%s", **kwargs)
        self.offer("usual", groups(notice.reasons))


class DeadlineForm(forms.Form):
    """The hour by which the decisions of a system must be taken; no hour, no deadline."""

    at = forms.TimeField(
        label="Heure limite",
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text="L'heure à laquelle la commande part. Exemple : 10:30. Vide : pas d'heure limite.",
    )
    days_before = forms.IntegerField(
        label="Combien de jours avant",
        min_value=0,
        max_value=MOST_DAYS_BEFORE,
        initial=0,
        help_text="0 : le jour même. 1 : la veille.",
        widget=forms.NumberInput(attrs={"class": "short"}),
    )
