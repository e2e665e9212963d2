"""AI in public: the services and their cards, a sign to print, the committee, the annual report, citizens' recommendations.

Every page says that AI is at work and how to talk to a person; good results and bad are shown alike.
"""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from beffroi.web.platform.guards import public_space
from beffroi.web.public_address import absolute
from beffroi.web.trust import citizens, signs
from beffroi.web.trust.models import Publication
from beffroi.web.trust.recommendations import views as recommendations
from beffroi.web.trust.report import paper, presenting, publishing
from beffroi.web.trust.report import views as reports


def _page(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    return render(request, template, {"reach": citizens.reach(request.territory)} | context)


@public_space
def services(request: HttpRequest) -> HttpResponse:
    """Every AI service shown in public: its state, its last result good or bad."""
    return _page(
        request,
        "portal/services.html",
        systems=citizens.summaries(request.territory),
        years=_years(request),
    )


@public_space
def system(request: HttpRequest, system: str) -> HttpResponse:
    """The public card of an AI service, in plain French."""
    service = citizens.system(request.territory, system)
    if service is None:
        raise Http404
    return _page(
        request,
        "portal/system.html",
        service=service,
        card=service.card,
        spent=citizens.spent_this_year(request.territory, system),
        personal=dict(service.card.legal)["Données personnelles"],
        dtpr=signs.taxonomy()["source"],
        texts=citizens.law_sources(),
    )


@public_space
def sign(request: HttpRequest, system: str) -> HttpResponse:
    """A sign to print and to put up where the service is at work."""
    service = citizens.system(request.territory, system)
    if service is None:
        raise Http404
    where = absolute(reverse("portal-system", args=[request.territory.slug, system]))
    return _page(
        request,
        "portal/sign.html",
        service=service,
        card=service.card,
        where=where,
        dtpr=signs.taxonomy()["source"],
    )


@public_space
def words(request: HttpRequest) -> HttpResponse:
    """The words of AI, each in one sentence."""
    return _page(request, "portal/words.html")


@public_space
def committee(request: HttpRequest) -> HttpResponse:
    """Who sits in the ethics committee, its sessions, its opinions, and what was decided against them."""
    return _page(request, "portal/committee.html", committee=citizens.committee(request.territory))


@public_space
def recommendation_list(request: HttpRequest) -> HttpResponse:
    """Every recommendation of citizens with its state and its answer, good or bad."""
    return _page(request, "portal/recommendations.html", **recommendations.list_context(request))


def _years(request: HttpRequest) -> list[Publication]:
    """The last version of each published year, the last first."""
    last = {one.year: one for one in reversed(publishing.publications(request.territory))}
    return [last[year] for year in sorted(last, reverse=True)]


@public_space
def report_list(request: HttpRequest) -> HttpResponse:
    return _page(request, "portal/reports.html", years=_years(request))


def _requested_publication(request: HttpRequest, year: int) -> tuple[Publication, list[Publication]]:
    """Version of the report that is requested (`?version=1`), the last one by default, and all of that year."""
    every = publishing.publications(request.territory, year)
    requested = request.GET.get("version", "")
    found = [one for one in every if not requested or str(one.version) == requested]
    if not found:
        raise Http404
    return found[0], every


@public_space
def report(request: HttpRequest, year: int) -> HttpResponse:
    """The report as it was published: frozen, whatever was done since."""
    published, every = _requested_publication(request, year)
    return _page(
        request,
        "portal/report.html",
        published=published,
        versions=every,
        last=every[0],
        **presenting.context(published.report),
    )


@public_space
def report_pdf(request: HttpRequest, year: int) -> HttpResponse:
    published, _ = _requested_publication(request, year)
    return reports.printed(
        lambda: paper.printed_report(published.content), reports.file_name(request.territory, year, "pdf")
    )


@public_space
def report_json(request: HttpRequest, year: int) -> HttpResponse:
    """The very text whose fingerprint is in the ledger."""
    published, _ = _requested_publication(request, year)
    return reports.answer(published.content, reports.file_name(request.territory, year, "json"))
