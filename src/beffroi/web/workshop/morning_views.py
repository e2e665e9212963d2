"""The page that a manager opens every morning, and the choice of the dial.

In: the last run of a system. Out: its answer in large, map, chart, what changed, what to do.
"""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from beffroi.lake.invisible_characters import strip_invisible
from beffroi.systems.input_schema import InputSchema
from beffroi.web.decisions import day_sheet, decided_days, inbox
from beffroi.web.decisions.models import Proposal
from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights import NamedResource, may

from . import cards, manifests, services
from .errors import WorkshopError
from .life import running
from .models import Run, SystemUse
from .presentation import morning, ranking
from .services import recording
from .views import to_system, use_here

STALE_DAYS = 8  # without a rhythm, an answer older than this says that it is old


@requires("system.read")
def morning_page(request: HttpRequest, system: str) -> HttpResponse:
    """The last answer of the system, whatever its age, which it says."""
    return _page(request, system)


@requires("system.bind")
@require_POST
def dial_page(request: HttpRequest, system: str) -> HttpResponse:
    """Choose the number that the quantities follow, and forecast anew."""
    if not may(request.user, "system.bind", NamedResource(request.territory, f"system:{system}")):
        raise Http404
    use = use_here(request, system)
    try:
        job = services.turn(
            use,
            request.user,
            _number(request.POST.get("option", "")),
            reason=strip_invisible(request.POST.get("reason", "")),
        )
    except WorkshopError as error:
        return _page(request, system, refused=str(error))
    messages.success(request, "Votre choix est retenu : les quantités sont calculées de nouveau.")
    return redirect("job", request.territory.slug, job.pk)


def _number(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return float("nan")  # no option: the service says which there are


def _page(request: HttpRequest, system: str, refused: str = "") -> HttpResponse:
    use = use_here(request, system)
    territory = request.territory
    if use.declared:
        raise Http404
    manifest = manifests.installed(system)
    if manifest is None:
        raise Http404
    run = morning.latest(use)
    reads = may(request.user, "proposal.read", territory)
    waiting = inbox.waiting(territory).filter(system=system) if reads else inbox.waiting(territory).none()
    recordable = recording.recordable(use)
    records = [schema for schema in recordable if recording.may_record(use, request.user, schema)]
    permissions = ((schema, recording.permission(use, request.user, schema)) for schema in recordable)
    read = morning.of(run, request.GET.get("lieu", "")) if run else None
    first = ranking.FirstToRead([])
    if run and reads:
        first = ranking.first_to_read(territory, manifest, run, waiting, morning.MOST_EXCEPTIONS)
    to_do = [(proposal, why, _to_note(use, proposal, records)) for proposal, why in first.lines]
    context: dict[str, Any] = {
        "card": (card := cards.brief(use, manifest)),
        "use": use,
        "run": run,
        "read": read,
        "failed": _failed_since(run, use.runs.filter(verb=Run.Verb.RUN, state=Run.State.FAILED)),
        "old": run is not None and (timezone.now() - run.at).days >= STALE_DAYS,
        "reads": reads,
        "decided": (decided := decided_days.by_system(territory).get(system) if reads else None),
        "waiting": first.waiting,
        "first": first,
        "to_do": to_do,
        # The list says what to do, and a map bears the names and the states: the table is in its fold only.
        "mapped": bool(to_do and read and read.illustrated and read.illustrated.map),
        "unit": first.unit,
        "reference": manifest.baseline,
        "records": records,
        "reserved": [(schema, permission) for schema, permission in permissions if not permission],
        "dial": manifest.dial,
        "working_papers": manifest.working_papers,
        "place_word": manifest.place_word,
        "options": morning.options(manifest, run) if run else [],
        "may_bind": may(request.user, "system.bind", use),
        "against": not card.recommended,
        "closed": running.before_forecast(use, manifest),
        "refused": refused,
        "decisions": f"{reverse('decisions', kwargs={'slug': territory.slug})}?systeme={system}",
        "sheet": f"{reverse('decisions-sheet', kwargs={'slug': territory.slug})}?systeme={system}"
        if decided or first.day or (reads and day_sheet.days(territory, system))
        else "",
        "here": to_system(request, "system-morning", system),
    }
    return render(request, "workshop/morning.html", context, status=422 if refused else 200)


def _to_note(use: SystemUse, proposal: Proposal, records: list[InputSchema]) -> list[tuple[InputSchema, str]]:
    """The pages where what becomes of this proposal is noted, filled in with what it is about."""
    found = []
    for schema in records:
        texts = [need.name for need in recording.columns(use, schema) if need.type in ("text", "code")]
        begun = {
            name: proposal.evidence[name] for name in texts if isinstance(proposal.evidence.get(name), str)
        }
        if begun:
            page = {"slug": use.territory.slug, "system": use.system, "table": schema.name}
            found.append((schema, f"{reverse('system-record', kwargs=page)}?{urlencode(begun)}"))
    return found


def _failed_since(run: Run | None, failed: Any) -> Run | None:
    """The last failure, where it came after the answer that is shown."""
    if run is not None:
        failed = failed.filter(at__gt=run.at)
    last: Run | None = failed.order_by("-at", "-pk").first()
    return last
