"""Addresses of the cyber room."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("sites/", include("beffroi.web.cyber.sites.urls")),
]
