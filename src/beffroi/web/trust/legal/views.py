"""Pages of the law in the trust room: the register of systems, the questions on one, its two papers of high risk."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from beffroi.guides import Rule
from beffroi.systems import law
from beffroi.web.platform.acts import act_of
from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights import may
from beffroi.web.workshop.models import SystemUse
from beffroi.web.workshop.views import use_here

from ..errors import AnswersRefused, TrustError
from . import reading, services
from .forms import AnswersForm, AssessmentForm


def _to(use: SystemUse, name: str = "trust-law") -> str:
    return reverse(name, kwargs={"slug": use.territory.slug, "system": use.system})


def _day(request: HttpRequest) -> tuple[date, bool]:
    """The day of `?au=`, today without it; and whether what was asked is a day at all."""
    requested = request.GET.get("au", "").strip()
    try:
        return (date.fromisoformat(requested) if requested else timezone.localdate()), True
    except ValueError:
        return timezone.localdate(), False


@requires("system.read")
def register_page(request: HttpRequest) -> HttpResponse:
    """Every system in use: its state, its class as of a day, its last answers, what comes next."""
    day, readable = _day(request)
    context = {
        "lines": reading.register(request.territory, day),
        "day": day,
        "today": timezone.localdate(),
        "readable": readable,
        "may_answer": may(request.user, "legal.answer", request.territory),
        "may_ledger": may(request.user, "ledger.read", request.territory),
    }
    return render(request, "trust/register.html", context)


@requires("system.read")
def law_page(request: HttpRequest, system: str) -> HttpResponse:
    """What the law makes of one system, as of a day; the questions, to whoever may answer them."""
    use = use_here(request, system)
    return _law(request, use, _form(use))


def _form(use: SystemUse, *posted: QueryDict) -> AnswersForm:
    saved = reading.saved_answers(reading.last_answer(use))
    return AnswersForm(law.load_rules(), timezone.localdate(), saved, *posted, manifest=reading.manifest(use))


def _law(request: HttpRequest, use: SystemUse, form: AnswersForm) -> HttpResponse:
    day, readable = _day(request)
    today, rules = timezone.localdate(), law.load_rules()
    latest = reading.last_answer(use)
    result = reading.as_of(use, day, latest)
    worded = {fact.key: rules.worded(fact.label, today) for fact in rules.facts}
    context: dict[str, Any] = {
        "use": use,
        "title": reading.title(use),
        "form": form,
        "held": latest,
        "result": result,
        "day": day,
        "today": today,
        "readable": readable,
        "again": reading.stale(latest, today) if latest else "",
        "papers": reading.papers(use),
        "open_questions": [worded[key] for key in result.open_questions],
        "given": _saved_rows(rules, latest, worded),
        "history": use.legal_answers.select_related("person")[:20],
        "rules": rules,
        "may_answer": may(request.user, "legal.answer", use),
    }
    return render(request, "trust/law.html", context, status=422 if form.errors else 200)


def _saved_rows(rules: Rule, latest: Any, worded: dict[str, str]) -> list[tuple[str, str, str]]:
    """The last answers, readable by whoever may not change them."""
    found = []
    for key, one in reading.saved_answers(latest).items():
        question = rules.fact(key)
        if question is not None:
            found.append((worded[key], law.options(question).get(one.answer, one.answer), one.justification))
    return found


@requires("legal.answer")
@require_POST
def answer_page(request: HttpRequest, system: str) -> HttpResponse:
    """Keep the answers of a person, and show what the law makes of them today."""
    use = use_here(request, system)
    form = _form(use, request.POST)
    if form.is_valid():
        try:
            answer = services.answer(
                use, request.user, form.answers(), signed_role=form.cleaned_data["signed_role"]
            )
        except AnswersRefused as refused:
            form.refuse(refused.errors)
        except TrustError as error:
            form.add_error(error.field or None, str(error))
        else:
            messages.success(request, act_of(services.answer).sentence(answer))
            return redirect(_to(use))
    return _law(request, use, form)


@requires("legal.answer")
def assessment_page(request: HttpRequest, system: str) -> HttpResponse:
    """Write the fundamental-rights impact assessment, from the last one if there is one."""
    use = use_here(request, system)
    last = reading.papers(use).assessment
    form = AssessmentForm(request.POST or None, initial=last.answers if last else {})
    if request.method == "POST" and form.is_valid():
        try:
            done = services.assess(use, request.user, form.cleaned_data)
        except AnswersRefused as refused:
            for key, worded in refused.errors.items():
                form.add_error(key, worded)
        else:
            messages.success(request, act_of(services.assess).sentence(done))
            return redirect(_to(use))
    context = {
        "use": use,
        "title": reading.title(use),
        "form": form,
        "last": last,
        "cited": law.load_rules().cited("art27", timezone.localdate()),
        "earlier": use.impact_assessments.select_related("person")[1:20],
    }
    return render(request, "trust/assessment.html", context, status=422 if form.errors else 200)


def certificate_page(request: HttpRequest, use: SystemUse) -> dict[str, Any]:
    """Give the reference of a certificate; the earlier ones stay."""
    return {
        "use": use,
        "title": reading.title(use),
        "kept": use.certificates.select_related("person")[:20],
    }
