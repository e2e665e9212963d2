"""Addresses of the trust room."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
