"""Pages of one run: what it read, gave and cost, and its tables for a spreadsheet."""

import io
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from beffroi.systems.contract import TODAY
from beffroi.systems.manifest import Manifest
from beffroi.web.decisions import inbox
from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights import may
from beffroi.web.ui.formats import french_date
from beffroi.web.ui.spreadsheets import Writer

from . import cards, presenting
from .life import running
from .models import Run
from .presentation import morning, reading
from .views import manifest_here


def _run(request: HttpRequest, system: str, pk: int) -> Run:
    run: Run | None = (
        Run.objects.of(request.territory)
        .select_related("use", "use__territory", "by")
        .filter(pk=pk, use__system=system)
        .first()
    )
    if run is None:
        raise Http404
    return run


@requires("system.read")
def result_page(request: HttpRequest, system: str, pk: int) -> HttpResponse:
    """What one run read, gave and cost."""
    run, manifest = _run(request, system, pk), manifest_here(request, system)
    done = run.state == Run.State.DONE
    measured = cards.measured(manifest, run.use, run) if done and run.score else None
    context = {
        "card": cards.card(request.territory, system),
        "run": run,
        "measured": measured,
        "spec": presenting.score_spec(measured) if measured else None,
        "read": morning.of(
            run,
            request.GET.get("lieu", ""),
            request.GET.get("tableau", ""),
            request.GET.get("page", ""),
        )
        if done and run.outcome
        else None,
        "costs": presenting.costs(run),
        "settings": _settings(manifest, run),
        "against": bool(run.outcome) and running.advised_against(run.use, manifest),
        "working_papers": manifest.working_papers,
        "verb": manifest.verb,
        "place_word": manifest.place_word,
        "may_bind": may(request.user, "system.bind", run.use),
        "waiting": inbox.waiting(request.territory).filter(run=run.key).count(),
    }
    return render(request, "workshop/result.html", context)


def _settings(manifest: Manifest, run: Run) -> list[tuple[str, Any, str]]:
    """The settings of a run as people call them, and the day on which it was made where the system uses it."""
    found: list[tuple[str, Any, str]] = []
    for name, value in run.settings.items():
        setting_help = manifest.settings_help.get(name)
        if name == TODAY:
            found.append(("Jour du calcul", french_date(value), ""))
        elif setting_help is None:
            found.append((name, value, ""))
        else:
            text = (
                french_date(value)
                if setting_help.date and value
                else setting_help.choices.get(str(value), value)
            )
            found.append((setting_help.label, text, setting_help.unit))
    return found


@requires("system.read")
def result_csv(request: HttpRequest, system: str, pk: int) -> HttpResponse:
    """One table of a run for a spreadsheet; an invented town says so on each line."""
    run = _run(request, system, pk)
    if run.state != Run.State.DONE or not run.outcome:
        raise Http404
    tables = reading.tables_of(run)
    wanted = request.GET.get("tableau", "")
    table = next((one for one in tables if one.output.name == wanted), None) if wanted else tables[0]
    if table is None:
        raise Http404
    nature = "données simulées" if request.territory.is_fictional else "prévision estimée"
    if manifest_here(request, system).working_papers:
        nature = f"{nature}, papier de travail"
    text = io.StringIO()
    text.write("\ufeff")
    writer = Writer(text)
    writer.writerow(["nature", *(heading for heading, _ in table.headings)])
    for row in table.rows:
        writer.writerow([nature, *(_cell(row.get(column.name)) for column in table.columns)])
    simulated = "-donnees-simulees" if request.territory.is_fictional else ""
    named = f"-{wanted}" if wanted else ""
    name = f"previsions-{system}{named}-{run.at:%Y-%m-%d}{simulated}.csv"
    return HttpResponse(
        text.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return str(value).replace(".", ",")
    return str(value)
