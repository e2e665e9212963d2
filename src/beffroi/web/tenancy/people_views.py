"""Pages of people: who is here, one person, and what may be done about them."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from beffroi.web.platform.guards import requires
from beffroi.web.platform.models import Delegation, Membership
from beffroi.web.platform.rights import ROLES, SEPARATE_LATER, Permission, may, resources
from beffroi.web.ui.form_errors import add_field_error

from . import people_reading, services
from .belonging import may_be_linked, waiting
from .forms import (
    DelegationForm,
    DepartureForm,
    InvitationForm,
    ReplacementForm,
    RolesForm,
    SuspensionForm,
    TermForm,
    may_receive_a_delegation,
)
from .invitation_mail import send_link
from .invitations import first_link
from .people_reading import Filters, Member

A_PAGE = 50


@requires("member.read")
def people(request: HttpRequest) -> HttpResponse:
    """Who is in, in which state, with which roles, since when and until when."""
    everyone = people_reading.members(request.territory)
    filters = Filters.from_query(request.GET)
    visible = [member for member in everyone if filters.shows(member)]
    context = {
        "page": Paginator(visible, A_PAGE).get_page(request.GET.get("page")),
        "filters": filters,
        "states": people_reading.choices_of_state(everyone, filters),
        "roles": people_reading.choices_of_role(),
        "may_invite": Permission(request.user, "member.invite", request.territory),
        "may_settle": may(request.user, "territory.settings", request.territory),
        "may_connect": may(request.user, "provider.manage", request.territory),
        "may_export": may(request.user, "evidence.export", request.territory),
    }
    return render(request, "tenancy/people.html", context)


def _member(request: HttpRequest, pk: int) -> Member:
    found = people_reading.member(request.territory, pk)
    if found is None:
        raise Http404
    return found


def _posted(request: HttpRequest) -> QueryDict | None:
    """What was posted, an empty form included."""
    return request.POST if request.method == "POST" else None


@requires("member.invite", fresh=True)
def invite(request: HttpRequest) -> HttpResponse:
    """Let someone in: the link is shown once, to hand over."""
    form = InvitationForm(request.territory, _posted(request))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            link = services.invite(
                request.territory,
                data["email"],
                data["name"],
                data["roles"],
                by=request.user,
                **form.service_arguments(),
            )
        except services.PeopleError as error:
            add_field_error(form, error)
        else:
            return _link(request, link, data["name"], data["email"])
    context = {"form": form, "separate": SEPARATE_LATER}
    return render(request, "tenancy/person_invite.html", context, status=422 if form.errors else 200)


@requires("member.invite", fresh=True)
@require_POST
def invite_again(request: HttpRequest, pk: int) -> HttpResponse:
    member = _member(request, pk)
    try:
        link = services.invite_again(request.territory, member.person, by=request.user)
    except services.PeopleError as error:
        messages.error(request, str(error))
        return redirect("person", request.territory.slug, pk)
    return _link(request, link, member.person.name, member.person.email, again=True)


def _link(request: HttpRequest, link: str, name: str, address: str, *, again: bool = False) -> HttpResponse:
    """The page that displays a link, once; it leaves by mail too, where mail may leave."""
    joins = "/rejoindre/" in link
    mailed = send_link(request.territory, address, link)
    context = {
        "link": link,
        "name": name,
        "again": again,
        "joins": joins,
        "mailed": mailed,
        "address": address,
    }
    return render(request, "tenancy/person_link.html", context)


@requires("member.read")
def person(request: HttpRequest, pk: int) -> HttpResponse:
    return _show(request, _member(request, pk), SuspensionForm())


def _show(request: HttpRequest, member: Member, form: SuspensionForm) -> HttpResponse:
    territory, here = request.territory, request.user
    granted, received = people_reading.delegations_of(territory, member.person)
    own = member.person.pk == here.pk
    may_change = may(here, "member.invite", territory) and not own
    context = {
        "member": member,
        "own": own,
        "granted": granted,
        "received": received,
        "left": resources.left_by(territory, member.person),
        "history": people_reading.history(territory, member.person),
        "may_change": may_change,
        "may_leave": may(here, "member.invite", territory) and bool(member.running),
        "may_link": may_change
        and member.state == "invited"
        and (bool(waiting(territory, member.person)) or may_be_linked(territory, member.person)),
        "may_delegate": may(here, "delegation.manage", territory)
        and not own
        and member.state in ("active", "invited")
        and may_receive_a_delegation(territory, member.person),
        "may_revoke": may(here, "delegation.manage", territory),
        "may_replace": may(here, "member.invite", territory) and bool(member.running),
        "may_suspend": may(here, "person.suspend", territory) and not own and bool(member.running),
        "may_end_sessions": may(here, "session.end", territory) and not own and not member.waiting,
        "form": form,
        "now": timezone.now(),
    }
    return render(request, "tenancy/person.html", context, status=422 if form.errors else 200)


def _act(
    request: HttpRequest,
    pk: int,
    make: Callable[[Member], Any],
    act: Callable[[Member, Any], str | HttpResponse],
    template: str,
) -> HttpResponse:
    """A page with one form about one person: show it, do the act, go back to the person with what happened."""
    member = _member(request, pk)
    form = make(member)
    if request.method == "POST" and form.is_valid():
        try:
            done = act(member, form)
        except services.PeopleError as error:
            add_field_error(form, error)
        else:
            if isinstance(done, HttpResponse):
                return done
            messages.success(request, done)
            return redirect("person", request.territory.slug, pk)
    context = {"member": member, "form": form}
    return render(request, template, context, status=422 if form.errors else 200)


@requires("member.invite", fresh=True)
def give_roles(request: HttpRequest, pk: int) -> HttpResponse:
    """More roles for somebody who is here, or was."""

    def give(member: Member, form: RolesForm) -> str | HttpResponse:
        services.admit(
            request.territory,
            member.person.email,
            member.person.name,
            form.cleaned_data["roles"],
            by=request.user,
            **form.service_arguments(),
        )
        if waiting(request.territory, member.person):
            link = first_link(request.territory, member.person, by=request.user)
            return _link(request, link, member.person.name, member.person.email)
        return f"Les rôles de {member.person} sont à jour. C'est inscrit au registre."

    return _act(
        request,
        pk,
        lambda member: RolesForm(request.territory, _posted(request)),
        give,
        "tenancy/person_roles.html",
    )


def _membership(request: HttpRequest, pk: int, membership: int) -> Membership:
    rows = Membership.objects.of(request.territory).select_related("territory", "delegation")
    return get_object_or_404(rows, pk=membership, person=pk)


@requires("member.invite", fresh=True)
def change_term(request: HttpRequest, pk: int, membership: int) -> HttpResponse:
    """Other dates for one role."""
    row = _membership(request, pk, membership)

    def change(member: Member, form: TermForm) -> str:
        services.change_term(row, form.term(), by=request.user)
        return f"Les dates du rôle « {ROLES.get(row.role, row.role)} » de {member.person} sont changées."

    return _act(
        request, pk, lambda member: TermForm(row, _posted(request)), change, "tenancy/person_term.html"
    )


@requires("member.invite", fresh=True)
@require_POST
def end_role(request: HttpRequest, pk: int, membership: int) -> HttpResponse:
    """Take one role back; giving it again is one page away."""
    row = _membership(request, pk, membership)
    return _done(
        request,
        pk,
        lambda: services.end(row, by=request.user),
        f"Le rôle « {ROLES.get(row.role, row.role)} » est retiré. Pour le rendre : « Donner un rôle ».",
    )


def _done(request: HttpRequest, pk: int, act: Callable[[], None], done: str) -> HttpResponse:
    try:
        act()
    except services.PeopleError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect("person", request.territory.slug, pk)


@requires("delegation.manage", fresh=True)
def delegate(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down a delegation that this person receives."""

    def give(member: Member, form: DelegationForm) -> str:
        legal_act = form.legal_act()
        if legal_act is None:
            raise services.PeopleError("Donnez la référence et la date de l'arrêté.", "legal_act_reference")
        services.delegate(
            request.territory,
            form.cleaned_data["delegator"],
            member.person,
            subject=form.cleaned_data["object"],
            legal_act=legal_act,
            term=form.term(),
            by=request.user,
        )
        return f"{form.cleaned_data['delegator']} délègue à {member.person}. C'est inscrit au registre."

    return _act(
        request,
        pk,
        lambda member: DelegationForm(request.territory, member.person, _posted(request)),
        give,
        "tenancy/person_delegate.html",
    )


@requires("delegation.manage", fresh=True)
@require_POST
def revoke(request: HttpRequest, pk: int, delegation: int) -> HttpResponse:
    _member(request, pk)
    rows = Delegation.objects.of(request.territory).select_related("territory", "delegate", "delegator")
    row = get_object_or_404(rows, pk=delegation)
    if pk not in (row.delegate_id, row.delegator_id):
        raise Http404
    return _done(
        request,
        pk,
        lambda: services.revoke(row, by=request.user),
        f"La délégation de {row.delegator} à {row.delegate} est révoquée : elle ne permet plus de décider.",
    )


@requires("member.invite", fresh=True)
def replace(request: HttpRequest, pk: int) -> HttpResponse:
    """Have somebody hold this person's roles between two days."""

    def lend(member: Member, form: ReplacementForm) -> str:
        term = form.term()
        if term.until is None:
            raise services.PeopleError("Un remplacement a une fin : indiquez son dernier jour.", "until")
        substitute = form.cleaned_data["substitute"]
        services.replace(
            request.territory,
            member.person,
            substitute,
            form.cleaned_data["roles"],
            term.since,
            term.until,
            by=request.user,
            legal_act=form.legal_act(),
        )
        return (
            f"{substitute} remplace {member.person} jusqu'au {form.cleaned_data['until']:%d/%m/%Y} compris."
        )

    return _act(
        request,
        pk,
        lambda member: ReplacementForm(request.territory, member.person, _posted(request)),
        lend,
        "tenancy/person_replace.html",
    )


@requires("person.suspend", fresh=True)
@require_POST
def suspend(request: HttpRequest, pk: int) -> HttpResponse:
    member, form = _member(request, pk), SuspensionForm(request.POST)
    if form.is_valid():
        try:
            services.suspend(
                request.territory, member.person, by=request.user, reason=form.cleaned_data["reason"]
            )
        except services.PeopleError as error:
            add_field_error(form, error)
        else:
            messages.success(request, f"Les accès de {member.person} ici sont suspendus dès maintenant.")
            return redirect("person", request.territory.slug, pk)
    return _show(request, member, form)


@requires("person.suspend", fresh=True)
@require_POST
def reactivate(request: HttpRequest, pk: int) -> HttpResponse:
    member = _member(request, pk)
    return _done(
        request,
        pk,
        lambda: services.reactivate(request.territory, member.person, by=request.user),
        f"Les accès de {member.person} sont rétablis, avec les mêmes rôles.",
    )


@requires("member.invite", fresh=True)
def depart(request: HttpRequest, pk: int) -> HttpResponse:
    """Leaving for good: what will be closed, what must be handed over, then the act."""
    member = _member(request, pk)
    if not member.running:
        return redirect("person", request.territory.slug, pk)
    form = DepartureForm(request.territory, member.person, _posted(request))
    posted = request.method == "POST"
    if posted and form.is_valid():
        try:
            left = services.depart(
                request.territory,
                member.person,
                by=request.user,
                successor=form.cleaned_data.get("successor"),
            )
        except services.PeopleError as error:
            add_field_error(form, error)
        else:
            more = f" À confier à quelqu'un d'autre : {len(left.left)}, ci-dessous." if left.left else ""
            messages.success(request, f"Tous les accès de {member.person} ici sont fermés.{more}")
            if request.user.pk == pk:
                return redirect("home")
            return redirect("person", request.territory.slug, pk)
    granted, received = people_reading.delegations_of(request.territory, member.person)
    context = {
        "member": member,
        "form": form,
        "delegations": [row for row in granted + received if row.revoked_at is None],
        "left": resources.left_by(request.territory, member.person),
    }
    return render(request, "tenancy/person_depart.html", context, status=422 if form.errors else 200)
