"""What differs between two versions of an entry, field by field, in words: for its history, and for two people who write at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from beffroi.guides import Register


@dataclass(frozen=True)
class Difference:
    """A field that two versions of an entry do not have alike."""

    label: str
    before: str
    after: str


def entry_differences(
    register: Register, before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[Difference]:
    """The fields that differ; what a form has is read as the service would, where it can be."""
    found = []
    for field in register.fields:
        first, second = (_readable(field, values.get(field.key)) for values in (before, after))
        if first != second:
            found.append(Difference(field.label, first, second))
    return found


def _readable(field: Any, value: Any) -> str:
    try:
        return str(field.format(field.read(value)))
    except ValueError:
        return str(value)
