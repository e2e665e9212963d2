"""The second factor: who must have one (sensitive roles, or everybody), whether this session has it, and the page that leads there.

A passkey counts as two factors (the device, and the finger or the code that opens it). A provider's sign-in counts only if it
says so by its `acr` or `amr`, and then in its own territory only. Members of demonstration are exempt.
A new account may put it off for its first days, for the acts of its first hour, while nothing there is about people.
"""

import time
from collections.abc import Callable, Collection
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone

from beffroi.web.platform import scope
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import roles_of
from beffroi.web.platform.suspended_forms import suspend

from ..safeguards import SECOND_FACTOR
from .origin import provider_session

SENSITIVE = frozenset(
    {
        "administrator",
        "data_officer",
        "steward",
        "dpo",
        "security_officer",
        "supervisor",
        "authorised_agent",
        "decider",
        "host_operator",
    }
)
PUT_OFF_FOR = timedelta(days=14)  # from the making of the account, whose invitation lasts seven days
PUT_OFF_ACTS = frozenset(
    {
        "territory.enter",
        "territory.settings",
        "dataset.read",
        "dataset.deposit",
        "dataset.manage",
        "dataset.publish",
        "source.read",
        "processing.read",
        "board.read",
        "board.comment",
        "recipe.edit",
        "recipe.validate",
        "system.read",
        "proposal.read",
        "ledger.read",
        "member.read",
        "guide.read",
        "guide.answer",
        "cyber.read",
        "cyber.answer",
        "continuity.read",
        "continuity.answer",
    }
)
"""What may be done before the second factor is there: never decide, let somebody in, nor carry anything away."""
_PUT_OFF = "beffroi_second_factor_put_off"
_AFTER = "beffroi_after_second_factor"
_about_people: list[Callable[[Territory], bool]] = []
_emergency_pages: set[str] = set()
FRESH_FOR_DECIDING = 12 * 3600  # seconds
FRESH_FOR_ACCESS = 10 * 60  # seconds: who may enter, and how


def second_factor_at(request: HttpRequest, territory: Territory | None) -> float | None:
    """When this session last gave a second factor that counts in `territory`; None if it never did.

    In seconds since the epoch. What a provider asked for counts where that provider is the territory's own: elsewhere, and for
    the host (`territory` is None), the person's own factor does.
    """
    own = _proved_at(request, "mfa")
    origin = provider_session(request)
    if (
        origin is None
        or not origin["second_factor"]
        or territory is None
        or origin["territory"] != territory.pk
    ):
        return own
    return max(own or 0.0, origin["at"])


def _proved_at(request: HttpRequest, method: str) -> float | None:
    if not isinstance(request.user, Person):
        return None
    records = get_authentication_records(request, request.user)
    return max((record["at"] for record in records if record.get("method") == method), default=None)


def must_have_second_factor(person: Person, territory: Territory) -> bool:
    if person.simulated:
        return False
    roles = roles_of(person, territory)
    return _ask_for_it(roles) or (bool(roles) and SECOND_FACTOR in territory.safeguards)


def _ask_for_it(roles: Collection[str]) -> bool:
    """Whether these roles ask for a second factor: the sensitive ones do, all of them where the operator says so."""
    return bool(roles) if settings.SECOND_FACTOR_OF_ALL else not SENSITIVE.isdisjoint(roles)


def ask_second_factor(request: HttpRequest, territory: Territory, act: str) -> HttpResponse | None:
    """The guards' check: a sensitive role without a second factor goes to the page that explains."""
    person = request.user
    if getattr(request, "token", None) is not None:
        return None  # a token is narrower than a session, and was made behind a second factor
    if not isinstance(person, Person) or not must_have_second_factor(person, territory):
        return None
    if request.method == "GET" and _is_for_emergencies(request):
        return None
    at = second_factor_at(request, territory)
    if at is None:
        if request.session.get(_PUT_OFF) and put_off_until(person, territory, request.path) is not None:
            return None
        return _lead(request)
    if act == "decision.record" and request.method == "POST" and time.time() - at > FRESH_FOR_DECIDING:
        way = way_to_give(person) or _provider_entry(request, territory)
        return suspend(request, way) if way is not None else _lead(request)
    return None


def register_personal_content(check: Callable[[Territory], bool]) -> None:
    """Register what says whether a territory holds something about people: then the second factor no longer waits."""
    if check not in _about_people:
        _about_people.append(check)


def register_emergency_pages(*url_names: str) -> None:
    """Register pages that a member reads without a second factor: on the day of an attack, whom to call cannot wait."""
    _emergency_pages.update(url_names)


def _is_for_emergencies(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and match.url_name in _emergency_pages


def put_off_until(person: Person, territory: Territory | None, address: str) -> date | None:
    """The last day on which this page still does without a second factor for this person; None when it does not wait."""
    if settings.SECOND_FACTOR_OF_ALL or territory is None or not _may_wait(address):
        return None
    until = person.created_at + PUT_OFF_FOR
    if timezone.now() >= until or way_to_give(person) is not None:
        return None
    with scope.inside(territory):
        if any(check(territory) for check in _about_people):
            return None
    return timezone.localtime(until).date()


def put_off(request: HttpRequest) -> None:
    """Go on without it, in this session: the next one asks again."""
    request.session[_PUT_OFF] = True


def _may_wait(address: str) -> bool:
    """Whether the page of this address is one of a first hour, that asks for no fresh proof."""
    try:
        view = resolve(urlsplit(address).path).func
    except Resolver404:
        return False
    return getattr(view, "declares", "") in PUT_OFF_ACTS and not getattr(view, "fresh", False)


def go_on_to(request: HttpRequest, address: str) -> None:
    """Remember where the person was going, for when they have set a factor up."""
    request.session[_AFTER] = address


def way_on(request: HttpRequest) -> str:
    """Where the person was going before they set a factor up; their home for want of it."""
    return str(request.session.get(_AFTER) or reverse("home"))


def ask_fresh_proof(request: HttpRequest, territory: Territory | None) -> HttpResponse | None:
    """Before an act that changes who may enter, or how: a factor given in the last ten minutes, for want of one the password.

    `territory` is None on the host's pages. Another sign-in by the territory's own provider is the proof of who has no means of
    their own. What was posted waits (`suspended_forms`).
    """
    person = request.user
    if request.method != "POST" or getattr(request, "token", None) is not None:
        return None
    if not isinstance(person, Person) or person.simulated:
        return None
    way = way_to_give(person)
    proofs = [second_factor_at(request, territory)]
    if way is None:
        proofs.append(_proved_at(request, "password"))
        way = reverse("account_reauthenticate") if person.has_usable_password() else None
    if way is None and (way := _provider_entry(request, territory)) is not None:
        proofs.append(provider_session(request)["at"])  # type: ignore[index]
    if time.time() - max(at or 0.0 for at in proofs) <= FRESH_FOR_ACCESS:
        return None
    return suspend(request, way) if way is not None else _lead(request)


def _provider_entry(request: HttpRequest, territory: Territory | None) -> str | None:
    """Where who came in by this territory's own provider is asked again by it; None for anyone else."""
    origin = provider_session(request)
    if origin is None or territory is None or origin["territory"] != territory.pk:
        return None
    return reverse("enter-place", args=[territory.slug])


def proved_recently(request: HttpRequest, within: float) -> bool:
    """Whether this person gave their own means a moment ago, at sign-in too: the factor that they have, else the password."""
    proofs = [_proved_at(request, "mfa")]
    if isinstance(request.user, Person) and way_to_give(request.user) is None:
        proofs.append(_proved_at(request, "password"))
    return time.time() - max(at or 0.0 for at in proofs) <= within


def ask_own_proof(request: HttpRequest) -> HttpResponse | None:
    """The same before something of one's own account, for who has a means of their own to give."""
    return ask_fresh_proof(request, None) if own_means(request.user) else None


def ask_second_factor_for(request: HttpRequest, roles: Collection[str]) -> HttpResponse | None:
    """The same before roles are accepted: none is held yet."""
    person = request.user
    if not isinstance(person, Person) or person.simulated or not _ask_for_it(roles):
        return None
    return _lead(request) if second_factor_at(request, None) is None else None


def ask_second_factor_of_the_host(request: HttpRequest, _act: str) -> HttpResponse | None:
    """The same for who operates the host: every act there is sensitive."""
    person = request.user
    if not isinstance(person, Person) or person.simulated or second_factor_at(request, None) is not None:
        return None
    return _lead(request)


def _lead(request: HttpRequest) -> HttpResponse:
    return suspend(request, reverse("second-factor"))


def way_to_give(person: Person) -> str | None:
    """The page where this person gives a second factor that they have; None when they have none."""
    if is_mfa_enabled(person, types=["totp"]):
        return reverse("mfa_reauthenticate")
    if is_mfa_enabled(person, types=["webauthn"]):
        return reverse("mfa_reauthenticate_webauthn")
    return None


def own_means(person: Any) -> bool:
    """Whether the person can sign in without a provider or a link: a password or a key of their own."""
    return bool(get_adapter().get_reauthentication_methods(person))
