"""Forms of the sheets: approve, note a trial."""

from django import forms
from django.utils import timezone

from beffroi.web.platform.forms import Day
from beffroi.web.ui.fields import VisibleCharField


class ApproveForm(forms.Form):
    use_required_attribute = False
    role = VisibleCharField(
        label="J'approuve cette fiche en qualité de",
        max_length=120,
        help_text="La fonction est écrite dans le kit, pas votre nom. Exemple : « responsable de la cantine ».",
    )
    sha256 = forms.CharField(max_length=64, widget=forms.HiddenInput)


class TrialForm(forms.Form):
    use_required_attribute = False
    on = Day(label="Essayée le", initial=timezone.localdate)
    who = VisibleCharField(
        label="Qui a essayé",
        max_length=300,
        help_text="Les fonctions suffisent. Exemple : « cuisinier, agent d'accueil ».",
    )
    went_wrong = VisibleCharField(
        label="Ce qui n'a pas marché",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Ce qu'il faut corriger. Exemple : « la liste des allergies datait de juin ». Pas de nom.",
    )
