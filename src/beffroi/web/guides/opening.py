"""Open a guide for a reader: the guide, or 404 where it does not exist, is of another kind, or is not for this person."""

from django.http import Http404, HttpRequest

from beffroi.guides import Guide
from beffroi.web.platform.feature_switches import act_is_open
from beffroi.web.platform.models import Territory

from .addresses import place_of
from .domains import Domain, domain_of, registered_domain
from .library import guide, library
from .models import Response
from .services.access import may_read


def readable(person: object, found: Guide, territory: Territory) -> bool:
    """Whether this person reads this guide here: it is proposed by itself, its domain has pages, is open here and theirs to read."""
    domain = domain_of(found)
    return (
        found.listed
        and domain is not None
        and act_is_open(territory, domain.read)
        and may_read(person, found, territory)
    )


def successor(found: Guide, territory: Territory) -> Guide | None:
    """The guide that asks now for what this one asked; None where it did not move, or where the other is not open here."""
    moved = library().guides.get(found.moved_to)
    known = registered_domain(moved) if moved is not None else None
    return moved if known is not None and act_is_open(territory, known.read) else None


def guide_or_404[G: Guide](request: HttpRequest, kind: type[G], key: str) -> G:
    """This guide in today's edition."""
    try:
        found = guide(kind, key)
    except KeyError:
        raise Http404 from None
    _open(request, found)
    return found


def moved_place(request: HttpRequest, found: Guide) -> tuple[str, str] | None:
    """Label and address of the page where what this guide asked is asked now."""
    there = successor(found, request.territory)
    return place_of(request.user, request.territory, there) if there is not None else None


def response_or_404(request: HttpRequest, pk: int) -> tuple[Response, Guide]:
    """A response of this territory, with its guide in the edition that it answers."""
    rows = Response.objects.of(request.territory).select_related(
        "edition", "opened_by", "closed_by", "previous"
    )
    response = rows.filter(pk=pk).first()
    if response is None:
        raise Http404
    found = response.edition.read()
    _open(request, found)
    return response, found


def _open(request: HttpRequest, found: Guide) -> None:
    """404 unless it is for this reader; the navigation shows the place of its subject."""
    if not readable(request.user, found, request.territory):
        raise Http404
    request.current_place = domain(found).place  # type: ignore[attr-defined]


def domain(found: Guide) -> Domain:
    """The domain of a guide that was opened."""
    known = domain_of(found)
    if known is None:
        raise Http404
    return known
