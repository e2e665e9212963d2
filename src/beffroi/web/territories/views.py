"""Pages of the territories room: coming in by a link, the home, a long job's progress, people."""

from itertools import groupby

from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from . import home as home_cards
from . import scope
from .forms import InvitationForm
from .guards import public, requires, signed_in
from .models import Job, Membership, Territory
from .rights import ROLES, may, may_host
from .services import PeopleError, invite
from .signin import find_link, use_link


@public
def entry(request: HttpRequest, secret: str) -> HttpResponse:
    """A single-use link. It is burnt by the button, not by a mail scanner that follows links."""
    link = find_link(secret)
    if link is None:
        return render(request, "territories/entry_gone.html", status=410)
    if request.method != "POST":
        return render(request, "territories/entry.html", {"link": link})
    used = use_link(secret)
    if used is None:
        return render(request, "territories/entry_gone.html", status=410)
    login(request, used.person, backend="allauth.account.auth_backends.AuthenticationBackend")
    if used.purpose == "invite" and not used.person.has_usable_password():
        messages.info(
            request, "Bienvenue. Choisissez un mot de passe, ou une clé d'accès dans « Mon compte »."
        )
        return redirect("account_set_password")
    return redirect("home")


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """To one's territory, or the choice between several."""
    with scope.host():
        candidates = Territory.objects.filter(
            pk__in=Membership.objects.filter(person=request.user).values("territory")
        )
        territories = [t for t in candidates if may(request.user, "territory.enter", t)]
    if len(territories) == 1:
        return redirect("territory", slug=territories[0].slug)
    if not territories and may_host(request.user, "host.enter"):
        return redirect("host")
    return render(request, "territories/choose.html", {"territories": territories})


@requires("territory.enter")
def territory_home(request: HttpRequest) -> HttpResponse:
    """What changed, what waits for me."""
    territory = request.territory
    return render(
        request,
        "territories/home.html",
        {
            "cards": home_cards.cards_for(request.user, territory),
            "jobs": Job.objects.of(territory).exclude(state=Job.State.DONE)[:5],
            "roles": sorted(
                ROLES[m.role] for m in Membership.objects.of(territory).filter(person=request.user)
            ),
        },
    )


@requires("territory.enter")
def job_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A long job: how far it is; reload works without JavaScript."""
    job = _own_job(request, pk)
    if job.state == Job.State.DONE and job.location:
        return redirect(job.location)
    return render(request, "territories/job.html", {"job": job})


@requires("territory.enter")
def job_state(request: HttpRequest, pk: int) -> JsonResponse:
    """The same, for the progress island."""
    job = _own_job(request, pk)
    location = job.location if job.state == Job.State.DONE else request.path.removesuffix("etat.json")
    return JsonResponse(
        {
            "percent": job.percent,
            "message": job.message or job.get_state_display(),
            "done": job.finished,
            "failed": job.state == Job.State.FAILED,
            "location": location,
        }
    )


def _own_job(request: HttpRequest, pk: int) -> Job:
    """A job is seen by who started it, and by those who run the place."""
    job = get_object_or_404(Job.objects.of(request.territory), pk=pk)
    if job.started_by_id != request.user.pk and not may(request.user, "dataset.manage", request.territory):
        raise Http404
    return job


@requires("member.invite")
def people(request: HttpRequest) -> HttpResponse:
    """Who is in, with which roles; inviting someone gives a link to hand over."""
    territory = request.territory
    form = InvitationForm(request.POST or None)
    link = None
    if request.method == "POST" and form.is_valid():
        try:
            link = invite(
                territory,
                form.cleaned_data["email"],
                form.cleaned_data["name"],
                form.cleaned_data["roles"],
                by=request.user,
            )
            form = InvitationForm()
        except PeopleError as error:
            form.add_error(None, str(error))
    members = Membership.objects.of(territory).select_related("person").order_by("person__name", "since")
    rows = [
        (person, ", ".join(ROLES.get(m.role, m.role) for m in held), held[0].since)
        for person, held in ((p, list(ms)) for p, ms in groupby(members, key=lambda m: m.person))
    ]
    context = {"form": form, "link": link, "rows": rows, "back": reverse("territory", args=[territory.slug])}
    return render(request, "territories/people.html", context, status=422 if form.errors else 200)
