"""Addresses of the studio room."""

from django.urls import URLPattern, path

urlpatterns: list[URLPattern] = []
