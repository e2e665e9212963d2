"""Pages of one proposal: its evidence, its form, the second reading, the letter.

A supposed offence has the same pages at other addresses, for authorised agents only: elsewhere it does not exist.
"""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from beffroi.web.platform.guards import requires
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import Permission
from beffroi.web.ui.form_errors import add_field_error

from . import (
    authority,
    closing,
    day_corrections,
    day_page,
    deadlines,
    evidence,
    inbox,
    letters,
    references,
    second_reading,
    section_tabs,
)
from .forms import DecisionForm, ReadingForm
from .judging import act_of, is_unfavourable
from .models import Decision, Proposal
from .notices import notice_for
from .services import DecisionError, NeedsConfirmation, decide


@dataclass(frozen=True)
class Space:
    """The routes of one kind of proposal, and what its list is called."""

    offence: bool
    page: str
    decide: str
    read: str
    withdraw: str
    to_read: str
    back: str
    label: str


ORDINARY = Space(
    False, "proposal", "proposal-decide", "proposal-read", "proposal-withdraw", "decisions-to-read", "decisions",
    "À valider",
)  # fmt: skip
OFFENCES = Space(
    True, "offence", "offence-decide", "offence-read", "offence-withdraw", "offences", "offences",
    "Infractions à confirmer",
)  # fmt: skip


def _url(name: str, territory: Territory, query: str = "", **kwargs: Any) -> str:
    return reverse(name, kwargs={"slug": territory.slug, **kwargs}) + query


def _back(space: Space, territory: Territory, filters: inbox.Filters) -> str:
    """The list that the reader came from: the day's, or that of all proposals where they looked for one."""
    if space.offence:
        return _url(space.back, territory)
    looked_for = filters.place or filters.blocked
    return _url("decisions-all" if looked_for else space.back, territory, filters.query())


def _proposal(request: HttpRequest, pk: int, space: Space = ORDINARY) -> Proposal:
    if space.offence:
        rows = Proposal.objects.of(request.territory).filter(offence=True, erased_at=None)
    else:
        rows = inbox.ordinary(request.territory)
    proposal = rows.select_related("territory", "decision__person").filter(pk=pk).first()
    if proposal is None:
        raise Http404
    return proposal


def _space(proposal: Proposal) -> Space:
    return OFFENCES if proposal.offence else ORDINARY


@requires("proposal.read")
def proposal_page(request: HttpRequest, pk: int) -> HttpResponse:
    proposal = _proposal(request, pk)
    return _show(request, proposal, _blank(proposal, request.user))


def _correct_url(decision: Decision) -> str:
    """Where the numbers of its day are corrected, while they may be."""
    proposal, territory = decision.proposal, decision.territory
    deadline = deadlines.by_system(territory).get(proposal.system)
    if not day_corrections.correctable([decision]) or day_corrections.why_closed(
        [decision], proposal.due, deadline
    ):
        return ""
    return _url("decisions-correct", territory, day_page.query(proposal.system, proposal.due))


def _blank(proposal: Proposal, person: Person) -> DecisionForm:
    """The form, empty; or with what this person prepared and may write again."""
    prepared = second_reading.open_of(proposal)
    initial = {}
    if prepared is not None and prepared.person_id == person.pk:
        initial = {
            "verdict": prepared.verdict,
            "value": prepared.value if prepared.verdict == Decision.Verdict.CHANGE else None,
            "unfavourable": "yes",
            "text": prepared.text,
            "words": prepared.reason,
        }
    return _form(proposal, initial=initial)


def _form(proposal: Proposal, *args: Any, **kwargs: Any) -> DecisionForm:
    return DecisionForm(
        *args, proposal=proposal, notice=notice_for(proposal.territory, proposal.system), **kwargs
    )


def _show(
    request: HttpRequest, proposal: Proposal, form: DecisionForm, reading: ReadingForm | None = None
) -> HttpResponse:
    territory, space = request.territory, _space(proposal)
    prepared = second_reading.open_of(proposal)
    filters = inbox.Filters.from_query(request.GET)
    before, after, rank, count = (None, None, 0, 0) if space.offence else inbox.neighbours(proposal, filters)
    due = proposal.due.isoformat() if proposal.due else None
    context = {
        "proposal": proposal,
        "decision": (decision := getattr(proposal, "decision", None)),
        "authority": authority.sentence(decision.authority) if decision else "",
        "corrections": list(decision.corrections.select_related("person")) if decision else [],
        "correct_url": _correct_url(decision) if decision else "",
        "reference": references.of(decision) if decision else "",
        "notice": (notice := notice_for(territory, proposal.system)),
        "evidence": evidence.read(
            proposal.evidence,
            unit=proposal.unit,
            proposed=proposal.value,
            due=due,
            keys=evidence.keys_of(proposal, notice),
        ),
        "earlier": inbox.earlier_decision(proposal),
        "form": form,
        "may_decide": Permission(request.user, act_of(proposal), territory),
        "space": space,
        "decide_url": _url(space.decide, territory, filters.query(), pk=proposal.pk),
        "read_url": _url(space.read, territory, pk=proposal.pk),
        "withdraw_url": _url(space.withdraw, territory, pk=proposal.pk),
        "back_url": _back(space, territory, filters),
        "closed": closing.why_closed(proposal) if proposal.waiting else "",
        "prepared": prepared,
        "mine": prepared is not None and prepared.person_id == request.user.pk,
        "abandoned": prepared is not None and second_reading.abandoned(prepared),
        "may_read": prepared is not None and second_reading.may_read(prepared, request.user),
        "reading": reading or ReadingForm(initial={"version": prepared.version} if prepared else None),
        "explanation": proposal.explanation or {},
        "query": filters.query(),
        "rank": rank,
        "today": timezone.localdate(),
        "count": count,
        "before": _url("proposal", territory, filters.query(), pk=before) if before else "",
        "after": _url("proposal", territory, filters.query(), pk=after) if after else "",
    }
    wrong = form.errors or (reading is not None and reading.errors)
    return render(request, "decisions/proposal.html", context, status=422 if wrong else 200)


@requires("decision.record")
@require_POST
def decide_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Record the person's decision, then lead to the next proposal that waits."""
    return _decide(request, _proposal(request, pk))


def _decide(request: HttpRequest, proposal: Proposal) -> HttpResponse:
    territory, space = request.territory, _space(proposal)
    form = _form(proposal, request.POST)
    form.ask_to_confirm = bool(request.POST.get("confirmed"))
    if not form.is_valid():
        return _show(request, proposal, form)
    filters = inbox.Filters.from_query(request.GET)
    before, after, _, _ = inbox.neighbours(proposal, filters)
    choice = form.choice()
    try:
        if is_unfavourable(proposal, choice.verdict, choice.unfavourable):
            second_reading.prepare(proposal, request.user, choice)
            message = f"« {proposal.subject} » : décision préparée. Rien n'est décidé tant qu'une seconde personne ne l'a pas relue."
        else:
            decision = decide(
                proposal,
                request.user,
                choice.verdict,
                value=choice.value,
                reason=choice.reason,
                confirmed=choice.confirmed,
                unfavourable=choice.unfavourable,
                items=choice.items,
            )
            message = f"Décision enregistrée : « {proposal.subject} » {decision.get_verdict_display()}."
    except DecisionError as error:
        form.ask_to_confirm |= isinstance(error, NeedsConfirmation)
        form.add_refusal(error)
        return _show(request, _proposal(request, proposal.pk, space), form)
    messages.success(request, message)
    following = after or before
    if following is None or space.offence:
        return redirect(_back(space, territory, filters))
    return redirect(_url("proposal", territory, filters.query(), pk=following))


@requires("proposal.read")
def letter_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The letter of a decision on somebody, to print; nothing is there before a person has decided."""
    letter = letters.of(_proposal(request, pk))
    if letter is None:
        raise Http404
    return render(request, "decisions/letter.html", {"letter": letter})


@requires("decision.second_read")
def to_read_page(request: HttpRequest) -> HttpResponse:
    """« À relire »: the unfavourable decisions that others prepared."""
    rows = second_reading.to_read(request.territory, request.user)
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    return render(
        request,
        "decisions/to_read.html",
        {"page": page, "tabs": section_tabs.of(request.user, request.territory, "decisions-to-read")},
    )


@requires("decision.second_read")
@require_POST
def read_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The second reader confirms, which takes the first person's decision, or gives it back."""
    return _read(request, _proposal(request, pk))


def _read(request: HttpRequest, proposal: Proposal) -> HttpResponse:
    space = _space(proposal)
    prepared = second_reading.open_of(proposal)
    if prepared is None:
        messages.warning(request, "Cette décision n'est plus à relire. Rien n'a été enregistré.")
        return redirect(_url(space.page, request.territory, pk=proposal.pk))
    form = ReadingForm(request.POST)
    if not form.is_valid():
        return _show(request, proposal, _blank(proposal, request.user), form)
    words = form.cleaned_data["words"]
    try:
        if request.POST.get("suite") == "confirmer":
            second_reading.confirm(prepared, request.user, words, version=form.cleaned_data["version"])
            messages.success(
                request,
                f"Décision confirmée et enregistrée au nom de {prepared.person} : « {proposal.subject} ».",
            )
        else:
            second_reading.give_back(prepared, request.user, words)
            messages.success(request, f"Décision rendue à {prepared.person}. Rien n'est décidé.")
    except DecisionError as error:
        add_field_error(form, error)
        proposal = _proposal(request, proposal.pk, space)
        return _show(request, proposal, _blank(proposal, request.user), form)
    except PermissionDenied as error:
        form.add_error(None, f"{error} Rien n'a été décidé.")
        return _show(request, proposal, _blank(proposal, request.user), form)
    return redirect(_url(space.to_read, request.territory))


@requires("decision.record")
@require_POST
def withdraw_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back what one prepared."""
    return _withdraw(request, _proposal(request, pk))


def _withdraw(request: HttpRequest, proposal: Proposal) -> HttpResponse:
    prepared = second_reading.open_of(proposal)
    try:
        if prepared is None:
            raise DecisionError("Il n'y a rien à retirer : aucune décision n'est préparée ici.")
        second_reading.withdraw(prepared, request.user)
        messages.success(request, "Décision préparée retirée. La proposition attend de nouveau.")
    except DecisionError as error:
        messages.warning(request, str(error))
    return redirect(_url(_space(proposal).page, request.territory, pk=proposal.pk))


@requires("offence.read")
def offences_page(request: HttpRequest) -> HttpResponse:
    """What systems suppose to be offences: for authorised agents only, and for a few days."""
    page = Paginator(inbox.offences(request.territory), 50).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "tabs": section_tabs.of(request.user, request.territory, "offences"),
        "now": timezone.now(),
    }
    return render(request, "decisions/offences.html", context)


@requires("offence.read")
def offence_page(request: HttpRequest, pk: int) -> HttpResponse:
    proposal = _proposal(request, pk, OFFENCES)
    return _show(request, proposal, _blank(proposal, request.user))


@requires("offence.confirm")
@require_POST
def offence_decide_page(request: HttpRequest, pk: int) -> HttpResponse:
    return _decide(request, _proposal(request, pk, OFFENCES))


@requires("offence.confirm")
@require_POST
def offence_read_page(request: HttpRequest, pk: int) -> HttpResponse:
    return _read(request, _proposal(request, pk, OFFENCES))


@requires("offence.confirm")
@require_POST
def offence_withdraw_page(request: HttpRequest, pk: int) -> HttpResponse:
    return _withdraw(request, _proposal(request, pk, OFFENCES))
