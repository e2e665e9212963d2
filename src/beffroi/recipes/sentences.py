"""A recipe told in French, one sentence a step, so that whoever reads a figure knows how it was made.

In: a recipe and the labels of its columns and sources. Out: the sentences.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from beffroi.recipes import formula, model
from beffroi.recipes.french import date_text, listed, value_text

_OF = {"sum": "la somme", "mean": "la moyenne", "min": "le plus petit", "max": "le plus grand"}
_BEFORE = {"=": "vaut", "!=": "ne vaut pas", "<": "est inférieur à", "<=": "est au plus", ">": "est supérieur à", ">=": "est au moins"}  # fmt: skip
_DERIVED = {
    "year": "l'année de {0}",
    "month": "le mois de {0}",
    "month_name": "le nom du mois de {0}",
    "week": "la semaine de {0}",
    "weekday": "le jour de la semaine de {0}",
    "school_year": "l'année scolaire de {0}",
    "ratio": "{0} divisé par {1}",
    "difference": "{0} moins {1}",
    "sum": "{0} plus {1}",
    "concatenation": "{0} suivi de {1}",
}


def sentences(recipe: model.Recipe, labels: Mapping[str, str] | None = None) -> list[str]:
    """One sentence a step. `labels` gives the words for columns and for datasets (by their slug)."""
    return [_Teller(recipe, labels or {}).tell(step) for step in recipe.steps]


class _Teller:
    def __init__(self, recipe: model.Recipe, labels: Mapping[str, str]) -> None:
        self.recipe, self.labels = recipe, labels

    def tell(self, step: model.Step) -> str:
        tellers: dict[str, Callable[[Any], str]] = {
            "source": self._source,
            "choose": self._choose,
            "filter": self._filter,
            "derive": self._derive,
            "join": self._join,
            "group": self._group,
            "sort": self._sort,
            "top": self._top,
            "pivot": self._pivot,
            "place": self._place,
            "compute": self._compute,
        }
        return tellers[step.step](step)

    def word(self, name: str | None) -> str:
        return f"« {self.labels.get(name or '', name or '')} »"

    def words(self, names: tuple[str, ...]) -> str:
        return listed(self.word(name) for name in names)

    def dataset(self, alias: str) -> str:
        return self.word(self.recipe.sources[alias])

    def _source(self, step: model.Source) -> str:
        return f"Prendre les données de {self.dataset(step.source)}."

    def _choose(self, step: model.Choose) -> str:
        kept = f"Garder {self.words(step.columns)}"
        renamed = [f"{self.word(old)} devient « {new} »" for old, new in step.rename.items()]
        return f"{kept} ; {listed(renamed)}." if renamed else f"{kept}."

    def _filter(self, step: model.Filter) -> str:
        tests = [self._condition(condition) for condition in step.conditions]
        return f"Garder les lignes où {listed(tests, 'et' if step.match == 'all' else 'ou')}."

    def _condition(self, condition: model.Condition) -> str:
        column, op, value = self.word(condition.column), condition.op, condition.value
        if op in _BEFORE:
            return f"{column} {_BEFORE[op]} {_shown(value)}"
        several = value if isinstance(value, tuple) else (value,)
        if op == "last_days":
            return f"{column} est dans les {_shown(value)} derniers jours"
        simple = {
            "missing": "n'est pas renseigné",
            "present": "est renseigné",
            "this_year": "est dans l'année en cours",
            "last_year": "est dans l'année dernière",
            "this_month": "est dans le mois en cours",
            "contains": f"contient {_shown(value)}",
        }
        if op in simple:
            return f"{column} {simple[op]}"
        if len(several) != 2 or op == "in":
            return f"{column} vaut {listed((_shown(one) for one in several), 'ou')}"
        return f"{column} est entre {_shown(several[0])} et {_shown(several[1])}"

    def _derive(self, step: model.Derive) -> str:
        what = _DERIVED[step.operation].format(self.word(step.column), self.word(step.other))
        if step.operation == "ratio" and step.times != 1:
            what += f", multiplié par {value_text(step.times)}"
        return f"Calculer « {step.name} » : {what}."

    def _join(self, step: model.Join) -> str:
        keys = listed(f"{self.word(pair.left)} est égal à {self.word(pair.right)}" for pair in step.on)
        rest = {
            "all": "les lignes sans correspondance restent",
            "matched": "les lignes sans correspondance sont retirées",
        }
        alike = ", sans tenir compte des majuscules, des accents, des traits d'union ni des espaces"
        return (
            f"Rapprocher de {self.dataset(step.source)} là où {keys}{alike if step.fold else ''} ; "
            f"{rest[step.keep]}."
        )

    def _group(self, step: model.Group) -> str:
        measures = listed(self._measure(measure) for measure in step.measures)
        return (
            f"Pour chaque {self.words(step.by)}, calculer {measures}."
            if step.by
            else f"Sur l'ensemble, calculer {measures}."
        )

    def _measure(self, measure: model.Measure) -> str:
        column = self.word(measure.column)
        if measure.operation == "count":
            what = "le nombre de lignes" if measure.column is None else f"le nombre de {column} renseignés"
        elif measure.operation == "count_distinct":
            what = f"le nombre de {column} différents"
        else:
            what = f"{_OF[measure.operation]} de {column}"
        return f"{what} (« {measure.name} »)"

    def _sort(self, step: model.Sort) -> str:
        orders = [f"{self.word(order.column)} {_direction(order.descending)}" for order in step.by]
        return f"Trier par {listed(orders, 'puis')}."

    def _top(self, step: model.Top) -> str:
        which = "petits" if step.smallest else "grands"
        if step.count == 1:
            return f"Garder la ligne au plus {which[:-1]} {self.word(step.column)}."
        return f"Garder les {value_text(step.count)} lignes aux plus {which} {self.word(step.column)}."

    def _pivot(self, step: model.Pivot) -> str:
        what = {**_OF, "count": "le nombre", "count_distinct": "le nombre de valeurs différentes"}[
            step.operation
        ]
        return f"Mettre en colonnes {self.word(step.column)}, avec {what} de {self.word(step.value)} pour chaque {self.words(step.rows)}."

    def _place(self, step: model.Place) -> str:
        by = "code INSEE" if step.by == "code" else "nom"
        return f"Reconnaître les communes par leur {by} dans {self.word(step.column)}."

    def _compute(self, step: model.Compute) -> str:
        try:
            told = formula.written(step.formula, self.labels)
        except formula.FormulaError:
            told = step.formula  # a draft is told as it is written
        return f"Calculer « {step.name} » : {told}."


def _direction(descending: bool) -> str:
    return "décroissant" if descending else "croissant"


def _shown(value: Any) -> str:
    """A value as French people write it; a text that is a date is shown as a date."""
    if isinstance(value, str):
        try:
            return f"le {date_text(date.fromisoformat(value))}" if len(value) == 10 else value_text(value)
        except ValueError:
            return value_text(value)
    return value_text(value)
