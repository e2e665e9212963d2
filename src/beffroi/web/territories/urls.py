"""Addresses of the territories room."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
