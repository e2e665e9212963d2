"""Pages of tokens and service accounts: create, shown once, list with last use, revoke."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from beffroi.web.platform.guards import requires
from beffroi.web.platform.models import ApiToken, ServiceAccount
from beffroi.web.platform.rights import ACTS, may
from beffroi.web.ui.form_errors import add_field_error

from . import tokens
from .token_forms import ServiceForm, TokenForm, humans_of
from .tokens import KEEPER, Issued, TokenError


@requires("territory.enter", fresh=True)
@never_cache
def token_page(request: HttpRequest) -> HttpResponse:
    """The tokens that one may know of, and a new one; its secret is in this answer only."""
    person, territory = request.user, request.territory
    form = TokenForm(person, territory, request.POST or None)
    issued = None
    if request.method == "POST" and form.is_valid():
        try:
            issued = tokens.create(territory, form.bearer_person(), form.new_token(), by=person)
            form = TokenForm(person, territory)
        except TokenError as error:
            add_field_error(form, error)
        except PermissionDenied as error:
            raise Http404 from error
    return _page(request, form, None, issued)


@requires("member.invite", fresh=True)
@require_POST
def service_new(request: HttpRequest) -> HttpResponse:
    """Let a program in; its token is made next."""
    form = ServiceForm(request.user, request.territory, request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            account = tokens.create_service(
                request.territory, data["name"], data["use"], by=request.user, owner=data["owner"]
            )
        except TokenError as error:
            add_field_error(form, error)
        else:
            messages.success(
                request, f"« {account} » a son compte de service. Créez maintenant le jeton qu'il présentera."
            )
            return redirect("tokens", request.territory.slug)
    return _page(request, TokenForm(request.user, request.territory), form, None)


@requires("member.invite", fresh=True)
@require_POST
def service_entrust(request: HttpRequest, pk: int) -> HttpResponse:
    """Another person answers for a program."""
    account = get_object_or_404(ServiceAccount.objects.of(request.territory).select_related("person"), pk=pk)
    owner = humans_of(request.territory).filter(pk=_number(request.POST.get("owner"))).first()
    if owner is None:
        raise Http404
    try:
        tokens.entrust(account, owner, by=request.user)
    except TokenError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{owner} répond maintenant de « {account} ».")
    return redirect("tokens", request.territory.slug)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 18 else None


@requires("territory.enter", fresh=True)
@require_POST
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """End a token at once."""
    known = {token.pk: token for token in tokens.seen_by(request.user, request.territory)}
    if (token := known.get(pk)) is None:
        raise Http404
    tokens.revoke(token, by=request.user)
    messages.success(
        request, f"Le jeton « {token.label} » est révoqué : plus aucun programme ne peut s'en servir."
    )
    return redirect("tokens", request.territory.slug)


def _page(
    request: HttpRequest, form: TokenForm, service: ServiceForm | None, issued: Issued | None
) -> HttpResponse:
    person, territory = request.user, request.territory
    keeper = may(person, KEEPER, territory)
    labels = dict(tokens.datasets_for(person, territory))
    accounts = ServiceAccount.objects.of(territory).select_related("person", "owner") if keeper else []
    context: dict[str, Any] = {
        "form": form,
        "service": (service or ServiceForm(person, territory)) if keeper else None,
        "issued": issued,
        "rows": [_row(token, labels) for token in tokens.seen_by(person, territory)],
        "accounts": accounts,
        "humans": humans_of(territory) if keeper else [],
    }
    failed = bool(form.errors or (service and service.errors))
    return render(request, "tenancy/tokens.html", context, status=422 if failed else 200)


def _row(token: ApiToken, labels: dict[str, str]) -> dict[str, Any]:
    return {
        "token": token,
        "account": getattr(token.person, "service", None),
        "acts": [ACTS[act] for act in token.acts if act in ACTS],
        "resources": [labels.get(key, "un jeu que vous ne voyez pas") for key in token.resources],
        "live": token.live(),
    }
