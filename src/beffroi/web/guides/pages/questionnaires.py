"""Questionnaires and the facts of rules: begin, answer one question a screen or all, read the result, take it away."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from beffroi.guides import Guide, Questionnaire, Rule, Runbook
from beffroi.guides.editions import compare
from beffroi.guides.questionnaire import Fault
from beffroi.guides.questions import Question
from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights.permissions import Permission
from beffroi.web.ui.formats import counted

from .. import comparing, presenting
from ..addresses import address
from ..errors import FaultsError, GuideError
from ..forms import QuestionForm, QuestionnaireForm, initial
from ..library import library
from ..models import Response, answers_of
from ..opening import domain, guide_or_404, moved_place, readable, response_or_404
from ..services import responses
from ..services.evidence import attach
from .arbitrations import decision_context


def _guide(request: HttpRequest, key: str) -> Guide:
    try:
        return guide_or_404(request, Questionnaire, key)
    except Http404:
        return guide_or_404(request, Rule, key)


def _response(request: HttpRequest, pk: int) -> tuple[Response, Guide]:
    response, found = response_or_404(request, pk)
    if isinstance(found, Runbook):
        raise Http404
    return response, found


def _to(response: Response, name: str = "response", **kwargs: Any) -> str:
    return reverse(name, kwargs={"slug": response.territory.slug, "pk": response.pk} | kwargs)


@requires("territory.enter")
def guide_page(request: HttpRequest, key: str) -> HttpResponse:
    """A questionnaire or a rule: what it is for, the times it was answered, and a button to begin."""
    found = _guide(request, key)
    responses_of_guide = (
        Response.objects.of(request.territory).filter(guide=key).select_related("edition", "opened_by")
    )
    moved = moved_place(request, found)
    if request.method == "POST" and moved is not None:
        return redirect(moved[1])
    if request.method == "POST":
        response = responses.open_response(
            request.territory, request.user, found, label=request.POST.get("label", "")
        )
        return redirect(_next(response, found))
    context = {
        "guide": found,
        "domain": domain(found),
        "lines": [
            (each, presenting.progress(each.edition.read(), answers_of(each)))
            for each in responses_of_guide[:50]
        ],
        "moved": moved,
        "question_count": len(responses.questions_of(found)),
        "permission": Permission(request.user, domain(found).answer, request.territory),
    }
    return render(request, "guides/questionnaire.html", context)


def _next(response: Response, found: Guide) -> str:
    """The first question without an answer, or the result."""
    question = presenting.progress(found, answers_of(response)).next
    return _to(response, "response-question", question=question.key) if question else _to(response)


@requires("territory.enter")
def response_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The answers and what they mean."""
    response, found = _response(request, pk)
    return render(request, "guides/response.html", _response_context(request, response, found))


def _response_context(request: HttpRequest, response: Response, found: Guide) -> dict[str, Any]:
    answers = answers_of(response)
    today = presenting.current_edition(found)
    progress = presenting.progress(found, answers)
    waits = isinstance(found, Questionnaire) and progress.next is not None and progress.next.required
    return (
        {
            "response": response,
            "guide": found,
            "domain": domain(found),
            "progress": progress,
            "may_end": progress.next is not None and not waits,
            "sections": presenting.rows(response, found),
            "evidence": response.evidence.select_related("by"),
            "newer": today,
            "is_again": comparing.rows_before(response).exists(),
            "changes": compare(responses.questions_of(found), responses.questions_of(today)) if today else [],
            "plans": presenting.fed_plans(found),
            "others": _other_rules(request, found),
            "origin": presenting.origin_of(response),
            "permission": Permission(request.user, domain(found).answer, request.territory),
        }
        | presenting.result(found, answers, timezone.localdate())
        | (decision_context(request, found, response) if isinstance(found, Questionnaire) else {})
    )


def _other_rules(request: HttpRequest, found: Guide) -> list[tuple[str, str]]:
    """Beside the outcome of a rule, the others of its subject."""
    if not isinstance(found, Rule):
        return []
    return [
        (each.title, address(request.territory, each))
        for each in library().guides.values()
        if isinstance(each, Rule)
        and each.id != found.id
        and each.domain == found.domain
        and readable(request.user, each, request.territory)
    ]


@requires("territory.enter")
def question_page(request: HttpRequest, pk: int, question: str) -> HttpResponse:
    """One question a screen; saved at once, then the next one."""
    response, found = _response(request, pk)
    answers = answers_of(response)
    relevant = list(responses.relevant_questions(found, answers))
    at = next((n for n, each in enumerate(relevant) if each.key == question), None)
    if at is None:
        raise Http404
    one = relevant[at]
    form = QuestionForm([one], request.POST or None, initial=initial([one], answers))
    for share in found.shares if isinstance(found, Questionnaire) else ():
        if share.part == one.key and (words := presenting.share_words(share, answers)):
            form.fields[one.key].help_text = f"{one.help} {words}".strip()
    if request.method == "POST":
        try:
            answers = responses.save_answers(
                response, request.user, form.values(), note=request.POST.get("note", "")
            )
            if file := request.FILES.get("file"):
                attach(response, request.user, found, file, one.key)
        except FaultsError as error:
            form.show(error.faults)
        except GuideError as error:
            form.show([Fault(one.key, str(error))])
        else:
            return redirect(_after(response, found, one))
    context = {
        "response": response,
        "guide": found,
        "domain": domain(found),
        "question": one,
        "origin": presenting.origin_of(response),
        "form": form,
        "number": at + 1,
        "total": len(relevant),
        "previous": relevant[at - 1] if at else None,
        "section": _section_of(found, one),
        "evidence": response.evidence.filter(place=one.key) if one.evidence else [],
        "permission": Permission(request.user, domain(found).answer, request.territory),
    }
    return render(request, "guides/question.html", context, status=422 if form.errors else 200)


def _section_of(found: Guide, question: Question) -> str:
    sections = found.sections if isinstance(found, Questionnaire) else ()
    return next((each.title for each in sections if question in each.questions), "")


def _after(response: Response, found: Guide, question: Question) -> str:
    """The question after this one, with the answers of now; then what is still open; then the result."""
    relevant = list(responses.relevant_questions(found, answers_of(response)))
    keys = [each.key for each in relevant]
    following = relevant[keys.index(question.key) + 1 :] if question.key in keys else []
    if following:
        return _to(response, "response-question", question=following[0].key)
    return _next(response, found)


@requires("territory.enter")
def all_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Every question on one page; what can be stored is, even when another answer is to be corrected."""
    response, found = _response(request, pk)
    answers = answers_of(response)
    questions = responses.questions_of(found)
    form = (
        QuestionnaireForm(found, request.POST or None, initial=initial(questions, answers))
        if isinstance(found, Questionnaire)
        else QuestionForm(questions, request.POST or None, initial=initial(questions, answers))
    )
    if request.method == "POST":
        try:
            responses.save_answers(response, request.user, form.values())
        except FaultsError as error:
            form.show(error.faults)
        except GuideError as error:
            form.show([Fault("", str(error))])
        else:
            messages.success(request, "C'est enregistré.")
            return redirect(_to(response))
    context = {
        "response": response,
        "guide": found,
        "domain": domain(found),
        "origin": presenting.origin_of(response),
        "form": form,
        "permission": Permission(request.user, domain(found).answer, request.territory),
    }
    return render(request, "guides/all_questions.html", context, status=422 if form.errors else 200)


@requires("territory.enter")
@require_POST
def close_page(request: HttpRequest, pk: int) -> HttpResponse:
    response, found = _response(request, pk)
    try:
        responses.close_response(response, request.user)
    except FaultsError as error:
        messages.error(request, error.faults[0].message)
        if more := len(error.faults) - 1:
            messages.error(
                request, f"Et {counted(more, 'autre réponse manque', 'autres réponses manquent')}."
            )
        return redirect(_next(response, found))
    except GuideError as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request, "C'est terminé. Ces réponses ne changent plus ; vous pourrez recommencer depuis elles."
        )
    return redirect(_to(response))


@requires("territory.enter")
@require_POST
def again_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin again from these answers, in today's edition."""
    response, found = _response(request, pk)
    new = responses.begin_again(response, request.user, _guide(request, found.id))
    messages.success(request, "Vos réponses d'avant sont reprises. Vérifiez-les, et complétez ce qui manque.")
    return redirect(_to(new))


urlpatterns = [
    path("questionnaires/<slug:key>/", guide_page, name="questionnaire"),
    path("reponses/<int:pk>/", response_page, name="response"),
    path("reponses/<int:pk>/question/<slug:question>/", question_page, name="response-question"),
    path("reponses/<int:pk>/toutes/", all_page, name="response-all"),
    path("reponses/<int:pk>/terminer/", close_page, name="response-close"),
    path("reponses/<int:pk>/recommencer/", again_page, name="response-again"),
]
