"""Pages of the inbox and of the history. One proposal, decided and read again, is in `case_views`."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights import Permission

from . import authority, closing, inbox, plans, references, section_tabs
from .exports import comma, nature, spreadsheet
from .forms import ReasonForm
from .models import Decision
from .notices import titles_of
from .services import MOST_AT_ONCE, DecisionError, accept_several


@requires("proposal.read")
def inbox_page(request: HttpRequest) -> HttpResponse:
    return _inbox(request, ReasonForm())


def _inbox(request: HttpRequest, form: ReasonForm, ticked: frozenset[str] = frozenset()) -> HttpResponse:
    territory = request.territory
    filters = inbox.Filters.from_query(request.GET)
    page = Paginator(inbox.waiting(territory, filters), MOST_AT_ONCE).get_page(request.GET.get("page"))
    # The newest of each system: what closes it closes the earlier ones.
    newest = {p.system: p for p in sorted(page.object_list, key=lambda p: p.created_at)}
    systems = set(newest)
    context = {
        "tabs": section_tabs.of(request.user, territory, "decisions"),
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
        "titles": titles_of(territory, systems),
        "closed": {system: reason for system, p in newest.items() if (reason := closing.why_closed(p))},
        "may_decide": Permission(request.user, "decision.record", territory),
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
    ticked = frozenset(pk for pk in request.POST.getlist("proposal") if _is_number(pk))
    form = ReasonForm(request.POST)
    if form.is_valid():
        proposals = list(inbox.ordinary(territory).filter(pk__in=ticked))
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
            query = inbox.Filters.from_query(request.GET).query()
            return redirect(reverse("decisions", kwargs={"slug": territory.slug}) + query)
    return _inbox(request, form, ticked)


def _is_number(text: str) -> bool:
    """Of a row: « ² » is a digit and no number, and a database's key has an end."""
    return text.isascii() and text.isdecimal() and len(text) <= 18


@requires("proposal.read")
def history_page(request: HttpRequest) -> HttpResponse:
    territory = request.territory
    verdict, words = request.GET.get("decision", ""), request.GET.get("mots", "").strip()
    page = Paginator(inbox.decided(territory, verdict, words), 50).get_page(request.GET.get("page"))
    context = {
        "tabs": section_tabs.of(request.user, territory, "decisions-history"),
        "page": page,
        "verdict": verdict,
        "words": words,
        "verdicts": Decision.Verdict.choices,
    }
    return render(request, "decisions/history.html", context)


def _corrected(decision: Decision) -> list[str]:
    """What was put right since, for a line of the export."""
    correction = decision.correction
    if correction is None:
        return ["", "", ""]
    return [correction.get_verdict_display(), comma(correction.value), correction.reason]


@requires("proposal.read")
def history_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Every decision, for a spreadsheet; simulated ones say so on their line."""
    territory = request.territory
    names: dict[int, str] = {}

    def row(decision: Decision) -> list[str]:
        proposal = decision.proposal
        return [
            nature(territory, decision.simulated),
            timezone.localtime(decision.at).isoformat(timespec="seconds"),
            str(decision.person),
            authority.sentence(decision.authority, names),
            proposal.subject,
            proposal.due.isoformat() if proposal.due else "",
            decision.get_verdict_display(),
            comma(proposal.value),
            comma(decision.value),
            proposal.unit,
            decision.reason,
            proposal.system,
            proposal.system_version,
            proposal.run,
            proposal.case or "",
            references.of(decision),
            *_corrected(decision),
            plans.one_line(decision.items or []),
        ]

    headings = ["nature", "date", "par", "au titre de", "objet", "pour le", "décision", "proposé", "décidé", "unité", "motif",
                "système", "version", "exécution", "dossier", "référence", "corrigée", "valeur corrigée", "motif de la correction", "étapes"]  # fmt: skip
    rows = (row(decision) for decision in inbox.decided(territory).iterator(chunk_size=500))
    return spreadsheet(territory, f"decisions-{territory.slug}", headings, rows)
