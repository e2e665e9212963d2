"""Presentation values of a dataset's page: the sentence of its state, its columns, its rows as French texts."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.core.paginator import Paginator

from beffroi.lake.drift import Change
from beffroi.web.ui import formats

from . import drift_messages
from .labels import personal_of, type_of
from .models import Dataset, Snapshot
from .row_queries import MOST_PAGES, ROWS_A_PAGE, Rows

NUMBERS = {"integer", "decimal", "number"}


def sentence(dataset: Dataset, current: Snapshot | None, deliveries: int, *, past: bool = False) -> str:
    """One sentence: how much, since when, who may see it. `past`: `current` is a delivery that another one followed."""
    if current is None:
        return "Ce jeu n'a aucune livraison en vigueur : il est vide pour l'instant."
    rows = formats.number(current.rows_total)
    plural = "s" if current.rows_total > 1 else ""
    columns = len(current.columns)
    times = f"{deliveries} livraisons" if deliveries > 1 else "une livraison"
    if past:
        return (
            f"{rows} ligne{plural} et {columns} colonne{'s' if columns > 1 else ''} à ce moment-là, en {times} ; "
            f"la dernière datait du {formats.french_date(current.last_file.at, hour=False)}."
        )
    if dataset.published_at is not None:
        seen = "publié en données ouvertes"
    elif dataset.sensitivity == Dataset.Sensitivity.PERSONAL:
        seen = "protégé, car il contient des données personnelles"
    else:
        seen = "réservé aux agents de la collectivité"
    return (
        f"{rows} ligne{plural} et {columns} colonne{'s' if columns > 1 else ''}, en {times} ; "
        f"la dernière date du {formats.french_date(current.last_file.at, hour=False)}. Ce jeu est {seen}."
    )


def described_columns(snapshot: Snapshot) -> list[dict[str, Any]]:
    """The columns with their words: type, personal, share of absent values, examples."""
    described, file = [], snapshot.last_file
    for column in snapshot.columns:
        profile = file.profile.get(column["name"])
        share = profile["missing"] / file.rows_stored if profile and file.rows_stored else None
        described.append(
            {
                **column,
                "type_label": type_of(column),
                "personal_label": personal_of(column),
                "missing": share,
                "examples": examples(profile, column),
            }
        )
    return described


def describe_drift(snapshot: Snapshot) -> list[dict[str, str]]:
    """What had changed in the columns of a delivery, and what was answered."""
    described = []
    for item in snapshot.drift:
        change = Change.from_dict({name: value for name, value in item.items() if name != "answer"})
        described.append(
            {
                "sentence": drift_messages.sentence(change),
                "answer": drift_messages.answer(change, item["answer"]),
            }
        )
    return described


def labels_of_key(snapshot: Snapshot) -> str:
    """The columns by which a delivery updated its dataset, as their headers say."""
    labels = {column["name"]: column["label"] for column in snapshot.columns}
    return ", ".join(f"« {labels.get(name, name)} »" for name in snapshot.key)


def examples(profile: dict[str, Any] | None, column: dict[str, Any]) -> list[str]:
    """A few values of a column, never of one about people."""
    if not profile or column.get("personal"):
        return []
    return [french_text(value, column["type"]) for value in profile.get("examples", [])]


def described_rows(rows: Rows, number: int) -> dict[str, Any]:
    """The rows of a page as texts, each with whether it is a figure, and the page among pages."""
    figures = [column["type"] in NUMBERS for column in rows.columns]
    cells = [
        [{"text": text(value), "number": figure} for value, figure in zip(row, figures, strict=True)]
        for row in rows.rows
    ]
    reachable = min(rows.total, MOST_PAGES * ROWS_A_PAGE)
    return {
        "rows": rows,
        "heads": [{**c, "number": n} for c, n in zip(rows.columns, figures, strict=True)],
        "cells": cells,
        "page": Paginator(range(reachable), ROWS_A_PAGE).get_page(number),
        "cut": rows.total > reachable,
    }


def text(value: Any) -> str:
    """A value as a person reads it in a table."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, int):
        # Four figures stand together: a year is not « 2 025 ».
        return formats.number(value) if abs(value) > 9999 else str(value).replace("-", "\u2212")
    if isinstance(value, float | Decimal):
        formatted = formats.number(value, 6)
        return formatted.rstrip("0").rstrip(",") if "," in formatted else formatted
    if isinstance(value, datetime):
        return f"{value:%d/%m/%Y %H:%M}"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    found = str(value)
    return found if len(found) <= 120 else f"{found[:117]}…"


def french_text(value: str | None, kind: str) -> str:
    """A value stored as text (an example, a first row), in French."""
    if value is None:
        return ""
    try:
        if kind == "date":
            return text(date.fromisoformat(value))
        if kind == "datetime":
            return text(datetime.fromisoformat(value))
        if kind in ("decimal", "number"):
            return text(Decimal(value))
        if kind == "integer":
            return text(int(value))
    except (ValueError, ArithmeticError):
        return value
    return {"true": "oui", "false": "non"}.get(value, value) if kind == "boolean" else value
