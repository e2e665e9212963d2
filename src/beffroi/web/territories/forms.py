"""Forms of the territories room."""

from django import forms

from .rights import ROLES


class InvitationForm(forms.Form):
    """Who to let in, and for what."""

    name = forms.CharField(label="Nom et prénom", max_length=120)
    email = forms.EmailField(
        label="Adresse électronique professionnelle", help_text="Exemple : prenom.nom@mairie.fr"
    )
    roles = forms.MultipleChoiceField(
        label="Rôles",
        choices=list(ROLES.items()),
        widget=forms.CheckboxSelectMultiple,
        help_text="Cochez le moins de rôles possible : chacun ouvre des droits.",
    )
