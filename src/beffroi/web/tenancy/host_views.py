"""The host's pages: which territories it serves, under which legal act; add one, open, close, suspend. Never their data."""

import io
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from beffroi.lake.reference import find_place, search_places
from beffroi.lake.reference.errors import PlaceError as UnknownPlaceError
from beffroi.lake.reference.kinds import KINDS, kind_name
from beffroi.web.platform import feature_switches
from beffroi.web.platform.guards import requires_host
from beffroi.web.platform.models import Territory
from beffroi.web.platform.rights import may_host
from beffroi.web.ui.spreadsheets import Writer

from . import host_founding, hosting, places
from .host_forms import ByHandForm, ContractForm, FoundForm, HostForm, OpenForm, SuspendForm
from .invitation_mail import send_link
from .models import Hosting
from .place_views import changes_message
from .services import NewTerritory, PeopleError

A_PAGE = 50
FILTERS = {"": "Tous", "sans-acte": "Acte à enregistrer", "suspendus": "Suspendus"}


def _sorted(query: str, only: str) -> QuerySet[Territory]:
    """The territories asked for, those that wait for a legal act first: one query, whatever their number."""
    recorded = Hosting.objects.filter(territory=OuterRef("pk")).filter(
        Q(role=Hosting.Role.OWN) | (Q(signed_on__isnull=False) & ~Q(reference=""))
    )
    current = recorded.filter(Q(until=None) | Q(until__gte=timezone.localdate()))
    found = (
        Territory.objects.defer("members", "contact", "seat")
        .select_related("figures")
        .annotate(settled=Case(When(is_fictional=True, then=Value(True)), default=Exists(current)))
    )
    if query:
        kinds = [kind.key for kind in KINDS.values() if query.lower() in kind.name.lower()]
        found = found.filter(
            Q(name__icontains=query)
            | Q(code__istartswith=query)
            | Q(siren__startswith=query)
            | Q(kind__in=kinds)
        )
    if only == "sans-acte":
        found = found.filter(settled=False)
    if only == "suspendus":
        found = found.exclude(suspended_at=None)
    return found.order_by("settled", "name", "pk")


@requires_host("host.enter")
def territories(request: HttpRequest) -> HttpResponse:
    """The list: sums and states of each, never what it holds."""
    query, only = request.GET.get("q", "").strip(), request.GET.get("etat", "")
    only = only if only in FILTERS else ""
    page = Paginator(_sorted(query, only), A_PAGE).get_page(request.GET.get("page"))
    contracts: dict[int, Hosting] = {}
    for row in Hosting.objects.filter(territory__in=[t.pk for t in page]):
        contracts.setdefault(row.territory_id, row)
    context = {
        "host": hosting.the_host(),
        "page": page,
        "query": query,
        "only": only,
        "filters": list(FILTERS.items()),
        "rows": [_row(t, contracts.get(t.pk)) for t in page],
    }
    return render(request, "tenancy/host.html", context)


def _row(territory: Territory, contract: Hosting | None) -> dict[str, Any]:
    state = hosting.state_of(territory, contract)
    closed = [
        r.label for r in feature_switches.all_features() if not feature_switches.is_open(territory, r.key)
    ]
    return {
        "territory": territory,
        "kind": kind_name(territory.kind),
        "state": state,
        "state_label": hosting.STATES[state],
        "contract": contract,
        "closed": closed,
        "figures": getattr(territory, "figures", None),
    }


@requires_host("host.enter")
def register(request: HttpRequest) -> HttpResponse:
    """The register of relations, as a spreadsheet in French opens it."""
    text = io.StringIO()
    text.write("\ufeff")
    Writer(text).writerows([hosting.REGISTER_HEAD, *hosting.register_rows(by=request.user)])
    name = f"registre-hebergement-{timezone.localdate().isoformat()}.csv"
    return HttpResponse(
        text.getvalue(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@requires_host("host.settings", fresh=True)
def settings_page(request: HttpRequest) -> HttpResponse:
    """Who runs this instance, and who operates it."""
    host = hosting.the_host()
    initial = {"name": host.name, "siren": host.siren, "contact": host.contact} if host else {}
    form = HostForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        hosting.name_host(**form.cleaned_data, by=request.user)
        messages.success(request, "Identité de l'hébergeur enregistrée.")
        return redirect("host")
    context = {"form": form, "operators": hosting.operators()}
    return render(request, "tenancy/host_settings.html", context, status=422 if form.errors else 200)


@requires_host("host.found", fresh=True)
def choose(request: HttpRequest) -> HttpResponse:
    """First question: which authority? From the reference data, or by hand."""
    query = request.GET.get("q", "").strip()
    found = search_places(query, 20) if query else []
    here = dict(Territory.objects.filter(code__in=[p.code for p in found]).values_list("code", "slug"))
    rows = [(place, kind_name(place.kind), here.get(place.code, "")) for place in found]
    return render(request, "tenancy/host_choose.html", {"query": query, "rows": rows})


@requires_host("host.found", fresh=True)
def from_reference(request: HttpRequest, code: str) -> HttpResponse:
    """Second question, for an authority of the reference data: its administrator and its legal act."""
    try:
        place = find_place(code)
    except UnknownPlaceError:
        raise Http404 from None
    new = host_founding.new_from_place(place)
    form = FoundForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and (done := _found(request, form, new)):
        return done
    context = {"form": form, "place": place, "kind": kind_name(place.kind)}
    return render(request, "tenancy/host_found.html", context, status=422 if form.errors else 200)


@requires_host("host.found", fresh=True)
def by_hand(request: HttpRequest) -> HttpResponse:
    """The same, for a syndicate or an establishment."""
    form = ByHandForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            new = host_founding.new_by_hand(
                **{name: data[name] for name in ("name", "kind", "siren", "seat", "members")}
            )
        except hosting.HostingError as error:
            form.add_error(None, str(error))
        else:
            if done := _found(request, form, new):
                return done
    return render(request, "tenancy/host_found.html", {"form": form}, status=422 if form.errors else 200)


def _found(request: HttpRequest, form: FoundForm, new: NewTerritory) -> HttpResponse | None:
    """The page with the invitation's link, or None with the form's error."""
    try:
        made = host_founding.found(
            new,
            host_founding.own_contract(new, form.contract()),
            email=form.cleaned_data["email"],
            name=form.cleaned_data["admin_name"],
            by=request.user,
        )
    except (hosting.HostingError, PeopleError) as error:
        form.add_error(None, str(error))
        return None
    context = {"territory_made": made.territory, "link": made.link, "email": form.cleaned_data["email"]}
    context["joins"] = "/rejoindre/" in made.link
    context["mailed"] = send_link(made.territory, form.cleaned_data["email"], made.link)
    return render(request, "tenancy/host_made.html", context)


def _territory(which: str) -> Territory:
    found: Territory = get_object_or_404(Territory.objects.select_related("figures"), slug=which)
    return found


@requires_host("host.enter")
def territory(request: HttpRequest, which: str) -> HttpResponse:
    """One territory as the host may see it; posting records its legal act."""
    found = _territory(which)
    if request.method != "POST":
        return _page(request, found)
    if not may_host(request.user, "host.settings"):
        raise Http404
    form = ContractForm(request.POST)
    if form.is_valid():
        try:
            hosting.record_contract(found, form.contract(), by=request.user)
        except hosting.HostingError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"Acte d'hébergement de {found.name} enregistré.")
            return redirect("host-territory", which=which)
    return _page(request, found, contract_form=form)


def _page(request: HttpRequest, found: Territory, **bad: Form) -> HttpResponse:
    relations = list(Hosting.objects.filter(territory=found))
    last = relations[0] if relations else None
    names = ("role", "reference", "signed_on", "signatory", "purpose", "file_name", "until")
    context = _row(found, last) | {
        "seen": found,
        "relations": relations[1:],
        "contract_form": ContractForm(
            initial={name: getattr(last, name) for name in names} if last else None
        ),
        "open_form": OpenForm(found, as_host=True),
        "suspend_form": SuspendForm(),
        "communes": len(found.members),
    }
    del context["territory"]  # this page is the host's: it does not wear the territory's header
    return render(request, "tenancy/host_territory.html", context | bad, status=422 if bad else 200)


@requires_host("host.settings", fresh=True)
@require_POST
def switches(request: HttpRequest, which: str) -> HttpResponse:
    """Close and open rooms and systems of a territory."""
    found = _territory(which)
    form = OpenForm(found, request.POST, as_host=True)
    if not form.is_valid():
        return _page(request, found, open_form=form)
    count = places.switch(found, form.closed(), form.known, by=request.user, as_host=True)
    messages.success(request, changes_message(count))
    return redirect("host-territory", which=which)


@requires_host("host.settings", fresh=True)
@require_POST
def suspend(request: HttpRequest, which: str) -> HttpResponse:
    """Let nobody in any more; everything is kept."""
    found = _territory(which)
    form = SuspendForm(request.POST)
    if not form.is_valid():
        return _page(request, found, suspend_form=form)
    hosting.suspend(found, form.cleaned_data["why"], by=request.user)
    messages.success(request, f"{found.name} est suspendu. Ses données sont gardées.")
    return redirect("host-territory", which=which)


@requires_host("host.settings", fresh=True)
@require_POST
def reopen(request: HttpRequest, which: str) -> HttpResponse:
    """Let the members in again."""
    found = _territory(which)
    hosting.reopen(found, by=request.user)
    messages.success(request, f"{found.name} est rouvert.")
    return redirect("host-territory", which=which)
