"""A file that comes back, a dataset chosen by hand, an empty table: what is proposed is right, and nothing is lost quietly."""

import html
import re

import pytest
import source_helpers
from deliveries import FEBRUARY, JANUARY, dataset_of, poured, received, staged
from django.test import Client
from django.urls import reverse
from source_helpers import again, make_due, put, rows, turn, watched
from test_correcting import APRIL, CORRECTIONS, MARCH, corrected, only, types

from beffroi.web.catalogue import lifecycle
from beffroi.web.catalogue.lake_access import open_lake
from beffroi.web.catalogue.models import Dataset, Source
from beffroi.web.catalogue.planning.drift_review import changes_against
from beffroi.web.platform import jobs
from beffroi.web.platform.models import Job
from places import strongly

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path, settings, town):
    settings.SOURCE_FOLDERS = [f"{town.slug}={tmp_path / 'depots'}"]
    return tmp_path / "depots"


@pytest.fixture
def client(agent):
    client = Client()
    strongly(client, agent)
    return client


def at(name, town, *args):
    return reverse(name, args=[town.slug, *args])


def body(response):
    return html.unescape(response.content.decode())


def finish(town):
    return [jobs.run(job) for job in Job.objects.of(town).filter(state=Job.State.WAITING)]


# A file that comes back


def test_a_file_already_there_is_nothing_to_do(town, agent):
    dataset_of(town, agent)
    assert only(staged(town, agent, "Cantines janvier 2025.csv", JANUARY)).match.skip


def test_a_file_whose_rows_another_replaced_since_is_poured_again(town, agent):
    dataset = dataset_of(town, agent)
    edition = JANUARY.replace(";112;", ";999;")
    poured(town, agent, "Cantines janvier 2025 (2).csv", edition)
    plan = only(staged(town, agent, "Cantines janvier 2025.csv", JANUARY))
    assert not plan.match.skip
    assert any("le jeu a changé depuis" in why for why in plan.match.why)
    assert plan.match.dataset == dataset.slug


def test_a_file_followed_by_others_that_add_to_it_is_still_there(town, agent):
    dataset_of(town, agent)
    assert poured(town, agent, "Cantines fevrier 2025.csv", FEBRUARY).mode == "append"
    assert only(staged(town, agent, "Cantines janvier 2025.csv", JANUARY)).match.skip


def test_a_source_that_replaces_follows_a_content_that_comes_back(town, steward, folder):
    put(folder, "cantines.csv", source_helpers.JANUARY)
    source = watched(town, steward, folder, mode=Source.Mode.REPLACE)
    turn(town)
    for content in (source_helpers.JANUARY_COMPLETE, source_helpers.JANUARY):
        put(folder, "cantines.csv", content)
        make_due(source)
        turn(town)
    assert [(fetch.state, fetch.message) for fetch in again(source).fetches.all()] == [("poured", "")] * 3
    assert rows(again(source).dataset) == 4


def test_a_source_whose_file_is_in_another_dataset_waits_for_a_person(town, agent, steward, folder):
    dataset_of(town, agent, "cantines.csv", JANUARY)
    put(folder, "cantines.csv", JANUARY)
    source = watched(town, steward, folder)
    turn(town)
    fetch = again(source).fetches.get()
    assert fetch.state == "waiting"
    assert "ressemble au jeu" in fetch.message


# The same columns, of another place


def series(flow, first=1):
    days = range(first, first + 12)
    return "Date;Débit\n" + "".join(f"2025-01-{day:02};{flow + day},5\n" for day in days)


def test_the_series_of_another_station_opens_its_own_dataset(town, agent):
    dataset_of(town, agent, "A273011002.csv", series(100))
    match = only(staged(town, agent, "A605102001.csv", series(900))).match
    assert (match.dataset, match.title, match.mode, match.certain) == (None, "A605102001", "replace", True)
    assert "c'est une autre série" in match.why[0]


def test_the_next_days_of_a_series_and_its_corrected_days_stay_in_its_dataset(town, agent):
    dataset = dataset_of(town, agent, "export 104372.csv", series(100))
    following = only(staged(town, agent, "export 104391.csv", series(300, first=15))).match
    assert (following.dataset, following.mode) == (dataset.slug, "append")
    assert "au numéro près" in following.why[0]
    revised = only(staged(town, agent, "export 20250131.csv", series(300))).match
    assert (revised.dataset, revised.certain) == (dataset.slug, False)
    assert any("d'autres valeurs" in why for why in revised.why)
    partly = series(100).replace("101,5", "140,5").replace("102,5", "150,5") + "2025-01-30;12,5\n"
    assert only(staged(town, agent, "export 104399.csv", partly)).match.dataset == dataset.slug


def test_the_dataset_that_a_person_chose_is_not_left_for_another(town, agent):
    dataset = dataset_of(town, agent, "A273011002.csv", series(100))
    chosen = received(town, agent, "A605102001.csv", series(900))
    lifecycle.stage(chosen, prefer=dataset.slug)
    assert only(chosen).match.dataset == dataset.slug


# What was said of the files of a dataset


def test_a_saved_encoding_of_another_file_does_not_drop_the_other_corrections(town, agent):
    march = corrected(
        staged(town, agent, "permis mars 2025.csv", MARCH), agent, encoding="cp1252", **CORRECTIONS
    )
    lifecycle.pour(march, agent)
    april = APRIL.replace("Repas", "Repas été")
    plan = only(staged(town, agent, "permis avril 2025.csv", APRIL))
    assert types(plan)["dossier"] == "code"
    assert plan.peek["rows"][0][1] == "2025-01-08"
    accented = only(staged(town, agent, "permis mai 2025.csv", april.replace("Repas été", "Repas")))
    assert accented.peek["rows"][0][1] == "2025-01-08"


def test_the_dataset_chosen_by_hand_gives_its_corrections_and_its_mode(town, agent, client):
    lifecycle.pour(corrected(staged(town, agent, "permis mars 2025.csv", MARCH), agent, **CORRECTIONS), agent)
    permits = Dataset.objects.of(town).get()
    other = staged(town, agent, "liste du printemps.csv", APRIL)
    assert only(other).match.dataset is None
    answer = client.post(
        at("delivery", town, other.pk),
        {"t0-pour": "on", "t0-dataset": permits.slug, "t0-title": "", "t0-mode": "replace"},
    )
    assert "/travaux/" in answer.url
    (job,) = finish(town)
    other.refresh_from_db()
    plan = only(other)
    assert (plan.match.dataset, plan.match.mode) == (permits.slug, "append")
    assert types(plan)["dossier"] == "code"
    assert plan.peek["rows"][0][1] == "2025-01-08"
    page = body(client.get(job.location))
    assert "Vous avez choisi ce jeu" in page and "Le jeu choisi est « Permis »" in page
    assert re.search(r'name="t0-mode" value="append"[^>]*checked', page)
    assert permits.current.rows_total == 3


def test_what_was_chosen_is_poured_once_it_was_displayed(town, agent, client):
    lifecycle.pour(staged(town, agent, "permis mars 2025.csv", MARCH), agent)
    permits = Dataset.objects.of(town).get()
    other = staged(town, agent, "liste du printemps.csv", MARCH.replace("12;", "99;"))
    fields = {"t0-pour": "on", "t0-dataset": permits.slug, "t0-title": "", "t0-mode": "append"}
    client.post(at("delivery", town, other.pk), fields)
    finish(town)
    client.post(at("delivery", town, other.pk), fields)
    (job,) = finish(town)
    assert "?verse=2" in job.location
    assert permits.current.rows_total == 6
    assert "La livraison n° 2 apporte 3 lignes" in body(client.get(job.location)).replace("\u00a0", " ")


def test_by_default_a_dataset_chosen_by_hand_loses_no_row(town, agent, client):
    dataset = dataset_of(town, agent)
    other = staged(town, agent, "autre.csv", "École;Date;Ville\nJean-Moulin;06/01/2025;X\n")
    client.post(
        at("delivery", town, other.pk),
        {"t0-pour": "on", "t0-dataset": dataset.slug, "t0-title": "", "t0-mode": "replace"},
    )
    finish(town)
    other.refresh_from_db()
    plan = only(other)
    assert plan.draft["dataset"] == dataset.slug
    assert plan.draft["mode"] == "append"


# Tables without rows, numbers that become texts


def test_a_table_that_has_only_its_header_is_not_ticked_and_the_page_explains_it(town, agent, client):
    empty = staged(town, agent, "vide.csv", "École;Date;Repas servis\n")
    page = body(client.get(at("delivery", town, empty.pk)))
    assert "Aucune ligne à verser" in page
    assert 'name="t0-pour" id="id_t0-pour">' in page  # not checked


def test_numbers_that_become_texts_are_written_as_in_the_file(town, agent):
    existing = "Lieu;Jour;Montant\nA;01/02/2024;1897,52\nB;02/02/2024;412\nC;03/02/2024;0,50\n"
    dataset = dataset_of(town, agent, "Droits 2024.csv", existing)
    words = "Lieu;Jour;Montant\nD;01/02/2025;gratuit\nE;02/02/2025;néant\nF;03/02/2025;offert\n"
    delivery = staged(town, agent, "Droits 2025.csv", words)
    changes = changes_against(dataset, only(delivery))
    answers = {change.key: change.choices[0] for change in changes if change.choices}
    lifecycle.pour(delivery, agent, [lifecycle.Choice(0, dataset.slug, "", "append", answers=answers)])
    with open_lake(dataset, read_only=True) as lake:
        amounts = {row[0] for row in lake.query_rows(f'SELECT montant FROM lake.main."{dataset.table}"')}
    assert amounts == {"1897,52", "412", "0,5", "gratuit", "néant", "offert"}


def test_the_key_of_an_update_is_asked_only_where_there_is_something_to_update(town, agent, client):
    asked = "Quelles colonnes désignent une ligne"
    first = staged(town, agent, "Cantines janvier 2025.csv", JANUARY)
    assert asked not in body(client.get(at("delivery", town, first.pk)))
    lifecycle.pour(first, agent)
    second = staged(town, agent, "Cantines fevrier 2025.csv", FEBRUARY)
    assert asked in body(client.get(at("delivery", town, second.pk)))
