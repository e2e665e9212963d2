"""Addresses of exercises."""

from django.urls import path

from beffroi.web.guides.models import Response
from beffroi.web.platform.acts.views import ActViews

from . import debrief_views, views, without_platform_views
from .forms import PlayedFileForm
from .take_back import take_back

acts = ActViews(Response.objects.of, list_name="exercises")

urlpatterns = [
    path("exercices/", views.exercises_page, name="exercises"),
    acts.form(
        "exercices/reprendre/",
        take_back,
        "continuity/exercise_take_back.html",
        form=lambda territory, *sent: PlayedFileForm(*sent),
        name="exercise-take-back",
        then=lambda territory, taken: views.to("exercise-debrief", taken.run),
    ),
    path("exercices/<slug:key>/", views.scenario_page, name="exercise-scenario"),
    path("exercices/<slug:key>/<slug:document>.pdf", views.document_file, name="exercise-document"),
    path("exercices/<slug:key>/page.html", without_platform_views.page_file, name="exercise-page"),
    path("exercices/en-cours/<int:pk>/", views.facilitator_page, name="exercise"),
    path("exercices/en-cours/<int:pk>/acte/", views.act, name="exercise-act"),
    path("exercices/en-cours/<int:pk>/joueurs/", views.player_page, name="exercise-player"),
    path("exercices/en-cours/<int:pk>/observateur/", views.observer_page, name="exercise-observer"),
    path("exercices/en-cours/<int:pk>/bilan/", debrief_views.debrief_page, name="exercise-debrief"),
    path(
        "exercices/en-cours/<int:pk>/bilan/<slug:form>/", debrief_views.debrief_file, name="exercise-export"
    ),
]
