"""The form of a destination: what goes there, how, and with which account."""

from django import forms

from beffroi.web.ui.fields import SecretText, VisibleCharField

from ..models import Destination


class DeclareForm(forms.Form):
    """One form for every kind: what a kind does not need is left empty."""

    use_required_attribute = False
    use = forms.ChoiceField(
        label="Ce qui y sera copié", choices=Destination.Use.choices, widget=forms.RadioSelect
    )
    kind = forms.ChoiceField(
        label="Par quel moyen",
        choices=Destination.Kind.choices,
        widget=forms.RadioSelect,
        help_text="Votre hébergeur dit lequel. S'il ne propose que FTP sans chiffrement, choisissez « à la main ».",
    )
    name = VisibleCharField(
        label="Son nom",
        max_length=120,
        help_text="Par exemple « Hébergeur de secours » ou « Clé du coffre ».",
    )
    address = VisibleCharField(
        label="Adresse",
        max_length=1000,
        required=False,
        help_text="SFTP et FTPS : le nom du serveur. WebDAV : l'adresse en https://. Dossier ou clé : son chemin sur la machine de Beffroi.",
    )
    port = forms.IntegerField(
        label="Port", required=False, min_value=1, max_value=65535, help_text="Vide : 22 en SFTP, 21 en FTPS."
    )
    account = VisibleCharField(label="Compte", max_length=200, required=False)
    password = forms.CharField(
        label="Mot de passe",
        max_length=500,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Gardé chiffré. Il ne se relit pas ici.",
    )
    private_key = forms.CharField(
        label="Ou clé privée (SFTP)",
        max_length=10_000,
        required=False,
        strip=False,
        widget=SecretText(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"}),
    )
    folder = VisibleCharField(
        label="Dossier",
        max_length=500,
        required=False,
        help_text="Celui que votre hébergeur montre aux visiteurs, par exemple www/etat. Vide : celui du compte.",
    )
