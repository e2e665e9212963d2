"""A next file whose columns changed, and one that updates by key: what is asked, what waits, what is written down."""

import re

import pytest
from deliveries import FAMILIES, FEBRUARY, JANUARY, poured, staged
from django.test import Client
from django.urls import reverse

from beffroi.lake.store import Lake
from beffroi.web.catalogue import lifecycle
from beffroi.web.catalogue.errors import CatalogueError
from beffroi.web.catalogue.lifecycle import Choice, load_plans, needs_confirmation
from beffroi.web.catalogue.lifecycle.pouring import intend
from beffroi.web.catalogue.models import Dataset, Delivery, Snapshot
from beffroi.web.catalogue.planning.drift_review import ReviewedTable
from beffroi.web.platform import jobs, ledger, scope
from beffroi.web.platform.models import Job
from places import strongly

pytestmark = pytest.mark.django_db

# February with a column renamed and a column more.
CHANGED = """Établissement scolaire;Date;Repas servis;Prix moyen;Menu
Jean-Moulin;03/02/2025;109;3,45;riz
Les Tilleuls;03/02/2025;66;3,50;pâtes
Les Tilleuls;04/02/2025;63;3,50;lentilles
"""
RENAMED, ADDED = "renamed:etablissement_scolaire", "added:menu"
POINTS = "Code point;Rue;Puissance\nP01;Des Lilas;50\nP02;Du Port;70\nP03;Haute;50\nP04;Basse;50\n"
# One lamp changed, one added, one left as it was; the others are not in the file.
WORKS = "Code point;Rue;Puissance\nP02;Du Port;35\nP03;Haute;50\nP09;Neuve;35\n"


def rows(settings, dataset, *columns):
    with Lake(settings.HOME.lake(dataset.territory.slug, dataset.lake_kind), read_only=True) as lake:
        listed = ", ".join(columns)
        return sorted(lake.query_rows(f"SELECT {listed} FROM lake.main.{dataset.table}"), key=repr)


def acts(town):
    return [line.act for line in ledger.lines_of(town)]


@pytest.fixture
def meals(town, agent):
    return poured(town, agent, "Cantines janvier 2025.csv", JANUARY).dataset


@pytest.fixture
def lamps(town, agent):
    return poured(town, agent, "Points lumineux.csv", POINTS).dataset


def changed(town, agent):
    delivery = staged(town, agent, "Cantines fevrier 2025.csv", CHANGED)
    (plan,) = load_plans(delivery)
    return delivery, plan


def test_a_renamed_and_a_new_column_are_found_when_the_file_is_read(town, agent, meals):
    _, plan = changed(town, agent)
    assert plan.match.dataset == meals.slug
    assert [change.key for change in plan.changes] == [RENAMED, ADDED]
    reasons = needs_confirmation(plan)
    assert "La colonne « École » n'est plus là ; « Établissement scolaire » lui ressemble." in reasons
    assert "La colonne « Menu » est nouvelle." in reasons


def test_nothing_is_poured_until_every_change_is_answered(town, agent, meals, settings):
    delivery, _ = changed(town, agent)
    for choices in (None, [Choice(0, meals.slug, mode="append", answers={RENAMED: "same"})]):
        with pytest.raises(CatalogueError, match=r"n'a plus la même forme.*Rien n'a été versé"):
            lifecycle.pour(delivery, agent, choices)
    assert len(rows(settings, meals, "*")) == 4
    assert meals.snapshots.count() == 1
    assert Delivery.objects.get(pk=delivery.pk).state == Delivery.State.STAGED


def test_what_was_answered_is_applied_and_written_down(town, agent, meals, settings):
    delivery, _ = changed(town, agent)
    choice = Choice(0, meals.slug, mode="append", answers={RENAMED: "same", ADDED: "accept"})
    (snapshot,) = lifecycle.pour(delivery, agent, [choice])
    assert [column["label"] for column in snapshot.columns] == [
        "École",
        "Date",
        "Repas servis",
        "Prix moyen",
        "Menu",
    ]
    assert ("Les Tilleuls", "lentilles") in rows(settings, meals, "ecole", "menu")
    assert [reasons["answer"] for reasons in snapshot.drift] == ["same", "accept"]
    assert "ecole" in snapshot.profile
    assert acts(town)[-2:] == ["dataset.drift", "dataset.pour"]
    (line,) = [line for line in ledger.lines_of(town) if line.act == "dataset.drift"]
    assert line.detail.payload["answers"] == {RENAMED: "same", ADDED: "accept"}


def test_the_same_shape_again_raises_no_question(town, agent, meals):
    delivery, _ = changed(town, agent)
    answers = {RENAMED: "other", ADDED: "accept"}
    lifecycle.pour(delivery, agent, [Choice(0, meals.slug, mode="append", answers=answers)])
    march = CHANGED.replace("/02/", "/03/").replace(
        "Établissement scolaire;", "École;Établissement scolaire;"
    )
    march = march.replace("Jean-Moulin;", ";Jean-Moulin;").replace("Les Tilleuls;", ";Les Tilleuls;")
    (plan,) = load_plans(staged(town, agent, "Cantines mars 2025.csv", march))
    assert plan.match.dataset == meals.slug
    assert [change.kind for change in plan.changes if change.choices] in ([], ["emptier"])


def test_the_january_and_february_files_still_need_nobody(town, agent, meals):
    (plan,) = load_plans(staged(town, agent, "Cantines fevrier 2025.csv", FEBRUARY))
    assert needs_confirmation(plan) == []


def test_a_file_cut_in_half_and_new_personal_data_wait_for_a_person(town, agent, meals):
    families = poured(town, agent, "familles.csv", FAMILIES)
    half = "\n".join(JANUARY.replace("/01/", "/05/").splitlines()[:2]) + "\n"
    (plan,) = load_plans(staged(town, agent, "Cantines mai 2025.csv", half))
    assert any(
        "compte 1 lignes ; la livraison d'avant en comptait 4" in reasons
        for reasons in needs_confirmation(plan)
    )
    more = "\n".join(
        line + ";" + ("Téléphone" if n == 0 else f"06 12 34 56 7{n}")
        for n, line in enumerate(FAMILIES.splitlines())
    )
    (plan,) = load_plans(staged(town, agent, "familles.csv", more + "\n"))
    assert plan.match.dataset == families.dataset.slug
    assert any("nouvelles données personnelles" in reasons for reasons in needs_confirmation(plan))


def test_a_key_is_proposed_with_what_it_would_do_and_a_person_confirms(town, agent, lamps):
    (plan,) = load_plans(staged(town, agent, "Points lumineux 2.csv", WORKS))
    assert plan.match.dataset == lamps.slug
    candidate = plan.keys[0]
    assert candidate.columns == ("code_point",)
    assert (candidate.effect.changed, candidate.effect.added, candidate.effect.unchanged) == (1, 1, 1)
    assert not plan.match.certain and needs_confirmation(plan)


def updated(town, agent, lamps, key=("code_point",), text=WORKS):
    delivery = staged(town, agent, "Points lumineux 2.csv", text)
    return lifecycle.pour(delivery, agent, [Choice(0, lamps.slug, mode="upsert", key=key)])[0]


def test_an_update_by_key_changes_what_differs_and_the_key_is_saved_for_next_time(
    town, agent, steward, lamps, settings
):
    snapshot = updated(town, agent, lamps)
    assert rows(settings, lamps, "code_point", "puissance") == [
        ("P01", 50),
        ("P02", 35),
        ("P03", 50),
        ("P04", 50),
        ("P09", 35),
    ]
    assert (snapshot.rows_changed, snapshot.rows_added, snapshot.rows_unchanged) == (1, 1, 1)
    assert (snapshot.mode, snapshot.key, snapshot.rows_total) == ("upsert", ["code_point"], 5)
    lamps.refresh_from_db()
    assert lamps.key == ["code_point"]
    (plan,) = load_plans(staged(town, agent, "Points lumineux 3.csv", WORKS.replace(";50", ";60")))
    assert (plan.match.mode, plan.match.certain, needs_confirmation(plan)) == ("upsert", True, [])
    lifecycle.undo(snapshot, steward)
    lamps.refresh_from_db()
    assert lamps.key == []
    assert ("P02", 70) in rows(settings, lamps, "code_point", "puissance")
    assert len(rows(settings, lamps, "*")) == 4


def test_a_key_in_trouble_is_reported_and_nothing_is_poured(town, agent, lamps, settings):
    updated(town, agent, lamps)
    twice = WORKS.replace("P03", "P02")
    delivery = staged(town, agent, "Points lumineux 3.csv", twice)
    (plan,) = load_plans(delivery)
    assert any("se répète" in reasons for reasons in needs_confirmation(plan))
    with pytest.raises(CatalogueError, match=r"se répète.*lignes 2 et 3"):
        lifecycle.pour(delivery, agent)
    assert len(rows(settings, lamps, "*")) == 5


def test_a_key_whose_column_was_renamed_follows_the_answer(town, agent, lamps):
    updated(town, agent, lamps)
    renamed = WORKS.replace("Code point", "Code du point").replace(";35", ";36")
    delivery = staged(town, agent, "Points lumineux 3.csv", renamed)
    (plan,) = load_plans(delivery)
    assert plan.keys[0].columns == ("code_du_point",)
    assert "semble avoir changé de nom : « Code du point »" in plan.keys[0].trouble
    choice = Choice(
        0, lamps.slug, mode="upsert", key=("code_du_point",), answers={"renamed:code_du_point": "same"}
    )
    (snapshot,) = lifecycle.pour(delivery, agent, [choice])
    assert (snapshot.key, snapshot.rows_changed, snapshot.rows_added) == (["code_point"], 2, 0)


def test_an_update_cut_short_after_the_lake_is_finished_with_its_counts(town, agent, lamps, settings):
    delivery = staged(town, agent, "Points lumineux 2.csv", WORKS)
    (plan,) = load_plans(delivery)
    choice = Choice(0, lamps.slug, mode="upsert", key=("code_point",))
    act = f"pour:{delivery.pk}:0:0"
    snapshot, table = intend(delivery, agent, ReviewedTable(plan.staged, plan, choice), act, lamps)
    with Lake(settings.HOME.lake(town.slug, "lasting")) as lake:
        lake.write(lamps.table, table, delivery=delivery.pk, act=act, mode="upsert", key=("code_point",))
    with scope.nowhere():
        lifecycle.reconcile()
    snapshot.refresh_from_db()
    lamps.refresh_from_db()
    assert (snapshot.state, snapshot.rows_changed, snapshot.rows_added) == (Snapshot.State.DONE, 1, 1)
    assert lamps.key == ["code_point"]


def test_an_update_decided_on_an_outdated_proposal_is_refused(town, agent, lamps):
    first = staged(town, agent, "Points lumineux 2.csv", WORKS)
    updated(town, agent, lamps, text=WORKS.replace("35", "36"))
    with pytest.raises(CatalogueError, match="depuis la lecture"):
        lifecycle.pour(first, agent, [Choice(0, lamps.slug, mode="upsert", key=("code_point",))])


def test_ignoring_a_column_that_is_not_new_admits_no_people(town, agent, meals):
    delivery = staged(town, agent, "familles.csv", FAMILIES)
    answers = dict.fromkeys(("added:courriel", "x:nom", "x:prenom", "x:courriel"), "ignore")
    with pytest.raises(CatalogueError, match=r"données personnelles|n'a plus la même forme"):
        lifecycle.pour(delivery, agent, [Choice(0, meals.slug, mode="append", answers=answers)])
    assert meals.snapshots.count() == 1


def test_in_a_folder_a_file_whose_columns_changed_opens_a_dataset_of_its_own(town, agent, tmp_path):
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "Cantines 2025-01.csv").write_text(JANUARY)
    (tmp_path / "exports" / "Cantines 2025-02.csv").write_text(CHANGED)
    report = lifecycle.deposit_folder(town, tmp_path / "exports", agent)
    assert [snapshot.rows_total for snapshot in report.snapshots] == [4, 3]
    assert Dataset.objects.of(town).count() == 2


# The pages


def page(name, town, *args):
    return reverse(name, args=[town.slug, *args])


@pytest.fixture
def client(agent):
    signed = Client()
    strongly(signed, agent)
    return signed


def test_the_page_has_a_question_for_each_change_answers_none_in_advance_and_keeps_what_was_chosen(
    town, agent, client, meals
):
    delivery, _ = changed(town, agent)
    address = page("delivery", town, delivery.pk)
    html = client.get(address).content.decode().replace("\xa0", " ")
    assert "« Établissement scolaire » est-elle la même colonne que « École » ?" in html
    questions = re.findall(r'<input type="radio" name="t0-d-[^>]*>', html)
    assert len(questions) == 4 and not any("checked" in question for question in questions)
    fields = {"t0-pour": "on", "t0-dataset": meals.slug, "t0-mode": "append", f"t0-d-{RENAMED}": "same"}
    refused = client.post(address, fields)
    assert refused.status_code == 422
    text = refused.content.decode().replace("\xa0", " ")
    assert f'href="#id_t0-d-{ADDED}_0"' in text
    assert "rien n'est versé tant que la question attend" in text.replace("&#x27;", "'")
    assert not Job.objects.of(town).exists()
    done = client.post(address, {**fields, f"t0-d-{ADDED}": "ignore"})
    assert done.status_code == 302
    for job in Job.objects.of(town).filter(state=Job.State.WAITING):
        jobs.run(job)
    reasons = client.get(page("snapshot", town, meals.slug, 2)).content.decode().replace("&#x27;", "'")
    assert "Réponse : Oui, c'est la même : elle garde son nom d'avant." in reasons
    assert "Réponse : L'ignorer : elle n'est pas versée." in reasons


def test_another_dataset_chosen_on_the_page_has_its_own_questions(town, agent, client, meals, lamps):
    delivery = staged(town, agent, "Points lumineux 2.csv", WORKS)
    address = page("delivery", town, delivery.pk)
    fields = {"t0-pour": "on", "t0-dataset": meals.slug, "t0-mode": "append"}
    assert "/travaux/" in client.post(address, fields).url  # compared first with the dataset that was chosen
    for job in Job.objects.of(town).filter(state=Job.State.WAITING):
        jobs.run(job)
    html = client.post(address, fields)
    assert html.status_code == 422
    assert "Que faire sans la colonne « École » ?" in html.content.decode().replace("\xa0", " ")
    new = client.post(address, {**fields, "t0-dataset": "+", "t0-title": "Travaux"})
    assert new.status_code == 302


def test_the_page_shows_the_counts_and_wants_a_key_to_update(town, agent, client, lamps):
    delivery = staged(town, agent, "Points lumineux 2.csv", WORKS)
    address = page("delivery", town, delivery.pk)
    html = client.get(address).content.decode().replace("\xa0", " ")
    assert "1 modifiée, 1 ajoutée, 1 inchangée" in html
    fields = {"t0-pour": "on", "t0-dataset": lamps.slug, "t0-mode": "upsert"}
    refused = client.post(address, fields)
    assert refused.status_code == 422
    assert "Cochez la ou les colonnes" in refused.content.decode()
    assert client.post(address, {**fields, "t0-k-columns": "code_point"}).status_code == 302
    for job in Job.objects.of(town).filter(state=Job.State.WAITING):
        jobs.run(job)
    poured = client.get(page("dataset", town, lamps.slug) + "?verse=2").content.decode()
    assert "apporte 3 lignes&nbsp;: 1 modifiée, 1 ajoutée, 1 inchangée" in poured
    reasons = client.get(page("snapshot", town, lamps.slug, 2)).content.decode()
    assert "met à jour par clé (« Code point »)" in reasons
