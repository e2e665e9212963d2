"""Addresses of destinations."""

from django.urls import path

from . import views

urlpatterns = [
    path("destinations/", views.list_page, name="destinations"),
    path("destinations/ajouter/", views.declare_page, name="destination-declare"),
    path("destinations/<int:pk>/", views.destination_page, name="destination"),
    path("destinations/<int:pk>/essayer/", views.try_page, name="destination-try"),
    path("destinations/<int:pk>/retirer/", views.withdraw_page, name="destination-withdraw"),
]
