"""Form fields and helpers that the rooms share."""

from dataclasses import dataclass
from typing import Any

from django import forms


@dataclass(frozen=True)
class Serving:
    """Lists that a field depends on, and for which of their choices (none: any); a form maps its fields to them in `serving`."""

    depends_on: tuple[str, ...]
    when: tuple[str, ...] = ()


class Day(forms.DateField):
    """A day, with the browser's own calendar."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        super().__init__(widget=widget, input_formats=["%Y-%m-%d", "%d/%m/%Y"], **options)
        self.error_messages["invalid"] = "Donnez un jour, par exemple 31/12/2026."
