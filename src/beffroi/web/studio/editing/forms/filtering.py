"""Form of the filter step: one condition a line, typed as its column.

Text: frequent values to tick, or a text to search; numbers with a decimal comma; dates, also relative to today.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms

from beffroi.recipes.french import humanize_number
from beffroi.recipes.model import Condition, Filter, Step

from ..inspection import Column
from .base import StepForm, step_form

_ABSENT = [("missing", "n'est pas rempli"), ("present", "est rempli")]
_ALIKE = [("=", "vaut exactement"), ("!=", "ne vaut pas")]
_TEXT = [("contains", "contient"), *_ALIKE, *_ABSENT]
_NUMBER = [(">=", "est au moins"), ("<=", "est au plus"), ("between", "est entre"), (">", "est plus grand que"),
           ("<", "est plus petit que"), *_ALIKE, *_ABSENT]  # fmt: skip
_DATE = [("this_year", "est cette année"), ("last_year", "est l'an dernier"), ("this_month", "est ce mois-ci"),
         ("last_days", "est dans les derniers jours (dites combien)"), ("between", "est entre"),
         (">=", "est à partir du"), ("<=", "est jusqu'au"), ("=", "est le"), *_ABSENT]  # fmt: skip
_TRUTHS = {"oui": ("=", True), "non": ("=", False), "pas_oui": ("!=", True), "pas_non": ("!=", False)}
_BOOLEAN = [
    ("oui", "est oui"),
    ("non", "est non"),
    ("pas_oui", "n'est pas oui"),
    ("pas_non", "n'est pas non"),
    *_ABSENT,
]
_WORDS = {**dict(_NUMBER), **dict(_TEXT)}
"""What is said of a test that this page does not propose for such a column, but that the step already makes."""
_IN = ("in", "est l'une des valeurs cochées")
_WITHOUT_VALUE = {"missing", "present", "this_year", "last_year", "this_month", *_TRUTHS}


@step_form
class FilterForm(StepForm):
    kind = "filter"
    title = "Filtrer les lignes"
    help = "Ne garder que certaines lignes : une année, un secteur, les montants au-dessus d'un seuil."
    template = "studio/editing/forms/filter.html"
    min_rows = 0
    max_rows = 6
    more_label = "Ajouter cette condition"
    more_in_foot = False

    match = forms.ChoiceField(
        label="Garder les lignes qui remplissent",
        choices=[("all", "toutes les conditions"), ("any", "au moins une condition")],
        initial="all",
        required=False,
        widget=forms.RadioSelect,
    )

    def build(self) -> None:
        self.lines: list[Column] = []
        for n in range(self.row_count):
            column = self.position.column(str(self.hint(f"column_{n}") or ""))
            self.fields[f"column_{n}"] = forms.CharField(widget=forms.HiddenInput, required=False)
            if column is None:
                self.missing_columns += [str(name)] if (name := self.hint(f"column_{n}")) else []
                continue
            self.lines.append(column)
            self._condition(n, column)
        if len(self.lines) < 2:
            self.fields["match"].widget = forms.HiddenInput()
        self.fields["add_column"] = forms.ChoiceField(
            label="Autre condition, sur la colonne" if self.lines else "Sur la colonne",
            choices=[("", "Choisir…"), *self.position.choices(lambda c: c.kind != "other")],
            required=False,
        )

    def _condition(self, n: int, column: Column) -> None:
        offered = _TEXT
        if column.is_number:
            offered = _NUMBER
        elif column.is_dated:
            offered = _DATE
        elif column.kind == "boolean":
            offered = _BOOLEAN
        ticked = self._values(n, column)
        known = [*([_IN] if ticked else []), *offered]
        made = str(self.initial.get(f"op_{n}") or "")
        if made in _WORDS and made not in dict(known):
            known.append((made, _WORDS[made]))
        label = f"« {column.label} »"
        self.fields[f"op_{n}"] = forms.ChoiceField(label=label, choices=known)
        if column.kind == "boolean" and made not in _WORDS:
            return
        if ticked:
            self.fields[f"in_{n}"] = forms.MultipleChoiceField(
                label=f"Valeurs de {label}, les plus fréquentes d'abord",
                choices=ticked,
                required=False,
                widget=forms.CheckboxSelectMultiple,
            )
        if column.is_dated:
            self._date(n, label)
            return
        value = forms.CharField(label=f"Valeur pour {label}", max_length=120, required=False)
        self.fields[f"value_{n}"] = value
        if ticked and not column.is_number:
            value.help_text = "Pour les conditions « contient », « vaut exactement » et « ne vaut pas »."
        if column.is_number:
            value.help_text = "Exemple : 1 234,5"
        if column.is_number or made == "between":
            self.fields[f"upto_{n}"] = forms.CharField(
                label=f"Et au plus, pour « est entre » ({column.label})", max_length=120, required=False
            )

    def _date(self, n: int, label: str) -> None:
        day = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        self.fields[f"value_{n}"] = forms.DateField(label=f"Jour pour {label}", required=False, widget=day)
        self.fields[f"upto_{n}"] = forms.DateField(
            label=f"Et jusqu'au, pour « est entre » ({label})", required=False, widget=day
        )
        self.fields[f"days_{n}"] = forms.IntegerField(
            label=f"Nombre de jours, en comptant aujourd'hui ({label})",
            required=False,
            min_value=1,
            max_value=39_999,
        )

    def _values(self, n: int, column: Column) -> list[tuple[str, str]]:
        """The frequent values of a column, those that the step already names among them."""
        look, count = self.position.look, self.position.count
        frequent = look.frequent_values(count, column.name) if column.kind in ("text", "integer") else []
        found = [(value, f"{value} ({humanize_number(rows)})") for value, rows in frequent]
        chosen = self.initial.get(f"in_{n}") or []
        known = {value for value, _ in found}
        return found + [(value, value) for value in chosen if value not in known]

    def initial_of(self, step: Filter) -> dict[str, Any]:
        begun: dict[str, Any] = {"match": step.match, "rows": len(step.conditions)}
        for n, condition in enumerate(step.conditions):
            column = self.position.column(condition.column)
            fields = _as_fields(condition, truth=column is not None and column.kind == "boolean")
            begun |= {f"{name}_{n}": value for name, value in fields.items()}
        return begun

    def added(self, data: Any) -> dict[str, Any]:
        return {f"column_{self.row_count}": data.get("add_column", "")}

    def check(self) -> None:
        if not self.lines:
            self.add_error("add_column", "Choisissez la colonne sur laquelle porte la condition.")
        if self.cleaned_data.get("add_column"):
            self.add_error(
                "add_column",
                f"Choisissez « {self.more_label} » pour dire ce que vaut cette colonne, ou ne la choisissez pas.",
            )
        for n in self._numbers():
            self._check(n, self.cleaned_data[f"op_{n}"])

    def _check(self, n: int, op: str) -> None:
        column = self.position.column(self.cleaned_data[f"column_{n}"])
        if op == "in" and not self.cleaned_data.get(f"in_{n}"):
            self.add_error(f"in_{n}", "Cochez au moins une valeur, ou changez la condition.")
        elif op == "last_days" and not self.cleaned_data.get(f"days_{n}"):
            self.add_error(f"days_{n}", "Dites combien de jours. Exemple : 30.")
        if op in _WITHOUT_VALUE or op in ("in", "last_days"):
            return
        for name in ("value", "upto") if op == "between" else ("value",):
            value = self.cleaned_data.get(f"{name}_{n}")
            if value in (None, ""):
                self.add_error(f"{name}_{n}", "Donnez cette valeur, ou changez la condition.")
            elif column is not None and column.is_number and typed_number(value) is None:
                self.add_error(f"{name}_{n}", f"« {value} » n'est pas un nombre. Exemple : 1 234,5.")

    def steps(self) -> Sequence[Step]:
        conditions = tuple(self._written(n) for n in self._numbers())
        return [Filter(conditions=conditions, match=self.cleaned_data["match"] or "all")]

    def _written(self, n: int) -> Condition:
        data = self.cleaned_data
        name, op = data[f"column_{n}"], data[f"op_{n}"]
        if op in _TRUTHS:
            test, truth = _TRUTHS[op]
            return Condition(column=name, op=test, value=truth)  # type: ignore[arg-type]
        if op in _WITHOUT_VALUE:
            return Condition(column=name, op=op)
        if op == "in":
            return Condition(column=name, op=op, value=tuple(data[f"in_{n}"]))
        if op == "last_days":
            return Condition(column=name, op=op, value=data[f"days_{n}"])
        column = self.position.column(name)
        several = [data[f"{part}_{n}"] for part in (("value", "upto") if op == "between" else ("value",))]
        plain = [_plain(value, number=column is not None and column.is_number) for value in several]
        return Condition(column=name, op=op, value=tuple(plain) if op == "between" else plain[0])

    def _numbers(self) -> list[int]:
        return [n for n in range(self.row_count) if f"op_{n}" in self.fields]

    def conditions(self) -> list[dict[str, Any]]:
        """For the page: each condition's column and its fields."""
        return [
            {
                "column": self.position.column(str(self.hint(f"column_{n}"))),
                "fields": [
                    self[f"{part}_{n}"]
                    for part in ("op", "in", "value", "upto", "days")
                    if f"{part}_{n}" in self.fields
                ],
            }
            for n in self._numbers()
        ]


def _as_fields(condition: Condition, *, truth: bool) -> dict[str, Any]:
    """Condition as form fields; `truth`: its column is boolean."""
    op, value = condition.op, condition.value
    fields: dict[str, Any] = {"column": condition.column, "op": op}
    if truth and op in ("=", "!="):
        truth_name = "oui" if value is True or str(value).casefold() in ("oui", "vrai", "true") else "non"
        return fields | {"op": truth_name if op == "=" else f"pas_{truth_name}"}
    if op == "in":
        return fields | {"in": [str(one) for one in value]}  # type: ignore[union-attr]
    if op == "last_days":
        return fields | {"days": value}
    first, *rest = value if isinstance(value, tuple) else (value,)
    return fields | {"value": as_typed(first)} | ({"upto": as_typed(rest[0])} if rest else {})


def as_typed(value: Any) -> Any:
    """A value as a person types it."""
    return str(value).replace(".", ",") if isinstance(value, float) else value


def _plain(value: Any, *, number: bool) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return typed_number(value) if number else str(value).strip()


def typed_number(text: Any) -> int | float | None:
    """Number of « 1 234,5 »; None when it is not one."""
    try:
        exact = Decimal("".join(str(text).split()).replace(",", "."))
    except InvalidOperation:
        return None
    if not exact.is_finite():
        return None
    return int(exact) if exact == exact.to_integral_value() else float(exact)
