"""Addresses of the studio room."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
