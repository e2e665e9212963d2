"""The page of a sign-in by provider that did not work: what happened, that nothing was half done, the other ways in."""

import logging

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from beffroi.web.platform.access_log import journal
from beffroi.web.platform.http.egress import EgressDenied
from beffroi.web.platform.models import AccessEvent
from beffroi.web.platform.scope import host

from ..models import IdentityProvider

logger = logging.getLogger(__name__)

NOBODY_REFUSED = frozenset({"down", "outside", "cancelled"})
"""Nobody was kept out by these: the provider was not reached, or the person gave up."""

REASONS: dict[str, tuple[str, str, int]] = {
    "down": (
        "Ce fournisseur ne répond pas",
        "Le service de connexion est injoignable pour le moment. Réessayez dans quelques minutes.",
        503,
    ),
    "wrong": (
        "La réponse du fournisseur n'est pas sûre",
        "Ce que le fournisseur a répondu n'a pas passé nos vérifications : nous n'en avons rien retenu. Recommencez ; "
        "si cela se répète, prévenez votre administrateur.",
        403,
    ),
    "expired": (
        "La réponse du fournisseur est arrivée trop tard",
        "Elle n'est plus valable. Recommencez ; si cela se répète, l'heure du fournisseur ou la nôtre est fausse.",
        403,
    ),
    "stale": (
        "Votre fournisseur n'a pas redemandé qui vous êtes",
        "Il vous a laissé passer sur une connexion ancienne, ou ne dit pas quand vous vous êtes identifié. Déconnectez-vous chez lui, "
        "puis recommencez. Si cela se répète, prévenez votre administrateur : ce fournisseur doit donner « auth_time ».",
        403,
    ),
    "state": (
        "Cette connexion a déjà servi, ou a été ouverte ailleurs",
        "Une connexion commencée ne se termine qu'une fois, dans le même navigateur et sous dix minutes. Recommencez.",
        403,
    ),
    "cancelled": (
        "Connexion abandonnée",
        "Vous avez renoncé à vous connecter chez votre fournisseur. Rien n'a changé.",
        200,
    ),
    "outside": (
        "Ce fournisseur n'est pas autorisé ici",
        "L'exploitant de cette instance n'autorise pas les appels vers ce fournisseur, ou ne les autorise plus. "
        "Prévenez votre administrateur.",
        503,
    ),
    "disabled": (
        "Ce fournisseur n'est pas en service",
        "L'administrateur de ce territoire l'a suspendu.",
        403,
    ),
    "siret": (
        "Votre organisme n'est pas admis ici",
        "Le numéro SIRET transmis par votre fournisseur n'est pas de ceux que ce territoire accepte.",
        403,
    ),
    "not_invited": (
        "Votre compte n'est pas encore relié",
        "Le fournisseur vous connaît, Beffroi pas encore. Si vous avez une invitation, ouvrez-la : vous pourrez y relier "
        "ce fournisseur. Si vous avez déjà un compte, connectez-vous autrement, puis reliez-le dans « Comptes reliés ». "
        "Sinon, demandez une invitation à l'administrateur du territoire.",
        403,
    ),
    "no_role": (
        "Aucun rôle ne vous est donné aujourd'hui",
        "Votre compte existe, mais vous n'avez plus de rôle dans ce territoire. Demandez à son administrateur.",
        403,
    ),
    "not_yours": (
        "Ce fournisseur ne peut pas être relié ainsi",
        "Reliez un fournisseur depuis une session ouverte par vos propres moyens (mot de passe, clé d'accès ou lien "
        "d'invitation), et seulement celui d'un territoire dont vous êtes membre.",
        403,
    ),
}


def failed(
    request: HttpRequest, reason: str, public_id: str, cause: BaseException | None = None
) -> HttpResponse:
    """The page. What is logged names the provider and the fault, never a person nor a token."""
    title, text, status = REASONS.get(reason, REASONS["wrong"])
    with host():
        provider = IdentityProvider.objects.filter(public_id=public_id).select_related("territory").first()
    if reason in {"down", "wrong", "expired", "stale", "outside"}:
        logger.warning("identity provider %s: %s (%s)", public_id, reason, _log_description(cause))
    if provider is not None and reason not in NOBODY_REFUSED:
        journal.record(request, AccessEvent.Kind.REFUSED, None, detail=title, territory=provider.territory)
    context = {"title": title, "text": text, "provider": provider}
    return render(request, "tenancy/signin/failed.html", context, status=status)


def _log_description(cause: BaseException | None) -> str:
    """Our own words; of another's exception, its kind only: its message may quote a token."""
    is_internal = hasattr(cause, "reason") or isinstance(cause, EgressDenied)
    return str(cause) if is_internal else type(cause).__name__
