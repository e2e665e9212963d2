"""A day on paper to type again: numbers allotted to the canteen and the town desk, a batch under way, what differs, what is missing."""

from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Final

from django.utils import timezone

from beffroi.web.continuity.paper_forms import numbers
from beffroi.web.continuity.paper_forms.definitions import paper_form
from beffroi.web.continuity.paper_forms.sheet_numbers import SheetNumber
from beffroi.web.continuity.rekeying import batches, entries
from beffroi.web.continuity.rekeying.typed_sheets import Sheet
from beffroi.web.platform.models import Territory

from ..security.cast import Cast
from .past import Diary, Night

ANNOUNCED: Final = 20
TYPED: Final = 12
"""Sheets of the canteen typed once: all but the last two again, alike; one otherwise; one waits for its second typing."""
VISITS: Final = 5
_SCHOOLS: Final = ("École du Tilleul (inventée)", "École du Pré (inventée)")


def write(diary: Diary, cast: Cast, night: Night) -> None:
    for hours, act in ((3.4, _allot), (57.5, _type_the_canteen), (59.0, _type_the_desk)):
        diary.add(night.at(hours), cast.commune, partial(act, cast.commune, cast))


def _allot(territory: Territory, cast: Cast) -> None:
    """Ahead of the service: thirty sheets for the canteen, fifteen for the town desk."""
    for key, counter, name, count in (
        ("form_canteen", "A", "Cantine", 30),
        ("form_visit", "B", "Accueil de la mairie", 15),
    ):
        form = paper_form(territory, key)
        numbers.allot(territory, form, numbers.Counter(counter, name), count, cast.secretary)


def _school_day() -> date:
    """The last working day before today."""
    day = timezone.localdate() - timedelta(days=1)
    while day.weekday() >= 5:
        day -= timedelta(days=1)
    return day


def _canteen(rank: int, day: date, *, misread: bool = False) -> Sheet:
    """A sheet as it is typed: codes of children of the kit's list, meals by their rank on the paper."""
    codes = [f"{rank % 5 + 1}{'AB'[rank % 2]}{n:02}" for n in range(1, 4 + rank % 4)]
    rows = [
        {"code": code, "name": "", "meal": "2" if misread and at == 1 else "1"}
        for at, code in enumerate(codes)
    ]
    return Sheet({"day": f"{day:%d%m%Y}", "school": _SCHOOLS[rank % 2], "row_count": str(len(codes))}, rows)


def _type_the_canteen(territory: Territory, cast: Cast) -> None:
    form, day = paper_form(territory, "form_canteen"), _school_day()
    total = sum(len(_canteen(rank, day).rows) for rank in range(1, ANNOUNCED + 1))
    batch = batches.open_batch(territory, cast.secretary, form, "A", day, ANNOUNCED, Decimal(total))
    for rank in range(1, TYPED + 1):
        number = SheetNumber(form.mark, "A", rank)
        sheet = entries.enter(batch, cast.secretary, str(number), _canteen(rank, day))
        if rank < TYPED:
            entries.enter_again(sheet, cast.mayor, _canteen(rank, day, misread=rank == TYPED - 1))
    for rank, outcome, reason in (
        (TYPED + 1, "void", "Feuille tachée de sauce, recopiée sur la suivante"),
        (TYPED + 2, "lost", "Feuille emportée avec le cartable de la classe, cherchée deux jours"),
    ):
        numbers.end_number(territory, SheetNumber(form.mark, "A", rank), outcome, reason, cast.secretary)


def _type_the_desk(territory: Territory, cast: Cast) -> None:
    form, day = paper_form(territory, "form_visit"), _school_day()
    batch = batches.open_batch(territory, cast.secretary, form, "B", day, VISITS + 4)
    for rank in range(1, VISITS + 1):
        typed = {
            "day": f"{day:%d%m%Y}", "person": f"Visiteur {rank} (inventé)", "phone": f"01 99 00 30 {rank:02}",
            "subject": str(rank), "what": "Données simulées",
        }  # fmt: skip
        entries.enter(batch, cast.secretary, str(SheetNumber(form.mark, "B", rank)), Sheet(typed))
