"""Pages of the workshop: the systems, the card of one, its binding, its runs and what they gave."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from beffroi.lake.invisible_characters import strip_invisible
from beffroi.systems import binding as matching
from beffroi.systems import registry
from beffroi.systems.input_schema import InputSchema
from beffroi.systems.manifest import Manifest
from beffroi.web.catalogue.models import Dataset
from beffroi.web.decisions import inbox
from beffroi.web.platform.guards import requires
from beffroi.web.platform.ledger.memo import until_next_act
from beffroi.web.platform.rights import NamedResource, may, may_somewhere
from beffroi.web.tenancy import places

from . import binding as bindings
from . import cards, manifests, presenting, reading, services, shared_bindings
from .errors import BindingRefused, NotAllowedToRun, WorkshopError
from .forms import ColumnsForm, DatasetsForm, RhythmForm, RunForm, SupervisorForm
from .life import gates, running, stopping
from .life.gates import Judgement
from .life.states import State, strip
from .models import Run, SystemUse
from .services import naming


def to_system(request: HttpRequest, name: str, system: str, **kwargs: Any) -> str:
    return reverse(name, kwargs={"slug": request.territory.slug, "system": system, **kwargs})


def manifest_here(request: HttpRequest, system: str) -> Manifest:
    manifest = manifests.known(request.territory, system)
    if manifest is None:
        raise Http404
    return manifest


def use_here(request: HttpRequest, system: str) -> SystemUse:
    use = cards.use_of(request.territory, system)
    if use is None:
        raise Http404
    return use


def _may_bind(request: HttpRequest, system: str) -> bool:
    return may(request.user, "system.bind", NamedResource(request.territory, f"system:{system}"))


def require_own_system(request: HttpRequest, system: str) -> None:
    """A supervisor of named systems does not meet the pages that act on the others."""
    if not _may_bind(request, system):
        raise Http404


@requires("system.read")
def list_page(request: HttpRequest) -> HttpResponse:
    """Every installed system: in use here, available, or not for this territory, with why."""
    territory = request.territory
    installed = {s.manifest.id: s.manifest for s in registry.all_systems()}
    rows = SystemUse.objects.of(territory).select_related("supervisor", "processing")
    uses = {use.system: use for use in rows.order_by("created_at", "pk")}

    def all_cards() -> list[cards.Card | None]:
        cards.preload(territory, uses.values())
        return [cards.card(territory, name) for name in dict.fromkeys([*uses, *installed])]

    found = until_next_act(territory, "workshop.cards", all_cards)
    known = [(card, cards.one_line(card.measured)) for card in found if card is not None]
    idle = [card for card, _ in known if not card.in_use]
    fits = {c.id: places.system_fits(territory, c.id, installed[c.id].competences) for c in idle}
    context = {
        "in_use": [(card, line, uses[card.id]) for card, line in known if card.in_use],
        "available": [card for card in idle if fits[card.id].ok],
        "elsewhere": [(card, fits[card.id].why) for card in idle if not fits[card.id].ok],
        "may_settle": may(request.user, "territory.settings", territory),
        "faults": registry.list_faults(),
        "may_bind": may_somewhere(request.user, "system.bind", request.territory),
        "may_declare": may(request.user, "system.bind", territory),
    }
    return render(request, "workshop/list.html", context)


@requires("system.read")
def card_page(request: HttpRequest, system: str) -> HttpResponse:
    """What the system is for, what it reads, how it fared, how to contest; and what is left to do."""
    return _card(request, system, SupervisorForm(request.territory, system, required=False))


def _card(request: HttpRequest, system: str, form: SupervisorForm, refused: str = "") -> HttpResponse:
    territory = request.territory
    manifest = manifest_here(request, system)
    card = cards.card(territory, system)
    use = cards.use_of(territory, system)
    # A file opens without a supervisor; naming one, later, is naming somebody.
    form.fields["supervisor"].required = use is not None
    measured = card.measured if card else None
    fit = places.system_fits(territory, system, manifest.competences)
    context = {
        "unfit": fit.why,
        "may_settle": may(request.user, "territory.settings", territory),
        "card": card,
        "use": use,
        "may_bind": _may_bind(request, system),
        "closed": running.before_forecast(use, manifest) if use and not use.declared else [],
        "stop_reasons": stopping.reasons(use) if use else [],
        "law": _law(use) if use else None,
        "states": strip(use.state) if use else [],
        "supervised": use is not None and running.supervised(use),
        "form": form,
        "refused": refused,
        "measured": measured,
        "spec": presenting.score_spec(measured) if measured else None,
        "score_run": services.latest_score(territory, system) if use else None,
        "runs": use.runs.select_related("by").defer("outcome")[:10] if use else [],
        "waiting": inbox.waiting(territory).filter(system=system).count(),
    }
    context["costs"] = presenting.costs(context["score_run"]) if context["score_run"] else []
    return render(request, "workshop/card.html", context, status=422 if form.errors or refused else 200)


@requires("system.bind")
@require_POST
def public_page(request: HttpRequest, system: str) -> HttpResponse:
    """Show the card on the public site, or keep it off while the system does not serve."""
    require_own_system(request, system)
    use, public = use_here(request, system), request.POST.get("public") == "yes"
    try:
        services.show(use, request.user, public, strip_invisible(request.POST.get("reason", "")))
    except WorkshopError as error:
        return _card(request, system, SupervisorForm(request.territory, system, required=False), str(error))
    messages.success(
        request, "La fiche est sur le site public." if public else "La fiche n'est plus sur le site public."
    )
    return redirect(to_system(request, "system", system))


def _law(use: SystemUse) -> Judgement:
    """What the room of the law makes of this system today, and where one answers it."""
    gate = next(gate for gate in gates.guarding(State.SANDBOX) if gate.key == "legal")
    return gate.judge(use)


@requires("system.bind")
@require_POST
def adopt_page(request: HttpRequest, system: str) -> HttpResponse:
    """Take the system into use, with its supervisor if one is named already."""
    require_own_system(request, system)
    manifest = manifest_here(request, system)
    form = SupervisorForm(request.territory, system, request.POST, required=False)
    if form.is_valid():
        try:
            services.adopt(
                request.territory, request.user, system, supervisor=form.cleaned_data["supervisor"]
            )
        except WorkshopError as error:
            form.add_error("supervisor", str(error))
        else:
            messages.success(
                request,
                f"Le dossier de « {manifest.title} » est ouvert, à l'étape « idée ». Reliez-le maintenant à vos données.",
            )
            return redirect(to_system(request, "system-bind", system))
    return _card(request, system, form)


@requires("system.bind")
@require_POST
def supervise_page(request: HttpRequest, system: str) -> HttpResponse:
    """Name who answers for the system."""
    require_own_system(request, system)
    use = use_here(request, system)
    form = SupervisorForm(request.territory, system, request.POST)
    if form.is_valid():
        try:
            services.supervise(use, request.user, form.cleaned_data["supervisor"])
        except WorkshopError as error:
            form.add_error("supervisor", str(error))
        else:
            messages.success(request, f"{form.cleaned_data['supervisor']} supervise ce système.")
            return redirect(to_system(request, "system", system))
    return _card(request, system, form)


@requires("system.bind")
def binding_page(request: HttpRequest, system: str) -> HttpResponse:
    """Two steps on one page: which datasets, then which columns. What is proposed says why; a person confirms."""
    require_own_system(request, system)
    use, manifest = use_here(request, system), manifest_here(request, system)
    proposal = services.propose_binding(use)
    datasets = bindings.datasets_with_rows(request.territory)
    wanted = _wanted(request, use, manifest, proposal)
    chosen = _chosen(manifest, datasets, wanted, proposal)
    sharing = shared_bindings.sharing(use, manifest)
    errors: list[str] = []
    if request.method == "POST":
        columns = ColumnsForm(chosen, use.binding, sharing, request.POST)
        if columns.is_valid():
            try:
                services.bind(use, request.user, columns.binding())
            except BindingRefused as refused:
                errors = refused.errors
            else:
                messages.success(request, "La liaison est enregistrée.")
                named = any(True for _ in naming.pairs(manifest, use))
                return redirect(to_system(request, "system-names" if named else "system-run", system))
    else:
        columns = ColumnsForm(chosen, use.binding, sharing)
    why = {name: p.why for name, p in proposal.inputs.items()}
    context = {
        "card": cards.card(request.territory, system),
        "datasets": DatasetsForm(manifest, datasets, why, initial=wanted),
        "columns": columns,
        "groups": columns.groups(),
        "wanted": wanted,
        "errors": errors,
        "held": datasets,
        "bound": use.bound,
        "named": any(True for _ in naming.pairs(manifest, use)),
    }
    failed = bool(errors or columns.errors)
    return render(request, "workshop/binding.html", context, status=422 if failed else 200)


def _wanted(
    request: HttpRequest, use: SystemUse, manifest: Manifest, proposal: bindings.BindingProposal
) -> dict[str, str]:
    """The dataset of each table: what the address says, else what is bound, else what is proposed."""
    params = request.POST if request.method == "POST" else request.GET
    wanted: dict[str, str] = {}
    for schema in manifest.inputs:
        if schema.name in params:
            wanted[schema.name] = params[schema.name]
        elif use.bound:
            wanted[schema.name] = use.binding.get(schema.name, {}).get("dataset", "")
        else:
            dataset = proposal.inputs[schema.name].dataset
            wanted[schema.name] = dataset.slug if dataset else ""
    return wanted


def _chosen(
    manifest: Manifest, datasets: list[Dataset], wanted: dict[str, str], proposal: bindings.BindingProposal
) -> list[tuple[InputSchema, Dataset, dict[str, matching.Match]]]:
    by_slug = {dataset.slug: dataset for dataset in datasets}
    chosen = []
    for schema in manifest.inputs:
        dataset, proposed = by_slug.get(wanted.get(schema.name, "")), proposal.inputs[schema.name]
        if dataset is not None and dataset == proposed.dataset:
            chosen.append((schema, dataset, proposed.columns))
        elif dataset is not None:
            chosen.append((schema, dataset, matching.propose_binding(schema, bindings.own_columns(dataset))))
    return chosen


@requires("system.bind")
@require_POST
def rhythm_page(request: HttpRequest, system: str) -> HttpResponse:
    """Set when runs are made by the clock."""
    require_own_system(request, system)
    use, form = use_here(request, system), RhythmForm(request.POST)
    if form.is_valid():
        try:
            services.schedule(use, request.user, form.schedule())
        except WorkshopError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"Calculs : {use.schedule.describe()}.")
            return redirect(to_system(request, "system-run", system))
    return _run_page(request, system, form)


@requires("system.bind")
def run_page(request: HttpRequest, system: str) -> HttpResponse:
    """The settings of a run, and two buttons: measure on the past, run."""
    return _run_page(request, system, None)


def _run_page(request: HttpRequest, system: str, rhythm: RhythmForm | None) -> HttpResponse:
    require_own_system(request, system)
    use, manifest = use_here(request, system), manifest_here(request, system)
    against = running.advised_against(use, manifest)
    last = use.runs.filter(state=Run.State.DONE).first()
    earlier_settings = {
        name: value for name, value in (last.settings if last else {}).items() if name in manifest.settings
    }
    posted = request.POST if request.method == "POST" and rhythm is None else None
    form = RunForm(
        manifest,
        posted,
        initial=dict(manifest.settings) | earlier_settings,
        ask_reason=against,
        bounds=reading.known_setting_bounds(use, manifest),
    )
    closed: list[str] = []
    if posted is not None and form.is_valid():
        verb = posted.get("verb", "")
        if verb not in Run.Verb.values:
            raise Http404
        try:
            job = services.start(
                use,
                request.user,
                verb,
                settings=form.chosen(),
                reason=form.cleaned_data.get("reason", ""),
                key=form.cleaned_data["key"],
            )
        except NotAllowedToRun as refused:
            closed = refused.reasons
        except WorkshopError as error:
            closed = [str(error)]
        else:
            return redirect("job", request.territory.slug, job.pk)
    context = {
        "card": cards.card(request.territory, system),
        "verb": manifest.verb,
        "use": use,
        "form": form,
        "closed": closed,
        "before_backtest": running.before_backtest(use, manifest),
        "before_forecast": running.before_forecast(use, manifest),
        "against": against,
        "may_override": use.supervisor_id == request.user.pk,
        "rhythm": rhythm or RhythmForm(initial=vars(use.schedule)),
    }
    failed = bool(closed or form.errors or (rhythm and rhythm.errors))
    return render(request, "workshop/run.html", context, status=422 if failed else 200)
