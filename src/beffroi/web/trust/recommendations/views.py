"""Pages of citizens' recommendations inside: the list with its clock, one of them with its history, its forms, its CSV."""

import io
from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse
from django.urls import path

from beffroi.web.decisions import authority
from beffroi.web.platform.acts.views import ActViews
from beffroi.web.platform.guards import requires
from beffroi.web.platform.models import Territory
from beffroi.web.platform.rights import may
from beffroi.web.ui.spreadsheets import Writer

from ..models import Recommendation, RecommendationStep
from . import reading, services
from .forms import RecommendationForm, StepForm

FILTERS = [("", "toutes"), ("late", "en retard"), *RecommendationStep.State.choices]


def list_context(request: HttpRequest) -> dict[str, object]:
    """Context of the list, inside or in public: the state and words searched for, and the lines found."""
    state, words = request.GET.get("etat", ""), request.GET.get("mots", "").strip()[:200]
    if state not in dict(FILTERS):
        state = ""
    every = reading.lines(request.territory)
    lines = reading.lines(request.territory, state=state, words=words) if state or words else every
    return {
        "lines": lines,
        "total": reading.count(every) if every else None,
        "filters": FILTERS,
        "state": state,
        "words": words,
    }


def _list(request: HttpRequest, form: RecommendationForm | None = None) -> dict[str, object]:
    return list_context(request) | {
        "form": form or RecommendationForm(),
        "may_manage": may(request.user, "recommendation.manage", request.territory),
    }


def _recommendation(
    request: HttpRequest, row: Recommendation, form: StepForm | None = None
) -> dict[str, object]:
    """Where it stands, what was answered, by whom and under which title."""
    where = reading.where(row)
    steps = row.steps.select_related("person").order_by("-at", "-pk")
    return {
        "row": row,
        "where": where,
        "form": form or StepForm(where.state),
        "next": services.PATHS[where.state],
        "history": [(step, authority.sentence(step.authority) if step.authority else "") for step in steps],
        "may_manage": may(request.user, "recommendation.manage", request.territory),
    }


@requires("system.read")
def list_csv(request: HttpRequest) -> HttpResponse:
    """Every recommendation with its answer, for a spreadsheet."""
    return as_file(request.territory, reading.lines(request.territory))


HEADINGS = ("nature", "numéro", "recommandation", "origine", "reçue le", "réponse promise le", "état",
            "réponse donnée le", "en retard", "réponse")  # fmt: skip


def as_file(territory: Territory, lines: Iterable[reading.Line]) -> HttpResponse:
    nature = "données simulées" if territory.is_fictional else "réelle"
    text = io.StringIO()
    text.write("\ufeff")
    writer = Writer(text)
    writer.writerow(HEADINGS)
    for line in lines:
        row, where = line.row, line.where
        answered = where.answered.isoformat() if where.answered else ""
        cells = (nature, str(row.number), row.text, row.get_origin_display(), row.received_on.isoformat(),
                 row.answer_due.isoformat(), where.label, answered, "oui" if where.late else "non", where.answer)  # fmt: skip
        writer.writerow(cells)
    simulated = "-donnees-simulees" if territory.is_fictional else ""
    return HttpResponse(
        text.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="recommandations-{territory.slug}{simulated}.csv"'
        },
    )


views = ActViews(
    lambda territory: Recommendation.objects.of(territory).select_related("territory", "by"),
    list_name="recommendations",
    row_name="recommendation",
    lookup="number",
)
urlpatterns = [
    views.list("recommandations/", _list, "trust/recommendations.html", right="system.read"),
    path("recommandations.csv", list_csv, name="recommendations-csv"),
    views.form(
        "recommandations/inscrire/",
        services.receive,
        name="recommendation-add",
        form=lambda territory, *sent: RecommendationForm(*sent),
    ),
    views.row(
        "recommandations/<int:number>/", _recommendation, "trust/recommendation.html", right="system.read"
    ),
    views.form(
        "recommandations/<int:number>/suite/",
        services.follow,
        form=lambda row, *sent: StepForm(reading.where(row).state, *sent),
    ),
]
