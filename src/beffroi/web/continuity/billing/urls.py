"""Addresses of billing statements."""

from django.urls import path

from beffroi.web.platform.acts.views import ActViews

from ..models import BillingStatement
from . import services, views

acts = ActViews(BillingStatement.objects.of, list_name="billing", row_name="billing-statement")

urlpatterns = [
    path("facturation/", views.statements_page, name="billing"),
    path("facturation/nouveau/<slug:service>/", views.new_page, name="billing-new"),
    path("facturation/modele/<slug:service>/<slug:part>.xlsx", views.template_file, name="billing-template"),
    path("facturation/<int:pk>/", views.statement_page, name="billing-statement"),
    path("facturation/<int:pk>/controler/", views.check, name="billing-check"),
    acts.button("facturation/<int:pk>/effacer/", services.erase),
    path("facturation/<int:pk>/fichier/<slug:form>/", views.statement_file, name="billing-file"),
]
