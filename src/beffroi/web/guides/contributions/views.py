"""Contributions: addresses given and what came back, inside; the form of a third party, without account, outside."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from beffroi.guides import Guide, Plan, Questionnaire, Register
from beffroi.web import public_address
from beffroi.web.platform.forms import Day
from beffroi.web.platform.guards import public_by_secret, requires
from beffroi.web.platform.rights.permissions import Permission
from beffroi.web.ui.fields import VisibleCharField
from beffroi.web.ui.form_errors import add_field_error

from ..errors import FaultsError, GuideError, RowsError
from ..forms import QuestionForm, QuestionnaireForm
from ..models import FollowedAction
from ..opening import domain, guide_or_404, readable, response_or_404
from ..services.plans import planned
from ..services.registers import entries_of
from ..services.responses import questions_of
from . import services
from .models import Contribution, ContributionLink
from .targets import Target, target_of

GRID = 5
"""Entries of a register in one form."""
MOST_ROWS = 100
"""Of a list, the rows that a page shows."""
PIECE = "piece-"
"""Begins the name of a file in the form; the question that it proves follows."""


class LinkForm(forms.Form):
    use_required_attribute = False
    name = VisibleCharField(label="Pour qui", max_length=120, help_text="Exemple : « Dupont Informatique ».")
    until = Day(
        label="Jusqu'au",
        help_text="Six mois au plus.",
        error_messages={"required": "Dites jusqu'à quel jour cette adresse s'ouvre."},
    )


def _page(request: HttpRequest, target: Target, form: LinkForm | None = None, **more: Any) -> HttpResponse:
    guide, slug = target.guide, request.territory.slug
    rows = ContributionLink.objects.of(request.territory).filter(
        guide=guide.id, response=target.response, action=target.action
    )
    rows = rows.select_related("by").prefetch_related("contributions__reviewed_by", "contributions__evidence")
    known = _known(request, guide)
    links = [
        (link, [_received(guide, each, known) for each in link.contributions.all()]) for link in rows[:50]
    ]
    form = form or LinkForm(initial={"name": target.name()})
    context = {
        "guide": guide,
        "domain": domain(guide),
        "target": target,
        "there": target.page(slug),
        "form": form,
        "links": links,
        "permission": Permission(request.user, domain(guide).answer, request.territory),
    } | more
    return render(request, "guides/contributions.html", context, status=422 if form.errors else 200)


@dataclass(frozen=True)
class Received:
    """A contribution as the person who checks it reads it: answers, or rows of a register with what each would do."""

    contribution: Contribution
    answers: list[tuple[str, str]]
    rows: list[tuple[str, str, str]]
    more: int
    evidence: list[tuple[str, Any]]


def _known(request: HttpRequest, guide: Guide) -> dict[tuple[str, ...], Any]:
    """The entries of a register as they stand, by what names them."""
    if not isinstance(guide, Register):
        return {}
    return {guide.identity_of(each.values): each.values for each in entries_of(request.territory, guide)}


def _received(guide: Guide, contribution: Contribution, known: dict[tuple[str, ...], Any]) -> Received:
    questions = {
        each.key: each for each in (guide.fields if isinstance(guide, Register) else questions_of(guide))
    }

    def words(values: dict[str, Any]) -> list[tuple[str, str]]:
        return [(questions[key].label, questions[key].format(value)) for key, value in values.items() if key in questions]  # fmt: skip

    pieces = [
        (questions[each.place].label if each.place in questions else "", each)
        for each in contribution.evidence.all()
    ]
    if not isinstance(guide, Register):
        return Received(contribution, words(contribution.values), [], 0, pieces)
    rows = []
    for values in contribution.values[:MOST_ROWS]:
        before = known.get(guide.identity_of(values))
        change = "nouvelle" if before is None else "déjà là" if {**before, **values} == before else "change"
        others = {key: value for key, value in values.items() if key not in guide.identity}
        text = " ; ".join(f"{label} : {value}" for label, value in words(others))
        rows.append((guide.label_of(values), text, change))
    return Received(contribution, [], rows, max(0, len(contribution.values) - MOST_ROWS), pieces)


def _give(request: HttpRequest, target: Target) -> HttpResponse:
    """The addresses of a target; a POST makes one more."""
    if request.method != "POST":
        return _page(request, target)
    form = LinkForm(request.POST)
    if form.is_valid():
        try:
            link, secret = services.create_link(
                request.territory,
                request.user,
                target.guide,
                form.cleaned_data["name"],
                form.cleaned_data["until"],
                target.response,
                target.action,
            )
        except GuideError as error:
            add_field_error(form, error)
        else:
            there = reverse("contribute", kwargs={"slug": request.territory.slug, "secret": secret})
            return _page(request, target, made=link, address=public_address.absolute(there))
    return _page(request, target, form)


@requires("territory.enter")
def register_page(request: HttpRequest, key: str) -> HttpResponse:
    """Addresses for a register: who fills it in beside you, what they sent."""
    return _give(request, Target(guide_or_404(request, Register, key)))


@requires("territory.enter")
def response_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Addresses for the answers under way."""
    response, guide = response_or_404(request, pk)
    return _give(request, Target(guide, response))


@requires("territory.enter")
def action_page(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Addresses for the proof of an action."""
    plan = guide_or_404(request, Plan, key)
    action = FollowedAction.objects.of(request.territory).filter(plan=plan.id, pk=pk).first()
    if action is None:
        raise Http404
    return _give(request, Target(plan, action=action))


def _to(request: HttpRequest, link: ContributionLink) -> str:
    return target_of(link).addresses(request.territory.slug)


def _contribution(request: HttpRequest, pk: int) -> Contribution:
    rows = Contribution.objects.of(request.territory).select_related(
        "link__response__edition", "link__action"
    )
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
    rows = ContributionLink.objects.of(request.territory).select_related("response__edition", "action")
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
    guide = services.outside_part(link)
    forms_of = _forms(guide, link, request.POST or None)
    error, refused = "", []
    if request.method == "POST":
        note = request.POST.get("note", "")
        try:
            left_out = []
            if isinstance(guide, Register) and (file := request.FILES.get("list")):
                _, left_out = services.contribute_file(link, file, note)
            else:
                files = {
                    name.removeprefix(PIECE): file
                    for name, file in request.FILES.items()
                    if name.removeprefix(PIECE) in _places(guide, link)
                }
                services.contribute(link, _values(guide, forms_of), note, files)
        except FaultsError as refusal:
            if forms_of and not request.FILES.get("list"):
                forms_of[0].show(refusal.faults)
            else:
                error = str(refusal)
        except RowsError as refusal:
            if request.FILES.get("list"):
                refused = [(line, fault.message) for line, fault in refusal.faults[:MOST_ROWS]]
            else:
                _show(forms_of, refusal)
        except GuideError as refusal:
            error = str(refusal)
        else:
            ignored = f" Colonnes laissées de côté : {', '.join(left_out)}." if left_out else ""
            messages.success(
                request, f"C'est envoyé.{ignored} La collectivité relit avant de retenir. Merci."
            )
            return redirect(request.path)
    context = {
        "link": link,
        "guide": guide,
        "title": Target(guide, link.response, link.action).title,
        "action": planned(link.action) if link.action is not None else None,
        "forms": forms_of,
        "error": error,
        "refused": refused,
        "sent": link.contributions.all()[:20],
        "accepts_list": isinstance(guide, Register),
    }
    wrong = bool(error or refused or any(form.errors for form in forms_of))
    page = render(request, "guides/contribute.html", context, status=422 if wrong else 200)
    page["X-Robots-Tag"], page["Cache-Control"] = "noindex, nofollow", "no-store"
    return page


def _places(guide: Guide, link: ContributionLink) -> set[str]:
    """What a file may be brought for: the action, or a question that takes evidence."""
    if link.action is not None:
        return {""}
    return {each.key for each in questions_of(guide) if each.evidence}


def _forms(guide: Guide, link: ContributionLink, data: Any) -> list[QuestionForm]:
    if link.action is not None:
        return []
    if isinstance(guide, Register):
        made = [QuestionForm(guide.fields, data, prefix=f"ligne-{number}") for number in range(1, GRID + 1)]
    elif isinstance(guide, Questionnaire):
        made = [QuestionnaireForm(guide, data)]
    else:
        made = [QuestionForm(questions_of(guide), data)]
    for form in made:
        for question in form.questions:
            # Beside which answer the page offers to join a file.
            form.fields[question.key].takes_file = question.evidence and not isinstance(guide, Register)  # type: ignore[attr-defined]
        if data is not None:
            form.show([])  # the service judges what was written; an empty row has no fault
    return made


def _values(guide: Guide, forms_of: list[QuestionForm]) -> Any:
    rows = [form.values() for form in forms_of]
    if not isinstance(guide, Register):
        return rows[0] if rows else {}
    return [row for row in rows if any(row.values())]


def _show(forms_of: list[QuestionForm], refusal: RowsError) -> None:
    """Each fault in the form of its row; rows without a word were left out."""
    written = [form for form in forms_of if any(form.values().values())]
    for at in {row for row, _ in refusal.faults}:
        written[at].show([fault for row, fault in refusal.faults if row == at])


urlpatterns = [
    path("registres/<slug:key>/tiers/", register_page, name="register-contributions"),
    path("plans/<slug:key>/actions/<int:pk>/tiers/", action_page, name="action-contributions"),
    path("reponses/<int:pk>/tiers/", response_page, name="response-contributions"),
    path("tiers/<int:pk>/retenir/", take_page, name="contribution-take"),
    path("tiers/<int:pk>/ecarter/", leave_page, name="contribution-leave"),
    path("tiers/adresses/<int:pk>/fermer/", end_page, name="contribution-end"),
]
public_urlpatterns = [path("p/<slug:slug>/remplir/<str:secret>/", outside_page, name="contribute")]
