"""Pages of what was examined: the quality scale, point by point; the cases that must come out right; a run's certificate."""

import json
import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from beffroi.systems.check.scale import TIER_NAMES, TIERS
from beffroi.web.decisions import corrections
from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights import may

from . import cards
from .errors import WorkshopError
from .models import Run
from .services import examining
from .services.regressing import NOT_REPLAYABLE
from .views import use_here


@requires("system.read")
def quality_page(request: HttpRequest, system: str) -> HttpResponse:
    """The last examination of the system, and of its regression cases."""
    return _quality(request, system)


def _quality(request: HttpRequest, system: str, message: str = "") -> HttpResponse:
    use = use_here(request, system)
    if use.declared:
        raise Http404
    last = use.examinations.select_related("by").first()
    points = last.report["points"] if last else []
    card = cards.card(use.territory, system)
    regression = use.regressions.select_related("by").first()
    context = {
        "card": card,
        "use": use,
        "last": last,
        "tier": TIER_NAMES[last.tier] if last else "",
        "outdated": last is not None and card is not None and last.version != card.version,
        "tiers": [(TIER_NAMES[tier], [point for point in points if point["tier"] == tier]) for tier in TIERS],
        "cases": corrections.regression_cases(use.territory, system),
        "regression": regression,
        "gone": [case["case"] for case in regression.cases if case["came"] == NOT_REPLAYABLE]
        if regression
        else [],
        "may_bind": may(request.user, "system.bind", use),
        "key": uuid.uuid4().hex,
        "told": message,
    }
    return render(request, "workshop/quality.html", context, status=422 if message else 200)


@requires("system.bind")
@require_POST
def examine_page(request: HttpRequest, system: str) -> HttpResponse:
    """Ask for an examination; the key of the form makes a double click start one."""
    use, key = use_here(request, system), request.POST.get("key", "")
    if not (len(key) == 32 and key.isalnum()):
        raise Http404
    try:
        job = examining.start(use, request.user, key)
    except WorkshopError as error:
        return _quality(request, system, str(error))
    return redirect("job", request.territory.slug, job.pk)


@requires("system.read")
def certificate_file(request: HttpRequest, system: str, pk: int) -> HttpResponse:
    """The signed certificate that what a run was given is erased."""
    run = Run.objects.of(request.territory).filter(pk=pk, use__system=system).first()
    if run is None or not run.erasure:
        raise Http404
    text = json.dumps(run.erasure, ensure_ascii=False, indent=1)
    name = f"effacement-{system}-{run.at:%Y-%m-%d}.json"
    return HttpResponse(
        text,
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
