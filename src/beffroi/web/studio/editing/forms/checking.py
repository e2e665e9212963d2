"""Form of the quality check step, one rule a line: present, unique, within bounds, among values."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms

from beffroi.recipes.model import Check, Rule, Step
from beffroi.web.ui.fields import VisibleCharField

from ..inspection import Column
from .base import StepForm, VisibilityRule, column_field, columns_field, name_field, step_form
from .filtering import as_typed, typed_number

_RULES = [("present", "est rempli"), ("unique", "n'est pas en double"), ("between", "est entre deux bornes"),
          ("one_of", "vaut l'une des valeurs données"), ("length", "a le bon nombre de caractères"),
          ("prefix", "commence par l'un des débuts donnés")]  # fmt: skip
_USED = {
    "present": (),
    "unique": ("also",),
    "between": ("minimum", "maximum"),
    "one_of": ("values",),
    "length": ("minimum", "maximum"),
    "prefix": ("values",),
}
_PARTS = ("minimum", "maximum", "values", "also")
_TRUTHS = {"oui": True, "non": False}


@step_form
class CheckForm(StepForm):
    kind = "check"
    title = "Vérifier la qualité"
    help = (
        "Trouver ce qui manque, les doublons, les valeurs impossibles ; les garder, les voir ou les retirer."
    )
    max_rows = 50
    more_label = "Ajouter une règle"
    row_parts = ("column", "rule", *_PARTS)

    def build(self) -> None:
        for n in range(self.row_count):
            self._rule(n)
        self.fields["keep"] = forms.ChoiceField(
            label="Garder",
            choices=[
                ("all", "toutes les lignes, en disant ce qui ne va pas"),
                ("failing", "les seules lignes à revoir"),
                ("passing", "les lignes sans défaut ; les autres sont retirées, et comptées"),
            ],
            initial="all",
            widget=forms.RadioSelect,
        )
        self.fields["name"] = name_field(
            "Nom de la colonne qui compte les défauts", help_text="Laissez vide pour « défauts »."
        )
        self.fields["why"] = name_field(
            "Nom de la colonne qui les dit", help_text="Laissez vide pour « motifs »."
        )

    def _rule(self, n: int) -> None:
        first = n == 0
        if isinstance(self.changed, Check) and n < len(self.changed.rules):
            rule = self.changed.rules[n]
            self.missing_columns += [
                name for name in (rule.column, *rule.also) if self.position.column(name) is None
            ]
        self.fields[f"column_{n}"] = column_field(
            f"Règle {n + 1} : la colonne", self.position, optional="" if first else "Aucune"
        )
        self.fields[f"rule_{n}"] = forms.ChoiceField(label=f"Règle {n + 1} : elle", choices=_RULES)
        self.fields[f"minimum_{n}"] = VisibleCharField(
            label=f"Règle {n + 1} : au moins", max_length=120, required=False,
            help_text="Pour des bornes ou un nombre de caractères ; une seule des deux suffit." if first else "",
        )  # fmt: skip
        self.fields[f"maximum_{n}"] = VisibleCharField(
            label=f"Règle {n + 1} : au plus", max_length=120, required=False,
            help_text="Exemples : 1 234,5 ; 31/12/2025." if first else "",
        )  # fmt: skip
        self.fields[f"values_{n}"] = forms.CharField(
            label=f"Règle {n + 1} : valeurs ou débuts", required=False, strip=False,
            widget=forms.Textarea(attrs={"rows": 3}), help_text="Un par ligne." if first else "",
        )  # fmt: skip
        self.fields[f"also_{n}"] = columns_field(
            f"Règle {n + 1} : pas en double, avec ces colonnes ensemble",
            self.position.choices(),
            required=False,
        )
        for part in _PARTS:
            used_by = tuple(rule for rule, parts in _USED.items() if part in parts)
            self.serving[f"{part}_{n}"] = VisibilityRule((f"rule_{n}",), used_by)

    def initial_of(self, step: Check) -> dict[str, Any]:
        begun: dict[str, Any] = {
            "keep": step.keep, "name": step.name, "why": step.why, "rows": len(step.rules),
        }  # fmt: skip
        for n, rule in enumerate(step.rules):
            begun |= {f"column_{n}": rule.column, f"rule_{n}": rule.rule, f"also_{n}": list(rule.also)}
            begun |= {f"{part}_{n}": text for part, text in _as_fields(rule).items()}
        return begun

    def check(self) -> None:
        for n in self._chosen():
            self._check(n)

    def _check(self, n: int) -> None:
        data = dict(self.cleaned_data)  # a field in error leaves the form's own
        kind, column, as_it_was = (
            data[f"rule_{n}"],
            self.position.column(data[f"column_{n}"]),
            self._as_it_was(n),
        )
        if column is None:
            return
        filled = [part for part in _PARTS if data[f"{part}_{n}"]]
        for part in filled:
            if part not in _USED[kind]:
                self.add_error(f"{part}_{n}", "Cette règle ne s'en sert pas : videz ce champ, ou changez-la.")
        if kind not in ("present", "unique") and not set(filled) & set(_USED[kind]):
            what = "Donnez au moins une borne." if "minimum" in _USED[kind] else "Donnez au moins une valeur."
            self.add_error(f"{_USED[kind][0]}_{n}", what)
        if kind in ("length", "prefix") and column.kind != "text":
            self.add_error(
                f"rule_{n}", f"« {column.label} » n'est pas un texte : choisissez une autre règle."
            )
        if as_it_was is not None:
            return
        for part in ("minimum", "maximum", "values"):
            lines = _lines(data[f"{part}_{n}"]) if part in _USED[kind] else []
            for line in lines:
                if _read(line, column, kind) is None:
                    self.add_error(f"{part}_{n}", f"« {line} » n'est pas {_wanted(column, kind)}")

    def steps(self) -> Sequence[Step]:
        data = self.cleaned_data
        name = data["name"].strip() or self.position.free("défauts", [data["why"].strip()])
        why = data["why"].strip() or self.position.free("motifs", [name])
        rules = tuple(self._as_it_was(n) or self._written(n) for n in self._chosen())
        return [Check(rules=rules, keep=data["keep"], name=name, why=why)]

    def _as_it_was(self, n: int) -> Rule | None:
        """Rule of the edited step, when its line was not changed."""
        if not isinstance(self.changed, Check) or n >= len(self.changed.rules):
            return None
        rule, data = self.changed.rules[n], self.cleaned_data
        fields = _as_fields(rule)
        same = all(data[f"{part}_{n}"].splitlines() == text.splitlines() for part, text in fields.items())
        same = same and set(data[f"also_{n}"]) == set(rule.also)
        return rule if same and (data[f"column_{n}"], data[f"rule_{n}"]) == (rule.column, rule.rule) else None

    def _written(self, n: int) -> Rule:
        data, kind = self.cleaned_data, self.cleaned_data[f"rule_{n}"]
        column = self.position.column(data[f"column_{n}"])
        bounds = {
            part: _read(data[f"{part}_{n}"], column, kind)
            for part in ("minimum", "maximum")
            if data[f"{part}_{n}"]
        }
        values = tuple(_read(line, column, kind) for line in _lines(data[f"values_{n}"]))
        return Rule.model_validate(
            {
                "column": data[f"column_{n}"],
                "rule": kind,
                **bounds,
                "values": values,
                "also": data[f"also_{n}"],
            }
        )

    def _chosen(self) -> list[int]:
        return [n for n in range(self.row_count) if self.cleaned_data[f"column_{n}"]]


def _as_fields(rule: Rule) -> dict[str, str]:
    """Bounds and values of a rule as form fields."""
    bounds = {"minimum": rule.minimum, "maximum": rule.maximum}
    fields = {part: "" if bound is None else _text(bound) for part, bound in bounds.items()}
    return fields | {"values": "\n".join(_text(value) for value in rule.values)}


def _text(value: Any) -> str:
    return ("oui" if value else "non") if isinstance(value, bool) else str(as_typed(value))


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _read(text: str, column: Column | None, kind: str) -> Any:
    """Typed value of the column; None for an invalid one."""
    if kind == "length":
        return int(text) if text.isdecimal() else None
    if column is not None and column.is_number:
        return typed_number(text)
    if column is not None and column.is_dated:
        return _day(text)
    if column is not None and column.kind == "boolean":
        return _TRUTHS.get(text.casefold())
    return text


def _day(text: str) -> str | None:
    """A day as ISO 8601 writes it, from that or from « 31/12/2025 »."""
    try:
        return datetime.strptime(text, "%d/%m/%Y").date().isoformat()
    except ValueError:
        pass
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return None
    return text


def _wanted(column: Column, kind: str) -> str:
    if kind == "length":
        return "un nombre de caractères. Exemple : 5."
    if column.is_number:
        return "un nombre. Exemple : 1 234,5."
    return "une date. Exemple : 31/12/2025." if column.is_dated else "« oui » ou « non »."
