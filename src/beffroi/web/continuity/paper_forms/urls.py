"""Addresses of paper forms."""

from django.urls import path

from . import views

urlpatterns = [
    path("formulaires/", views.list_page, name="paper-forms"),
    path("formulaires/numeros/", views.ends_page, name="number-ends"),
    path(
        "formulaires/plages/<int:pk>/feuilles.pdf",
        views.range_page,
        {"extension": "pdf"},
        name="number-range-pdf",
    ),
    path(
        "formulaires/plages/<int:pk>/feuilles.html",
        views.range_page,
        {"extension": "html"},
        name="number-range-html",
    ),
    path("formulaires/<slug:key>/", views.form_page, name="paper-form"),
    path("formulaires/<slug:key>/modele/", views.preview_page, name="paper-form-preview"),
]
