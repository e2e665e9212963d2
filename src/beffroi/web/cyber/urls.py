"""Addresses of the cyber room."""

from django.urls import URLPattern, path

from .inventory import views as inventory

urlpatterns: list[URLPattern] = [
    path("postes/", inventory.devices_page, name="devices"),
    path("postes/cle/", inventory.key_add, name="machine-key-add"),
    path("postes/cle/<int:pk>/revoquer/", inventory.key_revoke, name="machine-key-revoke"),
    path("postes/attendre/", inventory.declare, name="device-declare"),
    path("postes/<int:pk>/", inventory.device_page, name="device"),
    path("postes/<int:pk>/changer/", inventory.device_change, name="device-change"),
    path("postes/<int:pk>/prendre-en-charge/", inventory.device_acknowledge, name="device-acknowledge"),
    path("postes/<int:pk>/cle/", inventory.device_key, name="device-key"),
    path("postes/<int:pk>/retirer/", inventory.device_remove, name="device-remove"),
]
