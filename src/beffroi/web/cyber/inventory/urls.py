"""Addresses of machines inside a territory; those of the machines themselves are in `machine_urls`."""

from django.urls import path, reverse

from beffroi.web.platform.acts.views import ActViews

from ..models import MachineKey
from . import keys, services, views
from .forms import AcknowledgeForm, ChangeForm

acts = ActViews(views.rows, list_name="devices", row_name="device")
machine_keys = ActViews(MachineKey.objects.of, list_name="devices")


def _key_page(key: MachineKey, _: MachineKey | None) -> str:
    slug = key.territory.slug
    return reverse("device", args=[slug, key.device_id]) if key.device_id else reverse("devices", args=[slug])


urlpatterns = [
    acts.list("", views.devices_page, "cyber/inventory.html", right="cyber.read"),
    path("cle/", views.key_add, name="machine-key-add"),
    machine_keys.button("cle/<int:pk>/revoquer/", keys.revoke, name="machine-key-revoke", then=_key_page),
    path("attendre/", views.declare, name="device-declare"),
    acts.row("<int:pk>/", views.device_page, "cyber/inventory_device.html", right="cyber.read"),
    acts.form("<int:pk>/changer/", services.change, form=ChangeForm.of, displayed_as="change"),
    acts.form(
        "<int:pk>/prendre-en-charge/",
        services.acknowledge,
        form=lambda device, *sent: AcknowledgeForm(*sent),
        displayed_as="acknowledge",
    ),
    path("<int:pk>/cle/", views.device_key, name="device-key"),
    acts.button("<int:pk>/retirer/", services.remove, then="devices"),
]
