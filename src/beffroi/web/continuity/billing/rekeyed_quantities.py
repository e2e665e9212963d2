"""Sheets that were typed again, as quantities of a statement: readings of meters, presence at the canteen and after school.

In: a territory, a service, a period. Out: what there is of sheets, in counts; rows as on paper, each with the number of its sheet
(`subscriber_matching` finds whose they are). Only batches that are closed count: their sheets are settled, their totals right or explained.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db.models import Count

from beffroi.web.platform.models import Territory
from beffroi.web.ui.formats import counted, french_date

from ..errors import ContinuityError
from ..models import NumberEnd, RekeyedForm, RekeyingBatch
from ..paper_forms import numbers
from ..rekeying import batches
from ..rekeying.typed_sheets import OUTSIDE_LIST
from .payer_bills import Entry, Service
from .statement_tables import ReadTable

FORMS: Final[Mapping[Service, str]] = {
    "water": "form_water",
    "canteen": "form_canteen",
    "after_school": "form_afterschool",
}
_STATES: Final = {"leak": "fuite", "blocked": "compteur bloqué", "closed": "compteur inaccessible"}
_UNITS: Final = {"first": 1, "second": 2, "third": 3, "late": 4}
MOST_NAMED: Final = 50


@dataclass(frozen=True)
class RekeyedSheets:
    """The sheets of one form in a period. `waiting`: why some cannot be billed yet; `missing`: numbers of which nothing is known.

    `void`, `lost`, `missing` are of all sheets of the form: a sheet that nobody typed has no day. `untyped`: sheets that a batch
    announced and that nobody typed, a line each batch; some may be void, lost or missing too.
    """

    batches: tuple[RekeyingBatch, ...]
    entered: int
    waiting: tuple[str, ...]
    void: int
    lost: int
    missing: tuple[str, ...]
    untyped: tuple[str, ...] = ()

    def words(self) -> str:
        """« 48 feuilles saisies en 2 lots, du 20 au 22 novembre ; 1 annulée, 2 sans nouvelles »."""
        if not self.batches:
            return "aucune feuille ressaisie"
        days = sorted(each.day for each in self.batches)
        when = f"du {french_date(days[0])}" + (f" au {french_date(days[-1])}" if days[0] != days[-1] else "")
        saisies = counted(self.entered, "feuille saisie", "feuilles saisies")
        ends = ", ".join(self.not_billed())
        return f"{saisies} en {counted(len(self.batches), 'lot')}, {when}" + (f" ; {ends}" if ends else "")

    def not_billed(self) -> list[str]:
        """Sheets that give no row, in counts."""
        parts = (
            (self.void, "annulée", "annulées"),
            (self.lost, "perdue", "perdues"),
            (len(self.missing), "sans nouvelles", "sans nouvelles"),
        )
        return [counted(count, one, many) for count, one, many in parts if count]

    def to_json(self) -> dict[str, Any]:
        """What the statement says of them for good."""
        return {
            "entered": self.entered,
            "batches": [each.pk for each in self.batches],
            "names": [str(each) for each in self.batches],
            "not_billed": self.not_billed(),
            "missing": list(self.missing[:MOST_NAMED]),
            "untyped": list(self.untyped[:MOST_NAMED]),
            "explained": [f"{each} : {each.closing_note}" for each in self.batches if each.closing_note],
        }


def rekeyed_sheets(
    territory: Territory, service: Service, first: date = date.min, last: date = date.max
) -> RekeyedSheets:
    """What was typed again for this service on these days; exercises aside."""
    rows = RekeyingBatch.objects.of(territory).filter(
        form=FORMS[service], is_exercise=False, day__gte=first, day__lte=last
    )
    rows = rows.select_related("edition", "rows_edition", "territory").annotate(typed=Count("forms"))
    found = tuple(rows.order_by("day", "pk"))
    counters = [each for each in numbers.sheets_by_counter(territory, FORMS[service]) if not each.is_exercise]
    ends = [end.outcome for each in counters for end in each.explained]
    return RekeyedSheets(
        found,
        entered=_sheets(territory, found).count(),
        waiting=tuple(why for each in found if (why := _why_not(each))),
        void=ends.count(NumberEnd.Outcome.VOID),
        lost=ends.count(NumberEnd.Outcome.LOST),
        missing=tuple(str(number) for each in counters for number in each.missing),
        untyped=tuple(
            f"{each} : {counted(left, 'feuille', 'feuilles')} sur {counted(each.announced_count, 'annoncée')}"
            for each in found
            if (left := each.announced_count - each.typed) > 0
        ),
    )


def _sheets(territory: Territory, found: tuple[RekeyingBatch, ...]) -> Any:
    return RekeyedForm.objects.of(territory).filter(batch__in=found)


def _why_not(batch: RekeyingBatch) -> str:
    """Why a batch cannot be billed yet; "" when it can."""
    if batch.erased_at is not None:
        return f"{batch} : ses réponses sont effacées, donnez ce tableau en fichier"
    if batch.closed_at is not None:
        return ""
    return f"{batch} : {' ; '.join(batches.progress_of(batch).remains) or 'lot à fermer'}"


def read_sheets(territory: Territory, service: Service, first: date, last: date) -> ReadTable:
    """The rows of every sheet of the period. Raises ContinuityError while some wait, differ or were erased."""
    found = rekeyed_sheets(territory, service, first, last)
    if found.waiting:
        raise ContinuityError(
            f"Des fiches de la période ne sont pas prêtes. {'. '.join(found.waiting)}. Rien n'a été préparé.",
            "source",
        )
    sheets = _sheets(territory, found.batches).filter(state=RekeyedForm.State.DONE, erased_at=None)
    entries = [
        row
        for sheet in sheets.order_by("batch__day", "number")
        for row in _ROWS[service](sheet, sheet.answers)
    ]
    if not entries:
        raise ContinuityError(
            "Aucune fiche de ces jours n'a été ressaisie. Vérifiez la période, ou donnez un fichier.",
            "source",
        )
    return ReadTable(entries, sheets=found.to_json())


def _reading(sheet: RekeyedForm, answers: Mapping[str, Any]) -> Iterator[Entry]:
    values = answers["values"]
    remarks = [text for text in (_STATES.get(values["state"]), values.get("remark")) if text]
    row = {
        "meter": values["meter"],
        "index": values["index"],
        "read_on": values["day"],
        "sheet": sheet.number,
    }
    yield row | ({"note": " : ".join(remarks)} if remarks else {})


def _meals(sheet: RekeyedForm, answers: Mapping[str, Any]) -> Iterator[Entry]:
    for row in answers["rows"]:
        booked = "yes" if row["meal"] == "planned" else "no"
        yield _who(row) | {"day": answers["values"]["day"], "booked": booked, "sheet": sheet.number}


def _stays(sheet: RekeyedForm, answers: Mapping[str, Any]) -> Iterator[Entry]:
    values = answers["values"]
    for row in answers["rows"]:
        stay = _who(row) | {"day": values["day"], "session": values["session"], "sheet": sheet.number}
        stay |= {"units": _UNITS[row["until"]]}
        if row["until"] == "late":
            stay |= {"note": "parti après l'heure : compté quatre durées du tarif"}
        yield stay


def _who(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": row["name"]} if row["code"] == OUTSIDE_LIST else {"code": row["code"]}


_ROWS: Final = {"water": _reading, "canteen": _meals, "after_school": _stays}
