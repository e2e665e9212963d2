"""Addresses of the cyber room."""

from django.urls import include, path

from . import script_views, views
from .incidents import call_views
from .incidents import views as incidents

urlpatterns = [
    path("", views.home_page, name="cyber"),
    path("partage/", views.share_page, name="cyber-share"),
    path("partage/choisir/", views.set_share, name="cyber-share-set"),
    path("messagerie/", include("beffroi.web.cyber.mail.urls")),
    path("postes/", include("beffroi.web.cyber.inventory.urls")),
    path("sites/", include("beffroi.web.cyber.sites.urls")),
    *script_views.urlpatterns,
    *incidents.urlpatterns,
    *call_views.urlpatterns,
]
