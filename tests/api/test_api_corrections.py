"""Correcting a reading by program: the same acts, refusals and ledger lines as the pages."""

import json
from dataclasses import replace

import pytest
from callers import a_token
from django.core.files.uploadedfile import SimpleUploadedFile

from beffroi.web.catalogue import lifecycle
from beffroi.web.catalogue.models import Delivery, SavedCorrections
from beffroi.web.platform import jobs, ledger
from beffroi.web.platform.models import Job
from beffroi.web.tenancy import tokens
from catalogue.deliveries import poured, staged

pytestmark = pytest.mark.django_db

MARCH = "Dossier;Jour;Repas\n12;03/04/2025;112\n7;05/06/2025;64\n"
APRIL = "Dossier;Jour;Repas\n31;01/08/2025;12\n44;02/08/2025;64\n"
CORRECTIONS = {"orders": {"jour": "month"}, "types": {"dossier": "code"}}


@pytest.fixture
def finances(town, keeper):
    return tokens.create_service(town, "Logiciel de permis", "Dépose chaque mois", by=keeper).person


@pytest.fixture
def night(town, keeper, finances, program):
    return program(a_token(town, finances, "dataset.deposit", by=keeper).secret)


@pytest.fixture
def permits(town, agent):
    return poured(town, agent, "permis mars 2025.csv", MARCH).dataset


def dropped(town, night, dataset, text=APRIL):
    file = SimpleUploadedFile("permis avril 2025.csv", text.encode())
    answer = night.post(f"t/{town.slug}/deposits", file=file, dataset=dataset.slug).json()
    jobs.run(Job.objects.get(pk=answer["job"]["id"]))
    return f"t/{town.slug}/deliveries/{answer['delivery']}"


def correct(client, night, path, tables):
    return client.post(
        f"/api/v1/{path}/corrections",
        json.dumps(tables),
        content_type="application/json",
        headers=night.headers,
    )


def test_a_script_reads_the_questions_answers_them_and_sees_the_new_reading(town, night, permits, client):
    path = dropped(town, night, permits)
    (table,) = night.get(path).json()["tables"]
    (question,) = [guess for guess in table["guesses"] if not guess["certain"]]
    assert (question["about"], question["column"], question["choices"]) == ("order", "jour", ["day", "month"])
    answer = correct(client, night, path, [{"table": 0, "corrections": CORRECTIONS}])
    assert answer.status_code == 202
    jobs.run(Job.objects.get(pk=answer.json()["id"]))
    (table,) = night.get(path).json()["tables"]
    assert table["corrections"] == CORRECTIONS
    assert all(guess["certain"] for guess in table["guesses"])
    assert ledger.lines_of(town).last().act == "delivery.correct"


def test_a_correction_of_a_script_is_saved_listed_and_withdrawn(town, agent, night, permits, client):
    path = dropped(town, night, permits)
    answer = correct(client, night, path, [{"table": 0, "corrections": CORRECTIONS}])
    jobs.run(Job.objects.get(pk=answer.json()["id"]))
    # The corrected reading gives « Dossier » another type than the deliveries before: a person answers that, not a script.
    assert night.post(f"{path}/pour").status_code == 409
    delivery = Delivery.objects.of(town).get(pk=int(path.rpartition("/")[2]))
    (plan,) = lifecycle.load_plans(delivery)
    answers = {change.key: change.choices[0] for change in plan.changes}
    lifecycle.pour(delivery, agent, [replace(plan.choice, answers=answers)])
    saved = f"t/{town.slug}/datasets/{permits.slug}/corrections"
    (row,) = night.get(saved).json()
    assert (row["corrections"], row["snapshot"], row["files"]) == (CORRECTIONS, 2, "permis")
    assert night.post(f"{saved}/{row['id']}/forget").status_code == 204
    assert not SavedCorrections.objects.exists()
    assert night.post(f"{saved}/{row['id']}/forget").status_code == 404


@pytest.mark.parametrize(
    "tables",
    [
        [],
        [{"table": 9, "corrections": CORRECTIONS}],
        [{"table": 0, "corrections": {"encoding": "klingon"}}],
        [{"table": 0, "corrections": {"orders": {"jour": "year"}}}],
        [{"table": 0}],
    ],
)
def test_a_correction_that_makes_no_sense_is_explained_and_starts_no_work(
    town, night, permits, client, tables
):
    path = dropped(town, night, permits)
    before = Job.objects.of(town).count()
    answer = correct(client, night, path, tables)
    assert answer.status_code == 422
    assert answer.json()["detail"]
    assert Job.objects.of(town).count() == before


def test_a_script_does_not_correct_the_delivery_of_a_person_nor_one_that_is_poured(
    town, night, agent, permits, client
):
    others = staged(town, agent, "permis avril 2025.csv", APRIL)
    path = f"t/{town.slug}/deliveries/{others.pk}"
    assert correct(client, night, path, [{"table": 0, "corrections": CORRECTIONS}]).status_code == 404
    own = dropped(town, night, permits, APRIL.replace("31", "32"))
    jobs.run(Job.objects.get(pk=night.post(f"{own}/pour").json()["id"]))
    assert correct(client, night, own, [{"table": 0, "corrections": CORRECTIONS}]).status_code == 409


def test_a_token_that_only_reads_corrects_nothing(town, keeper, finances, program, agent, permits, client):
    reader = program(a_token(town, finances, "dataset.read", by=keeper).secret)
    assert reader.get(f"t/{town.slug}/datasets/{permits.slug}/corrections").status_code in (403, 404)
