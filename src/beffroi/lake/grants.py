"""Grant: what one person may read of one table, at one version, for one purpose, until a date.

Grants are made by the catalogue; the lake is read only through them. In: a grant (or its JSON). Out: a relation with
its rows and columns only, masks applied.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any, Final, Self

import ibis
import ibis.expr.types as ir

from beffroi.hashing import text_sha256
from beffroi.lake.errors import LakeError
from beffroi.lake.protections import KEYS

MASKS: Final = ("hide", "year")
"""hide: the value is absent. year: a date keeps its year only."""

COMPARISONS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "=": lambda column, value: column == value,
    "!=": lambda column, value: column != value,
    "<": lambda column, value: column < value,
    "<=": lambda column, value: column <= value,
    ">": lambda column, value: column > value,
    ">=": lambda column, value: column >= value,
}


class GrantExpired(LakeError):
    """The grant's date has passed; the person can request another."""


@dataclass(frozen=True)
class Grant:
    """`lake` is the path of the lake's folder; `version` a DuckLake version of `table`.

    `masks`: (column, "hide" or "year"). `identifying`: the columns by which nobody may be picked out, for a reader who gets
    groups of personal data (None: reads rows, or data about nobody): see `recipes.identifying`. `predicate`: (column, operator,
    value as text), all required; operators are = != < <= > >= and "in", whose value is a JSON list of texts. `floor`: smallest
    group that may be released (0: none), counted in distinct values of the column `unit`, or in rows without one. `dominance`:
    share of a total (0 to 1) beyond which one unit would be recognised in it. `protects`: the class of `protections` that
    requires it. `aggregate_only`: no row is released, only groups. `expires` has a time zone.
    """

    person: str
    territory: str
    dataset: str
    lake: str
    table: str
    version: int
    columns: tuple[str, ...]
    purpose: str
    processing: int
    expires: datetime
    masks: tuple[tuple[str, str], ...] = ()
    predicate: tuple[tuple[str, str, str], ...] = ()
    floor: int = 0
    aggregate_only: bool = False
    unit: str | None = None
    dominance: float | None = None
    protects: str = ""
    identifying: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if not self.columns:
            raise LakeError(f"L'accès à « {self.dataset} » n'ouvre aucune colonne. Demandez-en au moins une.")
        unknown = [kind for _, kind in self.masks if kind not in MASKS]
        unknown += [op for _, op, _ in self.predicate if op not in COMPARISONS and op != "in"]
        if unknown:
            raise ValueError(f"unknown masks or operators in a grant: {unknown}")
        if self.expires.tzinfo is None:
            raise ValueError("a grant's expiry has a time zone")
        if self.dominance is not None and not 0 < self.dominance <= 1:
            raise ValueError("dominance is a share of a total, above 0 and at most 1")
        if self.protects and self.protects not in KEYS:
            raise ValueError(f"no rule protects {self.protects!r}")

    @property
    def protected(self) -> bool:
        """Whether the size of groups is checked before any of them is released."""
        return self.floor > 0 or self.aggregate_only or self.dominance is not None

    @property
    def fingerprint(self) -> str:
        """SHA-256 of what determines the result: neither the reader, nor the expiry, nor the location of the folder."""
        left_out = {"person", "expires", "lake", "purpose", "processing"}
        content = {
            field.name: getattr(self, field.name) for field in fields(self) if field.name not in left_out
        }
        if self.identifying is None:
            # As before grants had the field: the first stored results are listed under that fingerprint.
            del content["identifying"]
        content["lake"] = self.lake.rstrip("/").rpartition("/")[2]
        return text_sha256(json.dumps(content, sort_keys=True))

    def check(self, now: datetime | None = None) -> None:
        """Raises GrantExpired once `expires` is reached."""
        if (now or datetime.now(UTC)) >= self.expires:
            raise GrantExpired(
                f"Votre accès à « {self.dataset} » a pris fin le {self.expires:%d/%m/%Y à %H:%M}. "
                "Rien n'est perdu : rouvrez la page pour en demander un nouveau."
            )

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "expires": self.expires.isoformat()}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        return cls(
            **{
                **data,
                "columns": tuple(data["columns"]),
                "masks": tuple((column, kind) for column, kind in data.get("masks", ())),
                "identifying": None if data.get("identifying") is None else tuple(data["identifying"]),
                "predicate": tuple((column, op, value) for column, op, value in data.get("predicate", ())),
                "expires": datetime.fromisoformat(data["expires"]),
            }
        )

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        return cls.from_dict(json.loads(text))


def restrict(
    table: ir.Table, grant: Grant, *, unit_as: str | None = None, extra_columns: tuple[str, ...] = ()
) -> ir.Table:
    """Rows, then columns, then masks of the grant. Raises LakeError when the table lacks one of its columns.

    For callers that count groups without releasing them: `unit_as`, the name of an added, unmasked column with the
    grant's unit; `extra_columns`, columns that are not of the table itself.
    """
    needed = {*grant.columns, *(column for column, _, _ in grant.predicate)}
    if unit_as is not None and grant.unit is not None:
        needed.add(grant.unit)
    absent = sorted(needed - set(table.columns))
    if absent:
        raise LakeError(
            f"L'accès à « {grant.dataset} » demande des colonnes absentes de cette version : {', '.join(absent)}. "
            "Rien n'a été lu. Rouvrez la fiche du jeu de données pour choisir parmi ses colonnes."
        )
    for column, op, value in grant.predicate:
        table = table.filter(_matches(table[column], op, value))
    masks = dict(grant.masks)
    selected = {name: _masked(table[name], masks.get(name)) for name in grant.columns}
    if unit_as is not None and grant.unit is not None:
        selected[unit_as] = table[grant.unit]
    return table.select(**selected, **{name: table[name] for name in extra_columns})


def _matches(column: Any, op: str, value: str) -> Any:
    kind = column.type()
    if op == "in":
        return column.isin([ibis.literal(item).cast(kind) for item in json.loads(value)])
    return COMPARISONS[op](column, ibis.literal(value).cast(kind))


def _masked(column: Any, mask: str | None) -> Any:
    if mask is None:
        return column
    kind = column.type()
    # A column that has no year (a text, a number) is hidden entirely: a mask never discloses more than declared.
    if mask == "year" and (kind.is_date() or kind.is_timestamp()):
        return column.year()
    return ibis.null().cast(kind)
