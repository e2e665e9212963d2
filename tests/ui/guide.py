"""The addresses of the components' guide: a page that shows every component, and what its islands ask for.

In: nothing. Out: pages for the tests of this folder; the guide reads no database.
"""

import datetime
import itertools
from types import SimpleNamespace
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import include, path

from beffroi.web.ui.navigation import PLACES, NavItem

MONTHS = [{"mois": f"2026-{n:02d}", "repas": 18000 + (n * 7919) % 6000} for n in range(1, 11)]
SERIES = {
    "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
    "width": "container",
    "height": 220,
    "autosize": {"type": "fit", "contains": "padding"},
    "data": {"values": [row | {"menu": menu} for row in MONTHS for menu in ("classique", "végétarien")]},
    "mark": {"type": "bar", "color": "#000001", "cornerRadiusEnd": 2},
    "encoding": {
        "x": {"field": "mois", "type": "nominal", "title": "Mois"},
        "y": {"field": "repas", "type": "quantitative", "title": "Repas"},
        "xOffset": {"field": "menu"},
        "color": {
            "field": "menu",
            "type": "nominal",
            "scale": {"range": ["#000001", "#000002"]},
            "legend": {"orient": "bottom"},
        },
    },
    "config": {
        "locale": {"number": {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["$", ""]}}
    },
}
CHART = {
    "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
    "data": {"values": MONTHS},
    "mark": {"type": "bar", "tooltip": True},
    "height": 240,
    "encoding": {
        "x": {"field": "mois", "type": "temporal", "timeUnit": "yearmonth", "title": "Mois"},
        "y": {"field": "repas", "type": "quantitative", "title": "Repas servis", "axis": {"format": ",d"}},
    },
}


def square(name: str, value: float | None, rank: int, west: float, south: float) -> dict[str, Any]:
    ring = [
        (west, south),
        (west + 0.05, south),
        (west + 0.06, south + 0.05),
        (west, south + 0.04),
        (west, south),
    ]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {
        "type": "Feature",
        "geometry": geometry,
        "properties": {"name": name, "value": value, "class": rank},
    }


AREAS = {
    "type": "FeatureCollection",
    "beffroi": {"unit": "repas", "title": "Repas pour 100 habitants"},
    "legend": [
        {"tone": tone, "words": words, "places": 1}
        for tone, words in (
            (0.0, "12,5 repas"),
            (0.5, "22,1 repas"),
            (1.0, "31 repas"),
            (None, "non renseigné"),
        )
    ],
    "features": [
        square("Centre", 12.5, 0, 3.05, 50.6),
        square("Gare", 31, 2, 3.11, 50.6),
        square("Prairies", 22.1, 1, 3.05, 50.645),
        square("Le Port", None, 3, 3.11, 50.65),
    ],
}
POINTS = {
    "type": "FeatureCollection",
    "beffroi": {"value": "repas", "label": "cantine", "unit": "repas"},
    "features": [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [3.05 + n / 40, 50.6 + (n % 3) / 50]},
            "properties": {"cantine": f"Cantine {n}", "repas": 60 * n},
        }
        for n in range(1, 7)
    ],
}


class SourceForm(forms.Form):
    name = forms.CharField(
        label="Nom du jeu", help_text="Comme vos collègues le nomment : « Repas de cantine »."
    )
    mail = forms.EmailField(label="Adresse du producteur")
    day = forms.DateField(
        label="Premier jour",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    kind = forms.ChoiceField(
        label="Que faire du prochain fichier ?",
        choices=[("replace", "Remplacer les lignes"), ("append", "Ajouter à la suite")],
        widget=forms.RadioSelect,
    )
    note = forms.CharField(label="Remarque", required=False, widget=forms.Textarea(attrs={"rows": 3}))
    theme = forms.ChoiceField(label="Thème", choices=[("", "Choisir…"), ("e", "Éducation")])
    file = forms.FileField(label="Fichier", help_text="CSV, Excel ou zip, jusqu'à 2 Go.")
    agree = forms.BooleanField(label="Ce fichier ne contient pas de donnée personnelle")


class PersonStandIn:
    email = "awa.diallo@exemple.invalid"

    def __str__(self) -> str:
        return "Awa Diallo"


def guide(request: HttpRequest) -> HttpResponse:
    form = SourceForm({"mail": "pas-une-adresse"} if "erreurs" in request.GET else None)
    names = [
        "Repas de cantine",
        "Subventions aux associations",
        "Arbres remarquables",
        "Délibérations du conseil",
    ]
    sets = [
        {
            "id": n,
            "name": names[n % 4],
            "producer": "Service de l'éducation",
            "rows": n * 977,
            "day": "2026-11-20",
        }
        for n in range(1, 60)
    ]
    if "message" in request.GET:
        messages.success(request, "La livraison est enregistrée.")
    context = {
        "territory": SimpleNamespace(
            name="Sainte-Aubane-sur-Lys", slug="aubane", is_fictional=True, contact=""
        ),
        "person": PersonStandIn(),
        "nav": [NavItem(p, label, f"/{p}", p == "donnees") for p, label in PLACES.items()],
        "form": form,
        "months": MONTHS,
        "page": Paginator(sets, 6).get_page(request.GET.get("page")),
        "moment": datetime.datetime(2026, 11, 20, 9, 5, tzinfo=datetime.UTC),
    }
    return render(request, "guide.html", context)


def bare(request: HttpRequest, name: str) -> HttpResponse:
    """One of the house's own pages, without a view of a room."""
    return render(request, name)


_requests = itertools.count()


def progress(request: HttpRequest) -> JsonResponse:
    """Done at the third question."""
    n = next(_requests) % 3
    done = n == 2
    location = "/arrived" if "follow" in request.GET and done else None
    return JsonResponse(
        {"percent": 40 + 30 * n, "message": f"Étape {n + 1} sur 3", "done": done, "location": location}
    )


urlpatterns = [
    path("guide", guide),
    path("t/<slug:slug>/place/", bare, {"name": "circles.html"}, name="guide_place"),
    path("tables", bare, {"name": "tables.html"}),
    path("waiting", bare, {"name": "waiting.html"}),
    path("circles", bare, {"name": "circles.html"}),
    path("arrived", bare, {"name": "404.html"}),
    path("page/<str:name>", bare),
    path("chart.json", lambda request: JsonResponse(CHART)),
    path("series.json", lambda request: JsonResponse(SERIES)),
    path("map.json", lambda request: JsonResponse(AREAS)),
    path("points.json", lambda request: JsonResponse(POINTS)),
    path("progress.json", progress),
    path("home", bare, {"name": "circles.html"}, name="home"),
    path("compte/", include("allauth.urls")),
]
