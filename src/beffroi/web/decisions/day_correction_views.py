"""The page where the numbers decided for a day are corrected: the day's table again, with what stands, one reason, one act."""

import re
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from beffroi.web.platform.guards import requires
from beffroi.web.platform.models import Person
from beffroi.web.ui.formats import counted

from . import day_corrections, day_page, deadlines
from .day_forms import DayCorrectionForm, parse_number
from .day_page import typed
from .errors import DecisionError, LinesRefused
from .models import Decision
from .notices import Notice, notice_for

_KEY = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True)
class Line:
    """One decided number. `sent`: what its field holds; `displayed`: what stood when the page was made, empty for nothing."""

    decision: Decision
    sent: str
    displayed: str
    error: str = ""

    @property
    def name(self) -> str:
        place = self.decision.proposal.place if self.decision.proposal.due else ""
        return place or self.decision.proposal.subject

    @property
    def by(self) -> Person:
        """Who answers for what stands."""
        last: Person = (self.decision.correction or self.decision).person
        return last

    @property
    def value(self) -> float | None:
        return self.decision.in_force[1]


@requires("decision.record")
def correct_page(request: HttpRequest) -> HttpResponse:
    """What is decided for the day that the address names."""
    territory, slot = request.territory, day_page.named(request.GET)
    decided = day_corrections.of_day(territory, *slot) if slot else []
    back = reverse("decisions", kwargs={"slug": territory.slug}) + (day_page.query(*slot) if slot else "")
    if slot is None or not decided:
        messages.warning(request, "Rien n'est encore décidé pour ce jour : il n'y a rien à corriger.")
        return redirect(back)
    system, day = slot
    notice = notice_for(territory, system)
    form, errors, far = DayCorrectionForm(notice, request.POST or None), dict[int, str](), False
    if request.method == "POST":
        numbers, errors = _numbers(request)
        try:
            if errors:
                raise LinesRefused(
                    f"{counted(len(errors), 'nombre est', 'nombres sont')} à revoir. Rien n'a été enregistré.",
                    errors,
                )
            if form.is_valid():
                made = day_corrections.correct_day(
                    territory,
                    request.user,
                    system=system,
                    day=day,
                    numbers=numbers,
                    reason=form.reason(),
                    confirmed=form.cleaned_data["confirmed"],
                )
                words = counted(len(made), "nombre corrigé", "nombres corrigés")
                messages.success(
                    request,
                    f"{words}. La première décision reste lisible à côté, et c'est inscrit au registre.",
                )
                return redirect(back)
        except LinesRefused as error:
            errors, far = dict(error.lines), error.confirmable
            form.add_error(None, str(error))
        except DecisionError as error:
            form.add_error({"reason": "usual"}.get(error.field or "", error.field), str(error))
    context = _context(request, form, notice, slot, decided, errors)
    context |= {"back": back, "asks_to_confirm": far or form["confirmed"].value()}
    return render(request, "decisions/day_correction.html", context, status=422 if form.errors else 200)


def _context(
    request: HttpRequest,
    form: DayCorrectionForm,
    notice: Notice,
    slot: day_page.Slot,
    decided: list[Decision],
    errors: dict[int, str],
) -> dict[str, Any]:
    system, day = slot
    lines = [_line(request, decision, errors) for decision in decided]
    units = {line.decision.proposal.unit for line in lines}
    deadline = deadlines.by_system(request.territory).get(system)
    return {
        "form": form,
        "notice": notice,
        "lines": lines,
        "day_in_words": deadlines.day_in_words(day) if day else "",
        "unit": units.pop() if len(units) == 1 else "",
        "closed": day_corrections.why_closed(decided, day, deadline),
    }


def _line(request: HttpRequest, decision: Decision, errors: dict[int, str]) -> Line:
    value, pk = decision.in_force[1], decision.proposal_id
    stands = "" if value is None else typed(value)
    return Line(decision, request.POST.get(f"n-{pk}", stands)[:40], stands, errors.get(pk, ""))


def _numbers(request: HttpRequest) -> tuple[dict[int, tuple[float | None, float]], dict[int, str]]:
    """By proposal, the number displayed and the one typed; what could not be read. A line left without a number stays so."""
    numbers: dict[int, tuple[float | None, float]] = {}
    errors: dict[int, str] = {}
    for text in request.POST.getlist("proposal"):
        if not _KEY.fullmatch(text):
            continue
        pk, displayed = int(text), request.POST.get(f"was-{text}", "")[:40]
        sent = request.POST.get(f"n-{text}", "").strip()[:40]
        if sent == displayed:
            continue
        try:
            numbers[pk] = parse_number(displayed) if displayed else None, parse_number(sent)
        except ValidationError as error:
            errors[pk] = f"{error.messages[0]} Pour ne rien retenir, écrivez 0."
    return numbers, errors
