"""First steps of tenancy: who we are for the public, a second person. Hidden by a person, they stay so in their browser."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from beffroi.web.platform import first_steps
from beffroi.web.platform.first_steps import FirstStep
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights.active_roles import active_memberships

COOKIE = "beffroi_premiers_pas"
HIDDEN = "masques"
_A_YEAR = 365 * 24 * 3600


def contact_step(territory: Territory) -> FirstStep:
    return FirstStep(
        "Votre collectivité et son contact",
        "À qui les habitants s'adressent : c'est écrit sur vos pages publiques.",
        f"{reverse('place', args=[territory.slug])}#coordonnees",
        done=bool(territory.contact.strip()),
        order=10,
    )


def second_person_step(territory: Territory) -> FirstStep:
    people = active_memberships(territory).filter(
        person__is_active=True, person__kind=Person.Kind.HUMAN, person__last_login__isnull=False
    )
    return FirstStep(
        "Une deuxième personne",
        "Pour vous remplacer, relire et décider. La case se coche quand elle est entrée.",
        reverse("people-invite", args=[territory.slug]),
        done=len(people.values_list("person", flat=True).order_by("person").distinct()[:2]) > 1,
        order=20,
    )


def steps_for(request: HttpRequest, territory: Territory) -> list[FirstStep]:
    """What the home shows to this person: nothing for who has hidden it, nor once all is done."""
    if not first_steps.concern(request.user, territory) or request.COOKIES.get(COOKIE) == HIDDEN:  # type: ignore[arg-type]
        return []
    return first_steps.steps_of(territory)


def hide(request: HttpRequest, response: HttpResponse, territory: Territory, *, hidden: bool) -> HttpResponse:
    """Remember in this browser, for this territory's pages only, whether the first steps are hidden."""
    path = reverse("territory", args=[territory.slug])
    if hidden:
        secure = request.is_secure()
        response.set_cookie(
            COOKIE, HIDDEN, max_age=_A_YEAR, path=path, secure=secure, httponly=True, samesite="Lax"
        )
    else:
        response.delete_cookie(COOKIE, path=path, samesite="Lax")
    return response
