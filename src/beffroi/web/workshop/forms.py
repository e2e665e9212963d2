"""Forms of the workshop: who supervises, which dataset and column serve each need, the settings of a run.

They are made from the manifest of the system; in come what was posted, out go the words that services judge.
"""

import math
import uuid
from datetime import date
from typing import Any

from django import forms

from beffroi.recipes.french import join_words
from beffroi.systems import binding as matching
from beffroi.systems.input_schema import InputSchema
from beffroi.systems.manifest import Manifest, SettingHelp
from beffroi.systems.settings import SettingBounds, describe_bounds
from beffroi.web.catalogue.models import Dataset
from beffroi.web.catalogue.sources.fetch_schedules import Schedule, unit_of
from beffroi.web.catalogue.sources.schedule_fields import day_of_month, day_of_week, time_of_day
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights.active_roles import active_memberships
from beffroi.web.ui.fields import VisibleCharField, decimal_input

from .binding import Binding, own_columns

NONE = ("", "Aucune colonne")
STANDALONE = "-seul"  # the name of no declared column


class SupervisorForm(forms.Form):
    """The members who hold the role of supervisor today."""

    supervisor = forms.ModelChoiceField(
        queryset=Person.objects.none(),
        label="Qui supervise ce système ?",
        empty_label="Choisir une personne",
        help_text="Cette personne répond du système : elle regarde ses résultats, l'arrête s'il se trompe. "
        "Exemple : la responsable du service qui s'en sert.",
    )

    def __init__(
        self, territory: Territory, system: str, *args: Any, required: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        holders = active_memberships(territory).filter(
            role="supervisor", resource__in=["", f"system:{system}"]
        )
        field = self.fields["supervisor"]
        field.queryset = Person.objects.filter(pk__in=holders.values("person"), is_active=True).order_by(
            "name"
        )
        field.required = required


class DatasetsForm(forms.Form):
    """One dataset for each declared table."""

    def __init__(
        self, manifest: Manifest, datasets: list[Dataset], why: dict[str, str], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        choices = [(dataset.slug, dataset.title) for dataset in datasets]
        for schema in manifest.inputs:
            self.fields[schema.name] = forms.ChoiceField(
                label=schema.title,
                required=schema.required,
                choices=[("", "Choisir un jeu de données" if schema.required else "Aucun"), *choices],
                help_text=_french(why.get(schema.name, "")),
            )


def _french(text: str) -> str:
    """Quotation marks that never part from their word."""
    return text.replace("« ", "«\u00a0").replace(" »", "\u00a0»")


class ColumnsForm(forms.Form):
    """For each declared table, one column of the chosen dataset for each declared column.

    `sharing`: by table that other systems read too, their titles; a person may keep the choice for this system alone.
    """

    def __init__(
        self,
        chosen: list[tuple[InputSchema, Dataset, dict[str, matching.Match]]],
        current: Binding,
        sharing: dict[str, list[str]],
        *args: Any,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.chosen = chosen
        self.sharing = sharing
        for schema, dataset, matches in chosen:
            choices = [(name, label) for name, label, _ in own_columns(dataset)]
            entry = current.get(schema.name, {})
            saved = entry.get("columns", {}) if entry.get("dataset") == dataset.slug else None
            for need in schema.columns:
                match = matches[need.name]
                self.fields[self.name_of(schema, need.name)] = forms.ChoiceField(
                    label=need.display_name,
                    required=need.required,
                    choices=[NONE if not need.required else ("", "Choisir une colonne"), *choices],
                    initial=(saved.get(need.name) if saved is not None else match.column) or "",
                    help_text=_french(
                        f"{need.why} Proposé parce que {match.reason}."
                        if match.column
                        else f"{need.why} Rien n'est proposé : {match.reason}."
                    ),
                )
            if titles := sharing.get(schema.name):
                self.fields[self.name_of(schema, STANDALONE)] = forms.BooleanField(
                    label="Garder ce choix pour ce service seul",
                    required=False,
                    initial=entry.get("standalone", False),
                    help_text=_french(
                        f"Sinon, il vaut aussi pour {join_words(f'« {one} »' for one in titles)}."
                    ),
                )

    @staticmethod
    def name_of(schema: InputSchema, need: str) -> str:
        return f"{schema.name}-{need}"

    def groups(self) -> list[tuple[InputSchema, Dataset, list[forms.BoundField]]]:
        """The bound fields table by table, as the page shows them."""
        return [
            (schema, dataset, [self[name] for name in self._names(schema)])
            for schema, dataset, _ in self.chosen
        ]

    def _names(self, schema: InputSchema) -> list[str]:
        names = [self.name_of(schema, need.name) for need in schema.columns]
        return [*names, self.name_of(schema, STANDALONE)] if self.sharing.get(schema.name) else names

    def binding(self) -> Binding:
        return {
            schema.name: {
                "dataset": dataset.slug,
                "columns": {
                    need.name: self.cleaned_data.get(self.name_of(schema, need.name)) or None
                    for need in schema.columns
                },
                "standalone": bool(self.cleaned_data.get(self.name_of(schema, STANDALONE))),
            }
            for schema, dataset, _ in self.chosen
        }


def _key() -> str:
    return uuid.uuid4().hex


class RunForm(forms.Form):
    """The settings that the manifest declares, with their help; the key makes a double click start one run.

    `bounds`: what the data allow, for the settings whose bounds come from them.
    """

    key = forms.RegexField(r"^[0-9a-f]{32}$", widget=forms.HiddenInput, initial=_key)

    def __init__(
        self,
        manifest: Manifest,
        *args: Any,
        ask_reason: bool = False,
        bounds: SettingBounds | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.manifest = manifest
        for name, default in manifest.settings.items():
            from_data = (bounds or {}).get(name, (None, None))
            self.fields[name] = _setting(name, default, manifest.settings_help.get(name), from_data)
        if ask_reason:
            self.fields["reason"] = VisibleCharField(
                label="Pourquoi l'utiliser malgré l'avis défavorable",
                required=False,
                max_length=1000,
                widget=forms.Textarea(attrs={"rows": 3}),
                help_text="Votre motif est conservé et inscrit au registre. Exemple : « essai d'une semaine, chaque "
                "proposition est relue par le service ».",
            )

    def chosen(self) -> dict[str, Any]:
        """What was posted, a day as a text; what was left empty keeps the manifest's value."""
        values = ((name, self.cleaned_data.get(name)) for name in self.manifest.settings)
        return {
            name: _as_stored(value, self.manifest.settings[name])
            for name, value in values
            if value not in (None, "")
        }


class RhythmForm(forms.Form):
    """When runs are made by the clock."""

    unit = forms.ChoiceField(
        label="Calculer",
        choices=[
            ("never", "à la demande"),
            ("day", "chaque jour"),
            ("week", "chaque semaine"),
            ("month", "chaque mois"),
        ],
        help_text="Les propositions arrivent dans « À valider », au nom du superviseur. Une condition fermée ce jour-là : rien n'est "
        "calculé, et la page dit pourquoi.",
    )
    at = time_of_day("Heure de Paris.")
    weekday = day_of_week()
    day = day_of_month("Pour chaque mois : le dernier jour s'il est plus court.")

    def schedule(self) -> Schedule:
        cleaned = self.cleaned_data
        return Schedule(
            unit_of(cleaned["unit"]), 1, f"{cleaned['at']:%H:%M}", cleaned["weekday"], cleaned["day"]
        )


def _as_stored(value: Any, default: Any) -> Any:
    """A posted setting as the manifest writes it: a day as a text, a round number without decimals where the default has none."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(default, int) and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _setting(
    name: str,
    default: Any,
    setting_help: SettingHelp | None,
    from_data: tuple[float | None, float | None],
) -> forms.Field:
    label = setting_help.label if setting_help else name
    if setting_help and setting_help.unit:
        label = f"{label} ({setting_help.unit})"
    common: dict[str, Any] = {
        "label": label,
        "help_text": _french(setting_help.help) if setting_help else "",
        "initial": default,
    }
    if isinstance(default, bool):
        return forms.BooleanField(required=False, **common)
    if isinstance(default, int | float):
        return _number_setting(setting_help, from_data, common)
    if setting_help and setting_help.choices:
        return forms.ChoiceField(choices=list(setting_help.choices.items()), **common)
    if setting_help and setting_help.date:
        return forms.DateField(
            required=False,
            input_formats=["%Y-%m-%d"],
            widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            error_messages={"invalid": "Donnez une date, par exemple 2026-01-31."},
            **common,
        )
    return VisibleCharField(required=False, max_length=200, **common)


def _number_setting(
    setting_help: SettingHelp | None, from_data: tuple[float | None, float | None], common: dict[str, Any]
) -> forms.Field:
    """A number within the bounds of the manifest and those of the data, which the help and the errors name."""
    low, high = (setting_help.low, setting_help.high) if setting_help else (None, None)
    if from_data != (None, None):
        ends = (low, high), from_data
        low = max((least for least, _ in ends if least is not None), default=None)
        high = min((most for _, most in ends if most is not None), default=None)
        words = describe_bounds(low, high)
        common["help_text"] = f"{common['help_text']} {words[0].upper()}{words[1:]}.".strip()
        error = f"Choisissez {words}."
        common["error_messages"] = {"min_value": error, "max_value": error}
    if setting_help and setting_help.whole:
        least, most = None if low is None else math.ceil(low), None if high is None else math.floor(high)
        return forms.IntegerField(
            localize=True, widget=decimal_input(8), min_value=least, max_value=most, **common
        )
    return forms.FloatField(localize=True, widget=decimal_input(8), min_value=low, max_value=high, **common)
