"""Forms of the sheets: write one, approve it, note a trial."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.utils import timezone

from beffroi.text import fold_name
from beffroi.web.guides.register_forms import EntryForm
from beffroi.web.platform.forms import Day
from beffroi.web.platform.models import Territory
from beffroi.web.ui.fields import VisibleCharField

from ..paper_forms.definitions import paper_forms
from .sheets import register

SECTIONS: Final = (
    ("Le service", ("service", "order", "holds", "who", "deputy", "pair")),
    ("Ce qui se fait", ("minimum", "steps", "limits")),
    ("Ce qu'il faut sous la main", ("printed", "forms", "lists", "supplies", "contacts")),
    ("La loi, puis repartir", ("law", "restart")),
)


class SheetForm(EntryForm):
    """The fields of a sheet. The forms that Beffroi prints are ticked; « forms » has the other papers, one a line."""

    def __init__(self, territory: Territory, *args: Any, values: Mapping[str, Any] | None = None) -> None:
        self._titles = {fold_name(form.title): form.title for form in paper_forms(territory)}
        self._names = {fold_name(name): name for name in (values or {}).get("forms", ())}
        others = [name for key, name in self._names.items() if key not in self._titles]
        super().__init__(register(), *args, values={**(values or {}), "forms": others})
        self.warnings: Mapping[str, str] = {}
        self.fields["printed"] = forms.MultipleChoiceField(
            label="Formulaires numérotés",
            required=False,
            choices=list(self._titles.items()),
            initial=[key for key in self._titles if key in self._names],
            widget=forms.CheckboxSelectMultiple,
            help_text="Leurs feuilles sont dans le kit hors ligne une fois la fiche approuvée.",
        )
        self.fields["forms"].label = "Autres papiers"
        self.fields["forms"].help_text = "Leur nom, un par ligne."

    def values(self) -> dict[str, Any]:
        """With the forms as the sheet names them: what was there stays in its order, so that nothing changes by itself."""
        found = super().values()
        named = [self._titles[key] for key in self.data.getlist("printed") if key in self._titles]
        named += [line.strip() for line in found["forms"].splitlines() if line.strip()]
        order = list(self._names)
        named.sort(key=lambda name: order.index(key) if (key := fold_name(name)) in order else len(order))
        return found | {"forms": "\n".join(self._names.get(fold_name(name), name) for name in named)}

    @property
    def sections(self) -> list[tuple[str, list[tuple[forms.BoundField, str]]]]:
        """Fields by part, each with what its warning says."""
        return [
            (title, [(self[key], self.warnings.get(key, "")) for key in keys]) for title, keys in SECTIONS
        ]


class ApproveForm(forms.Form):
    use_required_attribute = False
    role = VisibleCharField(
        label="J'approuve cette fiche en qualité de",
        max_length=120,
        help_text="La fonction est écrite dans le kit, pas votre nom. Exemple : « responsable de la cantine ».",
    )
    sha256 = forms.CharField(max_length=64, widget=forms.HiddenInput)


class TrialForm(forms.Form):
    use_required_attribute = False
    on = Day(label="Essayée le", initial=timezone.localdate)
    who = VisibleCharField(
        label="Qui a essayé",
        max_length=300,
        help_text="Les fonctions suffisent. Exemple : « cuisinier, agent d'accueil ».",
    )
    went_wrong = VisibleCharField(
        label="Ce qui n'a pas marché",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Ce qu'il faut corriger. Exemple : « la liste des allergies datait de juin ». Pas de nom.",
    )
