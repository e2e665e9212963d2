"""Pages of the journal of access: read it, filter it by person, take it away as JSON lines."""

from collections.abc import Iterable, Iterator
from functools import cache

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, get_resolver

from beffroi.web.platform.access_log import journal
from beffroi.web.platform.acts import title_of
from beffroi.web.platform.guards import requires
from beffroi.web.platform.http.downloads import LINES_OF_JSON, download
from beffroi.web.platform.models import AccessEvent, Membership, Person
from beffroi.web.platform.rights import ACTS as RIGHTS

ROUTED = {AccessEvent.Kind.DENIED, AccessEvent.Kind.FORGED, AccessEvent.Kind.LIMITED}
"""The kinds whose detail is the name of a route."""


@requires("session.read")
def journal_page(request: HttpRequest) -> HttpResponse:
    """Who came in, who failed, what changed: the latest first, a year back."""
    events = journal.visible_events(request.territory)
    person_filter = request.GET.get("personne", "")
    if person_filter.isdecimal() and len(person_filter) <= 18:
        events = events.filter(person=int(person_filter), of_here=True)
    page = Paginator(events, 50).get_page(request.GET.get("page"))
    members = Membership.objects.of(request.territory).values("person")
    context = {
        "page": page,
        "rows": [{"event": event, "who": _who(event), "detail": _detail(event)} for event in page],
        "people": Person.objects.filter(pk__in=members).order_by("name"),
        "person_filter": person_filter,
    }
    return render(request, "tenancy/access_journal.html", context)


def _who(event: AccessEvent) -> str:
    if event.person is not None:
        return event.person.name if event.of_here else "une personne d'un autre territoire"  # type: ignore[attr-defined]
    if event.kind == AccessEvent.Kind.REFUSED:
        return "une personne que le fournisseur n'a pas fait entrer"
    return "l'hébergeur" if event.kind == AccessEvent.Kind.ROLES else "quelqu'un qui n'était pas entré"


def _detail(event: AccessEvent) -> str:
    """Detail of an event in words: the act of the ledger, or the right that the refused page asks for; a counting line is words already."""
    if event.kind in ROUTED and " " not in event.detail:
        return RIGHTS.get(_acts_of_routes().get(event.detail, ""), "")
    return title_of(event.detail)


@cache
def _acts_of_routes() -> dict[str, str]:
    """What each named route declares (`guards.py`)."""
    return {one.name: getattr(one.callback, "declares", "") for one in _patterns(get_resolver().url_patterns)}


def _patterns(found: Iterable[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    for one in found:
        if isinstance(one, URLResolver):
            yield from _patterns(one.url_patterns)
        else:
            yield one


@requires("session.read")
def export(request: HttpRequest) -> StreamingHttpResponse:
    """The same as a file of JSON lines."""
    lines = (
        journal.as_json(event) + "\n" for event in journal.visible_events(request.territory).iterator(500)
    )
    return download(lines, f"acces-{request.territory.slug}.jsonl", LINES_OF_JSON)
