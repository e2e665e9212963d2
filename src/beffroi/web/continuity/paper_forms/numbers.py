"""Numbers of sheets: allotted to counters ahead, never twice; each ends entered, void or lost; what is missing is listed.

In: a person with `continuity.answer`. Out: rows. Raises ContinuityError in French, PermissionDenied.
"""

import re
from dataclasses import dataclass
from typing import Final

from django.db.models import Max

from beffroi.lake.invisible_characters import strip_invisible
from beffroi.web.platform.acts import Recorded, act
from beffroi.web.platform.ledger import bulk_insert
from beffroi.web.platform.models import Person, Territory
from beffroi.web.ui.formats import counted

from ..errors import ContinuityError
from ..models import NumberEnd, NumberRange
from .definitions import PaperForm
from .sheet_numbers import MAX_RANK, SheetNumber

MOST_AT_ONCE: Final = 200
KIT_COUNTER: Final = "K"
KIT_NAME: Final = "réserve du kit"
KIT_RESERVE: Final = 10
_ACT: Final = "continuity.answer"
Outcome = NumberEnd.Outcome


@dataclass(frozen=True)
class Counter:
    """Where sheets are filled in: a letter on the number, and the name that people give to the place."""

    letter: str
    name: str

    @classmethod
    def parse(cls, letter: str, name: str) -> "Counter":
        """Raises ContinuityError."""
        letter = letter.strip().upper()
        if not re.fullmatch("[A-Z0-9]{1,3}", letter):
            raise ContinuityError(
                "Donnez au guichet une à trois lettres ou chiffres. Exemple : A.", "counter"
            )
        if letter == KIT_COUNTER:
            raise ContinuityError(
                "K est la réserve du kit hors ligne. Choisissez une autre lettre.", "counter"
            )
        name = strip_invisible(" ".join(name.split()))[:80]
        if not name:
            raise ContinuityError(
                "Écrivez le nom du guichet, par exemple « Accueil de la mairie ».", "counter_name"
            )
        return cls(letter, name)


@act("forms.allot", "numéros de feuilles attribués à un guichet", right=_ACT)
def allot(
    territory: Territory,
    form: PaperForm,
    counter: Counter,
    count: int,
    by: Person | None,
    *,
    is_exercise: bool = False,
) -> Recorded[NumberRange]:
    """Allot the next `count` numbers of a form to a counter. Raises ContinuityError."""
    if not 1 <= count <= MOST_AT_ONCE:
        raise ContinuityError(f"De 1 à {MOST_AT_ONCE} feuilles à la fois.", "count")
    bulk_insert.lock_chain(territory.pk)  # two counters that ask at once take their turn
    same_mark = NumberRange.objects.of(territory).filter(mark=form.mark)
    if other := same_mark.exclude(form=form.key).first():
        raise ContinuityError(
            f"La marque {form.mark} est déjà celle du formulaire « {other.form} ». Changez-la dans les réglages."
        )
    ranges = same_mark.filter(counter=counter.letter)
    last = ranges.aggregate(last=Max("last"))["last"] or 0
    if last + count > MAX_RANK:
        raise ContinuityError(
            f"Ce guichet a déjà {counted(last, 'feuille')} de cette sorte sur {MAX_RANK}. Prenez une autre lettre.",
            "counter",
        )
    row: NumberRange = NumberRange.objects.create(
        territory=territory,
        form=form.key,
        mark=form.mark,
        counter=counter.letter,
        counter_name=counter.name,
        first=last + 1,
        last=last + count,
        is_exercise=is_exercise,
        allotted_by=by,
    )
    numbers = {"counter": counter.letter, "first": row.first, "last": row.last}
    return Recorded(row, {"form": form.key, **numbers, "exercise": is_exercise}, f"range:{row.pk}")


def kit_reserve(territory: Territory, form: PaperForm) -> NumberRange:
    """The numbers of the offline kit for a form: the same every night, until one of them has ended; then the next ones."""
    last = NumberRange.objects.of(territory).filter(form=form.key, mark=form.mark, counter=KIT_COUNTER).last()
    if last is not None and not last.ends.exists():
        return last
    return allot(territory, form, Counter(KIT_COUNTER, KIT_NAME), KIT_RESERVE, None)


def numbers_of(row: NumberRange) -> list[SheetNumber]:
    return [SheetNumber(row.mark, row.counter, rank) for rank in range(row.first, row.last + 1)]


def range_of(territory: Territory, number: SheetNumber) -> NumberRange:
    """The range that holds this number. Raises ContinuityError for a number that was never allotted."""
    rows = NumberRange.objects.of(territory).filter(
        mark=number.mark, counter=number.counter, first__lte=number.rank, last__gte=number.rank
    )
    if (row := rows.first()) is None:
        raise ContinuityError(
            f"Le numéro {number} n'a jamais été attribué ici. Relisez-le sur la feuille.", "number"
        )
    return row  # type: ignore[no-any-return]


@act("forms.end", "feuille annulée ou déclarée perdue", right=_ACT)
def end_number(
    territory: Territory, number: SheetNumber, outcome: str, reason: str, by: Person
) -> Recorded[NumberEnd]:
    """Say that a sheet is void or lost, and why. Raises ContinuityError."""
    reason = strip_invisible(" ".join(reason.split()))[:500]
    if outcome not in (Outcome.VOID, Outcome.LOST):
        raise ContinuityError("Choisissez : feuille annulée, ou feuille perdue.", "outcome")
    if len(reason) < 10:
        what = "pourquoi elle est annulée" if outcome == Outcome.VOID else "ce qui s'est passé"
        raise ContinuityError(f"Écrivez {what}, en dix signes au moins, sans nommer personne.", "reason")
    end = record_end(territory, number, outcome, by, reason)
    return Recorded(end, {"rank": number.rank, "outcome": outcome}, f"range:{end.range_id}")


def record_end(
    territory: Territory, number: SheetNumber, outcome: str, by: Person, reason: str = ""
) -> NumberEnd:
    """Write how a number ended, once, inside the caller's transaction, which writes its own line of the ledger. Raises ContinuityError."""
    bulk_insert.lock_chain(territory.pk)
    row = range_of(territory, number)
    last = row.ends.filter(rank=number.rank).last()
    if last is not None and (last.outcome != Outcome.LOST or outcome != Outcome.ENTERED):
        raise ContinuityError(
            f"La feuille {number} est déjà {last.get_outcome_display()}. Rien n'a été changé.", "number"
        )
    end: NumberEnd = NumberEnd.objects.create(
        territory=territory, range=row, rank=number.rank, outcome=outcome, reason=reason, by=by
    )
    return end


@dataclass(frozen=True)
class CounterSheets:
    """The sheets of one form at one counter. `used`: the last rank of which something is known; `reserve`: those after it."""

    form: str
    mark: str
    counter: str
    counter_name: str
    is_exercise: bool
    allotted: int
    entered: int
    reserve: int
    explained: tuple[NumberEnd, ...]
    missing: tuple[SheetNumber, ...]


def sheets_by_counter(territory: Territory, form: str = "") -> list[CounterSheets]:
    """What became of the sheets, counter by counter: entered, void, lost, and those of which nothing is known."""
    rows = NumberRange.objects.of(territory).prefetch_related("ends")
    grouped: dict[tuple[str, str], list[NumberRange]] = {}
    for row in rows.filter(form=form) if form else rows:
        grouped.setdefault((row.mark, row.counter), []).append(row)
    return [_sheets(found) for found in grouped.values()]


def _sheets(rows: list[NumberRange]) -> CounterSheets:
    ends: dict[int, NumberEnd] = {}
    for row in rows:
        ends |= {end.rank: end for end in sorted(row.ends.all(), key=lambda each: each.pk)}
    used = max(ends, default=0)
    ranks = [rank for row in rows for rank in range(row.first, row.last + 1)]
    newest = rows[-1]
    return CounterSheets(
        form=newest.form,
        mark=newest.mark,
        counter=newest.counter,
        counter_name=newest.counter_name,
        is_exercise=newest.is_exercise,
        allotted=len(ranks),
        entered=sum(end.outcome == Outcome.ENTERED for end in ends.values()),
        reserve=sum(rank > used for rank in ranks),
        explained=tuple(end for rank, end in sorted(ends.items()) if end.outcome != Outcome.ENTERED),
        missing=tuple(
            SheetNumber(newest.mark, newest.counter, rank)
            for rank in ranks
            if rank < used and rank not in ends
        ),
    )
