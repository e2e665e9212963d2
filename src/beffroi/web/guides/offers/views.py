"""Offers as a territory sees them: read, accept, adapt, refuse; and what it lets its helper see."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from beffroi.web.platform.guards import requires
from beffroi.web.platform.home_cards import HomeCard, Section
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may
from beffroi.web.platform.rights.permissions import Permission
from beffroi.web.ui.fields import VisibleCharField
from beffroi.web.ui.form_errors import add_field_error

from ..addresses import address
from ..errors import GuideError
from ..home_state import waiting
from ..library import library
from . import services
from .models import Offer

TOPIC = "offers"


class TakeForm(forms.Form):
    use_required_attribute = False
    text = VisibleCharField(
        label="Texte", required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 8}),
        help_text="Vous pouvez l'adapter avant de le retenir.",
    )  # fmt: skip


class RefuseForm(forms.Form):
    use_required_attribute = False
    reason = VisibleCharField(label="Pourquoi", max_length=500)


@requires("guide.read")
def offers_page(request: HttpRequest) -> HttpResponse:
    """What the helper proposed, what waits first."""
    offers = Offer.objects.of(request.territory).select_related("answered_by")[:200]
    context = {
        "waiting": [each for each in offers if each.state == Offer.State.PROPOSED],
        "answered": [each for each in offers if each.state != Offer.State.PROPOSED],
    }
    return render(request, "guides/offers.html", context)


def _offer(request: HttpRequest, pk: int) -> Offer:
    offer: Offer | None = (
        Offer.objects.of(request.territory).select_related("answered_by").filter(pk=pk).first()
    )
    if offer is None:
        raise Http404
    return offer


@requires("guide.read")
def offer_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One proposal, to take as it is, adapt or leave; then to print and mark as done."""
    offer = _offer(request, pk)
    return _render(request, offer, TakeForm(initial={"text": offer.text}), RefuseForm())


def _render(request: HttpRequest, offer: Offer, take: TakeForm, leave: RefuseForm) -> HttpResponse:
    found = library().guides.get(offer.guide)
    context = {
        "offer": offer,
        "guide": found,
        "there": address(request.territory, found) if found else "",
        "take": take if offer.kind != Offer.Kind.GUIDE else None,
        "leave": leave,
        "permission": Permission(request.user, "guide.answer", request.territory),
    }
    wrong = bool(take.errors or leave.errors)
    return render(request, "guides/offer.html", context, status=422 if wrong else 200)


@requires("guide.answer")
@require_POST
def take_page(request: HttpRequest, pk: int) -> HttpResponse:
    offer, form = _offer(request, pk), TakeForm(request.POST)
    try:
        services.accept(offer, request.user, request.POST.get("text", "") if form.is_valid() else "")
    except GuideError as error:
        add_field_error(form, error)
        return _render(request, offer, form, RefuseForm())
    messages.success(request, "C'est retenu.")
    return redirect(_to(request, offer))


@requires("guide.answer")
@require_POST
def leave_page(request: HttpRequest, pk: int) -> HttpResponse:
    offer, form = _offer(request, pk), RefuseForm(request.POST)
    try:
        services.refuse(offer, request.user, request.POST.get("reason", ""))
    except GuideError as error:
        add_field_error(form, error)
        return _render(request, offer, TakeForm(initial={"text": offer.text}), form)
    messages.success(request, "C'est écarté. Votre accompagnant lira pourquoi.")
    return redirect(_to(request, offer))


@requires("guide.answer")
@require_POST
def done_page(request: HttpRequest, pk: int) -> HttpResponse:
    offer = _offer(request, pk)
    try:
        services.finish(offer, request.user)
    except GuideError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "C'est noté comme fait.")
    return redirect(_to(request, offer))


def _to(request: HttpRequest, offer: Offer) -> str:
    return reverse("offer", kwargs={"slug": request.territory.slug, "pk": offer.pk})


def offers_card(person: Person, territory: Territory) -> HomeCard | None:
    """What the helper proposed and nobody answered."""
    if not may(person, "guide.answer", territory):
        return None
    count = waiting(territory).offers
    if not count:
        return None
    return HomeCard(
        "Propositions de votre accompagnant",
        "À retenir, à adapter ou à écarter.",
        reverse("offers", kwargs={"slug": territory.slug}),
        count=count,
        order=60,
        section=Section.TO_DO,
        topic=TOPIC,
    )


urlpatterns = [
    path("propositions/", offers_page, name="offers"),
    path("propositions/<int:pk>/", offer_page, name="offer"),
    path("propositions/<int:pk>/retenir/", take_page, name="offer-take"),
    path("propositions/<int:pk>/ecarter/", leave_page, name="offer-leave"),
    path("propositions/<int:pk>/fait/", done_page, name="offer-done"),
]
