"""Addresses of essential services."""

from django.urls import path

from . import views

urlpatterns = [
    path("consequences/", views.list_page, name="outages"),
    path("consequences/commencer/", views.begin_page, name="outages-begin"),
    path("consequences/<int:pk>/", views.service_page, name="outage-service"),
    path("consequences/<int:pk>/enregistrer/", views.save_page, name="outage-save"),
    path("consequences/<int:pk>/valider/", views.validate_page, name="outage-validate"),
    path("consequences/<int:pk>/recommencer/", views.again_page, name="outage-again"),
    path("consequences/grille/", views.grid_page, name="outage-grid"),
    *(
        path(f"consequences/grille.{form}", views.file_page, {"form": form}, name=f"outage-grid-{form}")
        for form in ("xlsx", "ods", "csv", "pdf")
    ),
]
