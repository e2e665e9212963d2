"""What the continuity room holds of billing statements, for one side of the world, and where its addresses find their values.

Keys of `PARAMETERS` and `SHARED`: (route, parameter). `NARROWER`: a further act that a route asks for. `EXPORTS`: routes of files.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from beffroi.web.continuity.billing import services
from beffroi.web.continuity.billing.statement_tables import ReadTable

PARAMETERS: dict[tuple[str, str], Callable[[Any], Any]] = {
    (route, "pk"): (lambda side: side.billing.pk)
    for route in ("billing-statement", "billing-check", "billing-erase", "billing-file")
}
SHARED: dict[tuple[str, str], Any] = {
    ("billing-new", "service"): "canteen",
    ("billing-template", "service"): "canteen",
    ("billing-template", "part"): "rates",
    ("billing-file", "form"): "csv",
}
NARROWER: dict[str, str] = {}
EXPORTS: set[str] = {"billing-template", "billing-file"}
JOBS: dict[str, Callable[[Any], list[dict[str, Any]]]] = {}


def furnish(side: Any) -> None:
    """A statement of the canteen; called inside its territory."""
    words = side.words.private
    tables = {
        "rates": [{"bracket": words, "from_quotient": 0, "price": 3.2}],
        "subscribers": [{"number": "1", "name": f"Enfant {words}", "payer": f"Parent {words}"}],
        "quantities": [{"number": "1", "day": "2026-10-05"}],
    }
    prepared = services.prepare(
        side.territory,
        side.people["everything"],
        "canteen",
        date(2026, 10, 1),
        date(2026, 10, 31),
        {part: ReadTable(rows, [], []) for part, rows in tables.items()},
        dict.fromkeys(tables, f"{words}.csv"),
    )
    # The software of the tests takes a file of a checked statement only.
    side.facts["billing"] = services.check(prepared, side.people["data_officer"], "dix lignes relues")
