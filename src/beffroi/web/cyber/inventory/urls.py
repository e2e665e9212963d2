"""Addresses of machines inside a territory; those of the machines themselves are in `machine_urls`."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.devices_page, name="devices"),
    path("cle/", views.key_add, name="machine-key-add"),
    path("cle/<int:pk>/revoquer/", views.key_revoke, name="machine-key-revoke"),
    path("attendre/", views.declare, name="device-declare"),
    path("<int:pk>/", views.device_page, name="device"),
    path("<int:pk>/changer/", views.device_change, name="device-change"),
    path("<int:pk>/prendre-en-charge/", views.device_acknowledge, name="device-acknowledge"),
    path("<int:pk>/cle/", views.device_key, name="device-key"),
    path("<int:pk>/retirer/", views.device_remove, name="device-remove"),
]
