"""Form fields of a figure's look: which ones a kind uses, their labels, their conversion.

In: the values of the form. Out: a `Look`, a `Comparison`, the classes of a map. Fields that a kind does not use keep
their values, hidden: going back to the previous kind loses nothing.
"""

from typing import Any

from django import forms

from beffroi.recipes.charts.kinds import KINDS
from beffroi.recipes.charts.look import Comparison, Look, Reference
from beffroi.recipes.figures import Figure
from beffroi.recipes.map_classes import MAX_CLASSES, METHODS, MIN_CLASSES, ClassChoice
from beffroi.web.ui.fields import VisibleCharField

COLUMNS = ("x", "y", "series", "name", "low", "high", "colour", "size")
_LINE = ("reference", "reference_name")
USED: dict[str, tuple[str, ...]] = {
    "bar": ("x", "y", "series", "stacking", "direction", "sort", "values", "no_legend", "decimals", *_LINE),
    "line": ("x", "y", "series", "zero", "values", "no_legend", "decimals", *_LINE),
    "area": ("x", "y", "series", "stacking", "no_legend", "decimals", *_LINE),
    "scatter": ("x", "y", "series", "name", "zero", "values", "no_legend", "decimals", *_LINE),
    "histogram": ("x", "classes", *_LINE),
    "heat": ("x", "series", "y", "sort", "no_legend", "decimals"),
    "range": ("x", "y", "low", "high", "zero", "decimals", *_LINE),
    "number": ("y", "x", "compare", "compare_column", "compare_value", "compare_name", "better", "decimals"),
    "table": (),
    "map": ("x", "y", "cut_method", "cut_count"),
    "points": ("x", "y", "name", "colour", "size", "decimals", "cut_method", "cut_count"),
}
"""The columns and settings that each kind shows."""
LABELS: dict[tuple[str, str], str] = {
    ("bar", "x"): "Une barre pour chaque…",
    ("bar", "y"): "La longueur des barres",
    ("line", "x"): "Le temps, en bas",
    ("line", "y"): "La hauteur de la courbe",
    ("line", "series"): "Une courbe pour chaque…",
    ("area", "x"): "Le temps, en bas",
    ("area", "y"): "La hauteur des aires",
    ("area", "series"): "Une aire pour chaque…",
    ("scatter", "x"): "La mesure en bas",
    ("scatter", "y"): "La mesure en hauteur",
    ("scatter", "series"): "Une forme et une couleur pour chaque…",
    ("histogram", "x"): "Les nombres à répartir",
    ("heat", "x"): "Les colonnes du tableau",
    ("heat", "series"): "Les lignes du tableau",
    ("heat", "y"): "Le chiffre des cases",
    ("range", "x"): "Un intervalle pour chaque…",
    ("range", "y"): "La valeur au milieu",
    ("number", "x"): "La période, s'il y en a plusieurs",
    ("number", "y"): "Le grand chiffre",
    ("map", "x"): "Les codes INSEE des communes",
    ("map", "y"): "La couleur de la carte",
    ("points", "x"): "Où se trouve chaque point : sa géométrie, ou sa longitude",
    ("points", "y"): "Sa latitude, s'il y a deux colonnes",
}


class LookFields(forms.Form):
    """How the figure looks, and to what a large number is compared."""

    stacking = forms.ChoiceField(
        label="Plusieurs séries",
        required=False,
        choices=[("grouped", "côte à côte"), ("stacked", "empilées"), ("share", "en parts de 100 %")],
    )
    direction = forms.ChoiceField(
        label="Sens des barres",
        required=False,
        choices=[
            ("auto", "selon la longueur des noms"),
            ("standing", "debout"),
            ("lying", "couchées"),
        ],
    )
    sort = forms.ChoiceField(
        label="Ordre",
        required=False,
        choices=[
            ("data", "celui de l'analyse"),
            ("largest", "du plus grand au plus petit"),
            ("smallest", "du plus petit au plus grand"),
            ("name", "alphabétique"),
        ],
    )
    classes = forms.IntegerField(
        label="Nombre de classes, environ", required=False, min_value=3, max_value=40
    )
    compare = forms.ChoiceField(
        label="Comparer à",
        required=False,
        choices=[
            ("", "rien"),
            ("previous", "la période d'avant"),
            ("year", "la même période, un an avant"),
            ("column", "une autre colonne"),
            ("target", "un objectif"),
        ],
    )
    compare_column = forms.ChoiceField(label="L'autre colonne", required=False)
    compare_value = forms.FloatField(label="L'objectif", required=False, localize=True)
    compare_name = VisibleCharField(
        label="Comment l'appeler",
        required=False,
        max_length=60,
        help_text="Exemple : « l'objectif 2030 ». Laissez vide pour le nom de la période.",
    )
    better = forms.ChoiceField(
        label="Ce que l'on souhaite",
        required=False,
        choices=[("", "ne pas le dire"), ("up", "une hausse"), ("down", "une baisse")],
    )
    decimals = forms.TypedChoiceField(
        label="Décimales",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "selon les nombres"), *((str(n), str(n)) for n in range(5))],
    )
    reference = forms.FloatField(
        label="Ligne de repère",
        required=False,
        localize=True,
        help_text="Un objectif ou un seuil : un nombre, dans l'unité de la figure.",
    )
    reference_name = VisibleCharField(label="Nom du repère", required=False, max_length=60)
    cut_method = forms.ChoiceField(
        label="Comment couper les classes de la carte",
        required=False,
        choices=[("", "Sans préférence : quantiles"), *METHODS.items()],
        help_text="Quantiles : autant de lieux dans chaque couleur ; deux valeurs voisines peuvent y être séparées. "
        "Seuils naturels : les coupures passent là où les valeurs s'écartent ; une couleur peut ne compter que quelques "
        "lieux. Même largeur : se lit comme une règle graduée ; quelques grandes valeurs peuvent laisser presque "
        "toute la carte dans une couleur.",
    )
    cut_count = forms.IntegerField(
        label="Nombre de classes de la carte",
        required=False,
        min_value=MIN_CLASSES,
        max_value=MAX_CLASSES,
        help_text=f"De {MIN_CLASSES} à {MAX_CLASSES} ; cinq si vous n'écrivez rien. Au-delà de cinq, deux teintes voisines se "
        "distinguent mal. Il y en a moins si trop de valeurs sont égales.",
    )
    zero = forms.BooleanField(label="Commencer à zéro", required=False)
    values = forms.BooleanField(label="Écrire les nombres sur la figure", required=False)
    no_legend = forms.BooleanField(label="Cacher la légende", required=False)


def look_of(data: dict[str, Any]) -> Look:
    """Look of the form's values."""
    line = data.get("reference")
    named = (data.get("reference_name") or "").strip()
    return Look(
        direction=data.get("direction") or "auto",
        series=data.get("stacking") or "grouped",
        sort=data.get("sort") or "data",
        zero=bool(data.get("zero")),
        decimals=data.get("decimals"),
        legend=not data.get("no_legend"),
        values=bool(data.get("values")),
        reference=None if line is None else Reference(value=line, name=named or "Repère"),
        classes=data.get("classes"),
    )


def classes_of(data: dict[str, Any]) -> ClassChoice | None:
    """Classes of a map; None for the default."""
    typed = {"method": data.get("cut_method"), "count": data.get("cut_count")}
    chosen = {name: value for name, value in typed.items() if value}
    return ClassChoice.model_validate(chosen) if chosen else None


def comparison_of(data: dict[str, Any]) -> Comparison | None:
    """What a large number is compared to."""
    if data.get("kind") != "number" or not data.get("compare"):
        return None
    return Comparison(
        to=data["compare"],
        column=data.get("compare_column") or None,
        value=data.get("compare_value"),
        name=(data.get("compare_name") or "").strip(),
        better=data.get("better") or None,
    )


def initial_of(figure: Figure) -> dict[str, Any]:
    """The values of the form for a figure."""
    look, compared, e = figure.look, figure.comparison, figure.encodings
    points = figure.kind == "points"
    begun: dict[str, Any] = {
        "kind": figure.kind,
        "x": e.x or e.place or "",
        "y": e.y or ("" if points else e.value) or "",
        "colour": (e.value if points else None) or "",
        "size": e.size or "",
        "series": e.series or "",
        "name": e.name or "",
        "low": e.low or "",
        "high": e.high or "",
        "stacking": look.series,
        "direction": look.direction,
        "sort": look.sort,
        "classes": look.classes,
        "decimals": "" if look.decimals is None else str(look.decimals),
        "zero": look.zero,
        "values": look.values,
        "no_legend": not look.legend,
    }
    if figure.classes:
        begun |= {"cut_method": figure.classes.method, "cut_count": figure.classes.count}
    if look.reference:
        begun |= {"reference": _plain(look.reference.value), "reference_name": look.reference.name}
    if compared:
        begun |= {
            "compare": compared.to,
            "compare_column": compared.column or "",
            "compare_value": _plain(compared.value),
            "compare_name": compared.name,
            "better": compared.better or "",
        }
    return begun


def _plain(value: float | None) -> float | int | None:
    """10000.0 is written « 10000 »."""
    return int(value) if value is not None and value == int(value) else value


_REQUIRED_MESSAGES = {
    "x": "Choisissez ce que l'on compare.",
    "y": "Choisissez la colonne du chiffre à montrer : elle contient des nombres.",
    "series": "Choisissez la seconde dimension : les lignes du tableau coloré.",
    "low": "Choisissez la colonne de la borne basse.",
    "high": "Choisissez la colonne de la borne haute.",
}


def required_fields(kind: str) -> dict[str, str]:
    """Columns required by this kind, with the error message of each."""
    # Of a map and of a number, the form's « x » and « y » are the place and the value.
    other = {"place": "x", "value": "y"}
    kind_info = KINDS.get(kind)  # type: ignore[call-overload]
    names = [other.get(name, name) for name in kind_info.needs] if kind_info else []
    return {name: _REQUIRED_MESSAGES[name] for name in names}
