"""Forms of the kit: the code of one that was opened, a list to add."""

from typing import Any

from django import forms

from beffroi.web.ui.fields import VisibleCharField


class OpeningForm(forms.Form):
    use_required_attribute = False
    code = VisibleCharField(
        label="J'ai ouvert le kit : son code",
        max_length=20,
        help_text="Six signes, au bas de la page OUVRIR-MOI et sur la couverture du classeur.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )


class SourceForm(forms.Form):
    """What a list shows. `choices`: keys and labels of what this person may read."""

    use_required_attribute = False
    source = forms.ChoiceField(
        label="Analyse ou jeu de données",
        widget=forms.RadioSelect,
        help_text="Exemple : le jeu « Enfants inscrits », pour la restauration scolaire.",
    )

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["source"].choices = choices  # type: ignore[attr-defined]


class ListForm(forms.Form):
    """What a list shows: its title, its columns."""

    use_required_attribute = False
    title = VisibleCharField(
        label="Titre de la liste",
        max_length=120,
        help_text="Ce que l'on cherchera ce jour-là. Exemple : « Enfants inscrits, par école ».",
    )
    columns = forms.MultipleChoiceField(
        label="Colonnes",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Seulement celles qu'il faut ce jour-là. Aucune cochée : toutes.",
    )
    personal = forms.BooleanField(
        label="Cette liste nomme des personnes",
        required=False,
        help_text="Elle ira alors dans la partie scellée. Une liste qui lit des données personnelles y va toujours.",
    )

    def __init__(self, *args: Any, columns: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["columns"].choices = columns  # type: ignore[attr-defined]
