"""Contesting without an account: the form and its receipt, the page that follows it by a code, the letter to print.

What one writes is read by the territory's people only. No answer here says whether a reference exists.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from beffroi.web.decisions import contesting, rate_limits
from beffroi.web.decisions.contest_forms import CodeForm, ContestForm
from beffroi.web.decisions.errors import AlreadyReceived, DecisionError
from beffroi.web.platform.guards import public_space
from beffroi.web.platform.http.client_address import address_of
from beffroi.web.platform.models import Territory
from beffroi.web.ui.form_errors import add_field_error
from beffroi.web.workshop import public as workshop

WAIT = (
    "Beaucoup d'envois viennent de votre connexion. Le vôtre n'a pas été enregistré ; ce que vous avez saisi reste dans cette "
    "page. Réessayez dans {minutes} min, ou contestez par courrier ou à l'accueil."
)


@public_space
@never_cache
def contest(request: HttpRequest) -> HttpResponse:
    """The form; then, as its answer, the receipt with the code."""
    place = request.territory
    systems = workshop.public_titles(place)
    if request.method != "POST":
        return _private(render(request, "portal/contest.html", {"form": _blank(request, systems)}))
    form = ContestForm(request.POST, systems=systems)
    if form.is_valid():
        receipt = _submitted(request, place, form)
        if receipt is not None:
            context = {"row": receipt.contestation, "code": receipt.code}
            return _private(render(request, "portal/contest_receipt.html", context))
    return _private(render(request, "portal/contest.html", {"form": form}, status=422))


def _blank(request: HttpRequest, systems: list[tuple[str, str]]) -> ContestForm:
    named = request.GET.get("service", "")
    initial = {"reference": request.GET.get("reference", "")[:60]}
    if named in dict(systems):
        initial["system"] = named
    return ContestForm(systems=systems, initial=initial)


def _submitted(request: HttpRequest, place: Territory, form: ContestForm) -> contesting.Receipt | None:
    """The receipt; None when the form says why there is none."""
    address = f"{place.pk} {address_of(request)}"
    if wait := rate_limits.contestations.wait(address):
        form.add_error(None, WAIT.format(minutes=max(1, wait // 60)))
        return None
    try:
        receipt = contesting.submit(place, form.submission(), key=form.cleaned_data["key"])
    except DecisionError as error:
        if isinstance(error, AlreadyReceived):
            form.renew()
        add_field_error(form, error)
        return None
    rate_limits.contestations.mark(address)
    return receipt


@public_space
@never_cache
def follow(request: HttpRequest) -> HttpResponse:
    """Where a contestation stands, for who holds its code. The code is sent, never in an address."""
    place = request.territory
    form = CodeForm(request.POST if request.method == "POST" else None)
    row = None
    if form.is_bound and form.is_valid():
        address = f"{place.pk} {address_of(request)}"
        if wait := rate_limits.wrong_codes.wait(address):
            form.add_error(None, f"Trop de codes essayés. Réessayez dans {max(1, wait // 60)} min.")
        else:
            row = contesting.find(place, form.cleaned_data["code"])
            if row is None:
                rate_limits.wrong_codes.mark(address)
                form.add_error(
                    "code", "Aucune contestation ne porte ce code. Vérifiez chaque lettre de votre reçu."
                )
    context = {"form": form, "row": row, "handler": _handler(row)}
    return _private(
        render(request, "portal/contest_follow.html", context, status=422 if form.errors else 200)
    )


def _handler(row: contesting.Contestation | None) -> str:
    """Who looks into it: article L111-2 of the CRPA gives everyone that name."""
    return str(row.handler) if row is not None and row.handler else ""


@public_space
def letter(request: HttpRequest) -> HttpResponse:
    """Letter to print and fill by hand."""
    return render(request, "portal/contest_letter.html")


def _private(response: HttpResponse) -> HttpResponse:
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex"
    return response
