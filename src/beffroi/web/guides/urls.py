"""Addresses of the guides."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
