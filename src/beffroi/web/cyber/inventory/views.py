"""Pages of the machines: the list, one of them, the keys by which they report."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from beffroi.web import public_address
from beffroi.web.platform.guards import requires
from beffroi.web.platform.rights import may
from beffroi.web.ui.form_errors import add_field_error

from .. import home_state
from ..models import MachineKey, ReportedDevice, UnreadReport
from . import keys, listing, register_entries, services
from .errors import InventoryError
from .forms import AcknowledgeForm, ChangeForm, DeclareForm

A_PAGE = 100
Use = MachineKey.Use


@requires("cyber.read")
def devices_page(request: HttpRequest) -> HttpResponse:
    """Every machine that reports, silent ones first."""
    return _list(request, DeclareForm())


def _list(request: HttpRequest, form: DeclareForm, issued: keys.Issued | None = None) -> HttpResponse:
    territory = request.territory
    page = Paginator(listing.devices(territory), A_PAGE).get_page(request.GET.get("page"))
    may_act = may(request.user, "cyber.answer", territory)
    week_ago = timezone.localdate() - timedelta(days=7)
    context = {
        "page": page,
        "lines": [listing.line(device) for device in page],
        "silent": home_state.silent_machines(territory).count(),
        "unfollowed": register_entries.unfollowed(territory).count(),
        "unread": UnreadReport.objects.of(territory).filter(day__gt=week_ago),
        "form": form,
        "may_act": may_act,
        "keys": MachineKey.objects.of(territory).filter(device=None).select_related("created_by")
        if may_act
        else [],
        **_issued(issued),
    }
    return render(request, "cyber/inventory.html", context, status=422 if form.errors else 200)


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
    return _list(request, DeclareForm(), issued)


@requires("cyber.answer", fresh=True)
@require_POST
def key_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    key = get_object_or_404(MachineKey.objects.of(request.territory), pk=pk)
    keys.revoke(key, by=request.user)
    messages.success(request, "La clé est révoquée : les machines qui l'ont ne peuvent plus rien envoyer.")
    if key.device_id is not None:
        return redirect("device", request.territory.slug, key.device_id)
    return redirect("devices", request.territory.slug)


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
    return _list(request, form, issued)


@requires("cyber.read")
def device_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One machine: what its agent said, why it is silent, what is expected of it."""
    device = _device(request, pk)
    return _one(request, device)


def _device(request: HttpRequest, pk: int) -> ReportedDevice:
    devices = ReportedDevice.objects.of(request.territory).select_related("acknowledged_by", "entry")
    found: ReportedDevice = get_object_or_404(devices, pk=pk)
    return found


def _one(
    request: HttpRequest,
    device: ReportedDevice,
    *,
    change: ChangeForm | None = None,
    acknowledge: AcknowledgeForm | None = None,
    issued: keys.Issued | None = None,
) -> HttpResponse:
    may_act = may(request.user, "cyber.answer", request.territory)
    forms_ = change or ChangeForm.of(device), acknowledge or AcknowledgeForm()
    context = {
        "device": device,
        "line": listing.line(device),
        "change": forms_[0],
        "acknowledge": forms_[1],
        "expected": listing.expectation(device),
        "may_act": may_act,
        "keys": device.keys.filter(revoked_at=None) if may_act else [],
        **_issued(issued),
    }
    failed = any(form.errors for form in forms_)
    return render(request, "cyber/inventory_device.html", context, status=422 if failed else 200)


@requires("cyber.answer")
@require_POST
def device_change(request: HttpRequest, pk: int) -> HttpResponse:
    device = _device(request, pk)
    form = ChangeForm.of(device, request.POST)
    if _done(form, lambda typed: services.change(device, **typed, by=request.user)):
        messages.success(request, f"C'est noté pour « {device} ».")
        return redirect("device", request.territory.slug, pk)
    return _one(request, device, change=form)


@requires("cyber.answer")
@require_POST
def device_acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    device = _device(request, pk)
    form = AcknowledgeForm(request.POST)
    if _done(form, lambda typed: services.acknowledge(device, **typed, by=request.user)):
        messages.success(
            request, f"Vous prenez en charge le silence de « {device} ». Il se ferme seul à son retour."
        )
        return redirect("device", request.territory.slug, pk)
    return _one(request, device, acknowledge=form)


@requires("cyber.answer", fresh=True)
@require_POST
@never_cache
def device_key(request: HttpRequest, pk: int) -> HttpResponse:
    """A key with which this machine sends its signs of life; its secret is in this answer only."""
    device = _device(request, pk)
    issued = keys.create(request.territory, Use.HEARTBEAT, by=request.user, device=device)
    return _one(request, device, issued=issued)


@requires("cyber.answer")
@require_POST
def device_remove(request: HttpRequest, pk: int) -> HttpResponse:
    device = _device(request, pk)
    services.remove(device, by=request.user)
    messages.success(
        request, f"« {device} » n'est plus dans la liste. Si son agent tourne encore, elle y reviendra."
    )
    return redirect("devices", request.territory.slug)


def _done(form: forms.Form, act: Any) -> bool:
    """Whether what was typed was valid and the service took it; its refusal is shown in the form."""
    if not form.is_valid():
        return False
    try:
        act(form.cleaned_data)
    except InventoryError as error:
        add_field_error(form, error)
        return False
    return True
