"""Addresses for machines, under no territory: the key says which one is theirs."""

from django.urls import path

from . import machine_views

urlpatterns = [
    path("inventaire", machine_views.inventory, name="machine-inventory"),
    path("signe", machine_views.sign_of_life, name="machine-sign"),
]
