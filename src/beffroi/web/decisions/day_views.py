"""The page of a day: its ordinary lines decided at once, its unusual ones one by one; its deadline; the order that leaves.

In: a system and a day of the address. What is unusual is measured here again at each request, never read in what was posted.
"""

import re
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from beffroi.web.platform.guards import requires
from beffroi.web.platform.http.downloads import download
from beffroi.web.ui import workbooks
from beffroi.web.ui.form_errors import add_field_error
from beffroi.web.ui.formats import counted, number

from . import day_page, day_sheet, deadlines, inbox, section_tabs, system_facts, triage
from .day_forms import DayForm, DeadlineForm, LineForm, parse_number
from .errors import DecisionError, LinesRefused, NeedsConfirmation
from .exports import nature, spreadsheet
from .models import Decision, Proposal
from .notices import notice_for
from .services import REFERENCE_SERVES, decide, decide_day, outside_interval

_KEY = re.compile(r"[0-9]{1,18}")  # « ² » is a digit and no number, and a database's key has an end
ODS = "application/vnd.oasis.opendocument.spreadsheet"


@requires("proposal.read")
def day_page_view(request: HttpRequest) -> HttpResponse:
    """The next day to decide, or the one that the address names."""
    return _show(request)


def _show(request: HttpRequest, form: DayForm | None = None, **sent: Any) -> HttpResponse:
    """`form`, `sent`: what was typed and refused (see `day_page.read`)."""
    territory = request.territory
    known = deadlines.by_system(territory)
    waiting = day_page.slots(territory, known)
    slot = day_page.chosen(waiting, request.GET, known)
    context: dict[str, Any] = {
        "tabs": section_tabs.of(request.user, territory, "decisions"),
        "rule": triage.RULE,
        "may_decide": inbox.may_decide(request.user, territory),
    }
    if form is not None:
        context["form"] = form
    if slot is not None:
        facts = system_facts.of(request.user, territory, *slot)
        page = day_page.read(
            territory, slot, waiting, known, closed=facts.closed, priority=facts.priority, **sent
        )
        context |= {
            "page": page,
            "decides_alone": context["may_decide"] and page.has_line_forms,
            "form": form or DayForm(page.notice),
            "facts": facts,
            "may_set_deadline": page.day is not None
            and deadlines.may_set(request.user, territory, page.system),
        }
    wrong = context["wrong"] = bool((form and form.errors) or any(sent.values()))
    return render(request, "decisions/day.html", context, status=422 if wrong else 200)


@requires("decision.record")
@require_POST
def accept_page(request: HttpRequest) -> HttpResponse:
    """All the ordinary lines of the day, with the numbers as the person left them."""
    territory = request.territory
    slot = day_page.named(request.GET)
    notice = notice_for(territory, slot[0] if slot else "")
    form, typed, errors = DayForm(notice, request.POST), _typed(request), dict[int, str]()
    values: dict[int, float] = {}
    for pk, text in typed.items():
        try:
            values[pk] = parse_number(text)
        except ValidationError as error:
            errors[pk] = error.messages[0]
    if form.is_valid() and not errors:
        try:
            if slot is None:
                raise DecisionError(
                    "Ce formulaire ne dit pas de quel jour il s'agit. Rien n'a été enregistré."
                )
            taken = decide_day(
                territory,
                request.user,
                system=slot[0],
                day=slot[1],
                values=values,
                reason=form.reason(),
                reason_of_changes=form.changes(),
                confirmed=form.cleaned_data["confirmed"],
            )
        except LinesRefused as error:
            errors |= error.lines
            form.ask_to_confirm = error.confirmable
            form.add_error(None, str(error))
        except DecisionError as error:
            form.add_error({"reason": "usual"}.get(error.field or "", error.field), str(error))
        else:
            messages.success(request, f"{_summary(taken)}. C'est inscrit au registre.")
            return redirect(_url(request, slot))
    elif errors:
        form.add_error(
            None, f"{counted(len(errors), 'nombre est', 'nombres sont')} à corriger. Rien n'a été enregistré."
        )
    return _show(request, form, sent=typed, errors=errors)


def _summary(taken: Sequence[Decision]) -> str:
    """How many lines were taken, and how many with another number than the proposed one: typed, or without AI."""
    changed = [decision for decision in taken if decision.verdict == Decision.Verdict.CHANGE]
    without_ai = sum(decision.reason.startswith(REFERENCE_SERVES) for decision in changed)
    parts = [counted(len(taken), "ligne validée", "lignes validées")]
    if typed := len(changed) - without_ai:
        parts.append(f"dont {typed} au nombre que vous avez écrit")
    if without_ai:
        parts.append(f"{'et ' if typed else 'dont '}{without_ai} par la façon sans IA")
    return ", ".join(parts)


def _typed(request: HttpRequest) -> dict[int, str]:
    """What each line of the form holds, by proposal."""
    lines = (text for text in request.POST.getlist("proposal") if _KEY.fullmatch(text))
    return {int(pk): request.POST.get(f"n-{pk}", "")[:40] for pk in lines}


def _url(request: HttpRequest, slot: day_page.Slot) -> str:
    return reverse("decisions", kwargs={"slug": request.territory.slug}) + day_page.query(*slot)


@requires("decision.record")
@require_POST
def line_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One line, decided alone from the page of its day."""
    proposal = inbox.ordinary(request.territory).select_related("territory").filter(pk=pk).first()
    if proposal is None or not proposal.concerns_nobody:  # a person's file is decided on its own page
        raise Http404
    form = LineForm(pk, notice_for(request.territory, proposal.system), request.POST)
    form.ask_to_confirm = bool(request.POST.get("confirmed"))
    typed = request.POST.get("value", "")[:40]
    problem = ""
    if form.is_valid():
        try:
            if problem := _confirmation_question(proposal, form, typed):
                form.ask_to_confirm = True
                raise DecisionError(problem)
            decision = _decide_line(proposal, request, form, typed)
        except NeedsConfirmation:
            problem = "Ce nombre est très loin de l'intervalle : ouvrez cette ligne pour le confirmer. Rien n'a été enregistré."
        except ValidationError as error:
            problem = f"{error.messages[0]} Rien n'a été enregistré."
        except DecisionError as error:
            problem = str(error)
        else:
            retained = "" if decision.value is None else f", {number(decision.value)} {proposal.unit}"
            messages.success(
                request,
                f"« {proposal.place or proposal.subject} » {decision.get_verdict_display()}{retained}.",
            )
            return redirect(f"{_url(request, (proposal.system, proposal.due))}#lignes")
    else:
        problem = "Choisissez un motif de la liste. Rien n'a été enregistré."
    request.GET = _of_slot(request, proposal)
    return _show(request, sent={pk: typed}, errors={pk: problem}, forms={pk: form})


def _of_slot(request: HttpRequest, proposal: Proposal) -> Any:
    params = request.GET.copy()
    params["systeme"] = proposal.system
    params["jour"] = proposal.due.isoformat() if proposal.due else day_page.NO_DAY
    return params


def _confirmation_question(proposal: Proposal, form: LineForm, typed: str) -> str:
    """The question asked once of a number outside its interval; empty where there is none to ask."""
    if form.cleaned_data["verdict"] == Decision.Verdict.REFUSE or form.cleaned_data["confirmed"]:
        return ""
    if not form.reason():  # which is asked for first
        return ""
    value = parse_number(typed)
    if proposal.low <= value <= proposal.high:  # which spares the assessment of the whole day
        return ""
    notice = notice_for(proposal.territory, proposal.system)
    assessed = triage.assess(proposal.territory, notice, proposal.system, proposal.due)
    one = next((one for one in assessed if one.proposal.pk == proposal.pk), None)
    why = outside_interval(one, value) if one else ""
    return why and f"{why} Corrigez-le, ou confirmez-le. Rien n'a été enregistré."


def _decide_line(proposal: Proposal, request: HttpRequest, form: LineForm, typed: str) -> Decision:
    reason = form.reason()
    if form.cleaned_data["verdict"] == Decision.Verdict.REFUSE:
        return decide(proposal, request.user, Decision.Verdict.REFUSE, reason=reason)
    value = parse_number(typed)
    if value == proposal.value:
        return decide(proposal, request.user, Decision.Verdict.ACCEPT, reason=reason)
    return decide(proposal, request.user, Decision.Verdict.CHANGE, value=value, reason=reason)


@requires("system.bind")
def deadline_page(request: HttpRequest, system: str) -> HttpResponse:
    """The hour by which a system's proposals are decided here."""
    territory = request.territory
    notice = notice_for(territory, system)
    if not notice.url or not deadlines.may_set(request.user, territory, system):
        raise Http404
    deadline = deadlines.by_system(territory).get(system)
    initial = {"at": deadline.at, "days_before": deadline.days_before} if deadline else {}
    form = DeadlineForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            deadlines.set_deadline(
                territory, system, request.user, form.cleaned_data["at"], form.cleaned_data["days_before"]
            )
        except DecisionError as error:
            add_field_error(form, error)
        else:
            messages.success(request, "Heure limite enregistrée. C'est inscrit au registre.")
            return redirect(f"{reverse('decisions', kwargs={'slug': territory.slug})}?systeme={system}")
    return render(
        request,
        "decisions/deadline.html",
        {"form": form, "notice": notice},
        status=422 if form.errors else 200,
    )


@requires("proposal.read")
def order_ods(request: HttpRequest) -> HttpResponseBase:
    """The order of one day, as a workbook."""
    return _order(request, "ods")


@requires("proposal.read")
def order_csv(request: HttpRequest) -> HttpResponseBase:
    """The same, as text."""
    return _order(request, "csv")


def _order(request: HttpRequest, form: str) -> HttpResponseBase:
    """What was decided for one day, place by place: the file that leaves for the kitchen, the depot, the team."""
    territory = request.territory
    filters = inbox.Filters.from_query(request.GET)
    system = filters.system
    day = day_sheet.chosen(territory, filters.day, system, timezone.localdate())
    sheets = day_sheet.of_day(territory, day, system) if day else []
    lines = [line for sheet in sheets for line in sheet.lines if line.value is not None]
    if day is None or not lines:
        messages.warning(
            request, "Rien n'est encore décidé pour ce jour : il n'y a pas de commande à remettre."
        )
        return redirect(reverse("decisions", kwargs={"slug": territory.slug}) + filters.query())
    headings = [sheets[0].place_word.capitalize(), "Quantité", "Unité", "Jour", "Précision", "Nature"]
    rows = [
        [
            line.place,
            line.value,
            line.unit,
            day,
            line.about,
            nature(territory, line.decision is not None and line.decision.simulated),
        ]
        for line in lines
    ]
    incomplete = any(line.waiting for sheet in sheets for line in sheet.lines)
    name = f"commande-{day.isoformat()}{'-incomplete' if incomplete else ''}"
    if form == "csv":
        return spreadsheet(territory, name, headings, ([_cell(value) for value in row] for row in rows))
    simulated = "-donnees-simulees" if territory.is_fictional else ""
    content = workbooks.write(form, [workbooks.Sheet("Commande", headings, rows)])
    return download([content], f"{name}{simulated}.{form}", ODS)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return day_page.typed(value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
