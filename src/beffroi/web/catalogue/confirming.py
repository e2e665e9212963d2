"""The confirmation screen's values: for one table read, what was found, what was decided and why, what is proposed.

In: the form of one table. Out: plain values for the template. Rows about people show only to who may see them.
"""

from typing import Any

from .forms import TableForm
from .presenting import NUMBERS, examples, french_text
from .words import personal_of, type_of

HIDDEN = "masqué"


def shown_table(form: TableForm, *, sees_people: bool) -> dict[str, Any]:
    plan = form.plan
    staged, peek = plan.staged, plan.peek
    hide = any(column.personal for column in staged.columns) and not sees_people
    ticked = form.ticked()
    columns = []
    for column in staged.columns:
        told, profile = column.to_dict(), plan.profile.get(column.name, {})
        columns.append(
            {
                **told,
                "type_label": type_of(told),
                "personal_label": personal_of(told),
                "examples": examples(profile, told),
                "missing": profile.get("missing", 0) / staged.rows_kept if staged.rows_kept else None,
                "ticked": column.name in ticked,
                "locked": column.name in form.locked,
                "number": column.type in NUMBERS,
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
        "rows": rows,
        "hidden": hide,
        "aside_rows": [{**row, "raw": HIDDEN if hide else row["raw"]} for row in peek["aside"]],
        "sure": [guess for guess in staged.guesses if guess.certain],
        # The columns about people have a message of their own, above.
        "unsure": [
            g for g in staged.guesses if not g.certain and not g.what.startswith("Donnée personnelle")
        ],
    }
