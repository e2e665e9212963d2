"""Remakes the picture of each kind of chart in docs/graphiques.md: `make pictures`, or only those named.

In: nothing. An invented town is served by the real processes with invented collections of waste, one analysis a kind; out
come light PNG files in docs/pictures/, each drawn by the page's own island, and each saying « données simulées ».
"""

import json
import random
import sys
import tempfile
from pathlib import Path
from typing import Any

from beffroi.recipes.charts.kinds import DRAWN, MAPS
from support.load import come_in
from support.served import Instance, prepare

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs/pictures"
HEAVIEST = 60_000  # bytes
WIDTH = 860
SECTORS = {"Nord": 1.3, "Centre": 1.0, "Sud": 0.7}
_FILL = """
import json, sys
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
setup_django(Home(Path(sys.argv[1])))
from beffroi.web.catalogue import lifecycle as catalogue
from beffroi.web.studio import services
from beffroi.web.platform import scope
from beffroi.web.platform.models import Person, Territory
town, person = Territory.objects.get(slug=sys.argv[2]), Person.objects.get(email="steward0@example.org")
with scope.inside(town):
    delivery = catalogue.stage(catalogue.receive(town, person, "Collectes inventées.csv", [sys.argv[3].encode()]))
    (poured,) = catalogue.pour(delivery, person)
    for slug, definition in json.loads(sys.argv[4]).items():
        definition["sources"] = {"c": poured.dataset.slug}
        services.save_recipe(town, person, slug, definition, services.steering(town))
"""


def collected() -> str:
    """Two years of invented collections: the same each time."""
    chance = random.Random(5)
    lines = ["Date;Secteur;Commune;Habitants;Tonnes;Longitude;Latitude"]
    for month in range(24):
        for sector, size in SECTORS.items():
            for n in range(1, 7):
                people = int(900 * n * size)
                season = 1 + 0.15 * ((month % 12) in (5, 6, 7)) - 0.004 * month
                tonnes = people * 0.019 * season * chance.uniform(0.85, 1.15)
                day = f"15/{month % 12 + 1:02}/{2024 + month // 12}"
                place = f"{-1.7 + 0.09 * n + size / 30:.4f};{46.6 + size / 2 + n % 3 * 0.05:.4f}"
                lines.append(f"{day};{sector};{sector} {n};{people};{tonnes:.1f};{place}".replace(".", ","))
    return "\n".join(lines)


def _sum(column: str, name: str = "tonnes") -> dict[str, str]:
    return {"name": name, "operation": "sum", "column": column}


def _analysis(title: str, steps: list[dict[str, Any]], **figure: Any) -> dict[str, Any]:
    words = {"title": title, "unit": "tonnes", "base": "{lignes} collectes", "year": "{periode:date}"}
    labels = {
        "secteur": "Secteur",
        "mois": "Mois",
        "annee": "Année",
        "tonnes": "Tonnes",
        "habitants": "Habitants",
    }
    encodings = {"labels": labels, **figure.pop("encodings", {})}
    source = {"step": "source", "source": "c"}
    return {
        "title": title,
        "sources": {"c": "c"},
        "steps": [source, *steps],
        "figure": {**words, "source": "Collectes inventées", "encodings": encodings, **figure},
    }


def _by(*names: str) -> list[dict[str, Any]]:
    """Group by these columns, made if need be."""
    made = {"mois": "month", "annee": "year", "nom": "month_name"}
    derived = [
        {"step": "derive", "name": name, "operation": made[name], "column": "date"}
        for name in names
        if name in made
    ]
    return [*derived, {"step": "group", "by": list(names), "measures": [_sum("tonnes")]}]


def analyses() -> dict[str, dict[str, Any]]:
    """One analysis a picture, by the picture's name: its kind, with what makes it clear."""
    places = [
        {
            "step": "group",
            "by": ["commune", "secteur"],
            "measures": [_sum("tonnes"), {"name": "habitants", "operation": "max", "column": "habitants"}],
        }
    ]
    where = [
        {
            "step": "group",
            "by": ["commune"],
            "measures": [
                _sum("tonnes"),
                *(
                    {"name": name, "operation": "max", "column": name}
                    for name in ("longitude", "latitude", "habitants")
                ),
            ],
        }
    ]
    spread = [
        {"step": "derive", "name": "mois", "operation": "month", "column": "date"},
        {
            "step": "group",
            "by": ["mois"],
            "measures": [
                {"name": n, "operation": o, "column": "tonnes"}
                for n, o in (("moyenne", "mean"), ("minimum", "min"), ("maximum", "max"))
            ],
        },
    ]
    sort = {"step": "sort", "by": [{"column": "mois"}]}
    xy = {"x": "mois", "y": "tonnes", "series": "secteur"}
    return {
        "number": _analysis(
            "Tonnes collectées, dernier mois", _by("mois"), kind="number",
            encodings={"x": "mois", "value": "tonnes"}, comparison={"to": "year", "better": "down"},
        ),
        "bar": _analysis(
            "Tonnes collectées par secteur", _by("secteur"), kind="bar", encodings={"x": "secteur", "y": "tonnes"},
            look={"sort": "largest", "values": True, "decimals": 0, "reference": {"value": 10000, "name": "Objectif"}},
        ),
        "bar-stacked": _analysis(
            "Ce que collecte chaque secteur, par an", _by("annee", "secteur"), kind="bar",
            encodings={**xy, "x": "annee"}, look={"series": "share"},
        ),
        "line": _analysis("Tonnes collectées chaque mois", [*_by("mois", "secteur"), sort], kind="line", encodings=xy),
        "area": _analysis(
            "Le total de chaque mois, et ses secteurs", [*_by("mois", "secteur"), sort], kind="area", encodings=xy
        ),
        "scatter": _analysis(
            "Tonnes et habitants, commune par commune", places, kind="scatter",
            encodings={"x": "habitants", "y": "tonnes", "series": "secteur", "name": "commune"},
        ),
        "histogram": _analysis(
            "Comment se répartissent les collectes", [], kind="histogram", encodings={"x": "tonnes"}
        ),
        "heat": _analysis(
            "Les mois de chaque secteur", _by("nom", "secteur"), kind="heat",
            encodings={**xy, "x": "nom", "labels": {"nom": "Mois", "secteur": "Secteur", "tonnes": "Tonnes"}},
            look={"decimals": 0},
        ),
        "range": _analysis(
            "De la plus petite à la plus grande collecte", [*spread, sort], kind="range",
            encodings={"x": "mois", "y": "moyenne", "low": "minimum", "high": "maximum"},
        ),
        "points": _analysis(
            "Tonnes collectées, là où elles le sont", where, kind="points",
            encodings={"x": "longitude", "y": "latitude", "name": "commune", "size": "tonnes"}, look={"decimals": 0},
        ),
        "table": _analysis("Tonnes par secteur et par an", _by("annee", "secteur"), kind="table"),
    }  # fmt: skip


def main() -> int:
    import browser

    with tempfile.TemporaryDirectory(prefix="beffroi-charts-") as folder, browser.launch() as chromium:
        instance = prepare(Path(folder) / "home", towns=1)
        instance.run(_FILL, instance.towns[0], collected(), json.dumps(analyses()))
        instance.start()
        try:
            context = chromium.new_context(
                viewport={"width": WIDTH, "height": 900}, locale="fr-FR", timezone_id="Europe/Paris"
            )
            context.add_cookies(come_in(instance.link("steward0@example.org")).for_browser())
            page = context.new_page()
            wanted = sys.argv[1:] or list(analyses())
            for name, definition in analyses().items():
                if name not in wanted:
                    continue
                sys.stderr.write(f"{take(page, instance, name, definition['figure']['kind'])}\n")
        finally:
            instance.stop()
    return 0


def take(page: Any, instance: Instance, name: str, kind: str) -> str:
    """One picture: the frame of the figure, without what one does with it."""
    page.goto(f"{instance.url}/t/{instance.towns[0]}/analyses/recettes/{name}/", wait_until="networkidle")
    if kind in DRAWN:
        page.wait_for_selector('[data-island="chart"][data-awake="yes"] svg')
    if kind in MAPS:
        page.wait_for_selector(".island-view.map[data-idle=yes]")
    assert "données simulées" in page.locator("figure.figure").inner_text()
    page.evaluate(
        "document.querySelectorAll('.figure .actions, .figure details').forEach((e) => { e.hidden = true; })"
    )
    target = PICTURES / f"graphique-{name}.png"
    page.locator("figure.figure").screenshot(path=target)
    size = target.stat().st_size
    if size > HEAVIEST:
        raise SystemExit(f"{target.name} weighs {size} bytes: make its analysis plainer")
    return f"{target.name}: {size // 1000} kB"


if __name__ == "__main__":
    sys.exit(main())
