"""Rows corrected on a page: a delivery with its reason, refused when the row changed meanwhile, overwritten by a later file and told."""

import re
from datetime import datetime

import pytest
from deliveries import in_sight, poured, staged
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from source_helpers import again, owed

from beffroi.lake.store import Lake
from beffroi.web.catalogue import lifecycle, row_queries
from beffroi.web.catalogue.errors import CatalogueError
from beffroi.web.catalogue.grants import consultation
from beffroi.web.catalogue.lifecycle import Choice
from beffroi.web.catalogue.models import Snapshot
from beffroi.web.catalogue.row_forms import RowForm
from beffroi.web.catalogue.row_queries import RowPlace
from beffroi.web.platform import ledger
from places import a_person, strongly

pytestmark = pytest.mark.django_db

LAMPS = """Code point;SIRET;Rue;Puissance;Prix;Posé le;Allumé
P01;21440109300015;Des Lilas;50;12,50;03/02/2025;oui
P02;21440109300015;Du Port;70;13,25;04/02/2025;non
P03;21440109300015;Haute;50;;05/02/2025;oui
P04;21440109300015;Basse;50;10,00;06/02/2025;oui
"""


@pytest.fixture
def lamps(town, agent):
    poured(town, agent, "Points lumineux.csv", LAMPS)
    delivery = staged(
        town, agent, "Points lumineux 2.csv", LAMPS + "P05;21440109300015;Neuve;35;9,00;07/02/2025;oui\n"
    )
    (plan,) = lifecycle.load_plans(delivery)
    (snapshot,) = lifecycle.pour(
        delivery, agent, [Choice(0, plan.match.dataset, plan.match.title, "upsert", key=("code_point",))]
    )
    return snapshot.dataset


def rows(settings, dataset):
    """By code, the rows in force."""
    with Lake(settings.HOME.lake(dataset.territory.slug, dataset.lake_kind), read_only=True) as lake:
        names = ("code_point", "siret", "rue", "puissance", "prix", "pose_le", "allume")
        found = lake.query_rows(
            f"SELECT {', '.join(names)} FROM lake.main.{dataset.table} ORDER BY code_point"
        )
    return {row[0]: dict(zip(names, row, strict=True)) for row in found}


def current(dataset):
    return dataset.snapshots.filter(state=Snapshot.State.DONE).order_by("-number").first()


def place_of(dataset, person, code):
    found = row_queries.page_of_rows(person, dataset, consultation(dataset.territory), 1)
    rank = [column["name"] for column in found.columns].index("code_point")
    return next(place for row, place in zip(found.rows, found.places, strict=True) if row[rank] == code)


def corrected(dataset, person, code, act="a", **values):
    processing = consultation(dataset.territory)
    place = place_of(dataset, person, code)
    return lifecycle.correct_row(dataset, person, processing, place, values, "Vu sur place", f"row:{act}")


def signed_in(person):
    client = Client()
    strongly(client, person)
    return client


def address(dataset, place, number=None):
    number = number or current(dataset).number
    return reverse(
        "row-correct", args=[dataset.territory.slug, dataset.slug, number, place.delivery, place.line]
    )


def filled_in(html):
    """What a browser would send of the form of the page."""
    form = re.search(r'<form class="card.*?</form>', html, re.S)[0]
    sent = {
        re.search(r'name="([^"]*)"', tag)[1]: (re.search(r'value="([^"]*)"', tag) or [None, ""])[1]
        for tag in re.findall(r"<input[^>]*>", form)
    }
    for name, choices in re.findall(r'<select name="([^"]*)".*?>(.*?)</select>', form, re.S):
        sent[name] = re.search(r'value="([^"]*)" selected', choices)[1]
    return sent


def field_of(html, label):
    return re.search(rf'<label[^>]*for="id_(c\d+)"[^>]*>\s*{label}', html)[1]


def test_an_agent_corrects_a_row_on_the_page_and_its_old_values_stay_readable(
    settings, town, agent, lamps, django_assert_max_num_queries
):
    client, before = signed_in(agent), current(lamps)
    there = reverse("dataset", args=[town.slug, lamps.slug])
    page = client.get(there).content.decode()
    url = address(lamps, place_of(lamps, agent, "P02"))
    assert f'href="{url}"' in page
    with django_assert_max_num_queries(20):
        html = client.get(url).content.decode()
    sent = filled_in(html)
    assert sent[field_of(html, "Prix")] == "13,25"
    sent |= {field_of(html, "Puissance"): "35", field_of(html, "Prix"): "1 013,5", "reason": "Vu sur place"}
    done = client.post(url, sent, follow=True)
    text = in_sight(done.content.decode())
    assert "La ligne est corrigée" in text and "Vu sur place" in text
    assert rows(settings, lamps)["P02"] == {
        **rows(settings, lamps)["P02"],
        "puissance": 35,
        "rue": "Du Port",
        "allume": False,
    }
    assert float(rows(settings, lamps)["P02"]["prix"]) == 1013.5 and len(rows(settings, lamps)) == 5
    snapshot = current(lamps)
    assert (snapshot.by, snapshot.correction, snapshot.rows_changed, snapshot.rows_added) == (
        agent,
        "Vu sur place",
        1,
        0,
    )
    line = ledger.lines_of(town).last()
    assert (
        line.act == "dataset.correct_row"
        and "1013" not in str(line.detail)
        and "Vu sur" not in str(line.detail)
    )
    compared = reverse("dataset-compare", args=[town.slug, lamps.slug])
    text = in_sight(client.get(f"{compared}?apres={snapshot.number}").content.decode())
    assert "70" in text and "35" in text and "ligne corrigée" in text
    # No file came: what is said of files, and of their columns, is as before.
    assert snapshot.last_file == before and "en 2 livraisons" in client.get(there).content.decode()
    # Sent twice, one correction.
    client.post(url, sent)
    assert current(lamps) == snapshot


def test_a_row_that_changed_since_it_was_opened_is_refused_with_both_values(
    settings, town, agent, steward, lamps
):
    client = signed_in(agent)
    url = address(lamps, place_of(lamps, agent, "P03"))
    sent = filled_in(html := client.get(url).content.decode())
    corrected(lamps, steward, "P03", rue="Haute Grande")
    sent |= {field_of(html, "Puissance"): "36", "reason": "Ampoule changée"}
    refused = client.post(url, sent)
    html = refused.content.decode()
    assert refused.status_code == 422 and rows(settings, lamps)["P03"]["puissance"] == 50
    assert "Haute Grande" in html and ">Haute<" in html
    again = re.search(r'<form class="card stack" method="post" action="([^"]*)"', html)[1]
    sent = filled_in(html)
    assert sent[field_of(html, "Puissance")] == "36" and sent["reason"] == "Ampoule changée"
    assert client.post(again, sent).status_code == 302
    assert (rows(settings, lamps)["P03"]["rue"], rows(settings, lamps)["P03"]["puissance"]) == (
        "Haute Grande",
        36,
    )


def test_the_next_file_wins_and_says_how_many_corrections_it_overwrote(settings, town, agent, lamps):
    corrected(lamps, agent, "P01", "a", puissance="51")
    corrected(lamps, agent, "P02", "b", puissance="71")
    corrected(lamps, agent, "P04", "c", prix=None)
    # The file of the software: it knows of the second correction only, and does not speak of the fourth row.
    text = "".join(
        line + "\n" for line in LAMPS.replace(";70;", ";71;").splitlines() if not line.startswith("P04")
    )
    delivery = staged(town, agent, "Points lumineux 3.csv", text)
    (plan,) = lifecycle.load_plans(delivery)
    assert plan.match.mode == "upsert" and "il l'emporte" in " ".join(plan.match.why)
    (snapshot,) = lifecycle.pour(delivery, agent)
    assert snapshot.corrections_overwritten == 1 and rows(settings, lamps)["P01"]["puissance"] == 50
    assert rows(settings, lamps)["P02"]["puissance"] == 71 and rows(settings, lamps)["P04"]["prix"] is None
    html = signed_in(agent).get(reverse("delivery", args=[town.slug, delivery.pk])).content.decode()
    assert "1 ligne corrigée dans Beffroi a repris sa valeur" in in_sight(html)
    # A file that replaces everything: the fourth row leaves, the second is as it was corrected.
    delivery = staged(town, agent, "Points lumineux 4.csv", text.replace("Du Port", "Du Port"))
    (snapshot,) = lifecycle.pour(delivery, agent, [Choice(0, lamps.slug, lamps.title, "replace")])
    assert snapshot.corrections_overwritten == 1 and len(rows(settings, lamps)) == 3


@pytest.mark.long
def test_a_correction_is_no_delivery_for_who_owes_files(town, agent, steward, lamps):
    source = owed(town, steward, dataset=lamps)
    poured(town, agent, "Points lumineux 6.csv", LAMPS.replace("Haute", "Basse"))
    arrived = again(source).arrived_at
    corrected(lamps, agent, "P01", rue="Des Roses")
    assert source.fetches.count() == 1 and again(source).arrived_at == arrived


def test_a_correction_is_undone_and_the_row_is_as_before(settings, agent, lamps):
    before = rows(settings, lamps)
    snapshot = corrected(lamps, agent, "P01", rue="Des Roses", allume="false", pose_le="2025-02-10")
    assert (
        rows(settings, lamps)["P01"]["rue"] == "Des Roses" and rows(settings, lamps)["P01"]["allume"] is False
    )
    lifecycle.undo(snapshot, agent)
    assert (
        rows(settings, lamps) == before and snapshot.delivery.snapshots.get().state == Snapshot.State.UNDONE
    )


def test_what_may_not_be_corrected_changes_nothing(settings, agent, lamps):
    before, number = rows(settings, lamps), current(lamps).number
    for values, why in (
        ({"code_point": "P09"}, "ne se corrige pas ici"),
        ({"siret": "21440109300016"}, "clé de contrôle"),
        ({"puissance": "beaucoup"}, "nombre entier"),
        ({"_delivery": "1"}, "ne se lit pas"),
        ({"rue') --": "x"}, "ne se lit pas"),
        ({"rue": "Des Lilas"}, "rien changé"),
    ):
        with pytest.raises(CatalogueError, match=re.escape(why)):
            corrected(lamps, agent, "P01", **values)
    assert rows(settings, lamps) == before and current(lamps).number == number


def test_who_may_not_deposit_corrects_nothing_and_a_row_that_is_nowhere_is_not_found(town, agent, lamps):
    auditor, place = a_person(town, "auditor"), place_of(lamps, agent, "P01")
    with pytest.raises(PermissionDenied):
        lifecycle.correct_row(lamps, auditor, consultation(town), place, {"rue": "x"}, "Pour voir", "row:x")
    client = signed_in(auditor)
    assert client.get(address(lamps, place)).status_code in (403, 404)
    assert (
        "Corriger<span" not in client.get(reverse("dataset", args=[town.slug, lamps.slug])).content.decode()
    )

    client = signed_in(agent)
    for place in (RowPlace(987654, 1), RowPlace(2**64, 1), RowPlace(current(lamps).delivery_id, 987654)):
        assert client.get(address(lamps, place)).status_code == 404


def test_without_a_key_the_page_says_why_and_what_to_do(town, agent):
    plain = poured(town, agent, "Bancs.csv", LAMPS).dataset
    html = in_sight(signed_in(agent).get(reverse("dataset", args=[town.slug, plain.slug])).content.decode())
    assert "quelles colonnes désignent une ligne" in html and "Corriger la ligne" not in html


@pytest.mark.parametrize("hour", ["2026-03-29T02:30:00", "2026-10-25T02:30:00", "2026-12-31T23:40:00"])
def test_a_reading_at_an_hour_that_french_clocks_skip_or_show_twice_is_corrected_like_another(
    hour: str,
) -> None:
    columns = [
        {"name": "releve", "label": "Relevé", "type": "datetime"},
        {"name": "m3", "label": "m³", "type": "integer"},
    ]
    row, sent = {"releve": datetime.fromisoformat(hour), "m3": 12}, {"key": "0" * 32, "reason": "Relu."}
    form = RowForm(columns, row, {"c0": hour, "c1": "14"} | sent)
    assert form.is_valid(), form.errors
    assert form.changes() == {"m3": "14"}, "the hour is as it was written"
    moved = RowForm(columns, row, {"c0": f"{hour[:14]}45:00", "c1": "12"} | sent)
    assert moved.is_valid() and moved.changes() == {"releve": f"{hour[:14]}45:00"}
    with_offset = RowForm(columns, row, {"c0": "2026-07-01T10:00:00+00:00", "c1": "12"} | sent)
    assert with_offset.is_valid() and with_offset.changes() == {"releve": "2026-07-01T12:00:00"}
