"""Addresses of the cyber room."""

from django.urls import path

from . import views
from .incidents import call_views
from .incidents import views as incidents

urlpatterns = [
    path("", views.home_page, name="cyber"),
    path("partage/", views.share_page, name="cyber-share"),
    path("partage/choisir/", views.set_share, name="cyber-share-set"),
    *incidents.urlpatterns,
    *call_views.urlpatterns,
]
