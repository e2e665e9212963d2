"""Addresses of the cyber room."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
