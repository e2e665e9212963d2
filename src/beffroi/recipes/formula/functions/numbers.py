"""Number functions: rounding, remainders, extremes, distances.

Rounding is exact on integers and decimals. A float is first taken with 15 significant digits, as spreadsheets do, so that
1,005 rounds to 1,01; the result is then exact.
"""

from collections.abc import Callable
from decimal import Decimal
from functools import reduce
from typing import Any

import ibis

from beffroi.recipes.formula import kinds, values
from beffroi.recipes.formula.errors import refuse
from beffroi.recipes.formula.functions.base import Function, Invocation
from beffroi.recipes.formula.kinds import FLOAT, INTEGER, Kind
from beffroi.recipes.formula.tree import Literal, Minus, Node
from beffroi.recipes.formula.values import Value

EARTH_RADIUS = 6_371_008.8
"""Metres: the mean radius of the ellipsoid GRS 80 (Moritz, Geodetic Reference System 1980)."""
SIGNIFICANT = 15
MAX_DECIMAL_PLACES = 12
_LARGEST = 1.7976931348623157e308
_SAFE_DIGITS = 18

type Cut = Callable[[Any, Any], Any]
"""Rounding to an integer, given a number and a cheaper expression of its sign."""


def _nearest(number: Any, signed: Any) -> Any:
    """Round half away from zero."""
    return number.round(0)


def _towards_zero(number: Any, signed: Any) -> Any:
    return number.abs().floor() * signed.sign().cast("int64")


def _away_from_zero(number: Any, signed: Any) -> Any:
    return number.abs().ceil() * signed.sign().cast("int64")


def _down(number: Any, signed: Any) -> Any:
    return number.floor()


def _rounding(cut: Cut) -> Callable[[Invocation], Value]:
    def build(invocation: Invocation) -> Value:
        number = values.number(invocation.call.name, invocation.arguments[0])
        places = _places(invocation.arguments[1].node) if len(invocation.arguments) > 1 else 0
        if places is None:
            invocation.arguments[1].refuse(
                f"le nombre de décimales s'écrit en chiffres, de -{MAX_DECIMAL_PLACES} à {MAX_DECIMAL_PLACES}."
            )
        return _cut(number, places, cut, invocation)

    return build


def _places(node: Node) -> int | None:
    sign, written = (-1, node.operand) if isinstance(node, Minus) else (1, node)
    value = written.value if isinstance(written, Literal) else None
    return sign * value if type(value) is int and value <= MAX_DECIMAL_PLACES else None


def _cut(number: Value, places: int, cut: Cut, invocation: Invocation) -> Value:
    if number.kind == FLOAT:
        return _cut_float(number.as_kind(FLOAT), places, cut, invocation)
    before, after = number.kind.digits
    if after <= places:
        return Value(number.kind, number.as_kind(number.kind), invocation.call)
    # The comma is moved, what is behind it is cut, and it is moved back.
    if after - min(places, 0) > kinds.MAX_DIGITS - 2:
        refuse(
            f"{invocation.call.name} ne tient pas tant de décimales. Demandez d'abord moins de décimales.",
            invocation.call.start,
            invocation.call.end,
        )
    moved = kinds.decimal(before + max(places, 0) + 1, after - min(places, 0))
    whole = kinds.decimal(before + max(places, 0) + 1, 0)
    shifted = values.exact_product(number.as_kind(number.kind), _ten_to(places)).cast(moved.dtype)
    kind = _kind_cut(before, places)
    back = values.exact_product(cut(shifted, number.expr).cast(whole.dtype), _ten_to(-places))
    return Value(kind, back.cast(kind.dtype), invocation.call)


def _kind_cut(before: int, places: int) -> Kind:
    if places > 0:
        return kinds.decimal(before + 1, places)
    return INTEGER if before <= kinds.WHOLE_DIGITS else kinds.decimal(before + 1, 0)


def _ten_to(places: int) -> Any:
    if places >= 0:
        return ibis.literal(Decimal(10**places), type=kinds.decimal(places + 1, 0).dtype)
    return ibis.literal(Decimal(1).scaleb(places), type=kinds.decimal(1, -places).dtype)


def _cut_float(number: Any, places: int, cut: Cut, invocation: Invocation) -> Value:
    bounded = values.only_if(number.abs() < 10.0 ** (_SAFE_DIGITS - max(places, 0)), number, FLOAT)
    shift = SIGNIFICANT - 1 - bounded.abs().nullif(0.0).log10().floor()
    # 10 to the power 22 is the largest that is exact.
    shift = ibis.least(ibis.greatest(shift, places), 22)
    digits = (bounded * _power_of_ten(shift)).round()
    whole = cut(digits / _power_of_ten(shift - places), number).cast("int64")
    if places <= 0:
        return Value(INTEGER, whole * ibis.literal(10**-places, type="int64"), invocation.call)
    kind = kinds.decimal(_SAFE_DIGITS - places, places)
    exact = values.exact_product(whole.cast(kinds.decimal(_SAFE_DIGITS, 0).dtype), _ten_to(-places))
    return Value(kind, exact.cast(kind.dtype), invocation.call)


def _power_of_ten(exponent: Any) -> Any:
    return ibis.literal(10.0) ** exponent


def _whole_part(invocation: Invocation) -> Value:
    return _cut(values.number("ENT", invocation.arguments[0]), 0, _down, invocation)


def _absolute(invocation: Invocation) -> Value:
    kind = values.number("ABS", invocation.arguments[0]).kind
    return Value(kind, invocation.arguments[0].as_kind(kind).abs().cast(kind.dtype), invocation.call)


def _remainder(invocation: Invocation) -> Value:
    number, divisor = (values.number("MOD", value) for value in invocation.arguments)
    kind = values.common_kind("MOD", [number, divisor])
    by = divisor.as_kind(kind).nullif(0)
    first = (number.as_kind(kind) % by).cast(kind.dtype)
    # The remainder has the sign of the divisor, as in spreadsheets.
    return Value(kind, ((first + by) % by).cast(kind.dtype), invocation.call)


def _power(invocation: Invocation) -> Value:
    base, exponent = (values.floating("PUISSANCE", value) for value in invocation.arguments)
    power = base**exponent
    # Impossible and endless powers are no numbers, and larger than any.
    return Value(FLOAT, values.only_if(power.abs() <= _LARGEST, power, FLOAT), invocation.call)


def _extreme(of: Callable[..., Any]) -> Callable[[Invocation], Value]:
    def build(invocation: Invocation) -> Value:
        kind = values.common_kind(invocation.call.name, invocation.arguments)
        if not (kind.is_number or kind.is_dated):
            values.refuse_kind(invocation.call.name, "des nombres ou des dates", invocation.arguments[0])
        return Value(kind, of(*(value.as_kind(kind) for value in invocation.arguments)), invocation.call)

    return build


def _sum(invocation: Invocation) -> Value:
    kind, total = _total(invocation)
    there = ibis.coalesce(*(value.as_kind(kind) for value in invocation.arguments)).notnull()
    return Value(kind, values.only_if(there, total, kind), invocation.call)


def _mean(invocation: Invocation) -> Value:
    _, total = _total(invocation)
    present = [value.expr.notnull().cast("int64") for value in invocation.arguments]
    count = reduce(lambda one, other: one + other, present)
    return Value(FLOAT, total.cast("float64") / count.cast("float64").nullif(0.0), invocation.call)


def _total(invocation: Invocation) -> tuple[Kind, Any]:
    """Sum of the values that are present."""
    for value in invocation.arguments:
        values.number(invocation.call.name, value)
    kind = values.common_kind(invocation.call.name, invocation.arguments)
    if kind.name == "decimal":
        before, after = kind.digits
        kind = kinds.decimal(before + 2, after)
    numbers = [
        ibis.coalesce(value.as_kind(kind), ibis.literal(0).cast(kind.dtype)) for value in invocation.arguments
    ]
    return kind, reduce(lambda one, other: one + other, numbers).cast(kind.dtype)


def _distance(invocation: Invocation) -> Value:
    degrees = [values.floating("DISTANCE", value) for value in invocation.arguments]
    bounds = (90.0, 180.0, 90.0, 180.0)
    lat, lon, lat_too, lon_too = (
        values.only_if(angle.between(-bound, bound), angle, FLOAT).radians()
        for angle, bound in zip(degrees, bounds, strict=True)
    )
    half = ((lat_too - lat) / 2.0).sin() ** 2.0
    half = half + lat.cos() * lat_too.cos() * ((lon_too - lon) / 2.0).sin() ** 2.0
    # Rounding may lead a hair above 1 for two points that face each other.
    arc = ibis.ifelse(half > 1.0, 1.0, half).sqrt().asin()
    return Value(FLOAT, arc * (2.0 * EARTH_RADIUS), invocation.call)


_ROUNDED = (
    "Sans nombre de décimales : à l'unité. Avec un nombre négatif : à la dizaine (-1), à la centaine (-2)."
)

FUNCTIONS = (
    Function(
        "ARRONDI",
        "ARRONDI(nombre ; décimales)",
        f"Le nombre arrondi au plus proche ; la moitié s'éloigne de zéro (2,5 donne 3 ; -2,5 donne -3). {_ROUNDED}",
        "ARRONDI([Coût] / [Tonnage] ; 2)",
        1,
        2,
        _rounding(_nearest),
    ),
    Function(
        "ARRONDI.INF",
        "ARRONDI.INF(nombre ; décimales)",
        "Le nombre coupé, vers zéro (2,78 donne 2,7 ; -2,78 donne -2,7).",
        "ARRONDI.INF([Tonnage] ; 1)",
        1,
        2,
        _rounding(_towards_zero),
    ),
    Function(
        "ARRONDI.SUP",
        "ARRONDI.SUP(nombre ; décimales)",
        "Le nombre arrondi en s'éloignant de zéro (2,71 donne 2,8 ; -2,71 donne -2,8).",
        "ARRONDI.SUP([Effectif] / 25)",
        1,
        2,
        _rounding(_away_from_zero),
    ),
    Function(
        "ENT",
        "ENT(nombre)",
        "Le plus grand nombre entier qui ne dépasse pas le nombre (2,7 donne 2 ; -2,7 donne -3).",
        "ENT([Âge] / 10) * 10",
        1,
        1,
        _whole_part,
    ),
    Function("ABS", "ABS(nombre)", "Le nombre sans son signe.", "ABS([Écart])", 1, 1, _absolute),
    Function(
        "MOD",
        "MOD(nombre ; diviseur)",
        "Le reste de la division, du signe du diviseur ; rien quand le diviseur est 0.",
        "MOD([Numéro] ; 2) = 0",
        2,
        2,
        _remainder,
    ),
    Function(
        "PUISSANCE",
        "PUISSANCE(nombre ; exposant)",
        "Le nombre élevé à cette puissance ; 0,5 donne la racine carrée. Rien quand elle ne se calcule pas.",
        "PUISSANCE([Côté] ; 2)",
        2,
        2,
        _power,
    ),
    Function(
        "MIN",
        "MIN(valeur ; valeur ; …)",
        "La plus petite des valeurs de la ligne (nombres ou dates), sans compter celles qui sont absentes.",
        "MIN([Devis 1] ; [Devis 2])",
        2,
        None,
        _extreme(ibis.least),
    ),
    Function(
        "MAX",
        "MAX(valeur ; valeur ; …)",
        "La plus grande des valeurs de la ligne (nombres ou dates), sans compter celles qui sont absentes.",
        "MAX([Solde] ; 0)",
        2,
        None,
        _extreme(ibis.greatest),
    ),
    Function(
        "SOMME",
        "SOMME(nombre ; nombre ; …)",
        "La somme des nombres de la ligne, sans compter ceux qui sont absents ; rien quand tous le sont.",
        "SOMME([Verre] ; [Papier] ; [Emballages])",
        2,
        None,
        _sum,
    ),
    Function(
        "MOYENNE",
        "MOYENNE(nombre ; nombre ; …)",
        "La moyenne des nombres de la ligne, sans compter ceux qui sont absents ; rien quand tous le sont.",
        "MOYENNE([Note 1] ; [Note 2] ; [Note 3])",
        2,
        None,
        _mean,
    ),
    Function(
        "DISTANCE",
        "DISTANCE(latitude 1 ; longitude 1 ; latitude 2 ; longitude 2)",
        "Les mètres à vol d'oiseau entre deux points donnés en degrés (formule de haversine, sphère de "
        "6 371 008,8 m de rayon : juste à 0,6 % près). Rien hors de -90 à 90 et de -180 à 180 degrés.",
        "DISTANCE([Latitude] ; [Longitude] ; 47,218 ; -1,554) < 500",
        4,
        4,
        _distance,
    ),
)
