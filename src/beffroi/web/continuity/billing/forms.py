"""The forms of billing statements: three tables and a period; what a second person checked."""

from typing import Any, Final

from django import forms

from beffroi.web.platform.forms import Day
from beffroi.web.ui.fields import VisibleCharField

from .calculation import Service
from .statement_tables import PARTS, schemas

ACCEPTED: Final = ".xlsx,.xls,.ods,.csv,.json"


class StatementForm(forms.Form):
    use_required_attribute = False
    first_day = Day(label="Du")
    last_day = Day(label="Au", help_text="Ce jour compris.")

    def __init__(self, service: Service, *args: Any, required: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for part, schema in zip(PARTS, schemas(service).values(), strict=True):
            self.fields[part] = forms.FileField(
                label=schema.title,
                help_text=f"{schema.lead} XLSX, ODS ou CSV.",
                required=required,
                widget=forms.FileInput(attrs={"accept": ACCEPTED}),
                error_messages={"required": "Choisissez le fichier de ce tableau."},
            )


class CheckForm(forms.Form):
    use_required_attribute = False
    note = VisibleCharField(
        label="Ce que vous avez contrôlé",
        help_text="Exemple : « 10 lignes relues sur papier, total comparé à l'an dernier ».",
        max_length=500,
        required=False,
    )
