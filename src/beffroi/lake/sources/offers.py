"""What a source shows (`Offer`) and what a fetch brings (`Fetched`)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from beffroi.lake.sources.specs import Spec, dump, parse

ProgressCallback = Callable[[str], None]


def ignore_progress(_: str) -> None:
    """Progress that nobody listens to."""


@dataclass(frozen=True)
class OfferedColumn:
    """A column as the source names it; `type` is the source's own word; `note` (French) tells what will not come."""

    name: str
    type: str = ""
    note: str = ""


@dataclass(frozen=True)
class Offer:
    """One table, layer or file. `fields` completes the spec; `rows` is rough; `key` is the primary key."""

    name: str
    kind: Literal["table", "layer", "file"]
    fields: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[OfferedColumn, ...] = ()
    rows: int | None = None
    size: int | None = None
    key: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fetched:
    """What came. `files` are for `readers.stage`; none with `unchanged` means that nothing is new since the cursor.

    `cursor` is to be given as `since` next time; `incremental`: the files hold only what is new or changed since
    then, the last value read again included. `rows` is None where only the readers will know. `size` is that of the
    files, in bytes (`fetch` sets it).
    """

    files: tuple[Path, ...]
    cursor: str | None = None
    rows: int | None = None
    size: int = 0
    notes: tuple[str, ...] = ()
    incremental: bool = False
    unchanged: bool = False


def choose(spec: Spec, offer: Offer) -> Spec:
    """The spec for this one offer."""
    return parse(dump(spec) | dict(offer.fields))
