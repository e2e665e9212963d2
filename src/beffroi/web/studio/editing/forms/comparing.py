"""Form of the window step: running totals, ranks, previous rows, year-on-year changes, shares."""

from collections.abc import Sequence
from typing import Any

from django import forms

from beffroi.recipes.model import Calculation, Order, Step, Window

from .base import StepForm, VisibilityRule, column_field, columns_field, name_field, step_form

_IN_ORDER = {
    "cumulative": "Cumul depuis la première ligne",
    "previous": "Valeur d'une ligne plus haut",
    "next": "Valeur d'une ligne plus bas",
    "difference": "Écart avec une ligne plus haut",
    "change": "Évolution en % depuis une ligne plus haut",
    "moving_mean": "Moyenne mobile",
    "moving_sum": "Somme mobile",
    "rank": "Rang (1, 1, 3)",
    "dense_rank": "Rang sans saut (1, 1, 2)",
}
_OF_A_YEAR = {
    "last_year": "Valeur un an plus tôt",
    "last_year_difference": "Écart sur un an",
    "last_year_change": "Évolution sur un an, en %",
}
_SHARE = {"share": "Part du total, en %"}
_NAMES = {
    "cumulative": "Cumul de", "previous": "Avant :", "next": "Après :", "difference": "Écart de",
    "change": "Évolution de", "moving_mean": "Moyenne mobile de", "moving_sum": "Somme mobile de", "rank": "Rang",
    "dense_rank": "Rang", "last_year": "Un an plus tôt :", "last_year_difference": "Écart sur un an de",
    "last_year_change": "Évolution sur un an de", "share": "Part de",
}  # fmt: skip
_RANKS = ("rank", "dense_rank")
_AS_THEY_ARE = ("previous", "next", "last_year")
_MOVING = ("moving_mean", "moving_sum")
_OF_ROWS = ("previous", "next", "difference", "change", *_MOVING)
_ORDERS = 2


@step_form
class WindowForm(StepForm):
    kind = "window"
    title = "Comparer entre lignes"
    help = "Un cumul, l'écart avec le mois d'avant, l'évolution sur un an, la part du total. Les lignes restent en place."
    max_rows = 40
    more_label = "Ajouter un calcul"
    row_parts = ("operation", "column", "count", "name")

    def build(self) -> None:
        changed = self.changed if isinstance(self.changed, Window) else None
        self.orders = max(_ORDERS, len(changed.order)) if changed else _ORDERS
        if changed:
            named = (*changed.partition, *(order.column for order in changed.order), changed.period)
            self.missing_columns = [name for name in named if name and self.position.column(name) is None]
        plain = self.position.choices(lambda c: c.kind != "other")
        for n in range(self.row_count):
            self._calculation(n)
        self.fields["partition"] = columns_field(
            "Recommencer le calcul pour chaque…", plain, required=False,
            help_text="Rien de coché : le calcul court sur toutes les lignes.",
        )  # fmt: skip
        for n in range(self.orders):
            self.fields[f"order_{n}"] = column_field(
                "Lire les lignes dans l'ordre de" if n == 0 else f"Puis de (n° {n + 1})",
                self.position,
                optional="Aucune",
                help_text="Souvent une date. Une part ou une comparaison sur un an n'en demande pas."
                if n == 0
                else "",
            )
            self.fields[f"down_{n}"] = forms.BooleanField(
                label="Du plus grand au plus petit" + ("" if n == 0 else f" (n° {n + 1})"), required=False
            )
        self.fields["period"] = column_field(
            "Colonne de la période, pour comparer sur un an", self.position,
            lambda c: c.is_dated or c.kind in ("integer", "text"), optional="Aucune",
            help_text="Une date, une année, un mois (2024-03), une semaine (2024-S09) ou une année scolaire.",
        )  # fmt: skip

        operations = tuple(f"operation_{n}" for n in range(self.row_count))
        for n in range(self.orders):
            self.serving[f"order_{n}"] = self.serving[f"down_{n}"] = VisibilityRule(
                operations, tuple(_IN_ORDER)
            )
        self.serving["period"] = VisibilityRule(operations, tuple(_OF_A_YEAR))

    def _calculation(self, n: int) -> None:
        offered: list[Any] = [
            ("Dans l'ordre des lignes", list(_IN_ORDER.items())),
            ("Sur un an", list(_OF_A_YEAR.items())),
            ("Sur le total", list(_SHARE.items())),
        ]
        none = ("", "Choisir…" if n == 0 else "Aucun")
        self.fields[f"operation_{n}"] = forms.ChoiceField(
            label=f"Calcul {n + 1}", choices=[none, *offered], required=n == 0
        )
        self.fields[f"column_{n}"] = column_field(
            f"Colonne du calcul {n + 1}", self.position, optional="Aucune",
            help_text="Un rang n'en a pas : il suit l'ordre choisi plus bas." if n == 0 else "",
        )  # fmt: skip
        self.fields[f"count_{n}"] = forms.IntegerField(
            label=f"Nombre de lignes du calcul {n + 1}", min_value=1, max_value=1_000, required=False,
            help_text="De combien de lignes on remonte (vide : une), ou sur combien porte ce qui est mobile."
            if n == 0 else "",
        )  # fmt: skip
        self.fields[f"name_{n}"] = name_field(
            f"Nom de la colonne {n + 1}", help_text="Laissez vide : un nom sera proposé." if n == 0 else ""
        )
        all_but_ranks = tuple(op for op in _NAMES if op not in _RANKS)
        self.serving[f"column_{n}"] = VisibilityRule((f"operation_{n}",), all_but_ranks)
        self.serving[f"count_{n}"] = VisibilityRule((f"operation_{n}",), _OF_ROWS)
        self.serving[f"name_{n}"] = VisibilityRule((f"operation_{n}",))

    def initial_of(self, step: Window) -> dict[str, Any]:
        begun: dict[str, Any] = {
            "partition": list(step.partition), "period": step.period or "", "rows": len(step.columns),
        }  # fmt: skip
        for n, order in enumerate(step.order):
            begun |= {f"order_{n}": order.column, f"down_{n}": order.descending}
        for n, one in enumerate(step.columns):
            count = one.rows if one.operation in _OF_ROWS else None
            begun |= {f"operation_{n}": one.operation, f"column_{n}": one.column or "", f"count_{n}": count,
                      f"name_{n}": one.name}  # fmt: skip
        return begun

    def check(self) -> None:
        data = self.cleaned_data
        for n in self._chosen():
            self._check(n, data[f"operation_{n}"])
        chosen = {data[f"operation_{n}"] for n in self._chosen()}
        if chosen & _IN_ORDER.keys() and not any(data[f"order_{n}"] for n in range(self.orders)):
            self.add_error(
                "order_0",
                "Dites dans quel ordre lire les lignes : la date, par exemple. Ce calcul en dépend.",
            )
        if chosen & _OF_A_YEAR.keys() and not data["period"]:
            self.add_error("period", "Dites quelle colonne contient la période à comparer sur un an.")

    def _check(self, n: int, operation: str) -> None:
        name, count = self.cleaned_data[f"column_{n}"], self.cleaned_data[f"count_{n}"]
        column = self.position.column(name)
        if operation in _RANKS:
            if name:
                self.add_error(f"column_{n}", "Un rang suit l'ordre des lignes : choisissez « Aucune ».")
        elif column is None:
            self.add_error(f"column_{n}", "Choisissez la colonne sur laquelle porte ce calcul.")
        elif operation not in _AS_THEY_ARE and not column.is_number:
            self.add_error(
                f"column_{n}",
                f"« {column.label} » ne contient pas des nombres : choisissez une autre colonne.",
            )
        if operation in _MOVING and (count or 0) < 2:
            self.add_error(f"count_{n}", "Dites sur combien de lignes, 2 au moins. Exemple : 3.")
        if operation not in _OF_ROWS and count not in (None, 1):
            self.add_error(f"count_{n}", "Ce calcul ne compte pas de lignes : videz ce champ.")

    def steps(self) -> Sequence[Step]:
        data, labels = self.cleaned_data, dict(self.position.choices())
        made: list[Calculation] = []
        for n in self._chosen():
            operation, column = data[f"operation_{n}"], data[f"column_{n}"]
            default_name = f"{_NAMES[operation]} {labels.get(column, '')}"
            # A name typed further down is not proposed for another line.
            typed = (data[f"name_{m}"].strip() for m in self._chosen())
            taken = [*(one.name for one in made), *typed]
            made.append(
                Calculation(
                    name=data[f"name_{n}"].strip() or self.position.free(default_name, taken),
                    operation=operation,
                    column=column or None,
                    rows=data[f"count_{n}"] or 1,
                )
            )
        orders = tuple(
            Order(column=data[f"order_{n}"], descending=data[f"down_{n}"])
            for n in range(self.orders)
            if data[f"order_{n}"]
        )
        return [
            Window(
                partition=tuple(data["partition"]),
                order=orders,
                period=data["period"] or None,
                columns=tuple(made),
            )
        ]

    def _chosen(self) -> list[int]:
        return [n for n in range(self.row_count) if self.cleaned_data[f"operation_{n}"]]
