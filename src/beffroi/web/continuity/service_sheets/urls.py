"""Addresses of service sheets."""

from django.urls import path

from . import views

urlpatterns = [
    path("fiches/", views.list_page, name="sheets"),
    path("fiches/mon-service/", views.own_page, name="own-service"),
    path("fiches/ajouter/", views.add_page, name="sheet-add"),
    path("fiches/<int:pk>/", views.sheet_page, name="sheet"),
    path("fiches/<int:pk>/modifier/", views.edit_page, name="sheet-edit"),
    path("fiches/<int:pk>/approuver/", views.approve_page, name="sheet-approve"),
    path("fiches/<int:pk>/essai/", views.trial_page, name="sheet-trial"),
    path("fiches/<int:pk>/fiche.pdf", views.paper_page, name="sheet-pdf"),
]
