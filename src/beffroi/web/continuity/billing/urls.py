"""Addresses of billing statements."""

from django.urls import path

from . import views

urlpatterns = [
    path("facturation/", views.statements_page, name="billing"),
    path("facturation/nouveau/<slug:service>/", views.new_page, name="billing-new"),
    path("facturation/modele/<slug:service>/<slug:part>.xlsx", views.template_file, name="billing-template"),
    path("facturation/<int:pk>/", views.statement_page, name="billing-statement"),
    path("facturation/<int:pk>/controler/", views.check, name="billing-check"),
    path("facturation/<int:pk>/effacer/", views.erase, name="billing-erase"),
    path("facturation/<int:pk>/fichier/<slug:form>/", views.statement_file, name="billing-file"),
]
