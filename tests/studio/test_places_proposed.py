"""A list of places is first shown as a map."""

import pytest
from canteens import MEALS, poured

from beffroi.web.studio.proposing import proposals

pytestmark = pytest.mark.django_db
COUNTERS = "Numéro;Libellé;Géolocalisation\n" + "".join(
    f'{100 + 7 * n};Compteur de la rue {chr(65 + n)};"47.2{n}16, -1.5{n}32"\n' for n in range(9)
)
STOPS = "stop_name;stop_lat;stop_lon\n" + "".join(f"Arrêt {chr(65 + n)};46.67{n};5.56{n}\n" for n in range(9))
NOT_PLACES = "Date;Longitude;Latitude;Mesure\n" + "".join(
    f"0{n}/01/2025;-1.5{n};47.2{n};{n}\n" for n in range(1, 9)
)


@pytest.mark.parametrize(("text", "place"), [(COUNTERS, {"place"}), (STOPS, {"x", "y"})])
def test_a_list_of_places_opens_as_a_map(town, agent, text, place):
    first = proposals.proposals(agent, poured(town, agent, text, "Lieux.csv").dataset)[0]
    assert first.view.title == "Lieux sur la carte"
    assert first.spec and len(first.spec["features"]) == 9 and first.spec["points"]
    draft = next(proposals._candidates(agent, poured(town, agent, text + "\n", "Autres.csv").dataset))
    assert place <= draft.encodings.keys()


@pytest.mark.parametrize("text", [MEALS, NOT_PLACES])
def test_what_is_no_list_of_places_is_not_a_map(town, agent, text):
    found = proposals.proposals(agent, poured(town, agent, text, "Mesures.csv").dataset)
    assert not any(one.spec and one.spec.get("points") for one in found)
