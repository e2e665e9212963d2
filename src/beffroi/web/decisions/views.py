"""The list of all proposals, and the history. The page of a day is in `day_views`; one proposal, decided and read again, is in `case_views`."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone

from beffroi.web.platform.guards import requires

from . import authority, inbox, plans, references, section_tabs
from .exports import comma, nature, spreadsheet
from .models import Decision
from .notices import titles_of

A_PAGE = 25


@requires("proposal.read")
def inbox_page(request: HttpRequest) -> HttpResponse:
    """Every proposal that waits, to look for one: deciding is done on the page of its day, or on its own."""
    territory = request.territory
    filters = inbox.Filters.from_query(request.GET)
    page = Paginator(inbox.waiting(territory, filters), A_PAGE).get_page(request.GET.get("page"))
    context = {
        "tabs": section_tabs.of(request.user, territory, "decisions-all"),
        "page": page,
        "filters": filters,
        "query": filters.query(),
        "days": inbox.days(territory, filters),
        "any_case": inbox.waiting(territory, inbox.Filters(blocked=True)).exists(),
        "all_kinds": filters.query(attribution="") or "?",
        "only_blocked": filters.query(attribution="bloquee"),
        "all_days": filters.query(jour="") or "?",
        "places": inbox.values_of(territory, filters, "place"),
        "systems": inbox.values_of(territory, filters, "system"),
        "titles": titles_of(territory, {proposal.system for proposal in page}),
        "today": timezone.localdate(),
    }
    return render(request, "decisions/inbox.html", context)


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
