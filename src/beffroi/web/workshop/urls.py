"""Addresses of the workshop room."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
