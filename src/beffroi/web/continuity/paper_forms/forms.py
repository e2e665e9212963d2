"""Forms about the numbers of sheets: allot some to a counter, say how one ended."""

from django import forms

from beffroi.web.ui.fields import VisibleCharField, WholeNumber

from ..models import NumberEnd
from .numbers import MOST_AT_ONCE


class AllotForm(forms.Form):
    """To which counter, how many."""

    use_required_attribute = False
    counter = VisibleCharField(
        label="Lettre du guichet",
        max_length=3,
        help_text="Une à trois lettres ou chiffres, sur chaque numéro. Exemple : A.",
    )
    counter_name = VisibleCharField(
        label="Nom du guichet", max_length=80, help_text="Exemple : « Accueil de la mairie »."
    )
    count = WholeNumber(
        label="Nombre de feuilles",
        min_value=1,
        max_value=MOST_AT_ONCE,
        initial=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "size": 4}),
        help_text=f"De 1 à {MOST_AT_ONCE}. Elles s'impriment en une fois.",
    )
    is_exercise = forms.BooleanField(
        label="Pour un exercice",
        required=False,
        help_text="« EXERCICE » est imprimé sur chaque feuille ; elles ne se mêlent pas aux autres.",
    )


class EndForm(forms.Form):
    """A sheet that is void or lost."""

    use_required_attribute = False
    number = VisibleCharField(
        label="Numéro de la feuille",
        max_length=200,
        help_text="Tel qu'il est imprimé. Exemple : CANT-A-0042-3.",
    )
    outcome = forms.ChoiceField(
        label="Ce qu'elle est devenue",
        choices=[(each.value, each.label) for each in (NumberEnd.Outcome.VOID, NumberEnd.Outcome.LOST)],
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez : annulée, ou perdue."},
    )
    reason = VisibleCharField(
        label="Raison, ou déclaration de perte",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Ce qui s'est passé, sans nommer personne. Exemple : « rature, remplacée par la suivante ».",
    )
