"""Who a sheet names, said while it is written: the search that refuses a kit, on its fields one by one.

In: a territory, texts by field. Out: what to write instead, by field, without the value. Lists about people are left to the kit,
which reads them under the rights of who joined them.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.html import escape

from beffroi.web.platform.models import Territory

from . import personal_values
from .personal_values import PersonalValue


def named_in(territory: Territory, fields: Mapping[str, Any]) -> dict[str, str]:
    """Each field that names somebody, with a sentence that says where the name comes from and what to do."""
    texts = {key: _text(value) for key, value in fields.items()}
    pages = personal_values.Pages({key: escape(text) for key, text in texts.items() if text})
    values = personal_values.values_of_registers(territory) | personal_values.values_of_accounts(territory)
    places = {value: found for value in values if (found := pages.with_value(value))}
    if any(value.number for value in places):
        searched = personal_values.without_emergency_numbers(places, territory)
        places = {value: found for value, found in places.items() if value in searched}
    sentences: dict[str, str] = {}
    for value in sorted(places, key=lambda each: (each.source, each.words, each.number)):
        for key in places[value]:
            sentences.setdefault(key, _sentence(value))
    return sentences


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "\n".join(map(str, value))
    return value if isinstance(value, str) else ""


def _sentence(value: PersonalValue) -> str:
    what = "Ce numéro" if value.number else "Ce nom"
    return f"{what} vient de {value.source} : écrivez la fonction."
