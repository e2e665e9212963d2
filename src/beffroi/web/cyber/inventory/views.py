"""Pages of the machines: the list, one of them, the keys by which they report."""

from datetime import timedelta
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from beffroi.web import public_address
from beffroi.web.platform.guards import requires
from beffroi.web.platform.models import Territory
from beffroi.web.platform.rights import may
from beffroi.web.ui.form_errors import add_field_error

from .. import home_state
from ..models import MachineKey, ReportedDevice, UnreadReport
from . import keys, listing, register_entries, services
from .errors import InventoryError
from .forms import AcknowledgeForm, ChangeForm, DeclareForm

A_PAGE = 100
Use = MachineKey.Use


def devices_page(
    request: HttpRequest, form: DeclareForm | None = None, issued: keys.Issued | None = None
) -> dict[str, Any]:
    """Every machine that reports, silent ones first."""
    territory = request.territory
    page = Paginator(listing.devices(territory), A_PAGE).get_page(request.GET.get("page"))
    may_act = may(request.user, "cyber.answer", territory)
    week_ago = timezone.localdate() - timedelta(days=7)
    return {
        "page": page,
        "lines": [listing.line(device) for device in page],
        "silent": home_state.silent_machines(territory).count(),
        "unfollowed": register_entries.unfollowed(territory).count(),
        "unread": UnreadReport.objects.of(territory).filter(day__gt=week_ago),
        "form": form or DeclareForm(),
        "may_act": may_act,
        "keys": MachineKey.objects.of(territory).filter(device=None).select_related("created_by")
        if may_act
        else [],
        **_issued(issued),
    }


def rows(territory: Territory) -> QuerySet[ReportedDevice]:
    """The machines of the pages."""
    found: QuerySet[ReportedDevice] = ReportedDevice.objects.of(territory)
    return found.select_related("acknowledged_by", "entry")


def _issued(issued: keys.Issued | None) -> dict[str, Any]:
    """A key that was just made, with what to type where: the only page that has its secret."""
    return {
        "issued": issued,
        "inventory_address": public_address.absolute(reverse("machine-inventory")),
        "sign_address": public_address.absolute(reverse("machine-sign")),
    }


@requires("cyber.answer", fresh=True)
@require_POST
@never_cache
def key_add(request: HttpRequest) -> HttpResponse:
    """A key for the agents of the territory, or for its collector of journals; its secret is in this answer only."""
    use = Use.COLLECTOR if request.POST.get("use") == Use.COLLECTOR else Use.INVENTORY
    issued = keys.create(request.territory, use, by=request.user)
    return render(request, "cyber/inventory.html", devices_page(request, issued=issued))


@requires("cyber.answer", fresh=True)
@require_POST
@never_cache
def declare(request: HttpRequest) -> HttpResponse:
    """Wait for the signs of life of a server or of a backup; its key is in this answer only."""
    form = DeclareForm(request.POST)
    issued = None
    if form.is_valid():
        try:
            issued = services.declare(request.territory, **form.cleaned_data, by=request.user)
            form = DeclareForm()
        except InventoryError as error:
            add_field_error(form, error)
    status = 422 if form.errors else 200
    return render(request, "cyber/inventory.html", devices_page(request, form, issued), status=status)


def device_page(
    request: HttpRequest,
    device: ReportedDevice,
    *,
    change: ChangeForm | None = None,
    acknowledge: AcknowledgeForm | None = None,
    issued: keys.Issued | None = None,
) -> dict[str, Any]:
    """One machine: what its agent said, why it is silent, what is expected of it."""
    may_act = may(request.user, "cyber.answer", request.territory)
    return {
        "device": device,
        "line": listing.line(device),
        "change": change or ChangeForm.of(device),
        "acknowledge": acknowledge or AcknowledgeForm(),
        "expected": listing.expectation(device),
        "may_act": may_act,
        "keys": device.keys.filter(revoked_at=None) if may_act else [],
        **_issued(issued),
    }


@requires("cyber.answer", fresh=True)
@require_POST
@never_cache
def device_key(request: HttpRequest, pk: int) -> HttpResponse:
    """A key with which this machine sends its signs of life; its secret is in this answer only."""
    device = get_object_or_404(rows(request.territory), pk=pk)
    issued = keys.create(request.territory, Use.HEARTBEAT, by=request.user, device=device)
    return render(request, "cyber/inventory_device.html", device_page(request, device, issued=issued))
