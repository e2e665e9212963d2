"""Forms of the mail page: the address that is given to people, one more domain, DKIM selectors, the second factor."""

from django import forms
from django.utils import timezone

from beffroi.web.platform.forms import Day

from ..models import SecondFactor

OWN_LABEL = "Ce nom de domaine est celui de notre collectivité"


class _Form(forms.Form):
    use_required_attribute = False


class AddressForm(_Form):
    address = forms.CharField(
        label="Quelle adresse donnez-vous aux habitants ?",
        max_length=320,
        help_text="Par exemple mairie@bonneville.fr, ou mairie.bonneville@orange.fr. Seul ce qui suit @ est enregistré.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email", "spellcheck": "false"}),
    )
    own = forms.BooleanField(
        label=OWN_LABEL,
        required=False,
        help_text="Vous le louez, ou votre prestataire le loue pour vous. Ne cochez pas si l'adresse est chez un opérateur.",
    )


class DomainForm(_Form):
    address = forms.CharField(label="Nom de domaine", max_length=320, help_text="Par exemple bonneville.fr.")
    own = forms.BooleanField(label=OWN_LABEL, required=False)


class SelectorsForm(_Form):
    selectors = forms.CharField(
        label="Sélecteurs DKIM",
        required=False,
        max_length=500,
        help_text="Votre prestataire vous les donne : un mot, comme « selector1 ». Séparez-les par des espaces.",
    )


class SecondFactorForm(_Form):
    state = forms.ChoiceField(
        label="Les boîtes demandent-elles un second facteur ?",
        choices=SecondFactor.State.choices,
        widget=forms.RadioSelect,
        help_text="Un code, une application ou une clé, en plus du mot de passe.",
    )
    day = Day(label="Vérifié le", initial=timezone.localdate)
