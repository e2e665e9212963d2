"""Binding of a dataset's columns to the columns that a system declares.

In come a manifest's input schema and the columns of a dataset; out go a proposal with its reasons, French errors,
and a projected Arrow table of the declared columns only, in the declared types.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from beffroi.systems.column_types import INPUT_TYPES
from beffroi.systems.input_schema import ColumnNeed, InputSchema
from beffroi.text import fold_name

type OwnColumn = tuple[str, str, str]
"""A column of the dataset: name, label (the header as found), type (a `ColumnType` of the lake)."""

# Types of the lake that can serve a declared type without losing their meaning.
_COMPATIBLE_TYPES: dict[str, frozenset[str]] = {
    "text": frozenset({"text", "code", "integer", "number", "decimal"}),
    "code": frozenset({"code", "text", "integer"}),
    "integer": frozenset({"integer", "number", "decimal"}),
    "number": frozenset({"number", "integer", "decimal"}),
    "boolean": frozenset({"boolean", "integer"}),
    "date": frozenset({"date", "datetime"}),
    "datetime": frozenset({"datetime", "date"}),  # a date alone: its midnight
    "geometry": frozenset({"geometry"}),
}
_TYPE_NAMES = {
    "text": "du texte",
    "code": "un code",
    "integer": "un nombre entier",
    "number": "un nombre",
    "decimal": "un nombre décimal",
    "boolean": "oui ou non",
    "date": "une date",
    "datetime": "une date et une heure",
    "time": "une heure",
    "geometry": "une géométrie",
}


def describe_type(kind: str) -> str:
    """French description of a column type: « un nombre entier »."""
    return _TYPE_NAMES.get(kind, kind)


class BindingError(ValueError):
    """The data do not fit the binding; the message is French."""


@dataclass(frozen=True)
class Match:
    """The dataset column proposed for a declared one (None: nothing fits), and the reason in French."""

    column: str | None
    reason: str


def propose_binding(schema: InputSchema, columns: Iterable[OwnColumn]) -> dict[str, Match]:
    """Propose for each declared column the best matching column of the dataset, each used once at most."""
    own = list(columns)
    scored: list[tuple[int, int, int, str, str, str]] = []
    for rank, need in enumerate(schema.columns):
        for order, (name, label, kind) in enumerate(own):
            score, reason = _score_match(need, name, label, kind)
            if score:
                scored.append((-score, rank, order, need.name, name, reason))
    chosen: dict[str, Match] = {}
    taken: set[str] = set()
    for _, _, _, need_name, name, reason in sorted(scored):
        if need_name not in chosen and name not in taken:
            chosen[need_name] = Match(name, reason)
            taken.add(name)
    for need in schema.columns:
        if need.name not in chosen:
            kind = _TYPE_NAMES[need.type]
            reason = (
                f"aucune colonne ne porte un nom attendu et {kind} : choisissez-la vous-même"
                if need.required
                else "facultative : aucune colonne ne semble convenir"
            )
            chosen[need.name] = Match(None, reason)
    return {need.name: chosen[need.name] for need in schema.columns}


def check_binding(
    schema: InputSchema, mapping: Mapping[str, str | None], columns: Iterable[OwnColumn]
) -> list[str]:
    """Errors of a binding, in French; an empty list when it is valid."""
    own = {name: (label, kind) for name, label, kind in columns}
    needs = {need.name: need for need in schema.columns}
    errors = [
        f"« {schema.title} » ne demande pas de colonne « {declared} » : retirez-la de la liaison."
        for declared, own_name in mapping.items()
        if own_name and declared not in needs  # an unbound column of an older version is no error
    ]
    used: dict[str, str] = {}
    for need in schema.columns:
        name = mapping.get(need.name)
        if not name:
            if need.required:
                errors.append(
                    f"Il manque la colonne « {need.display_name} » de « {schema.title} » : {_lower(need.why)} "
                    "Choisissez la colonne qui la porte."
                )
            continue
        if name not in own:
            errors.append(
                f"La colonne « {name} », choisie pour « {need.display_name} », n’est pas dans ce jeu de données. "
                "Il a peut-être changé : choisissez-en une autre."
            )
            continue
        label, kind = own[name]
        if kind not in _COMPATIBLE_TYPES[need.type]:
            errors.append(
                f"La colonne « {label} » contient {_TYPE_NAMES.get(kind, kind)} ; il faut ici {_TYPE_NAMES[need.type]} : "
                f"{_lower(need.why)} Choisissez une autre colonne, ou corrigez son type dans le catalogue."
            )
        if name in used:
            errors.append(
                f"La colonne « {label} » sert à la fois pour « {used[name]} » et « {need.display_name} » : choisissez-en deux."
            )
        used[name] = need.display_name
    if schema.one_of and not any(mapping.get(name) for name in schema.one_of):
        alternatives = " ou ".join(f"« {needs[name].display_name} »" for name in schema.one_of)
        errors.append(
            f"« {schema.title} » a besoin de {alternatives} : choisissez au moins une de ces colonnes."
        )
    return errors


def project(table: pa.Table, mapping: Mapping[str, str | None], schema: InputSchema) -> pa.Table:
    """The declared columns only, renamed and cast. Raises `BindingError` naming the column and the value at fault."""
    arrays: dict[str, pa.ChunkedArray] = {}
    for need in schema.columns:
        name = mapping.get(need.name)
        if not name:
            if need.required:
                raise BindingError(f"Il manque la colonne « {need.name} » de « {schema.title} ».")
            continue
        if name not in table.column_names:
            raise BindingError(f"La colonne « {name} » n’est plus dans ce jeu de données.")
        arrays[need.name] = _cast(table.column(name), need, name)
    return pa.table(arrays)


def project_declared(tables: Mapping[str, pa.Table], schemas: Iterable[InputSchema]) -> dict[str, pa.Table]:
    """The tables cut to what the manifest declares, for tables that already carry the declared names."""
    projected: dict[str, pa.Table] = {}
    for schema in schemas:
        table = tables.get(schema.name)
        if table is None:
            if schema.required:
                raise BindingError(
                    f"Il manque la table « {schema.title} » : ce système ne peut pas s’en passer."
                )
            continue
        present = {need.name: need.name for need in schema.columns if need.name in table.column_names}
        projected[schema.name] = project(table, present, schema)
    return projected


def _cast(column: pa.ChunkedArray, need: ColumnNeed, name: str) -> pa.ChunkedArray:
    target = INPUT_TYPES[need.type]
    if column.type == target:
        return column
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    try:
        if pa.types.is_timestamp(column.type) and column.type.tz:
            column = pc.local_timestamp(column)
        if need.type == "date" and pa.types.is_timestamp(column.type):
            column = pc.floor_temporal(column, unit="day")
        if need.type == "integer" and (pa.types.is_floating(column.type) or pa.types.is_decimal(column.type)):
            return pc.round(column.cast(pa.float64())).cast(target)
        return column.cast(target)
    except pa.ArrowException as error:
        raise BindingError(
            f"La colonne « {name} » ne peut pas servir pour « {need.display_name} », qui demande {_TYPE_NAMES[need.type]}{_first_uncastable(column, target)}. "
            "Corrigez cette valeur dans le fichier d’origine ou choisissez une autre colonne."
        ) from error


def _first_uncastable(column: pa.ChunkedArray, target: pa.DataType) -> str:
    for line, value in enumerate(column, start=1):
        try:
            pa.array([value.as_py()], type=column.type).cast(target)
        except pa.ArrowException:
            return f" : la ligne {line} contient « {value.as_py()} »"
    return ""


@lru_cache(maxsize=10_000)
def _fold_column_name(name: str) -> str:
    """`fold_name`, once a name: those of the manifests and of the datasets are compared each with each."""
    return fold_name(name)


def _score_match(need: ColumnNeed, name: str, label: str, kind: str) -> tuple[int, str]:
    if kind not in _COMPATIBLE_TYPES[need.type]:
        return 0, ""
    same_type = 1 if kind == need.type else 0
    own_names = {_fold_column_name(name), _fold_column_name(label)}
    wanted = [_fold_column_name(word) for word in (need.name, *need.hints)]
    for order, word in enumerate(wanted):
        if word in own_names:
            return 200 - 2 * order + same_type, f"« {label} » est un nom connu pour cette colonne"
    for order, word in enumerate(wanted):
        words = set(word.split())
        if any(words and words <= set(candidate.split()) for candidate in own_names):
            return 100 - 2 * order + same_type, f"« {label} » contient un nom connu (« {word} »)"
    return 0, ""


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
