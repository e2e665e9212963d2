"""The page of a joining link: who is signed in to the account that was invited reads what is offered, and accepts."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_variables

from beffroi.web.platform import guards, scope
from beffroi.web.platform.errors import PeopleError

from . import joining
from .signin.factors import ask_second_factor_for
from .signin.links import find_joining


@guards.signed_in
@sensitive_variables("secret")
def join(request: HttpRequest, secret: str) -> HttpResponse:
    """Asks for the means that the offered roles ask for: a provider answers for its own house, a sensitive role for two."""
    link = find_joining(secret)
    if link is not None and link.person_id != request.user.pk:
        # Of which territory, and for whom, is not told to another account.
        return render(request, "tenancy/join_other.html", {"next": request.path}, status=403)
    offer = joining.offered(secret, request.user)
    if offer is None:
        return render(request, "tenancy/join_gone.html", status=410)
    with scope.inside(offer.territory):
        instead = guards.checked(request, offer.territory, "territory.enter")
    if instead is None:
        instead = ask_second_factor_for(request, offer.roles)
    if instead is not None:
        return instead
    error = ""
    if request.method == "POST":
        try:
            territory = joining.accept(secret, request.user)
        except PeopleError as refused:
            error = str(refused)
        else:
            if territory is None:
                return render(request, "tenancy/join_gone.html", status=410)
            messages.success(request, f"Vous avez rejoint {territory}. C'est inscrit à son registre.")
            return redirect("territory", slug=territory.slug)
    context = {"offer": offer, "error": error}
    return render(request, "tenancy/join.html", context, status=422 if error else 200)
