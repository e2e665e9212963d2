"""Values of the confirmation screen for one table: what was detected, the decisions with their reasons, the proposal.

In: the form of one table. Out: plain values for the template. Rows about people show only to who may see them.
"""

import re
from collections import Counter
from dataclasses import replace
from typing import Any, Final

from beffroi.lake.tables import Guess
from beffroi.web.platform.models import Territory

from .dataset_presentation import NUMBERS, examples, french_text
from .forms import TableForm
from .labels import personal_of, type_of
from .lifecycle import TablePlan
from .models import Dataset
from .reading_changes import describe_corrections
from .reading_form import ReadingForm
from .reading_questions import reason_of

HIDDEN = "masqué"
GENERATED: Final = re.compile(r"Colonne \d+")  # the label of a column without a header


def hides(plan: TablePlan, territory: Territory, *, sees_people: bool) -> bool:
    """Whether the texts of a table stay out of sight of this person: it has a column about people, or joins such a dataset."""
    if sees_people:
        return False
    joined = Dataset.objects.of(territory).filter(slug=plan.match.dataset or "")
    people = joined.filter(sensitivity=Dataset.Sensitivity.PERSONAL).exists()
    return people or any(column.personal for column in plan.staged.columns)


def describe_table(
    form: TableForm, reading: ReadingForm, territory: Territory, *, sees_people: bool
) -> dict[str, Any]:
    plan = form.plan
    staged, peek = plan.staged, plan.peek
    hide = hides(plan, territory, sees_people=sees_people)
    ticked = form.ticked()
    columns = []
    for column in staged.columns:
        described, profile = column.to_dict(), plan.profile.get(column.name, {})
        columns.append(
            {
                **described,
                "type_label": type_of(described),
                "personal_label": personal_of(described),
                "examples": examples(profile, described),
                "missing": profile.get("missing", 0) / staged.rows_kept if staged.rows_kept else None,
                "ticked": column.name in ticked,
                "locked": column.name in form.locked,
                "number": column.type in NUMBERS,
                "type_field": reading.type_field(column.name),
                "label_field": reading.label_field(column.name),
                "nameless": GENERATED.fullmatch(column.label) is not None,
            }
        )
    rows = [
        [
            {"text": french_text(value, column.type), "number": column.type in NUMBERS}
            for value, column in zip(row, staged.columns, strict=True)
        ]
        for row in (peek["rows"] if not hide else [])
    ]
    return {
        "form": form,
        "plan": plan,
        "staged": staged,
        "match": plan.match,
        "mode": form.initial["mode"],
        "columns": columns,
        "people": [column for column in columns if column["personal"]],
        "columns_sentence": _columns_sentence(columns),
        # What a question or an error is about is in sight.
        "columns_open": bool(reading.questions or reading.errors or plan.changed or plan.applied)
        or any(column["nameless"] for column in columns),
        "others": len(form.fields["dataset"].choices) > 1,  # type: ignore[attr-defined]
        "storing_open": not plan.match.certain or bool(form.errors),
        "rows": rows,
        "hidden": hide,
        "rejected_rows": [{**row, "raw": HIDDEN if hide else row["raw"]} for row in peek["aside"]],
        "reading": reading,
        "reading_errors": any(bound.errors for bound in reading.settled),
        "correction_lines": describe_corrections(
            plan.corrections, {column.name: column.label for column in staged.columns}
        ),
        "sure": [guess for guess in staged.guesses if guess.certain],
        "unsure": [
            replace(guess, why=reason_of(guess, reading.examples_of(guess)))
            for place, guess in enumerate(staged.guesses)
            if not guess.certain and place not in reading.by_guess and not _has_own_message(plan, guess)
        ],
    }


def _columns_sentence(columns: list[dict[str, Any]]) -> str:
    """« 4 colonnes : texte (2), date (1), nombre entier (1). »"""
    kinds = Counter(str(column["type_label"]) for column in columns)
    named = ", ".join(f"{kind} ({count})" for kind, count in kinds.most_common())
    return f"{len(columns)} colonne{'s' if len(columns) > 1 else ''} : {named}"


def _has_own_message(plan: TablePlan, guess: Guess) -> bool:
    """Columns about people and corrections without object have messages of their own, above."""
    return guess.what.startswith("Donnée personnelle") or (guess.about == "unfit" and bool(plan.notes))
