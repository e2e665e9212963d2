"""Small real files for the studio's tests, their way into the lake, and recipes to ask of them."""

import re
from typing import Any

import places
from beffroi.web.catalogue import lifecycle as catalogue
from beffroi.web.catalogue.models import Dataset, Snapshot
from beffroi.web.catalogue.planning.drift_review import changes_against
from beffroi.web.platform.models import Person, Territory
from beffroi.web.studio import services
from beffroi.web.studio.models import StoredRecipe
from replay import replayed

MEALS = """Site;Date;Prévision;Réel
LES SAULES;06/01/2025;120;110
LES SAULES;07/01/2025;120;116
LE BAC;06/01/2025;70;60
LE BAC;07/01/2025;66;60
LE BAC;03/02/2025;64;62
LE MOULIN;06/01/2026;50;40
LE MOULIN;07/01/2026;50;50
LA FORGE;06/01/2026;30;28
"""
MORE_MEALS = MEALS + "LE BAC;08/01/2026;64;60\n"
# The same, where somebody wrote words in a column of counts: it can no longer be added up.
IN_WORDS = re.sub(r";(\d+)$", r";\1 couverts", MEALS, flags=re.MULTILINE)
SCHOOLS = """Site de cantine;Secteur;Élèves
LES SAULES;Nord;150
LE BAC;Nord;80
LE MOULIN;Sud;60
LE GRAND PRÉ;Sud;90
LA SOURCE;Sud;70
LA FORGE;Sud;40
"""
FAMILIES = """Nom;Prénom;Courriel;Quotient
Martin;Léa;lea.martin@example.org;812
Bernard;Hugo;hugo.bernard@example.org;640
Petit;Inès;ines.petit@example.org;1204
"""


def poured(territory: Territory, person: Person, text: str, name: str = "Cantines.csv") -> Snapshot:
    """The file goes all the way, as proposed."""
    return places.poured(territory, person, name, text)


@replayed
def replaced(dataset: Dataset, person: Person, text: str, name: str = "Cantines bis.csv") -> Snapshot:
    """The file takes the place of what the dataset held; the changes of its columns are accepted."""
    delivery = catalogue.stage(catalogue.receive(dataset.territory, person, name, [text.encode()]))
    (plan,) = catalogue.load_plans(delivery)
    answers = {change.key: change.choices[0] for change in changes_against(dataset, plan) if change.choices}
    choice = catalogue.Choice(0, dataset.slug, "", "replace", answers=answers)
    (snapshot,) = catalogue.pour(delivery, person, [choice])
    return snapshot


def served_by_site(dataset: Dataset, **figure: Any) -> dict[str, Any]:
    """Meals served by site, as a definition."""
    return {
        "title": "Repas servis par site",
        "sources": {"cantine": dataset.slug},
        "steps": [
            {"step": "source", "source": "cantine"},
            {"step": "filter", "conditions": [{"column": "reel", "op": "present"}]},
            {
                "step": "group",
                "by": ["site"],
                "measures": [{"name": "servis", "operation": "sum", "column": "reel"}],
            },
            {"step": "sort", "by": [{"column": "servis", "descending": True}]},
        ],
        "figure": {
            "kind": "bar",
            "title": "Repas servis par site",
            "unit": "repas",
            "base": "{lignes} lignes",
            "year": "{periode:date}",
            "source": "Cantines",
            "encodings": {"x": "site", "y": "servis", "labels": {"site": "Site", "servis": "Repas servis"}},
            **figure,
        },
    }


def saved(
    territory: Territory, person: Person, definition: dict[str, Any], slug: str = "repas"
) -> StoredRecipe:
    return services.save_recipe(territory, person, slug, definition, services.steering(territory))


def published(dataset: Dataset, steward: Person) -> Dataset:
    catalogue.edit_card(
        dataset, steward, licence="Licence Ouverte 2.0", producer="Ville de Valbruyère", owner=steward
    )
    return catalogue.publish(dataset, steward)
