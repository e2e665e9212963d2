"""Forms of citizens' recommendations: one more, and what becomes of it."""

from typing import Any

from django import forms

from beffroi.web.platform.forms import Day
from beffroi.web.ui.fields import VisibleCharField

from ..models import Recommendation, RecommendationStep
from .services import PATHS


class _Form(forms.Form):
    use_required_attribute = False


class RecommendationForm(_Form):
    text = VisibleCharField(
        label="Ce qui est recommandé",
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Dans les mots des citoyens, sans nom de personne : ce texte est public.",
    )
    origin = forms.ChoiceField(
        label="D'où elle vient", choices=Recommendation.Origin.choices, widget=forms.RadioSelect
    )
    received_on = Day(label="Reçue le")
    answer_due = Day(
        label="Réponse promise pour le",
        required=False,
        help_text="Laissez vide : ce sera deux mois plus tard.",
    )


class StepForm(_Form):
    state = forms.ChoiceField(label="Suite donnée", widget=forms.RadioSelect)
    answer = VisibleCharField(
        label="Réponse aux citoyens",
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="En mots simples : ce qui est fait et quand, ou pourquoi non. Elle est publique. "
        "Facultative quand vous dites seulement que vous l'étudiez.",
    )

    def __init__(self, state: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = dict(RecommendationStep.State.choices)
        self.fields["state"].choices = [(key, labels[key]) for key in PATHS[state]]  # type: ignore[attr-defined]
