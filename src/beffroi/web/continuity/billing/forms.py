"""The forms of billing statements: three tables and a period; what a second person checked."""

from typing import Any, Final

from django import forms

from beffroi.web.platform.forms import Day, Serving
from beffroi.web.ui.fields import VisibleCharField

from .payer_bills import Service
from .statement_tables import PARTS, schemas

ACCEPTED: Final = ".xlsx,.xls,.ods,.csv,.json"


FILE: Final = "file"
SHEETS: Final = "sheets"


class StatementForm(forms.Form):
    """Three tables and a period. `sheets`: what there is of sheets typed again, in words; "" where they are not offered.

    `required`: whether each table must be given; one that is not stays as it was in the statement that this one replaces.
    """

    use_required_attribute = False
    first_day = Day(label="Du")
    last_day = Day(label="Au", help_text="Ce jour compris.")

    def __init__(
        self, service: Service, *args: Any, sheets: str = "", required: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        takes_sheets = bool(sheets) and self.data.get("source") == SHEETS
        self.serving = {"quantities": Serving(("source",), (FILE,))} if sheets else {}
        for part, schema in zip(PARTS, schemas(service).values(), strict=True):
            if part == "quantities" and sheets:
                self.fields["source"] = forms.ChoiceField(
                    label=schema.title,
                    choices=[
                        (SHEETS, "les fiches papier ressaisies"),
                        (FILE, "un fichier" if required else "un fichier ; vide : celui d'avant"),
                    ],
                    widget=forms.RadioSelect,
                    help_text=f"{sheets}.",
                )
            self.fields[part] = forms.FileField(
                label=schema.title,
                help_text=f"{schema.lead} XLSX, ODS ou CSV.",
                required=required and not (part == "quantities" and takes_sheets),
                widget=forms.FileInput(attrs={"accept": ACCEPTED}),
                error_messages={"required": "Choisissez le fichier de ce tableau."},
            )

    @property
    def takes_sheets(self) -> bool:
        return bool(self.cleaned_data.get("source") == SHEETS)


class CheckForm(forms.Form):
    use_required_attribute = False
    note = VisibleCharField(
        label="Ce que vous avez contrôlé",
        help_text="Exemple : « 10 lignes relues sur papier, total comparé à l'an dernier ».",
        max_length=500,
        error_messages={"required": "Dites ce que vous avez contrôlé : rien n'a changé."},
    )
