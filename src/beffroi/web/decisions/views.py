"""Pages of the decisions room: the inbox, one proposal with its evidence and its form, the history."""

import csv
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from beffroi.web.territories.guards import requires
from beffroi.web.territories.models import Person, Territory

from . import authority, doors, evidence, inbox, letters, references, second_reading
from .forms import DecisionForm, ReadingForm, ReasonForm
from .judging import is_unfavourable
from .models import Decision, Proposal
from .notices import notice_for
from .services import MOST_AT_ONCE, DecisionError, NeedsConfirmation, accept_several, decide


def _url(name: str, territory: Territory, query: str = "", **kwargs: Any) -> str:
    return reverse(name, kwargs={"slug": territory.slug, **kwargs}) + query


@requires("proposal.read")
def inbox_page(request: HttpRequest) -> HttpResponse:
    return _inbox(request, ReasonForm())


def _inbox(request: HttpRequest, form: ReasonForm, ticked: frozenset[str] = frozenset()) -> HttpResponse:
    territory = request.territory
    filters = inbox.Filters.from_query(request.GET)
    page = Paginator(inbox.waiting(territory, filters), MOST_AT_ONCE).get_page(request.GET.get("page"))
    systems = {p.system for p in page.object_list}
    context = {
        "doors": doors.of(request.user, territory, "decisions"),
        "page": page,
        "filters": filters,
        "query": filters.query(),
        "here": request.GET.urlencode(),
        "days": inbox.days(territory, filters),
        "any_case": inbox.waiting(territory, inbox.Filters(blocked=True)).exists(),
        "all_kinds": filters.query(attribution="") or "?",
        "only_blocked": filters.query(attribution="bloquee"),
        "all_days": filters.query(jour="") or "?",
        "places": inbox.values_of(territory, filters, "place"),
        "systems": inbox.values_of(territory, filters, "system"),
        "titles": {system: notice_for(territory, system).title for system in systems},
        "may_decide": inbox.may_decide(request.user, territory),
        "form": form,
        "ticked": ticked,
        "most": MOST_AT_ONCE,
        "today": timezone.localdate(),
    }
    return render(request, "decisions/inbox.html", context, status=422 if form.errors else 200)


@requires("decision.record")
@require_POST
def accept_page(request: HttpRequest) -> HttpResponse:
    """Several proposals accepted at once, those that the person ticked one by one."""
    territory = request.territory
    ticked = frozenset(pk for pk in request.POST.getlist("proposal") if pk.isdigit())
    form = ReasonForm(request.POST)
    if form.is_valid():
        proposals = list(Proposal.objects.of(territory).filter(pk__in=ticked))
        try:
            if len(proposals) < len(ticked):
                raise DecisionError("Une des propositions cochées n'existe pas. Rien n'a été enregistré.")
            taken = accept_several(proposals, request.user, reason=form.reason(), territory=territory)
        except DecisionError as error:
            form.add_error("words" if error.field == "reason" else None, str(error))
        else:
            plural = "s" if len(taken) > 1 else ""
            messages.success(
                request, f"{len(taken)} proposition{plural} acceptée{plural}. C'est inscrit au registre."
            )
            return redirect(_url("decisions", territory, inbox.Filters.from_query(request.GET).query()))
    return _inbox(request, form, ticked)


def _proposal(territory: Territory, pk: int) -> Proposal:
    proposal = (
        Proposal.objects.of(territory).select_related("territory", "decision__person").filter(pk=pk).first()
    )
    if proposal is None:
        raise Http404
    return proposal


@requires("proposal.read")
def proposal_page(request: HttpRequest, pk: int) -> HttpResponse:
    proposal = _proposal(request.territory, pk)
    return _show(request, proposal, _blank(proposal, request.user))


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
    return DecisionForm(initial=initial, individual=proposal.individual)


def _show(
    request: HttpRequest, proposal: Proposal, form: DecisionForm, reading: ReadingForm | None = None
) -> HttpResponse:
    territory = request.territory
    prepared = second_reading.open_of(proposal)
    filters = inbox.Filters.from_query(request.GET)
    before, after, rank, count = inbox.neighbours(proposal, filters)
    due = proposal.due.isoformat() if proposal.due else None
    context = {
        "proposal": proposal,
        "decision": (decision := getattr(proposal, "decision", None)),
        "authority": authority.sentence(decision.authority) if decision else "",
        "corrections": list(decision.corrections.select_related("person")) if decision else [],
        "reference": references.of(decision) if decision else "",
        "notice": notice_for(territory, proposal.system),
        "evidence": evidence.read(proposal.evidence, unit=proposal.unit, proposed=proposal.value, due=due),
        "earlier": inbox.earlier_decision(proposal),
        "form": form,
        "may_decide": inbox.may_decide(request.user, territory),
        "prepared": prepared,
        "mine": prepared is not None and prepared.person_id == request.user.pk,
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
    territory = request.territory
    proposal = _proposal(territory, pk)
    form = DecisionForm(request.POST, individual=proposal.individual)
    form.ask_to_confirm = bool(request.POST.get("confirmed"))
    if not form.is_valid():
        return _show(request, proposal, form)
    filters = inbox.Filters.from_query(request.GET)
    before, after, _, _ = inbox.neighbours(proposal, filters)
    choice = form.choice()
    try:
        if is_unfavourable(proposal, choice.verdict, choice.unfavourable):
            second_reading.prepare(proposal, request.user, choice)
            said = f"« {proposal.subject} » : décision préparée. Rien n'est décidé tant qu'une seconde personne ne l'a pas relue."
        else:
            decision = decide(
                proposal,
                request.user,
                choice.verdict,
                value=choice.value,
                reason=choice.reason,
                confirmed=choice.confirmed,
                unfavourable=choice.unfavourable,
            )
            said = f"Décision enregistrée : « {proposal.subject} » {decision.get_verdict_display()}."
    except DecisionError as error:
        form.ask_to_confirm |= isinstance(error, NeedsConfirmation)
        form.add_error("words" if error.field == "reason" else error.field, str(error))
        return _show(request, _proposal(territory, pk), form)
    messages.success(request, said)
    following = after or before
    if following is None:
        return redirect(_url("decisions", territory, filters.query()))
    return redirect(_url("proposal", territory, filters.query(), pk=following))


@requires("proposal.read")
def letter_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The letter of a decision on somebody, to print; nothing is there before a person has decided."""
    letter = letters.of(_proposal(request.territory, pk))
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
        {"page": page, "doors": doors.of(request.user, request.territory, "decisions-to-read")},
    )


@requires("decision.second_read")
@require_POST
def read_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The second reader confirms, which takes the first person's decision, or gives it back."""
    proposal = _proposal(request.territory, pk)
    prepared = second_reading.open_of(proposal)
    if prepared is None:
        messages.warning(request, "Cette décision n'est plus à relire. Rien n'a été enregistré.")
        return redirect(_url("proposal", request.territory, pk=pk))
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
        form.add_error(error.field if error.field in form.fields else None, str(error))
        proposal = _proposal(request.territory, pk)
        return _show(request, proposal, _blank(proposal, request.user), form)
    except PermissionDenied as error:
        form.add_error(None, f"{error} Rien n'a été décidé.")
        return _show(request, proposal, _blank(proposal, request.user), form)
    return redirect(_url("decisions-to-read", request.territory))


@requires("decision.record")
@require_POST
def withdraw_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back what one prepared."""
    prepared = second_reading.open_of(_proposal(request.territory, pk))
    if prepared is None or prepared.person_id != request.user.pk:
        raise Http404
    second_reading.withdraw(prepared, request.user)
    messages.success(request, "Décision préparée retirée. La proposition attend de nouveau.")
    return redirect(_url("proposal", request.territory, pk=pk))


@requires("proposal.read")
def history_page(request: HttpRequest) -> HttpResponse:
    territory = request.territory
    verdict, words = request.GET.get("decision", ""), request.GET.get("mots", "").strip()
    page = Paginator(inbox.decided(territory, verdict, words), 50).get_page(request.GET.get("page"))
    context = {
        "doors": doors.of(request.user, territory, "decisions-history"),
        "page": page,
        "verdict": verdict,
        "words": words,
        "verdicts": Decision.Verdict.choices,
    }
    return render(request, "decisions/history.html", context)


class _Echo:
    """A file that hands each line over instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def _plain(text: str) -> str:
    """A spreadsheet must show these words, never run them."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text


def _corrected(decision: Decision) -> list[str]:
    """What was put right since, for a line of the export."""
    correction = decision.correction
    if correction is None:
        return ["", "", ""]
    value = "" if correction.value is None else str(correction.value).replace(".", ",")
    return [correction.get_verdict_display(), value, _plain(correction.reason)]


@requires("proposal.read")
def history_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Every decision, for a spreadsheet; simulated ones say so on their line."""
    territory = request.territory
    writer = csv.writer(_Echo(), delimiter=";")
    names: dict[int, str] = {}

    def lines() -> Iterator[str]:
        yield "\ufeff"
        yield writer.writerow(
            ["nature", "date", "par", "au titre de", "objet", "pour le", "décision", "proposé", "décidé", "unité", "motif",
             "système", "version", "exécution", "dossier", "référence", "corrigée", "valeur corrigée", "motif de la correction"]
        )  # fmt: skip
        for decision in inbox.decided(territory).iterator(chunk_size=500):
            proposal = decision.proposal
            invented = territory.is_fictional or decision.simulated
            yield writer.writerow(
                [
                    "données simulées" if invented else "réelle",
                    timezone.localtime(decision.at).isoformat(timespec="seconds"),
                    _plain(str(decision.person)),
                    _plain(authority.sentence(decision.authority, names)),
                    _plain(proposal.subject),
                    proposal.due.isoformat() if proposal.due else "",
                    decision.get_verdict_display(),
                    str(proposal.value).replace(".", ","),
                    "" if decision.value is None else str(decision.value).replace(".", ","),
                    proposal.unit,
                    _plain(decision.reason),
                    proposal.system,
                    proposal.system_version,
                    proposal.run,
                    _plain(proposal.case or ""),
                    references.of(decision),
                    *_corrected(decision),
                ]
            )

    name = f"decisions-{territory.slug}{'-donnees-simulees' if territory.is_fictional else ''}.csv"
    return StreamingHttpResponse(
        lines(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
