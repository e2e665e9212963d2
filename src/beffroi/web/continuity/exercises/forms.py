"""Forms of exercises: an inject written on the spot, a reaction, a correction decided at the debrief."""

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone

from beffroi.guides.runbook import Runbook
from beffroi.web.platform.forms import Day
from beffroi.web.ui.fields import VisibleCharField

from .exercise_acts import LONGEST_TEXT, MEDIA, REFUSALS
from .exercise_file import MOST_BYTES


class RoleForm(forms.Form):
    """A form that names a role of the scenario, or everybody."""

    use_required_attribute = False
    role = forms.ChoiceField(label="Pour qui", required=False)

    def __init__(self, scenario: Runbook, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles = [("", "tous"), *((role.key, role.title) for role in scenario.roles)]
        self.fields["role"].choices = roles  # type: ignore[attr-defined]


class ImproviseForm(RoleForm):
    medium = forms.ChoiceField(label="Comment il arrive", choices=list(MEDIA.items()))
    sender = VisibleCharField(label="De qui", max_length=200, required=False)
    title = VisibleCharField(label="Titre", max_length=200, error_messages={"required": REFUSALS["title"]})
    text = VisibleCharField(
        label="Message",
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": REFUSALS["text"]},
    )
    expected = VisibleCharField(label="Ce que vous attendez d'eux", max_length=LONGEST_TEXT, required=False)


class ReactionForm(RoleForm):
    text = VisibleCharField(
        label="Ce que vous faites",
        help_text="Exemple : « On débranche le réseau, j'appelle le prestataire. »",
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": REFUSALS["reaction"]},
    )


class PlayedFileForm(forms.Form):
    """The file that the page of a laptop saved."""

    use_required_attribute = False
    file = forms.FileField(
        label="Fichier de l'exercice",
        help_text="« EXERCICE-….json », enregistré par la page. 2 Mo au plus.",
        widget=forms.ClearableFileInput(attrs={"accept": ".json,application/json"}),
        error_messages={
            "required": "Choisissez le fichier que la page a enregistré.",
            "empty": "Ce fichier est vide. Rien n'a été repris.",
        },
    )

    def arguments(self) -> dict[str, bytes]:
        """What the file holds: one byte more than the most says that it is too much, and no more is read."""
        return {"raw": self.cleaned_data["file"].read(MOST_BYTES + 1)}


class CorrectionForm(forms.Form):
    """What has to change after an exercise: an action with its owner and its day."""

    use_required_attribute = False
    title = VisibleCharField(
        label="Ce qu'il faut corriger",
        help_text="Exemple : « Afficher la liste d'appel près du téléphone. »",
        max_length=200,
        error_messages={"required": "Dites ce qu'il faut corriger."},
    )
    owner = VisibleCharField(
        label="Qui s'en occupe",
        max_length=120,
        error_messages={"required": "Dites qui s'en occupe : une correction sans nom ne se fait pas."},
    )
    due_on = Day(label="Pour le", error_messages={"required": "Donnez le jour où ce sera fait."})

    def clean_due_on(self) -> date:
        day: date = self.cleaned_data["due_on"]
        if day < timezone.localdate():
            raise forms.ValidationError("Ce jour est passé. Donnez aujourd'hui ou un jour à venir.")
        return day
