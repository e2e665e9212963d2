"""Pages of the territories room: coming in by a link, the home, a long job's progress."""

from collections.abc import Callable

from allauth.account.internal.flows.login import perform_login
from allauth.account.models import Login
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from beffroi.web.platform import due_places, jobs, scope
from beffroi.web.platform import home_cards as home_cards
from beffroi.web.platform.access_log import journal
from beffroi.web.platform.guards import public, requires, signed_in
from beffroi.web.platform.models import AccessEvent, Job, Membership, Person, Territory
from beffroi.web.platform.rights import ROLES, may, may_host, roles_of

from . import onboarding
from .job_cards import unfinished_jobs
from .signin import find_link, use_link


@public
def entry(request: HttpRequest, secret: str) -> HttpResponse:
    """A single-use link. It is burnt by the button, not by a mail scanner that follows links."""
    link = find_link(secret)
    if link is None:
        journal.record(
            request, AccessEvent.Kind.FAILED, None, detail="lien d'entrée inconnu, déjà utilisé ou échu"
        )
        return render(request, "tenancy/entry_gone.html", status=410)
    if request.method != "POST":
        territories = _territories_of(link.person) if link.purpose == "invite" else []
        joined = territories[0] if len(territories) == 1 else None
        return render(request, "tenancy/entry.html", {"link": link, "joined": joined})
    used = use_link(secret)
    if used is None:
        return render(request, "tenancy/entry_gone.html", status=410)
    there = reverse("home")
    if used.purpose == "invite" and not used.person.has_usable_password():
        messages.info(request, "Bienvenue. Choisissez comment vous entrerez la prochaine fois.")
        there = reverse("account_set_password")
    # As after a password: who has a second factor gives it before they are in.
    return perform_login(request, Login(user=used.person, redirect_url=there))


def _territories_of(person: Person | AnonymousUser) -> list[Territory]:
    """The territories that somebody may enter."""
    with scope.host():
        candidates = Territory.objects.filter(
            pk__in=Membership.objects.filter(person=person).values("territory")
        )
        return [t for t in candidates if may(person, "territory.enter", t)]


@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """To one's territory, or the choice between several."""
    territories = _territories_of(request.user)
    if len(territories) == 1:
        return redirect("territory", slug=territories[0].slug)
    if not territories and may_host(request.user, "host.enter"):
        return redirect("host")
    return render(request, "tenancy/choose.html", {"territories": territories})


@requires("territory.enter")
def territory_home(request: HttpRequest) -> HttpResponse:
    """What waits for this person, then what changed, then the rest."""
    territory = request.territory
    steps = onboarding.steps_for(request, territory)
    sections = home_cards.sections_for(request.user, territory)
    to_do = [card.url for card in sections[home_cards.Section.TO_DO]]
    due_places.remember(request, territory, to_do + [step.url for step in steps if not step.done])
    return render(
        request,
        "tenancy/home.html",
        {
            "steps": steps,
            "sections": sections,
            "jobs": unfinished_jobs(request.user, territory)[:5],
            "roles": sorted(ROLES[role] for role in roles_of(request.user, territory)),
        },
    )


@requires("territory.enter")
def job_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A long job: how far it is; reload works without JavaScript."""
    job = _own_job(request, pk)
    if job.state == Job.State.DONE and job.location:
        return redirect(job.location)
    return render(request, "tenancy/job.html", {"job": job, "message": _job_message(job)})


@requires("territory.enter")
def job_state(request: HttpRequest, pk: int) -> JsonResponse:
    """The same, for the progress island."""
    job = _own_job(request, pk)
    location = job.location if job.state == Job.State.DONE else request.path.removesuffix("etat.json")
    return JsonResponse(
        {
            "percent": job.percent,
            "message": _job_message(job),
            "done": job.finished,
            "failed": job.state in {Job.State.FAILED, Job.State.CANCELLED},
            "location": location,
        }
    )


@requires("territory.enter")
@require_POST
def job_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Give up a job before it starts."""
    return _then_job(request, _own_job(request, pk), jobs.cancel)


@requires("territory.enter")
@require_POST
def job_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Have a job that failed done again."""
    return _then_job(request, _own_job(request, pk), jobs.retry)


def _then_job(request: HttpRequest, job: Job, act: Callable[[Job, Person], None]) -> HttpResponse:
    try:
        act(job, request.user)
    except jobs.JobError as error:
        messages.error(request, str(error))
    return redirect("job", request.territory.slug, job.pk)


def _job_message(job: Job) -> str:
    """How far a job is, in words."""
    if job.state != Job.State.WAITING:
        return job.message or job.get_state_display()
    before = (
        Job.objects.of(job.territory).filter(state=Job.State.WAITING, created_at__lt=job.created_at).count()
    )
    if not before:
        return "En attente : c'est bientôt son tour"
    return f"En attente : {before} autre{'s' if before > 1 else ''} de vos travaux passe{'nt' if before > 1 else ''} avant"


def _own_job(request: HttpRequest, pk: int) -> Job:
    """A job is seen by who started it, and by those who run the place."""
    job = get_object_or_404(Job.objects.of(request.territory), pk=pk)
    if job.started_by_id != request.user.pk and not may(request.user, "dataset.manage", request.territory):
        raise Http404
    return job
