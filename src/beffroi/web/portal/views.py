"""The public site: what the territory publishes, the AI it uses with its last result good or bad, and a human to talk to."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import cache_control, never_cache

from beffroi.web.catalogue import open_datasets, row_queries
from beffroi.web.catalogue.errors import CatalogueError
from beffroi.web.catalogue.grants import open_data
from beffroi.web.catalogue.lifecycle import export_rows
from beffroi.web.catalogue.models import Dataset
from beffroi.web.catalogue.publication.authorisations import authorisation, published_datasets
from beffroi.web.platform import ledger
from beffroi.web.platform.guards import public, public_space
from beffroi.web.platform.http.downloads import download
from beffroi.web.platform.models import Territory
from beffroi.web.studio import public as studio
from beffroi.web.studio import sharing
from beffroi.web.studio.models import Board
from beffroi.web.trust import citizens
from beffroi.web.trust.registers import views as registers

from .previews import preview_of


@public
def front(request: HttpRequest) -> HttpResponse:
    """The host's front door: the territories that it serves."""
    visible = [place for place in Territory.objects.defer("members") if place.is_public]
    return render(request, "portal/front.html", {"territories": visible})


@public_space
def territory(request: HttpRequest) -> HttpResponse:
    """What a citizen can see of a territory."""
    place = request.territory
    datasets = open_datasets.published(place)
    context = {
        "datasets": datasets,
        "latest": open_datasets.latest(datasets),
        "themes": open_datasets.count_themes(datasets),
        "systems": citizens.summaries(place),
        "boards": Board.objects.of(place).filter(public=True),
        "last": ledger.lines_of(place).last(),
    }
    return render(request, "portal/territory.html", context)


@public_space
def datasets(request: HttpRequest) -> HttpResponse:
    """Open data of a territory, searched by words and by theme."""
    return render(request, "portal/datasets.html", open_datasets.listing(request.territory, request.GET))


@public_space
def dataset(request: HttpRequest, dataset: str) -> HttpResponse:
    """One published dataset: what it is, its columns, its first rows, its download."""
    place = request.territory
    found = get_object_or_404(published_datasets(place), slug=dataset)
    try:
        rows, failure = row_queries.page_of_rows(None, found, open_data(place), 1), ""
    except CatalogueError as error:
        rows, failure = None, str(error)
    return _dataset(request, found, rows, failure)


def _dataset(
    request: HttpRequest, found: Dataset, rows: row_queries.Rows | None, failure: str, status: int = 200
) -> HttpResponse:
    context = {
        "dataset": found,
        "snapshot": found.current,
        "rows": rows,
        "preview": preview_of(rows) if rows else None,
        "failure": failure,
        "authorisation": authorisation(found) if found.opens_by_decision else None,
    }
    return render(request, "portal/dataset.html", context, status=status)


@public_space
def dataset_csv(request: HttpRequest, dataset: str) -> HttpResponse | StreamingHttpResponse:
    """The whole dataset as CSV, as a spreadsheet in French opens it; its page, which says why, when it cannot be read."""
    place = request.territory
    found = get_object_or_404(published_datasets(place), slug=dataset)
    try:
        export = export_rows(None, found)
        return download(export.chunks, export.file_name)
    except CatalogueError as error:
        return _dataset(request, found, None, str(error), status=503)


@public_space
def board(request: HttpRequest, board: str) -> HttpResponse:
    """One public board, as far as published data allow."""
    place = request.territory
    found = get_object_or_404(Board.objects.of(place).filter(public=True), slug=board)
    return render(request, "portal/board.html", {"board": found, "figures": studio.figures(found)})


@public_space
@cache_control(max_age=300)
def figure_json(request: HttpRequest, board: str, rank: int) -> JsonResponse:
    """Data of the chart or map of one figure."""
    place = request.territory
    found = get_object_or_404(Board.objects.of(place).filter(public=True), slug=board)
    drawn = studio.drawing(found, rank)
    if drawn is None:
        raise Http404
    return JsonResponse(drawn)


@public_space
@never_cache
def shared_board(request: HttpRequest, secret: str) -> HttpResponse:
    """A board shown by a link, until its date: to who holds the address, and to no search engine."""
    place = request.territory
    link = sharing.find_open_link(place, secret)
    if link is None:
        raise Http404
    figures, withheld = sharing.link_figures(
        link, lambda rank: reverse("portal-link-figure", args=[place.slug, secret, rank])
    )
    context = {"board": link.board, "link": link, "figures": figures, "withheld": withheld}
    response = render(request, "portal/shared.html", context)
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


@public_space
@never_cache
def shared_figure_json(request: HttpRequest, secret: str, rank: int) -> JsonResponse:
    """Data of the chart or map of one figure of a shared board."""
    link = sharing.find_open_link(request.territory, secret)
    drawn = None if link is None else sharing.link_drawing(link, rank)
    if drawn is None:
        raise Http404
    return JsonResponse(drawn)


@public_space
def register_csv(request: HttpRequest) -> HttpResponse:
    """The register of the systems in use, in the form of the French inventory of public algorithms."""
    return registers.download(request.territory, "fr", "csv")


@public_space
def register_json(request: HttpRequest) -> HttpResponse:
    """Public register as JSON, for programs."""
    return registers.download(request.territory, "fr", "json")


@public_space
def register_nl_json(request: HttpRequest) -> HttpResponse:
    """Public register in the form of the Dutch one, which other registers read."""
    return registers.download(request.territory, "nl", "json")


@public
def robots(request: HttpRequest) -> HttpResponse:
    """Engines stay out of the private space; an invented town is never indexed at all."""
    fictional = Territory.objects.filter(is_fictional=True).exists()
    body = (
        "User-agent: *\nDisallow: /\n" if fictional else "User-agent: *\nDisallow: /t/\nDisallow: /entree/\n"
    )
    return HttpResponse(body, content_type="text/plain; charset=utf-8")
