"""Pages of the journal of access: read it, filter it by person, take it away as JSON lines."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from ..acts import ACTS
from ..downloads import LINES_OF_JSON, download
from ..guards import requires
from ..models import AccessEvent, Membership, Person
from . import journal


@requires("session.read")
def journal_page(request: HttpRequest) -> HttpResponse:
    """Who came in, who failed, what changed: the latest first, a year back."""
    events = journal.shown_in(request.territory)
    asked = request.GET.get("personne", "")
    if asked.isdecimal() and len(asked) <= 18:
        events = events.filter(person=int(asked))
    page = Paginator(events, 50).get_page(request.GET.get("page"))
    members = Membership.objects.of(request.territory).values("person")
    context = {
        "page": page,
        "rows": [
            {"event": event, "who": _who(event), "detail": ACTS.get(event.detail, event.detail)}
            for event in page
        ],
        "people": Person.objects.filter(pk__in=members).order_by("name"),
        "asked": asked,
    }
    return render(request, "territories/access_journal.html", context)


def _who(event: AccessEvent) -> str:
    if event.person is not None:
        return event.person.name if event.of_here else "une personne d'un autre territoire"  # type: ignore[attr-defined]
    if event.kind == AccessEvent.Kind.REFUSED:
        return "une personne que le fournisseur n'a pas fait entrer"
    return "l'hébergeur" if event.kind == AccessEvent.Kind.ROLES else "quelqu'un qui n'était pas entré"


@requires("session.read")
def export(request: HttpRequest) -> StreamingHttpResponse:
    """The same as a file of JSON lines."""
    lines = (journal.as_json(event) + "\n" for event in journal.shown_in(request.territory).iterator(500))
    return download(lines, f"acces-{request.territory.slug}.jsonl", LINES_OF_JSON)
