"""The pages where a reading is corrected: questions, answers, what came of them, and who may not."""

import zipfile

import pytest
from deliveries import FAMILIES, in_sight, staged
from django.test import Client
from django.urls import reverse
from test_correcting import APRIL, CORRECTIONS, MARCH, corrected

from beffroi.lake.readers.corrections import Corrections
from beffroi.web.catalogue import lifecycle
from beffroi.web.catalogue.models import Dataset, SavedCorrections
from beffroi.web.platform import jobs
from beffroi.web.platform.models import Job
from places import a_person, strongly

pytestmark = pytest.mark.django_db


def page(name, town, *args):
    return reverse(name, args=[town.slug, *args])


def signed_in(person):
    client = Client()
    strongly(client, person)
    return client


def body(response):
    return response.content.decode().replace("\xa0", " ")


def finish(town):
    return [jobs.run(job) for job in Job.objects.of(town).filter(state=Job.State.WAITING)]


@pytest.fixture
def march(town, agent):
    return staged(town, agent, "permis mars 2025.csv", MARCH)


# The page's answers


def test_the_uncertain_guesses_are_questions_with_two_values_of_the_file(town, agent, march):
    html = body(signed_in(agent).get(page("delivery", town, march.pk)))
    assert "comme 03/04/2025 : le 3 avril 2025 ou le 4 mars 2025 ?" in html
    assert "05/06/2025 serait le 5 juin 2025 ou le 6 mai 2025" in html
    assert "que veut dire « NC » ?" in html
    assert 'name="l0-order_jour" value="day" ' in html


def test_answering_reads_the_file_again_and_the_page_lists_what_changed(town, agent, march):
    client = signed_in(agent)
    fields = {"l0-order_jour": "month", "l0-type_dossier": "code", "t0-dataset": "+", "t0-title": "Permis"}
    assert "/travaux/" in client.post(page("delivery-correct", town, march.pk), fields).url
    (job,) = finish(town)
    html = body(client.get(job.location))
    assert "Le fichier a été relu avec vos réponses" in html
    assert "« Dossier » : code (avant : nombre entier)." in html
    assert 'value="Permis"' in html  # what was filled in came back
    assert "Revenir à la lecture automatique" in html


def test_a_table_that_loses_all_its_rows_is_no_longer_ticked_and_is_again_once_they_are_back(
    town, agent, march
):
    client, ticked = signed_in(agent), 'name="t0-pour" value="on"'

    def answered(**answers):
        fields = {"t0-pour": "on", "t0-dataset": "+", "t0-title": "Permis", "t0-mode": "replace", **answers}
        client.post(
            page("delivery-correct", town, march.pk),
            {name.replace("__", "-"): v for name, v in fields.items()},
        )
        (job,) = finish(town)
        return body(client.get(job.location))

    assert ticked in body(client.get(page("delivery", town, march.pk)))
    html = answered(l0__type_jour="time")
    assert "Aucune ligne à verser" in html
    assert "Elle n'est pas cochée" in html
    assert ticked not in html
    html = answered(l0__type_jour="date")
    assert "Aucune ligne à verser" not in html
    assert ticked in html


def test_pouring_with_an_answer_that_was_not_read_yet_reads_first_and_pours_nothing(town, agent, march):
    fields = {"t0-pour": "on", "t0-dataset": "+", "t0-title": "Permis", "t0-mode": "replace"}
    answer = signed_in(agent).post(page("delivery", town, march.pk), {**fields, "l0-order_jour": "month"})
    (job,) = finish(town)
    assert job.kind == "catalogue.correct"
    assert answer.url.endswith(f"/travaux/{job.pk}/")
    assert not Dataset.objects.of(town).exists()


def test_a_refused_correction_is_explained_and_leads_back_to_the_reading_that_stands(town, agent, march):
    client = signed_in(agent)
    waiting = client.post(page("delivery-correct", town, march.pk), {"l0-header": "99"}).url
    finish(town)
    html = body(client.get(waiting))
    assert "La ligne 99 ne peut pas être l&#x27;en-tête" in html
    assert page("delivery", town, march.pk) in html
    assert "comme 03/04/2025" in body(client.get(page("delivery", town, march.pk)))


def test_an_uncertain_encoding_is_a_question_with_words_of_the_file(town, agent):
    delivery = lifecycle.receive(
        town, agent, "villes.csv", ["Ville;Rang\nÉvreux;1\nOrléans;2\n".encode("cp1252")]
    )
    lifecycle.stage(delivery)
    html = body(signed_in(agent).get(page("delivery", town, delivery.pk)))
    assert "Ces mots sont-ils bien écrits : « Évreux », « Orléans » ?" in html
    signed_in(agent).post(page("delivery-correct", town, delivery.pk), {"l0-encoding": "cp1252"})
    finish(town)
    delivery.refresh_from_db()
    (plan,) = lifecycle.load_plans(delivery)
    assert plan.corrections.encoding == "cp1252"
    assert plan.changed == ("Les lignes sont les mêmes ; votre réponse est notée.",)


def test_a_sure_guess_is_changed_as_well(town, agent):
    delivery = staged(town, agent, "totaux.csv", "Site;Ville;Repas\nA;B;1,5\nC;D;2,5\nTotal;;4,0\n")
    fields = {
        "l0-totals": "keep",
        "l0-separator": "point-virgule",
        "l0-decimals_repas": ",",
        "l0-marks": "B ; X",
    }
    signed_in(agent).post(page("delivery-correct", town, delivery.pk), fields)
    finish(town)
    delivery.refresh_from_db()
    (plan,) = lifecycle.load_plans(delivery)
    assert plan.corrections.to_dict() == {"totals": True, "missing": ["B", "X"]}
    assert plan.staged.rows_kept == 3
    assert plan.peek["rows"][0][1] is None


def named_columns(dataset):
    return [(column["name"], column["label"]) for column in dataset.current.columns]


def test_columns_without_a_name_are_named_once_for_every_file_to_come(town, agent):
    rows = "Moulin;112;3,45\nTilleuls;64;3,50\n"
    client, delivery = signed_in(agent), staged(town, agent, "repas mars.csv", rows)
    lifecycle.correct(delivery, agent, {0: Corrections(header=0)})
    html = body(client.get(page("delivery", town, delivery.pk)))
    assert 'name="l0-label_colonne_1" value="Colonne 1"' in html
    fields = {
        "l0-label_colonne_1": " École\u200b ",
        "l0-label_colonne_2": "Repas",
        "l0-label_colonne_3": "Prix",
    }
    choice = {"t0-pour": "on", "t0-dataset": "+", "t0-title": "Repas", "t0-mode": "replace"}
    client.post(page("delivery-correct", town, delivery.pk), {**fields, **choice})
    (job,) = finish(town)
    html = body(client.get(job.location))
    assert "« École » : nouveau nom (avant : « Colonne 1 »)." in html
    client.post(job.location, {**fields, "l0-label_colonne_1": "École", **choice})
    finish(town)
    dataset = Dataset.objects.of(town).get()
    expected = [("colonne_1", "École"), ("colonne_2", "Repas"), ("colonne_3", "Prix")]
    assert named_columns(dataset) == expected
    assert "Colonne renommée : « École »" in body(client.get(page("dataset", town, dataset.slug)))

    following = staged(town, agent, "repas avril.csv", "Moulin;98;3,45\nAllobroges;51;3,60\n")
    (plan,) = lifecycle.load_plans(following)
    assert [column.label for column in plan.staged.columns] == ["École", "Repas", "Prix"]
    client.post(page("delivery-correct", town, following.pk), {"l0-label_colonne_1": "Établissement"})
    finish(town)
    following.refresh_from_db()
    lifecycle.pour(following, agent)
    assert named_columns(dataset)[0] == ("colonne_1", "Établissement")
    lifecycle.undo(dataset.current, agent)
    assert named_columns(Dataset.objects.get())[0] == ("colonne_1", "École")


@pytest.mark.parametrize(
    ("label", "sentence"),
    [
        ("\u200b", "Une colonne a besoin d'un nom."),
        ("jour", "Deux colonnes s'appelleraient « jour »."),
        ("x" * 121, "Le nom d'une colonne compte au plus 120 caractères."),
    ],
)
def test_a_label_that_may_not_be_is_refused_beside_its_column(town, agent, march, label, sentence):
    answer = signed_in(agent).post(page("delivery-correct", town, march.pk), {"l0-label_repas": label})
    assert answer.status_code == 422
    assert sentence in body(answer).replace("&#x27;", "'")
    assert not Job.objects.of(town).exists()


def test_an_archive_of_thousands_of_columns_may_be_sent(town, agent, march):
    """Every column brings its field: a limit on their number must not stand in the way."""
    fields = {f"l{table}-type_c{n}": "text" for table in range(10) for n in range(300)}
    answer = signed_in(agent).post(
        page("delivery-correct", town, march.pk), fields | {"l0-type_dossier": "code"}
    )
    assert "/travaux/" in answer.url


def test_correcting_nothing_starts_no_work(town, agent, march):
    html = body(signed_in(agent).post(page("delivery-correct", town, march.pk), {}, follow=True))
    assert "rien corrigé" in html
    assert not finish(town)


@pytest.mark.parametrize(
    "fields",
    [{"l0-header": "-2"}, {"l0-order_jour": "year"}, {"l0-type_dossier": "geometry"}, {"l0-marks": "x" * 90}],
)
def test_an_answer_that_makes_no_sense_is_reported_next_to_its_question(town, agent, march, fields):
    answer = signed_in(agent).post(page("delivery-correct", town, march.pk), fields)
    assert answer.status_code == 422
    assert "À corriger" in body(answer)
    assert not finish(town)


def test_one_answer_serves_the_tables_that_have_the_same_columns(town, agent, tmp_path):
    with zipfile.ZipFile(tmp_path / "lot.zip", "w") as archive:
        archive.writestr("mars.csv", MARCH)
        archive.writestr("avril.csv", APRIL)
    delivery = lifecycle.stage(
        lifecycle.receive(town, agent, "lot.zip", [(tmp_path / "lot.zip").read_bytes()])
    )
    fields = {"l0-order_jour": "month", "l0-alike": "on"}
    signed_in(agent).post(page("delivery-correct", town, delivery.pk), fields)
    finish(town)
    delivery.refresh_from_db()
    assert [plan.corrections.orders for plan in lifecycle.load_plans(delivery)] == [{"jour": "month"}] * 2


def test_the_values_that_keep_a_column_in_text_are_named(town, agent):
    text = "Nom;Prix\n" + "a;3\n" * 12 + "b;<b>en attente\n"
    delivery = staged(town, agent, "prix.csv", text)
    client = signed_in(agent)
    html = body(client.get(page("delivery", town, delivery.pk)))
    assert "1 valeur sur 13 n&#x27;est pas du même type" in html
    assert "Par exemple : « &lt;b&gt;en attente »." in html
    assert "<b>en attente" not in html
    client.post(page("delivery-correct", town, delivery.pk), {"l0-marks": "<b>en attente"})
    finish(town)
    html = body(client.get(page("delivery", town, delivery.pk)))
    assert "que veut dire" not in html
    assert "nombre entier" in html


def test_who_may_not_deposit_finds_no_way_to_correct(town, march):
    for person in (a_person(town, "auditor"), a_person(town, "dpo")):
        client = signed_in(person)
        assert client.post(page("delivery-correct", town, march.pk), {}).status_code == 404
        assert "Relire avec ces corrections" not in body(client.get(page("delivery", town, march.pk)))


def test_examples_about_people_show_to_who_deposited_the_file_only(town, agent):
    text = FAMILIES.replace("Quotient", "Né le").replace("812", "03/04/1975").replace("640", "05/06/1980")
    text = text.replace("1204", "07/08/1990").replace("455", "01/02/1991")
    delivery = staged(town, agent, "familles.csv", text)
    assert "03/04/1975" in body(signed_in(agent).get(page("delivery", town, delivery.pk)))
    other = a_person(town, "agent", email="autre@example.org")
    html = body(signed_in(other).get(page("delivery", town, delivery.pk)))
    assert "1975" not in in_sight(html)
    assert "qu&#x27;est-ce qui vient d&#x27;abord" in html


def test_the_record_lists_the_saved_corrections_and_removes_them(town, agent, march):
    (snapshot,) = lifecycle.pour(corrected(march, agent, **CORRECTIONS), agent)
    client, where = signed_in(agent), page("dataset", town, snapshot.dataset.slug)
    html = body(client.get(where))
    assert "Comment les fichiers sont lus" in html
    assert "« Jour » : le mois avant le jour" in html
    saved = SavedCorrections.objects.get()
    forget = page("corrections-forget", town, snapshot.dataset.slug, saved.pk)
    assert forget in html
    auditor = signed_in(a_person(town, "auditor"))
    assert auditor.post(forget).status_code == 404
    assert forget not in body(auditor.get(where))
    assert "ne seront plus appliquées" in body(client.post(forget, follow=True))
    assert not SavedCorrections.objects.exists()
    assert client.post(forget).status_code == 404
