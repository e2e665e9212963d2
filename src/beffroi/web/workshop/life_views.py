"""Pages of a system's life: its steps and gates, its questionnaires, the options compared, its declaration, trainings."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from beffroi.guides import Questionnaire
from beffroi.web.decisions import authority
from beffroi.web.decisions.services import DecisionError
from beffroi.web.guides.forms import QuestionnaireForm, initial
from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights import may

from . import cards, manifests, services, sheets
from .errors import GateClosed, WorkshopError
from .life import figures, gates, running, stopping
from .life.choosing import compared
from .life.papers import last_sheet, steps_of
from .life.states import PATHS, State, following, strip
from .life_forms import DeclarationForm, OptionForm, ReasonForm, TrainingForm
from .models import Option, Origin, SystemUse, Training
from .services.life import ACTS
from .views import to_system, use_here

# Which questionnaires serve at which state, in the order in which they are met.
_SHEETS_OF: dict[str, tuple[str, ...]] = {
    State.IDEA: ("need", "supplier", "sovereignty", "mandate"),
    State.CHECKED: ("sandbox", "mandate"),
    State.SANDBOX: ("trial", "sandbox", "mandate"),
    State.PRODUCTION: ("review", "mandate"),
    State.REVIEWED: ("review", "mandate"),
}


@requires("system.read")
def life_page(request: HttpRequest, system: str) -> HttpResponse:
    """Page of a system's life: its state, what each next step asks, and every step taken."""
    return _life(request, use_here(request, system), ReasonForm())


def _life(
    request: HttpRequest, use: SystemUse, form: ReasonForm, tried: str = "", closed: list[str] | None = None
) -> HttpResponse:
    steps = [
        {
            "state": state,
            "label": PATHS[State(use.state), state],
            "gates": (judged := gates.judged(use, state)),
            "open": all(judgement.open for _, judgement in judged),
            "met": [(gate, judgement) for gate, judgement in judged if judgement.open],
            "missing": [(gate, judgement) for gate, judgement in judged if not judgement.open],
            "may": may(request.user, ACTS[state], use),
            "form": form if state == tried else ReasonForm(prefix=None, auto_id=f"id_{state}_%s"),
        }
        for state in following(use.state)
    ]
    context = {
        "card": cards.card(use.territory, use.system),
        "use": use,
        "states": strip(use.state),
        "steps": [step for step in steps if step["state"] != State.STOPPED],
        "stop": next((step for step in steps if step["state"] == State.STOPPED), None),
        "stop_reasons": stopping.reasons(use),
        "sandbox_ended": running.sandbox_ended(use),
        "sheets": [
            (kind, sheets.sheet(kind), last_sheet(use, kind))
            for kind in _SHEETS_OF.get(use.state, ())
            if kind not in ("supplier", "sovereignty") or use.origin != Origin.OURS
        ],
        "may_bind": may(request.user, "system.bind", use),
        "history": [
            (step, authority.sentence(step.authority) if step.authority else "") for step in steps_of(use)
        ],
        "figures": figures.since_last_step(use) if use.serving else None,
        "tried": tried,
        "closed": closed or [],
        "form": form,
    }
    failed = bool(closed or form.errors)
    return render(request, "workshop/life.html", context, status=422 if failed else 200)


@requires("system.read")
@require_POST
def advance_page(request: HttpRequest, system: str) -> HttpResponse:
    """Take one step, if every gate is open and the person may."""
    use, to = use_here(request, system), request.POST.get("state", "")
    form = ReasonForm(request.POST, auto_id=f"id_{to}_%s")
    if not form.is_valid():
        return _life(request, use, form, to)
    try:
        step = services.advance(use, request.user, to, reason=form.cleaned_data["reason"])
    except GateClosed as refused:
        return _life(request, use, form, to, refused.reasons)
    except (WorkshopError, DecisionError) as error:
        return _life(request, use, form, to, [str(error)])
    messages.success(
        request, f"C'est fait : « {step.get_state_display()} ». L'étape est inscrite au registre."
    )
    return redirect(to_system(request, "system-life", system))


def _or_404(allowed: bool) -> None:
    """What one may not do does not exist."""
    if not allowed:
        raise Http404


def _sheet(kind: str) -> Questionnaire:
    if kind not in sheets.KINDS:
        raise Http404
    return sheets.sheet(kind)


@requires("system.read")
def sheet_page(request: HttpRequest, system: str, kind: str) -> HttpResponse:
    """One questionnaire: read by all who see the system, answered by who prepares it."""
    use, sheet = use_here(request, system), _sheet(kind)
    latest = last_sheet(use, kind)
    before = use.sheets.filter(kind=kind).first()  # answers of a former life open no gate, and save typing
    may_answer = may(request.user, "system.bind", use)
    if request.method == "POST":
        _or_404(may_answer)
        form = QuestionnaireForm(sheet, request.POST)
        try:
            services.answer(use, request.user, kind, form.values())
        except sheets.AnswersError as refused:
            form.show(refused.faults)
        else:
            messages.success(request, f"Les réponses à « {sheet.title} » sont enregistrées.")
            return redirect(to_system(request, "system-life", system))
    else:
        form = QuestionnaireForm(sheet, initial=initial(sheet.questions, before.answers) if before else None)
    context: dict[str, Any] = {
        "card": cards.card(use.territory, system),
        "use": use,
        "sheet": sheet,
        "form": form,
        "held": latest,
        "answers": [
            (
                section.title,
                [
                    (question.label, question.format(latest.answers.get(question.key)))
                    for question in section.questions
                ],
            )
            for section in sheet.sections
        ]
        if latest
        else [],
        "may_answer": may_answer,
        "older": use.sheets.filter(kind=kind)
        .exclude(pk=latest.pk if latest else None)
        .select_related("by")[:10],
        "figures": figures.since_last_step(use) if kind in ("trial", "review") else None,
        "plan": last_sheet(use, "sandbox") if kind == "trial" else None,
    }
    return render(request, "workshop/sheet.html", context, status=422 if form.errors else 200)


@requires("system.read")
def options_page(request: HttpRequest, system: str) -> HttpResponse:
    """The ways of doing compared, with and without AI; what a person counted is added here."""
    use = use_here(request, system)
    form = OptionForm(request.POST or None)
    if request.method == "POST":
        _or_404(may(request.user, "system.bind", use))
    if request.method == "POST" and form.is_valid():
        cleaned = form.cleaned_data
        try:
            services.record(use, request.user, **{**cleaned, "with_ai": cleaned["with_ai"] == "yes"})
        except WorkshopError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"« {cleaned['name']} » est inscrit.")
            return redirect(to_system(request, "system-options", system))
    manifest = manifests.known(use.territory, system)
    own, without = compared(use)
    context = {
        "card": cards.card(use.territory, system),
        "use": use,
        "manifest": manifest,
        "rows": use.options.select_related("by")[:50],
        "ours": own,
        "without": without,
        "form": form,
        "may_bind": may(request.user, "system.bind", use),
        "declared_how": Option.How.DECLARED,
    }
    return render(request, "workshop/options.html", context, status=422 if form.errors else 200)


@requires("system.bind")
def declare_page(request: HttpRequest) -> HttpResponse:
    """Declare a bought or hosted system, without code."""
    _or_404(
        may(request.user, "system.bind", request.territory)
    )  # a supervisor of named systems declares none
    return _declaration(request, None)


@requires("system.bind")
def declaration_page(request: HttpRequest, system: str) -> HttpResponse:
    """Correct a declaration, while it is an idea."""
    use = use_here(request, system)
    if not use.declared:
        raise Http404
    return _declaration(request, use)


def _declaration(request: HttpRequest, use: SystemUse | None) -> HttpResponse:
    declared = (
        DeclarationForm.initial_of(use.declaration) | {"origin": use.origin}
        if use
        else {"contest": _usual_contest(request)}
    )
    form = DeclarationForm(request.POST or None, initial=declared)
    if request.method == "POST" and form.is_valid():
        try:
            if use is None:
                use = services.declare(request.territory, request.user, form.declaration())
            else:
                services.correct(use, request.user, form.declaration())
        except WorkshopError as error:
            form.add_error(None, str(error))
        else:
            messages.success(
                request,
                "La déclaration est enregistrée. Répondez maintenant aux questions de la première étape.",
            )
            return redirect(to_system(request, "system-life", use.system))
    return render(
        request, "workshop/declaration.html", {"form": form, "use": use}, status=422 if form.errors else 200
    )


def _usual_contest(request: HttpRequest) -> str:
    where = request.territory.contact or f"l'accueil de {request.territory.name}"
    return f"Écrivez à {where}. Une personne relit et vous répond."


@requires("system.read")
def trainings_page(request: HttpRequest) -> HttpResponse:
    """Who was trained to supervise, until when; the administrator writes it down."""
    territory = request.territory
    uses = SystemUse.objects.of(territory).order_by("system")
    named = [(u.system, m.title) for u in uses if (m := manifests.known(territory, u.system)) is not None]
    form = TrainingForm(territory, named, request.POST or None)
    if request.method == "POST":
        _or_404(may(request.user, "member.invite", territory))
    if request.method == "POST" and form.is_valid():
        cleaned = dict(form.cleaned_data)
        try:
            services.train(territory, request.user, cleaned.pop("person"), **cleaned)
        except WorkshopError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "La formation est inscrite.")
            return redirect(reverse("trainings", kwargs={"slug": territory.slug}))
    context = {
        "rows": Training.objects.of(territory).select_related("person", "by")[:200],
        "titles": dict(named),
        "form": form,
        "may_record": may(request.user, "member.invite", territory),
    }
    return render(request, "workshop/trainings.html", context, status=422 if form.errors else 200)
