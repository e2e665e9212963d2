"""Addresses of the guides."""

from django.urls import URLPattern

from .pages import evidence, plans, registers

urlpatterns: list[URLPattern] = [*registers.urlpatterns, *plans.urlpatterns, *evidence.urlpatterns]
