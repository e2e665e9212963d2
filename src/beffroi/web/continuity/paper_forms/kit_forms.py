"""Which paper forms the offline kit prints: those that a sheet names, once its head has approved it as it stands.

In: a territory. Out: `KitForm`s in the order of their titles. A sheet names a form by its title, whatever its accents and case.
"""

from collections import defaultdict
from dataclasses import dataclass

from beffroi.text import fold_name
from beffroi.web.platform.models import Territory

from ..service_sheets.sheets import Sheet, sheets
from .definitions import PaperForm, paper_forms


@dataclass(frozen=True)
class KitForm:
    """A form that the town wants in its kit, and the sheets that name it."""

    form: PaperForm
    sheets: tuple[Sheet, ...]

    @property
    def page_name(self) -> str:
        return f"formulaire-{self.form.key.removeprefix('form_').replace('_', '-')}"

    @property
    def approved(self) -> tuple[Sheet, ...]:
        return tuple(sheet for sheet in self.sheets if sheet.approval is not None)

    @property
    def is_usable(self) -> bool:
        """One approved sheet is enough: several services may share a form."""
        return bool(self.approved)


def kit_forms(territory: Territory) -> list[KitForm]:
    """Every form but those that the settings leave out of the kit, usable or not."""
    naming: dict[str, list[Sheet]] = defaultdict(list)
    for sheet in sheets(territory):
        for name in sheet.form_names:
            naming[fold_name(name)].append(sheet)
    return [
        KitForm(form, tuple(naming[fold_name(form.title)])) for form in paper_forms(territory) if form.in_kit
    ]
