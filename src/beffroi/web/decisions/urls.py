"""Addresses of the decisions room."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
