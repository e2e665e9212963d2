"""Offers of a source (tables, layers, files), and the result of a fetch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from beffroi.lake.sources.specs import Spec, dump, parse

ProgressCallback = Callable[[str], None]


def ignore_progress(_: str) -> None:
    """Progress callback that does nothing."""


@dataclass(frozen=True)
class OfferedColumn:
    """Column of an offer; `type` is the source's own name of its type; `note` (French): what will not be fetched."""

    name: str
    type: str = ""
    note: str = ""


@dataclass(frozen=True)
class Offer:
    """Table, layer or file of a source. `fields` completes the spec; `rows` is approximate; `key` is the primary key."""

    name: str
    kind: Literal["table", "layer", "file"]
    fields: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[OfferedColumn, ...] = ()
    rows: int | None = None
    size: int | None = None
    key: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fetched:
    """Result of a fetch. `files` are for `readers.stage`; none with `unchanged`: nothing is new since the cursor.

    `cursor` is to be passed as `since` next time; `incremental`: the files contain only what is new or changed since
    then, the last value included again. `rows` is None where only the readers will know. `size` is that of the files,
    in bytes (`fetch` sets it).
    """

    files: tuple[Path, ...]
    cursor: str | None = None
    rows: int | None = None
    size: int = 0
    notes: tuple[str, ...] = ()
    incremental: bool = False
    unchanged: bool = False


def choose(spec: Spec, offer: Offer) -> Spec:
    """Spec completed by one offer."""
    return parse(dump(spec) | dict(offer.fields))
