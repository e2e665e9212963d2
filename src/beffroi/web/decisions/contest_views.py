"""Inside: the contestations with their clock, one of them with its case, and what a person does about it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from beffroi.web.platform.guards import requires
from beffroi.web.platform.models import Territory
from beffroi.web.platform.rights import may
from beffroi.web.ui.form_errors import add_field_error

from . import (
    authority,
    contest_reading,
    contesting,
    deciders,
    evidence,
    inbox,
    references,
    section_tabs,
    teaching,
)
from .case_corrections import correct_case
from .contest_forms import AnswerForm, CorrectCaseForm, PaperForm, TieForm
from .errors import AlreadyReceived, DecisionError
from .models import Contestation, Proposal
from .notices import notice_for, titles_of


@requires("contestation.read")
def list_page(request: HttpRequest) -> HttpResponse:
    territory = request.territory
    state = request.GET.get("etat", "")
    page = Paginator(contest_reading.listed(territory, state), 50).get_page(request.GET.get("page"))
    context = {
        "tabs": section_tabs.of(request.user, territory, "contestations"),
        "page": page,
        "state": state,
        "clock": contest_reading.clock(territory),
        "may_answer": contesting.may_answer(request.user, territory),
    }
    return render(request, "decisions/contestations.html", context)


def _contestation(territory: Territory, pk: int) -> Contestation:
    rows = Contestation.objects.of(territory).select_related(
        "territory",
        "handler",
        "answered_by",
        "recorded_by",
        "proposal__territory",
        "proposal__decision__person",
    )
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _visible(request: HttpRequest) -> Any:
    return inbox.seen_by(request.user, request.territory)


@requires("contestation.read")
def record_page(request: HttpRequest, pk: int) -> HttpResponse:
    return _show(request, _contestation(request.territory, pk))


def _show(request: HttpRequest, row: Contestation, **bound: forms.Form) -> HttpResponse:
    territory, person = request.territory, request.user
    proposal = (
        row.proposal if row.proposal and _visible(request).filter(pk=row.proposal_id).exists() else None
    )
    decision = row.decision if proposal else None
    context: dict[str, Any] = {
        "row": row,
        "system": teaching.system_of(row) if proposal or not row.proposal else "",
        "hidden": row.proposal is not None and proposal is None,
        "proposal": proposal,
        "decision": decision,
        "corrections": list(decision.corrections.select_related("person")) if decision else [],
        "authority": authority.sentence(decision.authority) if decision else "",
        "reference": references.of(decision) if decision else "",
        "titles": titles_of(territory, filter(None, [row.system])),
        "may_answer": contesting.may_answer(person, territory),
        "instead": deciders.who_answers_instead(row, person),
        "own": deciders.answers_as_decider(row, person),
        "may_tie": not (row.proposal_id and person.pk in deciders.deciders_of(row)),
        "may_correct": decision is not None and may(person, "decision.record", decision),
        "tie": bound.get("tie") or TieForm(initial={"found": row.reference}),
        "answer": bound.get("answer") or AnswerForm(tied=row.proposal_id is not None),
        "correct": bound.get("correct") or CorrectCaseForm(),
    }
    if proposal is not None:
        due = proposal.due.isoformat() if proposal.due else None
        context["evidence"] = evidence.read(
            proposal.evidence,
            unit=proposal.unit,
            proposed=proposal.value,
            due=due,
            keys=evidence.keys_of(proposal, notice_for(proposal.territory, proposal.system)),
        )
    wrong = any(form.errors for form in bound.values())
    return render(request, "decisions/contestation.html", context, status=422 if wrong else 200)


def _there(row: Contestation) -> HttpResponse:
    return redirect(reverse("contestation", kwargs={"slug": row.territory.slug, "pk": row.pk}))


@requires("contestation.answer")
@require_POST
def take_page(request: HttpRequest, pk: int) -> HttpResponse:
    row = _contestation(request.territory, pk)
    try:
        contesting.take_in_hand(row, request.user)
        messages.success(request, "Vous examinez cette contestation : votre nom paraît sur la page de suivi.")
    except DecisionError as error:
        messages.warning(request, str(error))
    return _there(row)


@requires("contestation.answer")
@require_POST
def tie_page(request: HttpRequest, pk: int) -> HttpResponse:
    row = _contestation(request.territory, pk)
    form = TieForm(request.POST)
    if not form.is_valid():
        return _show(request, row, tie=form)
    text = form.cleaned_data["found"]
    proposal: Proposal | None = contest_reading.proposal_named(_visible(request), request.territory, text)
    if proposal is None and text.strip():
        form.add_error(
            "found", "Aucune décision d'ici ne porte cette référence. Vérifiez-la. Rien n'a changé."
        )
        return _show(request, row, tie=form)
    try:
        contesting.tie(row, request.user, proposal)
    except DecisionError as error:
        add_field_error(form, error)
        return _show(request, row, tie=form)
    messages.success(
        request, "Contestation rapprochée de la décision." if proposal else "Aucune décision d'ici."
    )
    return _there(row)


@requires("contestation.answer")
@require_POST
def answer_page(request: HttpRequest, pk: int) -> HttpResponse:
    row = _contestation(request.territory, pk)
    form = AnswerForm(request.POST, tied=row.proposal_id is not None)
    if form.is_valid():
        cleaned = form.cleaned_data
        try:
            contesting.answer(
                row,
                request.user,
                cleaned["outcome"],
                cleaned["answer"],
                cleaned["learned"],
                untied_reason=cleaned.get("untied_reason", ""),
            )
        except DecisionError as error:
            add_field_error(form, error)
    if form.errors:
        return _show(request, row, answer=form)
    message = "Réponse enregistrée. Elle est lisible avec le code de suivi."
    if row.answer_by != row.AnswerBy.TRACKING:
        message += f" La personne la demande {row.get_answer_by_display()} : Beffroi n'envoie rien, faites-le vous-même."
    messages.success(request, message)
    return _there(row)


@requires("decision.record")
@require_POST
def correct_page(request: HttpRequest, pk: int) -> HttpResponse:
    row = _contestation(request.territory, pk)
    if row.decision is None or not _visible(request).filter(pk=row.proposal_id).exists():
        raise Http404
    form = CorrectCaseForm(request.POST)
    if form.is_valid():
        try:
            correct_case(row.decision, request.user, form.choice(), row)
        except DecisionError as error:
            if not row.error_found:  # its page then shows no form
                messages.warning(request, str(error))
                return _there(row)
            add_field_error(form, error)
        except PermissionDenied as error:
            form.add_error(None, f"{error} Rien n'a été enregistré.")
    if form.errors:
        return _show(request, row, correct=form)
    messages.success(
        request, "Cas corrigé. La correction se lit avec la décision, dans l'historique et dans la lettre."
    )
    return _there(row)


@requires("contestation.answer")
@never_cache
def write_down_page(request: HttpRequest) -> HttpResponse:
    """A contestation that came by letter, by telephone or at the desk; then its receipt, to hand over."""
    territory = request.territory
    systems = inbox.systems_of(territory)
    form = PaperForm(request.POST if request.method == "POST" else None, systems=systems)
    receipt = None
    if form.is_bound and form.is_valid():
        cleaned = form.cleaned_data
        try:
            receipt = contesting.write_down(
                territory,
                request.user,
                form.submission(),
                channel=cleaned["channel"],
                received=cleaned["received"],
                key=cleaned["key"],
            )
        except DecisionError as error:
            if isinstance(error, AlreadyReceived):
                form.renew()
            add_field_error(form, error)
    context = {"form": form, "receipt": receipt}
    return render(request, "decisions/write_down.html", context, status=422 if form.errors else 200)
