"""Addresses of the offline kit."""

from django.urls import path

from . import views

urlpatterns = [
    path("kit/", views.kit_page, name="kit"),
    path("kit/fabriquer/", views.build_page, name="kit-build"),
    path("kit/kit.zip", views.download_page, name="kit-zip"),
    path("kit/ouvert/", views.opened_page, name="kit-opened"),
    path("kit/phrase/", views.phrase_page, name="kit-phrase"),
    path("kit/listes/<int:pk>/ajouter/", views.add_list_page, name="kit-list-add"),
    path("kit/listes/<int:pk>/retirer/", views.remove_list_page, name="kit-list-remove"),
]
