"""French description of a recipe, one sentence a step, so that readers of a figure know how it was made.

In: a recipe and the labels of its columns and sources. Out: the sentences.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from beffroi.recipes import formula, model
from beffroi.recipes.french import format_date, format_value, join_words
from beffroi.recipes.model.spatial import MAX_DISTANCE

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
_PERIODS = {
    "day": "tous les jours",
    "week": "toutes les semaines",
    "month": "tous les mois",
    "quarter": "tous les trimestres",
    "year": "toutes les années",
}
_CALCULATED = {
    "cumulative": "le cumul de {column}",
    "rank": "le rang, les ex æquo partageant le leur et laissant ensuite autant de rangs vides",
    "dense_rank": "le rang, les ex æquo partageant le leur sans laisser de rang vide",
    "previous": "{column} {before}",
    "next": "{column} {later}",
    "difference": "l'écart de {column} avec celui {before}",
    "change": "l'évolution en % de {column} par rapport à celui {before}",
    "moving_mean": "la moyenne mobile de {column} sur {rows} lignes",
    "moving_sum": "la somme mobile de {column} sur {rows} lignes",
    "last_year": "{column} {year}",
    "last_year_difference": "l'écart de {column} avec celui {year}",
    "last_year_change": "l'évolution en % de {column} par rapport à celui {year}",
    "share": "la part en % de {column} dans le total",
}

_DIVISIONS: Mapping[model.Division, str] = {
    "commune_code": "le code de la commune d'aujourd'hui",
    "commune_name": "le nom de la commune",
    "epci_code": "le code de son EPCI",
    "epci_name": "le nom de son EPCI",
    "department_code": "le code de son département",
    "department_name": "le nom de son département",
    "region_code": "le code de sa région",
    "region_name": "le nom de sa région",
    "population": "sa population",
}


def sentences(recipe: model.Recipe, labels: Mapping[str, str] | None = None) -> list[str]:
    """One sentence a step. `labels`: the display names of columns and of datasets (by their slug)."""
    return [_StepDescriber(recipe, labels or {}).describe(step) for step in recipe.steps]


class _StepDescriber:
    def __init__(self, recipe: model.Recipe, labels: Mapping[str, str]) -> None:
        self.recipe, self.labels = recipe, labels

    def describe(self, step: model.Step) -> str:
        describers: dict[str, Callable[[Any], str]] = {
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
            "reference": self._reference,
            "window": self._window,
            "periods": self._periods,
            "ranking": self._ranking,
            "unpivot": self._unpivot,
            "stack": self._stack,
            "check": self._check,
            "compute": self._compute,
            "within": self._within,
            "nearest": self._nearest,
            "around": self._around,
            "area_share": self._area_share,
        }
        return describers[step.step](step)

    def word(self, name: str | None) -> str:
        return f"« {self.labels.get(name or '', name or '')} »"

    def words(self, names: tuple[str, ...]) -> str:
        return join_words(self.word(name) for name in names)

    def dataset(self, alias: str) -> str:
        return self.word(self.recipe.sources[alias])

    def _source(self, step: model.Source) -> str:
        return f"Prendre les données de {self.dataset(step.source)}."

    def _choose(self, step: model.Choose) -> str:
        chosen = f"Garder {self.words(step.columns)}"
        renamed = [f"{self.word(old)} devient « {new} »" for old, new in step.rename.items()]
        return f"{chosen} ; {join_words(renamed)}." if renamed else f"{chosen}."

    def _filter(self, step: model.Filter) -> str:
        tests = [self._condition(condition) for condition in step.conditions]
        return f"Garder les lignes où {join_words(tests, 'et' if step.match == 'all' else 'ou')}."

    def _condition(self, condition: model.Condition) -> str:
        column, op, value = self.word(condition.column), condition.op, condition.value
        if op in _BEFORE:
            return f"{column} {_BEFORE[op]} {_format_value(value)}"
        several = value if isinstance(value, tuple) else (value,)
        if op == "last_days":
            return f"{column} est dans les {_format_value(value)} derniers jours"
        simple = {
            "missing": "n'est pas renseigné",
            "present": "est renseigné",
            "this_year": "est dans l'année en cours",
            "last_year": "est dans l'année dernière",
            "this_month": "est dans le mois en cours",
            "contains": f"contient {_format_value(value)}",
        }
        if op in simple:
            return f"{column} {simple[op]}"
        if len(several) != 2 or op == "in":
            return f"{column} vaut {join_words((_format_value(one) for one in several), 'ou')}"
        return f"{column} est entre {_format_value(several[0])} et {_format_value(several[1])}"

    def _derive(self, step: model.Derive) -> str:
        what = _DERIVED[step.operation].format(self.word(step.column), self.word(step.other))
        if step.operation == "ratio" and step.times != 1:
            what += f", multiplié par {format_value(step.times)}"
        return f"Calculer {self.word(step.name)} : {what}."

    def _join(self, step: model.Join) -> str:
        keys = join_words(f"{self.word(pair.left)} est égal à {self.word(pair.right)}" for pair in step.on)
        rest = {
            "all": "les lignes sans correspondance restent",
            "matched": "les lignes sans correspondance sont retirées",
        }
        alike = ", sans tenir compte des majuscules, des accents, des traits d'union, des espaces ni des zéros de tête"
        return (
            f"Rapprocher de {self.dataset(step.source)} là où {keys}{alike if step.fold else ''} ; "
            f"{rest[step.keep]}."
        )

    def _group(self, step: model.Group) -> str:
        measures = join_words(self._measure(measure) for measure in step.measures)
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
        label = self.labels.get(measure.name, "")
        # A label that quotes a column repeats the sentence.
        return f"{what} (« {measure.name if not label or '«' in label else label} »)"

    def _sort(self, step: model.Sort) -> str:
        orders = [f"{self.word(order.column)} {_direction(order.descending)}" for order in step.by]
        return f"Trier par {join_words(orders, 'puis')}."

    def _top(self, step: model.Top) -> str:
        which = "petits" if step.smallest else "grands"
        if step.count == 1:
            return f"Garder la ligne au plus {which[:-1]} {self.word(step.column)}."
        return f"Garder les {format_value(step.count)} lignes aux plus {which} {self.word(step.column)}."

    def _pivot(self, step: model.Pivot) -> str:
        what = {**_OF, "count": "le nombre", "count_distinct": "le nombre de valeurs différentes"}[
            step.operation
        ]
        return f"Mettre en colonnes {self.word(step.column)}, avec {what} de {self.word(step.value)} pour chaque {self.words(step.rows)}."

    def _place(self, step: model.Place) -> str:
        by = "code INSEE" if step.by == "code" else "nom"
        return f"Reconnaître les communes par leur {by} dans {self.word(step.column)}."

    def _reference(self, step: model.FromReference) -> str:
        added = join_words(f"{_DIVISIONS[one]} (« {name} »)" for one, name in step.added.items())
        return (
            f"Apporter du découpage administratif, selon le code INSEE de {self.word(step.column)} : {added}."
        )

    def _window(self, step: model.Window) -> str:
        among = f"pour chaque {self.words(step.partition)}" if step.partition else "sur toutes les lignes"
        orders = [f"{self.word(order.column)} {_direction(order.descending)}" for order in step.order]
        read = f", dans l'ordre de {join_words(orders, 'puis')}" if orders else ""
        added = join_words(f"{self._calculation(one, step)} (« {one.name} »)" for one in step.columns)
        return f"Ajouter, {among}{read} : {added}."

    def _periods(self, step: model.Periods) -> str:
        each = f"pour chaque {self.words(step.by)}, " if step.by else ""
        measures = (
            f", avec {join_words(self._measure(measure) for measure in step.measures)}"
            if step.measures
            else ""
        )
        span = ", entre les siennes" if step.span == "each" and step.by else ""
        if step.first or step.last:
            words = (("depuis le", step.first), ("jusqu'au", step.last))
            span = ", " + " ".join(f"{word} {format_date(day)}" for word, day in words if day)
            span += ", les lignes hors de ces dates étant retirées"
        absent = "celles" if step.period in ("week", "year") else "ceux"
        filled = "valent zéro" if step.fill == "zero" else "restent vides"
        return (
            f"Montrer, {each}{_PERIODS[step.period]} de {self.word(step.column)}{measures}{span} ; "
            f"{absent} qui n'ont pas de ligne {filled}."
        )

    def _ranking(self, step: model.Ranking) -> str:
        among = f", pour chaque {self.words(step.within)}" if step.within else ""
        by = self.word(step.value)
        if step.denominator is not None:
            by = f"{by} divisé par {self.word(step.denominator)}"
            by += f", pour {format_value(step.per)}" if step.per != 1 else ""
            by += f" (« {step.rate_name} »)"
        way = "du plus petit au plus grand" if step.ascending else "du plus grand au plus petit"
        then = f" ; à égalité, selon {self.words(step.then)}" if step.then else ""
        skipped = (
            "en laissant ensuite autant de rangs vides"
            if step.ties == "competition"
            else "sans rang vide après"
        )
        zero = (
            f" ; sans {self.word(step.denominator)} au-dessus de zéro, pas de rang"
            if step.denominator
            else ""
        )
        return f"Classer{among} selon {by}, {way}{then} ; les ex æquo partagent leur rang (« {step.name} »), {skipped}{zero}."

    def _unpivot(self, step: model.Unpivot) -> str:
        which = (
            f"la colonne {self.words(step.columns)}"
            if len(step.columns) == 1
            else f"les colonnes {self.words(step.columns)}"
        )
        dropped = ", sauf les valeurs absentes" if step.drop_missing else ""
        return f"Mettre en lignes {which}{dropped} : le nom de la colonne dans « {step.name} », sa valeur dans « {step.value} »."

    def _stack(self, step: model.Stack) -> str:
        added = f"Ajouter dessous les lignes de {join_words(self.dataset(alias) for alias in step.sources)}"
        renamed = [
            f"{self.word(old)} de {self.dataset(alias)} devient « {new} »"
            for alias, names in step.rename.items()
            for old, new in names.items()
        ]
        renames = f" ; {join_words(renamed)}" if renamed else ""
        origin = f" ; « {step.origin} » dit de quel jeu vient chaque ligne" if step.origin is not None else ""
        return f"{added}{renames}{origin}."

    def _check(self, step: model.Check) -> str:
        rules = join_words(self._rule(rule) for rule in step.rules)
        outcomes = {
            "all": f"« {step.name} » compte les règles non suivies, « {step.why} » dit lesquelles",
            "failing": f"seules restent les lignes qui manquent à une règle, « {step.why} » dit laquelle",
            "passing": "les lignes qui manquent à une règle sont retirées, et comptées",
        }
        return f"Vérifier que {rules} ; {outcomes[step.keep]}."

    def _rule(self, rule: model.Rule) -> str:
        column, values = (
            self.word(rule.column),
            join_words((_format_value(value) for value in rule.values), "ou") if rule.values else "",
        )
        if rule.rule == "unique":
            return f"{column}{f' avec {self.words(rule.also)}' if rule.also else ''} n'est pas en double"
        if rule.rule in ("between", "length"):
            what = column if rule.rule == "between" else f"la longueur de {column}"
            bounds = (("au moins", rule.minimum), ("au plus", rule.maximum))
            if rule.minimum == rule.maximum:
                return f"{what} est {_format_value(rule.minimum)}"
            return f"{what} est {join_words(f'{word} {_format_value(bound)}' for word, bound in bounds if bound is not None)}"
        words = {"present": "est renseigné", "one_of": f"vaut {values}", "prefix": f"commence par {values}"}
        return f"{column} {words[rule.rule]}"

    def _calculation(self, calculation: model.Calculation, step: model.Window) -> str:
        if calculation.rows == 1:
            before, later = "de la ligne précédente", "de la ligne suivante"
        else:
            before, later = (
                f"de {calculation.rows} lignes plus haut",
                f"de {calculation.rows} lignes plus bas",
            )
        words = {
            "before": before,
            "later": later,
            "rows": calculation.rows,
            "column": self.word(calculation.column),
        }
        words["year"] = f"de la même période un an plus tôt, selon {self.word(step.period)}"
        return _CALCULATED[calculation.operation].format(**words)

    def _compute(self, step: model.Compute) -> str:
        try:
            text = formula.format_formula(step.formula, self.labels)
        except formula.FormulaError:
            text = step.formula  # a draft is described as written
        return f"Calculer « {step.name} » : {text}."

    def _within(self, step: model.Within) -> str:
        orders = [f"{self.word(order.column)} {_direction(order.descending)}" for order in step.first]
        order = (
            f"dans l'ordre de {join_words(orders, 'puis')}" if orders else f"selon {self.words(step.columns)}"
        )
        return (
            f"Trouver dans quelle zone de {self.dataset(step.source)} se trouve chaque ligne, selon "
            f"{self.words(step.coordinates.names)}, et apporter {self.words(step.columns)} ; dans plusieurs zones, la "
            f"première {order} ; dans aucune, rien."
        )

    def _nearest(self, step: model.Nearest) -> str:
        columns = f"{self.words(step.columns)} et " if step.columns else ""
        far = "" if step.farthest == MAX_DISTANCE else f", à {format_value(step.farthest)} m au plus"
        return (
            f"Trouver le plus proche dans {self.dataset(step.source)}{far}, selon "
            f"{self.words(step.coordinates.names)}, et apporter {columns}sa distance en mètres à vol d'oiseau "
            f"(« {step.name} »)."
        )

    def _around(self, step: model.Around) -> str:
        sums = [f"la somme de {self.word(one.column)} (« {one.name} »)" for one in step.sums]
        counted = join_words([f"le nombre de lignes (« {step.name} »)", *sums])
        return (
            f"Compter, à {format_value(step.metres)} m au plus de chaque ligne à vol d'oiseau, selon "
            f"{self.words(step.coordinates.names)}, {counted} de {self.dataset(step.source)}."
        )

    def _area_share(self, step: model.AreaShare) -> str:
        area = f" et la surface en commun en m² (« {step.area} »)" if step.area is not None else ""
        return (
            f"Calculer la part en % de chaque surface de {self.words(step.coordinates.names)} que couvrent celles de "
            f"{self.dataset(step.source)} (« {step.name} »){area}."
        )


def _direction(descending: bool) -> str:
    return "décroissant" if descending else "croissant"


def _format_value(value: Any) -> str:
    """Value in French; a text that is an ISO date is formatted as a date."""
    if isinstance(value, str):
        try:
            return f"le {format_date(date.fromisoformat(value))}" if len(value) == 10 else format_value(value)
        except ValueError:
            return format_value(value)
    return format_value(value)
