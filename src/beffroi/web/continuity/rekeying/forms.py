"""Forms about batches and scans."""

from typing import Any

from django import forms

from beffroi.web.platform.forms import Day
from beffroi.web.ui.fields import DecimalNumber, VisibleCharField, WholeNumber, decimal_input


class BatchForm(forms.Form):
    """Which sheets are in front of you, and how many."""

    use_required_attribute = False
    form = forms.ChoiceField(
        label="Formulaire", error_messages={"invalid_choice": "Choisissez dans la liste."}
    )
    counter = VisibleCharField(
        label="Lettre du guichet", max_length=3, help_text="Elle est au milieu du numéro : CANT-A-0042."
    )
    day = Day(label="Jour des feuilles")
    announced_count = WholeNumber(
        label="Nombre de feuilles",
        min_value=1,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "size": 5}),
        help_text="Comptez-les avant de commencer, annulées à part.",
    )
    announced_total = DecimalNumber(
        label="Total calculé à la main",
        required=False,
        max_digits=14,
        decimal_places=2,
        localize=True,
        widget=decimal_input(12),
        help_text="Des montants, des index ou des lignes, selon le formulaire. Il dira si une saisie est fausse.",
    )
    is_exercise = forms.BooleanField(label="Feuilles d'exercice", required=False)

    def __init__(self, choices: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["form"].choices = choices  # type: ignore[attr-defined]


class AnnounceForm(forms.Form):
    """What a batch announces, counted again."""

    use_required_attribute = False
    announced_count = BatchForm.base_fields["announced_count"]
    announced_total = BatchForm.base_fields["announced_total"]

    def __init__(self, total_of: str, unit: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not total_of:
            del self.fields["announced_total"]
        else:
            what = f"{total_of}, en {unit}" if unit else total_of
            self.fields["announced_total"].help_text = f"De « {what} », sur toutes les feuilles du lot."


class CloseForm(forms.Form):
    """Close a batch; the note explains a difference."""

    use_required_attribute = False
    note = VisibleCharField(
        label="Pourquoi l'écart est réel",
        required=False,
        max_length=500,
        help_text="Seulement si le compte ou le total diffère. Exemple : « feuille 0012 perdue, déclarée le 3 ».",
    )


class CorrectForm(forms.Form):
    """Why a sheet is corrected; its answers are in the fields of the sheet."""

    use_required_attribute = False
    reason = VisibleCharField(label="Pourquoi cette correction", max_length=500)


class ScanForm(forms.Form):
    """A scanned file."""

    use_required_attribute = False
    file = forms.FileField(
        label="Feuilles numérisées",
        help_text="PDF, PNG, JPEG ou TIFF, 40 pages et 30 Mo au plus. Chaque page est rangée sous son numéro.",
        error_messages={"required": "Choisissez un fichier."},
        widget=forms.ClearableFileInput(attrs={"accept": ".pdf,.png,.jpg,.jpeg,.tif,.tiff"}),
    )
