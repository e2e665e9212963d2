"""« Réglages → Collectivité »: who we are, who hosts us, what we exercise, what is open here."""

from collections.abc import Callable
from datetime import timedelta

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from beffroi.lake.reference import competences as law
from beffroi.lake.reference.kinds import kind_name
from beffroi.web.platform import feature_switches
from beffroi.web.platform.guards import requires
from beffroi.web.platform.home_cards import HomeCard, Section
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import roles_of

from . import hosting, places, safeguards
from .host_forms import AddCompetenceForm, ContactForm, EndCompetenceForm, OpenForm, SafeguardForm
from .models import Competence

WARNED = {"administrator", "dpo"}
NOTICE = timedelta(days=60)


@requires("territory.settings")
def place(request: HttpRequest) -> HttpResponse:
    """The whole page; its forms post to the addresses below."""
    return _page(request)


def _page(request: HttpRequest, **bad: Form) -> HttpResponse:
    territory = request.territory
    rows = list(Competence.objects.of(territory))
    order = {key: rank for rank, key in enumerate(law.load_competences().competences)}
    rows.sort(key=lambda row: (order.get(row.key, len(order)), row.pk))
    open_rows = [row for row in rows if row.until is None]
    relation = hosting.in_force(territory)
    closed = [
        label
        for what, label in _closable(territory).items()
        if feature_switches.closed_by(territory, what) == feature_switches.BY_HOST
    ]
    context = {
        "kind": kind_name(territory.kind),
        "host": hosting.the_host(),
        "hosting": relation,
        "state": hosting.state_of(territory, relation),
        "exercised": [(row, law.title(row.key)) for row in open_rows],
        "ended": [(row, law.title(row.key)) for row in rows if row.until is not None],
        "statute": law.load_competences().statutes.get(territory.kind),
        "consulted": law.load_competences().consulted,
        "missing_law": len(
            {c.key for c, _ in law.founding_competences(territory.kind)} - {row.key for row in rows}
        ),
        "contact_form": ContactForm(initial={"contact": territory.contact, "seat": territory.seat}),
        "add_form": AddCompetenceForm(territory, {row.key for row in open_rows}),
        "open_form": OpenForm(territory, as_host=False),
        "closed_by_host": closed,
        "safeguards": [
            (key, each, safeguards.is_on(territory, key)) for key, each in safeguards.SAFEGUARDS.items()
        ],
        "safeguard_form": SafeguardForm(),
        "back": reverse("territory", args=[territory.slug]),
    } | bad
    return render(request, "tenancy/place.html", context, status=422 if bad else 200)


def _closable(territory: Territory) -> dict[str, str]:
    form = OpenForm(territory, as_host=True)
    return {str(what): str(label) for field in form.fields.values() for what, label in field.choices}  # type: ignore[attr-defined]


def _done(request: HttpRequest, form: Form, name: str, act: Callable[[], str]) -> HttpResponse:
    """Do the act and say so, or show the page again with what is wrong."""
    if form.is_valid():
        try:
            message = act()
        except places.PlaceError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, message)
            return redirect("place", slug=request.territory.slug)
    return _page(request, **{name: form})


@requires("territory.settings")
@require_POST
def contact(request: HttpRequest) -> HttpResponse:
    """Correct the contact and the seat."""
    form = ContactForm(request.POST)

    def act() -> str:
        places.set_contact(request.territory, request.user, **form.cleaned_data)
        return "Coordonnées enregistrées."

    return _done(request, form, "contact_form", act)


@requires("territory.settings")
@require_POST
def competence_add(request: HttpRequest) -> HttpResponse:
    """Add a competence with its legal act."""
    territory = request.territory
    exercised = set(Competence.objects.of(territory).filter(until=None).values_list("key", flat=True))
    form = AddCompetenceForm(territory, exercised, request.POST)

    def act() -> str:
        data = form.cleaned_data
        row = places.add_competence(
            territory, request.user, data["key"], since=data["since"], legal_act=data["legal_act"]
        )
        return f"Compétence ajoutée : {law.title(row.key)}."

    return _done(request, form, "add_form", act)


@requires("territory.settings")
@require_POST
def competence_load(request: HttpRequest) -> HttpResponse:
    """Write what the law gives to this kind."""
    count = places.load_legal(request.territory, request.user)
    messages.success(request, f"{count} compétences inscrites." if count else "Tout y était déjà.")
    return redirect("place", slug=request.territory.slug)


@requires("territory.settings")
def competence_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End one competence: the date and the legal act are asked on a page of their own."""
    row = get_object_or_404(Competence.objects.of(request.territory).filter(until=None), pk=pk)
    form = EndCompetenceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            places.end_competence(
                row, request.user, until=form.cleaned_data["until"], legal_act=form.cleaned_data["legal_act"]
            )
        except places.PlaceError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"Compétence retirée : {law.title(row.key)}.")
            return redirect("place", slug=request.territory.slug)
    context = {"row": row, "title": law.title(row.key), "form": form}
    return render(request, "tenancy/place_end.html", context, status=422 if form.errors else 200)


@requires("territory.settings")
@require_POST
def switches(request: HttpRequest) -> HttpResponse:
    """Close and open rooms and systems."""
    territory = request.territory
    form = OpenForm(territory, request.POST, as_host=False)

    def act() -> str:
        count = places.switch(territory, form.closed(), form.known, by=request.user, as_host=False)
        return changes_message(count)

    return _done(request, form, "open_form", act)


@requires("territory.settings", fresh=True)
@require_POST
def safeguard_lift(request: HttpRequest, key: str) -> HttpResponse:
    """Loosen a locked setting, with its reason."""
    form = SafeguardForm(request.POST)
    if key not in safeguards.SAFEGUARDS:
        raise Http404

    def act() -> str:
        safeguards.lift(request.territory, key, form.cleaned_data["reason"], by=request.user)
        return "Le réglage est levé. Vous pouvez le remettre à tout moment."

    return _done(request, form, "safeguard_form", act)


@requires("territory.settings")
@require_POST
def safeguard_put_back(request: HttpRequest, key: str) -> HttpResponse:
    """Lock a setting again."""
    if key not in safeguards.SAFEGUARDS:
        raise Http404
    safeguards.put_on(request.territory, [key], by=request.user)
    messages.success(request, "Le réglage est protégé.")
    return redirect("place", slug=request.territory.slug)


def changes_message(count: int) -> str:
    many = "s" if count > 1 else ""
    return f"{count} changement{many} enregistré{many}." if count else "Rien n'a changé."


def hosting_contract_card(person: Person, territory: Territory) -> HomeCard | None:
    """Tells those who answer for it that the legal act of the hosting is missing, has expired or soon will."""
    if territory.is_fictional or not roles_of(person, territory) & WARNED:
        return None
    relation = hosting.in_force_for_request(territory)
    state = hosting.state_of(territory, relation)
    url = reverse("place", args=[territory.slug])
    if state == "missing":
        text = (
            "L'acte qui confie vos données à l'hébergeur n'est pas enregistré : rien ne peut être publié et aucune "
            "donnée personnelle ne peut être lue. Demandez à l'hébergeur de l'enregistrer."
        )
        return HomeCard("Espace en préparation", text, url, order=1, section=Section.TO_DO)
    ends = relation.until if relation is not None else None
    if ends is not None and ends <= timezone.localdate() + NOTICE:
        word = "est échu depuis" if state == "expired" else "finit"
        text = f"L'acte d'hébergement {word} le {ends:%d/%m/%Y}. Rien n'est coupé. Préparez le suivant avec l'hébergeur."
        return HomeCard("Acte d'hébergement à renouveler", text, url, order=2, section=Section.TO_DO)
    return None
