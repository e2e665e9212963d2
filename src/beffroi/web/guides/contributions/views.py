"""Contributions: addresses given and what came back, inside; the form of a third party, without account, outside."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from beffroi.guides import Guide, Questionnaire, Register
from beffroi.web import public_address
from beffroi.web.platform.forms import Day
from beffroi.web.platform.guards import public_by_secret, requires
from beffroi.web.platform.rights.permissions import Permission
from beffroi.web.ui.fields import VisibleCharField
from beffroi.web.ui.form_errors import add_field_error

from ..errors import FaultsError, GuideError, RowsError
from ..forms import QuestionForm, QuestionnaireForm
from ..models import Response
from ..opening import domain, guide_or_404, readable, response_or_404
from ..services.responses import questions_of
from . import services
from .models import Contribution, ContributionLink

GRID = 5
"""Entries of a register in one form."""


class LinkForm(forms.Form):
    use_required_attribute = False
    name = VisibleCharField(label="Pour qui", max_length=120, help_text="Exemple : « Dupont Informatique ».")
    until = Day(
        label="Jusqu'au",
        help_text="Six mois au plus.",
        error_messages={"required": "Dites jusqu'à quel jour cette adresse s'ouvre."},
    )


class ReasonForm(forms.Form):
    use_required_attribute = False
    reason = VisibleCharField(label="Pourquoi", max_length=500)


def _links(request: HttpRequest, guide: Guide, response: Response | None) -> Any:
    rows = ContributionLink.objects.of(request.territory).filter(guide=guide.id, response=response)
    return rows.select_related("by").prefetch_related("contributions__reviewed_by")


def _page(
    request: HttpRequest, guide: Guide, response: Response | None, form: LinkForm, **more: Any
) -> HttpResponse:
    links = [
        (link, [(each, _words(guide, each)) for each in link.contributions.all()])
        for link in _links(request, guide, response)[:50]
    ]
    context = {
        "guide": guide,
        "domain": domain(guide),
        "response": response,
        "form": form,
        "links": links,
        "permission": Permission(request.user, domain(guide).answer, request.territory),
    } | more
    return render(request, "guides/contributions.html", context, status=422 if form.errors else 200)


def _words(guide: Guide, contribution: Contribution) -> list[tuple[str, str]]:
    """What was written, as a reader expects it."""
    questions = {
        each.key: each for each in (guide.fields if isinstance(guide, Register) else questions_of(guide))
    }
    rows = contribution.values if isinstance(contribution.values, list) else [contribution.values]
    return [
        (questions[key].label, questions[key].format(value))
        for row in rows
        for key, value in row.items()
        if key in questions
    ]


def _create(request: HttpRequest, guide: Guide, response: Response | None) -> HttpResponse:
    form = LinkForm(request.POST)
    if form.is_valid():
        try:
            link, secret = services.create_link(
                request.territory,
                request.user,
                guide,
                form.cleaned_data["name"],
                form.cleaned_data["until"],
                response,
            )
        except GuideError as error:
            add_field_error(form, error)
        else:
            there = reverse("contribute", kwargs={"slug": request.territory.slug, "secret": secret})
            return _page(
                request, guide, response, LinkForm(), made=link, address=public_address.absolute(there)
            )
    return _page(request, guide, response, form)


@requires("territory.enter")
def register_page(request: HttpRequest, key: str) -> HttpResponse:
    """Addresses for a register: who fills it in beside you, what they sent."""
    guide = guide_or_404(request, Register, key)
    if request.method == "POST":
        return _create(request, guide, None)
    return _page(request, guide, None, LinkForm())


@requires("territory.enter")
def response_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Addresses for the answers under way."""
    response, guide = response_or_404(request, pk)
    if request.method == "POST":
        return _create(request, guide, response)
    return _page(request, guide, response, LinkForm())


def _to(request: HttpRequest, link: ContributionLink) -> str:
    slug = request.territory.slug
    if link.response_id is not None:
        return reverse("response-contributions", kwargs={"slug": slug, "pk": link.response_id})
    return reverse("register-contributions", kwargs={"slug": slug, "key": link.guide})


def _contribution(request: HttpRequest, pk: int) -> Contribution:
    rows = Contribution.objects.of(request.territory).select_related("link__response__edition")
    found: Contribution | None = rows.filter(pk=pk).first()
    if found is None or not readable(request.user, services.guide_of(found.link), request.territory):
        raise Http404
    return found


@requires("territory.enter")
@require_POST
def take_page(request: HttpRequest, pk: int) -> HttpResponse:
    contribution = _contribution(request, pk)
    try:
        services.take(contribution, request.user)
    except GuideError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "C'est retenu, sous votre nom.")
    return redirect(_to(request, contribution.link))


@requires("territory.enter")
@require_POST
def leave_page(request: HttpRequest, pk: int) -> HttpResponse:
    contribution = _contribution(request, pk)
    try:
        services.refuse(contribution, request.user, request.POST.get("reason", ""))
    except GuideError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "C'est écarté. La personne lira pourquoi.")
    return redirect(_to(request, contribution.link))


@requires("territory.enter")
@require_POST
def end_page(request: HttpRequest, pk: int) -> HttpResponse:
    rows = ContributionLink.objects.of(request.territory).select_related("response__edition")
    link = rows.filter(pk=pk).first()
    if link is None or not readable(request.user, services.guide_of(link), request.territory):
        raise Http404
    services.end_link(link, request.user)
    messages.success(request, "L'adresse ne s'ouvre plus.")
    return redirect(_to(request, link))


@public_by_secret
def outside_page(request: HttpRequest, secret: str) -> HttpResponse:
    """What a third party fills in: never what others answered, and what it sent itself."""
    link = services.find_open_link(request.territory, secret)
    if link is None:
        raise Http404
    guide = services.guide_of(link)
    forms_of = _forms(guide, request.POST or None)
    error = ""
    if request.method == "POST":
        try:
            services.contribute(link, _values(guide, forms_of), request.POST.get("note", ""))
        except FaultsError as refusal:
            forms_of[0].show(refusal.faults)
        except RowsError as refusal:
            _show(forms_of, refusal)
        except GuideError as refusal:
            error = str(refusal)
        else:
            messages.success(request, "C'est envoyé. La collectivité relit avant de retenir. Merci.")
            return redirect(request.path)
    context = {
        "link": link,
        "guide": guide,
        "forms": forms_of,
        "error": error,
        "sent": link.contributions.all()[:20],
    }
    wrong = bool(error or any(form.errors for form in forms_of))
    return render(request, "guides/contribute.html", context, status=422 if wrong else 200)


def _forms(guide: Guide, data: Any) -> list[QuestionForm]:
    if isinstance(guide, Register):
        fields = tuple(each for each in guide.fields if not each.personal)
        return [QuestionForm(fields, data, prefix=f"ligne-{number}") for number in range(1, GRID + 1)]
    if isinstance(guide, Questionnaire):
        return [QuestionnaireForm(guide, data)]
    return [QuestionForm(questions_of(guide), data)]


def _values(guide: Guide, forms_of: list[QuestionForm]) -> Any:
    rows = [form.values() for form in forms_of]
    if not isinstance(guide, Register):
        return rows[0]
    return [row for row in rows if any(row.values())]


def _show(forms_of: list[QuestionForm], refusal: RowsError) -> None:
    """Each fault in the form of its row; rows without a word were left out."""
    written = [form for form in forms_of if any(form.values().values())]
    for at in {row for row, _ in refusal.faults}:
        written[at].show([fault for row, fault in refusal.faults if row == at])


urlpatterns = [
    path("registres/<slug:key>/tiers/", register_page, name="register-contributions"),
    path("reponses/<int:pk>/tiers/", response_page, name="response-contributions"),
    path("tiers/<int:pk>/retenir/", take_page, name="contribution-take"),
    path("tiers/<int:pk>/ecarter/", leave_page, name="contribution-leave"),
    path("tiers/adresses/<int:pk>/fermer/", end_page, name="contribution-end"),
]
public_urlpatterns = [path("p/<slug:slug>/remplir/<str:secret>/", outside_page, name="contribute")]
