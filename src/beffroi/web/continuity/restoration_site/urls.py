"""Addresses of the restoration page."""

from django.urls import path

from . import publication_views, stick_views, views

_BASE = "page-des-habitants/"
_DRILL = f"{_BASE}exercice/"
_EXERCISE = {"exercise": True}
urlpatterns = [
    path(_BASE, views.home_page, name="restoration"),
    path(f"{_BASE}reglages/", views.settings_page, name="restoration-settings"),
    path(f"{_BASE}noms/", views.names_page, name="restoration-names"),
    path(f"{_BASE}services/<slug:key>/", views.service_page, name="restoration-service"),
    path(f"{_BASE}services/<slug:key>/choisir/", views.choose_page, name="restoration-choose"),
    path(f"{_BASE}annonces/<int:pk>/ecarter/", views.discard_page, name="restoration-discard"),
    path(f"{_BASE}publier/", publication_views.publish_page, name="restoration-publish"),
    path(f"{_BASE}apercu/<str:name>", views.preview_page, name="restoration-preview"),
    path(f"{_BASE}publications/", publication_views.history_page, name="restoration-history"),
    path(f"{_BASE}publications/<int:pk>/envoyer/", publication_views.send_page, name="restoration-send"),
    path(f"{_BASE}publications/<int:pk>/page.zip", publication_views.zip_page, name="restoration-zip"),
    path(f"{_BASE}reprendre/", stick_views.import_page, name="restoration-import"),
    path(f"{_BASE}publications/cle/<int:pk>/", stick_views.outside_page, name="restoration-outside"),
    path(
        f"{_BASE}publications/cle/<int:pk>/page.zip",
        stick_views.outside_zip_page,
        name="restoration-outside-zip",
    ),
    path(f"{_BASE}cle/", publication_views.key_page, name="restoration-key"),
    path(f"{_BASE}cle/remplacer/", publication_views.renew_key_page, name="restoration-renew-key"),
    path(_DRILL, views.home_page, _EXERCISE, name="restoration-exercise"),
    path(f"{_DRILL}reglages/", views.settings_page, _EXERCISE, name="restoration-exercise-settings"),
    path(f"{_DRILL}services/<slug:key>/", views.service_page, _EXERCISE, name="restoration-exercise-service"),
    path(
        f"{_DRILL}services/<slug:key>/choisir/",
        views.choose_page,
        _EXERCISE,
        name="restoration-exercise-choose",
    ),
    path(f"{_DRILL}publier/", publication_views.publish_page, _EXERCISE, name="restoration-exercise-publish"),
    path(f"{_DRILL}apercu/<str:name>", views.preview_page, _EXERCISE, name="restoration-exercise-preview"),
]
