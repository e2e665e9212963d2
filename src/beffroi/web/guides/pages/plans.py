"""Pages of a plan: where it stands, one action, stages accepted, the road map for elected members, files, paper."""

from decimal import Decimal
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from beffroi.guides import Plan
from beffroi.guides.plan import Followed, next_steps, progress
from beffroi.web.platform.forms import Day
from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights import Permission
from beffroi.web.platform.rights.mandates import sentence
from beffroi.web.ui.fields import VisibleCharField, decimal_input
from beffroi.web.ui.form_errors import add_field_error
from beffroi.web.ui.formats import counted

from .. import tables
from ..errors import GuideError
from ..models import FollowedAction
from ..opening import domain, guide_or_404, response_or_404
from ..plan_lists import (
    FILTERS,
    HEADING,
    Line,
    cells,
    costs_by_year,
    feeders,
    lines_of,
    risks,
    stage_lines,
)
from ..services import plans
from .evidence import attach_file

A_PAGE: Final = 50
MOST_LATE: Final = 5
MOST_MOVES: Final = 30


class _Euros(forms.DecimalField):
    """An amount as people write it: « 1 200,50 »."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=0, max_digits=12, decimal_places=2, widget=decimal_input(8), **options)
        self.error_messages |= {
            "invalid": "Écrivez un montant en chiffres, par exemple 1200,50.",
            "min_value": "Un montant est un nombre positif.",
        }

    def to_python(self, value: Any) -> Decimal | None:
        if isinstance(value, str):
            value = "".join(value.replace("€", "").split()).replace(",", ".")
        return super().to_python(value)


class ActionForm(forms.Form):
    """Who does an action, by when, what was spent."""

    use_required_attribute = False
    owner = VisibleCharField(label="Qui s'en occupe", max_length=120, required=False)
    due_on = Day(label="Pour le", required=False)
    spent = _Euros(label="Dépensé (€)", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.is_cell = True  # a line of a table: none is needed, and none says so


class OwnActionForm(forms.Form):
    """An action that no guide proposed."""

    use_required_attribute = False
    title = VisibleCharField(label="Ce qu'il y a à faire", max_length=200)
    why = VisibleCharField(label="Pourquoi", max_length=500, required=False)
    stage = forms.ChoiceField(label="Étape", required=False)
    cost_low = _Euros(label="Coût, au moins (€)", required=False)
    cost_high = _Euros(label="Coût, au plus (€)", required=False)

    def __init__(self, plan: Plan, *args: Any) -> None:
        super().__init__(*args)
        if plan.stages:
            choices = [("", "sans étape"), *((stage.key, stage.title) for stage in plan.stages)]
            self.fields["stage"].choices = choices
        else:
            del self.fields["stage"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        low, high = data.get("cost_low"), data.get("cost_high")
        if low is not None and high is not None and high < low:
            self.add_error("cost_high", "Le coût le plus haut est au moins le plus bas.")
        return data


def _initial(row: FollowedAction) -> dict[str, Any]:
    spent = f"{row.spent:f}".rstrip("0").rstrip(".").replace(".", ",") if row.spent else ""
    return {"owner": row.owner, "due_on": row.due_on, "spent": spent}


def _context(request: HttpRequest, plan: Plan) -> dict[str, Any]:
    """What every page of a plan says."""
    known = domain(plan)
    return {
        "guide": plan,
        "domain": known,
        "today": timezone.localdate(),
        "may_answer": Permission(request.user, known.answer, request.territory),
        "may_accept": Permission(request.user, known.accept, request.territory),
    }


def _lines(request: HttpRequest, plan: Plan) -> list[Line]:
    return lines_of(plan, plans.actions_of(request.territory, plan), timezone.localdate())


def _at_work(lines: list[Line], chosen: list[Followed]) -> list[Line]:
    """The lines of these actions, in their order."""
    by_action = {id(line.now): line for line in lines}
    return [by_action[id(each)] for each in chosen]


@requires("territory.enter")
def plan_page(request: HttpRequest, key: str) -> HttpResponse:
    """Where the plan stands: what comes next, what is late, stages, actions, what they cost."""
    plan = guide_or_404(request, Plan, key)
    return _plan(request, plan, OwnActionForm(plan))


def _plan(request: HttpRequest, plan: Plan, form: OwnActionForm) -> HttpResponse:
    lines = _lines(request, plan)
    today = timezone.localdate()
    state = request.GET.get("etat", "")
    state = state if state in FILTERS else ""
    found = [line for line in lines if line.now.state in FILTERS[state][1]]
    page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    now = progress([line.now for line in lines], today)
    first = _at_work(lines, next_steps([line.now for line in lines]))
    present = {line.row.key for line in lines}
    context = _context(request, plan) | {
        "total": len(lines),
        "standing": len(lines) - now.counts["refused"],
        "now": now,
        "next": first,
        "late": [line for line in _at_work(lines, list(now.late)) if line not in first][:MOST_LATE],
        "late_count": len(now.late),
        "stages": stage_lines(plan, request.territory, lines),
        "filters": [
            (name, label, name == state, sum(now.counts[each] for each in states))
            for name, (label, states) in FILTERS.items()
        ],
        "page": page,
        "lines": [
            (line, ActionForm(initial=_initial(line.row), auto_id=f"a{line.row.pk}-%s")) for line in page
        ],
        "feeders": feeders(plan, request.territory, request.user, lines),
        "own_left": sum(each.key not in present for each in plan.actions),
        "form": form,
    }
    return render(request, "guides/plan.html", context, status=422 if form.errors else 200)


@requires("territory.enter")
@require_POST
def add(request: HttpRequest, key: str) -> HttpResponse:
    plan = guide_or_404(request, Plan, key)
    form = OwnActionForm(plan, request.POST)
    if form.is_valid():
        data = form.cleaned_data
        more = {name: float(data[name]) for name in ("cost_low", "cost_high") if data[name] is not None}
        try:
            added = plans.add_action(
                request.territory, request.user, plan, data["title"],
                why=data["why"], stage=data.get("stage", ""), **more,
            )  # fmt: skip
        except GuideError as error:
            add_field_error(form, error)
        else:
            messages.success(request, f"« {added} » est dans le plan.")
            return _to_plan(request, plan)
    return _plan(request, plan, form)


@requires("territory.enter")
@require_POST
def begin(request: HttpRequest, key: str) -> HttpResponse:
    """Put the plan's own actions in it, as proposals."""
    plan = guide_or_404(request, Plan, key)
    count = plans.propose_own_actions(request.territory, request.user, plan)
    messages.success(request, f"{counted(count, 'action proposée', 'actions proposées')}.")
    return _to_plan(request, plan)


@requires("territory.enter")
@require_POST
def feed(request: HttpRequest, key: str, response: int) -> HttpResponse:
    """Put in the plan the actions that these answers call for, as proposals."""
    plan = guide_or_404(request, Plan, key)
    found, _ = response_or_404(request, response)
    try:
        count = plans.propose_from_response(found, request.user, plan)
    except GuideError as error:
        messages.error(request, str(error))
    else:
        done_message = (
            f"{counted(count, 'action proposée', 'actions proposées')}."
            if count
            else "Rien de nouveau : ces actions y sont déjà."
        )
        messages.success(request, done_message)
    return _to_plan(request, plan)


@requires("territory.enter")
@require_POST
def retain(request: HttpRequest, key: str) -> HttpResponse:
    """Accept every proposed action at once."""
    plan = guide_or_404(request, Plan, key)
    count = plans.accept_proposed(request.territory, request.user, plan)
    messages.success(request, f"{counted(count, 'action retenue', 'actions retenues')}.")
    return _to_plan(request, plan)


@requires("territory.enter")
@require_POST
def accept(request: HttpRequest, key: str, stage: str) -> HttpResponse:
    plan = guide_or_404(request, Plan, key)
    if stage not in {each.key for each in plan.stages}:
        raise Http404
    try:
        plans.accept_stage(
            request.territory,
            request.user,
            plan,
            stage,
            request.POST.get("note", ""),
            as_it_stands="as_it_stands" in request.POST,
        )
    except GuideError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "L'étape est acceptée.")
    return _to_plan(request, plan)


@requires("territory.enter")
def action_page(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """One action: why, how, where it stands, its proof, its history; the form that changes it."""
    plan = guide_or_404(request, Plan, key)
    row = _action(request, plan, pk)
    if request.method != "POST":
        return _one(request, plan, row, ActionForm(initial=_initial(row)))
    form = ActionForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data | {"spent": form.cleaned_data["spent"] or Decimal(0)}
        try:
            plans.update_action(row, request.user, plan, **data)
        except GuideError as error:
            add_field_error(form, error)
        else:
            messages.success(request, "C'est enregistré.")
            return _back(request, plan, row)
    return _one(request, plan, row, form)


def _one(
    request: HttpRequest,
    plan: Plan,
    row: FollowedAction,
    form: ActionForm,
    *,
    refusal: str = "",
    note: str = "",
) -> HttpResponse:
    line = lines_of(plan, [row], timezone.localdate())[0]
    moves = row.moves.select_related("by").order_by("-pk")[:MOST_MOVES]
    context = _context(request, plan) | {
        "line": line,
        "action": line.now.action,
        "form": form,
        "refusal": refusal,
        "note": note,
        "moves": moves,
        "evidence": row.evidence.select_related("by"),
        "attach_url": reverse("plan-attach", args=[request.territory.slug, plan.id, row.pk]),
    }
    return render(request, "guides/plan_action.html", context, status=422 if form.errors or refusal else 200)


@requires("territory.enter")
@require_POST
def move(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """One state to another; a refusal says why."""
    plan = guide_or_404(request, Plan, key)
    row = _action(request, plan, pk)
    state, note = request.POST.get("state", ""), request.POST.get("note", "")
    try:
        plans.move_action(row, request.user, plan, state, note=note)
    except GuideError as error:
        return _one(request, plan, row, ActionForm(initial=_initial(row)), refusal=str(error), note=note)
    messages.success(request, f"Action {row.get_state_display()}.")
    return _back(request, plan, row)


@requires("territory.enter")
@require_POST
def attach(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    plan = guide_or_404(request, Plan, key)
    attach_file(request, _action(request, plan, pk), plan)
    return redirect("plan-action", slug=request.territory.slug, key=key, pk=pk)


@requires("territory.enter")
def road_map(request: HttpRequest, key: str) -> HttpResponse:
    """One page for elected members: what to decide, what it costs by year, what stays at risk."""
    plan = guide_or_404(request, Plan, key)
    lines = _lines(request, plan)
    stages = stage_lines(plan, request.territory, lines)
    context = _context(request, plan) | {
        "stages": [(each, sentence(each.acceptance.authority) if each.acceptance else "") for each in stages],
        "to_decide": [line for line in lines if line.now.state == "proposed"],
        "years": costs_by_year(lines),
        "now": progress([line.now for line in lines], timezone.localdate()),
        "risks": risks(plan, lines),
    }
    return render(request, "guides/plan_road_map.html", context)


@requires("territory.enter")
def paper(request: HttpRequest, key: str) -> HttpResponse:
    """The whole plan on paper."""
    plan = guide_or_404(request, Plan, key)
    lines = _lines(request, plan)
    context = _context(request, plan) | {
        "lines": lines,
        "now": progress([line.now for line in lines], timezone.localdate()),
        "stages": stage_lines(plan, request.territory, lines),
    }
    return render(request, "guides/plan_paper.html", context)


@requires("territory.enter")
def export(request: HttpRequest, key: str, form: str) -> HttpResponse:
    """Every action as it stands."""
    plan = guide_or_404(request, Plan, key)
    if form not in tables.MEDIA:
        raise Http404
    lines = _lines(request, plan)
    rows = [cells(line) for line in lines]
    actions = [dict(zip(HEADING, row, strict=True)) for row in rows]
    return tables.export(request.territory, plan, form, HEADING, rows, actions=actions)


def _action(request: HttpRequest, plan: Plan, pk: int) -> FollowedAction:
    rows = FollowedAction.objects.of(request.territory).select_related("territory", "source__edition")
    row: FollowedAction | None = rows.filter(plan=plan.id, pk=pk).first()
    if row is None:
        raise Http404
    return row


def _to_plan(request: HttpRequest, plan: Plan) -> HttpResponse:
    return redirect("plan", slug=request.territory.slug, key=plan.id)


def _back(request: HttpRequest, plan: Plan, row: FollowedAction) -> HttpResponse:
    """Where the person was: the plan for a form of its lines, else the action."""
    if request.POST.get("from") == "plan":
        response = _to_plan(request, plan)
        response["Location"] += f"#action-{row.pk}"
        return response
    return redirect("plan-action", slug=request.territory.slug, key=plan.id, pk=row.pk)


urlpatterns: list[URLPattern] = [
    path("plans/<slug:key>/", plan_page, name="plan"),
    path("plans/<slug:key>/ajouter/", add, name="plan-add"),
    path("plans/<slug:key>/commencer/", begin, name="plan-begin"),
    path("plans/<slug:key>/retenir/", retain, name="plan-retain"),
    path("plans/<slug:key>/reprendre/<int:response>/", feed, name="plan-feed"),
    path("plans/<slug:key>/etapes/<slug:stage>/", accept, name="plan-accept"),
    path("plans/<slug:key>/actions/<int:pk>/", action_page, name="plan-action"),
    path("plans/<slug:key>/actions/<int:pk>/etat/", move, name="plan-move"),
    path("plans/<slug:key>/actions/<int:pk>/piece/", attach, name="plan-attach"),
    path("plans/<slug:key>/feuille-de-route/", road_map, name="plan-road-map"),
    path("plans/<slug:key>/imprimer/", paper, name="plan-paper"),
    path("plans/<slug:key>/export.<slug:form>", export, name="plan-export"),
]
