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


class ErasureForm(forms.Form):
    """Why the detail of a line must go. It cannot be undone: the person says that they know."""

    reason = forms.CharField(
        label="Pourquoi effacer ce détail ?",
        max_length=500,
        help_text="Ce motif devient lui-même une ligne du registre : n'y nommez personne. Par exemple : « demande d'effacement n° 12 ».",
        error_messages={"required": "Dites pourquoi ce détail doit être effacé."},
    )
    sure = forms.BooleanField(
        label="Je sais que cet effacement ne peut pas être annulé",
        error_messages={"required": "Cochez cette case : l'effacement est définitif."},
    )
