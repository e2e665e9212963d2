"""The form of one test: when, with what result, what is to be corrected, by whom, for when."""

from typing import Any

from django import forms
from django.utils import timezone

from beffroi.web.platform.forms import Day, Serving
from beffroi.web.ui.fields import Needed, NeededCharField

from .continuity_tests import register


class _NeededDay(Needed, Day):
    pass


class ResultForm(forms.Form):
    """`serving`: what is to be corrected is asked where the test had gaps or failed."""

    use_required_attribute = False
    serving = {name: Serving(("result",), ("gaps", "failed")) for name in ("findings", "owner", "due_on")}
    last_on = Day(label="Jour de l'essai", error_messages={"required": "Dites quel jour il a eu lieu."})
    result = forms.ChoiceField(
        label="Résultat", widget=forms.RadioSelect, error_messages={"required": "Choisissez un résultat."}
    )
    findings = NeededCharField(
        label="Ce qui n'a pas marché",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Une ligne par point : chacun devient une action du plan de corrections.",
    )
    owner = NeededCharField(label="Qui corrige", max_length=120)
    due_on = _NeededDay(label="Pour le")
    next_on = Day(
        label="Prochain essai",
        required=False,
        help_text="Il sera rappelé un mois avant, puis chaque jour passé.",
    )
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = next(each for each in register().fields if each.key == "result")
        self.fields["result"].choices = [(each.key, each.label) for each in field.options]  # type: ignore[attr-defined]
        self.fields["last_on"].initial = timezone.localdate()
