"""Two deliveries compared on a page and as a file: what it says, who may, and what a personal dataset lets out."""

import csv
import io
from datetime import datetime

import pytest
from deliveries import FAMILIES, FEBRUARY, JANUARY, dataset_of, in_sight, poured, staged
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beffroi.web.catalogue import comparisons, lifecycle
from beffroi.web.catalogue.errors import CatalogueError, NotGranted
from beffroi.web.catalogue.grants import consultation, processing
from beffroi.web.catalogue.lifecycle import Choice
from beffroi.web.catalogue.models import Snapshot
from beffroi.web.platform import ledger
from places import a_person, a_territory, strongly

pytestmark = pytest.mark.django_db

# One count corrected, one row gone, two rows more.
CORRECTED = JANUARY.replace("118", "119").replace("Les Tilleuls;07/01/2025;61;3,50\n", "") + (
    "Les Tilleuls;08/01/2025;60;3,50\nJean-Moulin;08/01/2025;101;3,45\n"
)


def signed_in(person):
    client = Client()
    strongly(client, person)
    return client


def page(name, town, *args):
    return reverse(name, args=[town.slug, *args])


def body(response):
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode()


def again(town, person, dataset, text, name="Cantines corrigees.csv"):
    """The next edition replaces the one held; what it changes in the columns is accepted."""
    delivery = staged(town, person, name, text)
    (plan,) = lifecycle.load_plans(delivery)
    answers = {change.key: change.choices[0] for change in plan.changes if change.choices}
    (snapshot,) = lifecycle.pour(delivery, person, [Choice(0, dataset.slug, "", "replace", answers=answers)])
    return snapshot


def billing(town, dataset):
    return processing(
        town,
        "facturation",
        title="Facturation",
        purpose="…",
        legal_basis="…",
        covers_personal=True,
        datasets=[dataset],
    )


@pytest.fixture
def meals(town, agent):
    dataset = dataset_of(town, agent)
    again(town, agent, dataset, CORRECTED)
    return dataset


def both(dataset):
    return dataset.snapshots.get(number=1), dataset.snapshots.get(number=2)


def test_the_sentence_counts_what_came_left_and_changed(town, agent, meals):
    first, second = both(meals)
    for snapshot, month in ((first, 3), (second, 4)):
        Snapshot.objects.filter(pk=snapshot.pk).update(at=timezone.make_aware(datetime(2026, month, 3, 12)))
    found = comparisons.compare(agent, *both(meals), consultation(town))
    assert found.sentence == (
        "Entre le fichier reçu le 3 mars 2026 (n° 1) et celui du 3 avril 2026 (n° 2) : 2 lignes ajoutées, 1 retirée, 1 modifiée."
    )
    assert found.found.key == ("ecole", "date")


def test_the_page_marks_the_changed_cells_by_words_and_signs(town, agent, meals):
    html = body(signed_in(agent).get(page("dataset-compare", town, meals.slug)))
    assert "2 lignes ajoutées, 1 retirée, 1 modifiée" in html
    assert '<del><span class="visually-hidden">avant : </span>118</del>' in html
    assert '<span class="visually-hidden">après : </span><strong>119</strong>' in html
    assert "« École » et « Date » : c'est une proposition" in html


def test_the_kinds_of_changes_are_links_that_filter(town, agent, meals):
    client = signed_in(agent)
    html = body(client.get(page("dataset-compare", town, meals.slug) + "?lignes=retirees"))
    assert html.count("<del>61</del>") == 1
    assert "119" not in in_sight(html)


def test_whole_rows_are_compared_when_no_column_is_ticked(town, agent, meals):
    html = body(signed_in(agent).get(page("dataset-compare", town, meals.slug) + "?reconnaitre=lignes"))
    assert "3 lignes ajoutées, 2 retirées." in html
    assert "une ligne modifiée compte comme" in html


def test_a_key_that_does_not_suffice_is_refused_and_another_can_be_chosen(town, agent, meals):
    html = body(signed_in(agent).get(page("dataset-compare", town, meals.slug) + "?cle=ecole"))
    assert "ne suffisent pas à reconnaître une ligne" in html
    assert '<input type="checkbox" name="cle" value="date"' in html
    for strange in ("inconnue", "_delivery", 'x" OR 1=1 --'):
        response = signed_in(agent).get(page("dataset-compare", town, meals.slug), {"cle": strange})
        assert "La comparaison n'a pas été faite" in body(response)


def test_a_single_delivery_is_not_compared(town, agent):
    dataset = dataset_of(town, agent)
    html = body(signed_in(agent).get(page("dataset-compare", town, dataset.slug)))
    assert "Il faut deux livraisons pour comparer" in html
    response = signed_in(agent).get(page("dataset-compare-csv", town, dataset.slug), follow=True)
    assert "Il faut deux livraisons" in body(response)


def test_any_two_deliveries_can_be_chosen_even_backwards(town, agent, meals):
    delivery = staged(town, agent, "Cantines fevrier 2025.csv", FEBRUARY)
    lifecycle.pour(delivery, agent, [Choice(0, meals.slug, "", "append")])
    client = signed_in(agent)
    url = page("dataset-compare", town, meals.slug)
    assert "3 lignes ajoutées, 0 retirée, 0 modifiée" in body(client.get(url))
    assert "1 ligne ajoutée, 2 retirées, 1 modifiée" in body(client.get(url + "?avant=2&apres=1"))
    assert "aucune ligne n&#x27;a changé" in body(client.get(url + "?avant=1&apres=1"))


def test_an_undone_delivery_is_not_among_those_to_compare(town, agent, meals):
    lifecycle.undo(meals.current, agent)
    assert [s.number for s in comparisons.choices(meals)] == [1]


def test_the_undo_is_offered_with_what_it_would_change(town, agent, meals):
    client = signed_in(agent)
    html = body(client.get(page("dataset-compare", town, meals.slug)))
    sentence = "2 lignes ajoutées repartiraient, 1 ligne retirée reviendrait, 1 ligne modifiée retrouverait ses valeurs."
    assert sentence in html
    assert page("snapshot-undo", town, meals.slug, 2) in html
    client.post(page("snapshot-undo", town, meals.slug, 2))
    assert meals.current.number == 1


def test_a_reader_is_not_offered_to_undo(town, meals):
    auditor = a_person(town, "auditor")
    html = body(signed_in(auditor).get(page("dataset-compare", town, meals.slug)))
    assert "1 modifiée" in html
    assert "annuler/" not in html


def test_the_file_contains_every_difference_before_and_after(town, agent, meals):
    response = signed_in(agent).get(page("dataset-compare-csv", town, meals.slug))
    assert "cantines-livraisons-1-2-comparees.csv" in response["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(body(response).removeprefix("\ufeff")), delimiter=";"))
    assert rows[0][:4] == ["Données simulées", "Changement", "École (avant)", "École (après)"]
    assert [row[1] for row in rows[1:]] == ["ajoutée", "ajoutée", "retirée", "modifiée"]
    changed = rows[4]
    assert changed[rows[0].index("Repas servis (avant)")] == "118"
    assert changed[rows[0].index("Repas servis (après)")] == "119"
    line = ledger.lines_of(town).last()
    assert (line.act, line.detail.payload["compared_with"]) == ("dataset.export", 1)


def test_the_dataset_its_delivery_and_the_file_received_lead_to_what_changed(town, agent, meals):
    client, second = signed_in(agent), meals.current
    wanted = f"{page('dataset-compare', town, meals.slug)}?avant=1&amp;apres=2"
    for url in (page("dataset", town, meals.slug), page("snapshot", town, meals.slug, 2)):
        assert wanted in body(client.get(url))
    assert "Voir ce qui a changé" in body(client.get(page("delivery", town, second.delivery_id)))


def test_columns_that_one_edition_lacks_are_listed(town, agent, meals):
    wider = "École;Date;Repas servis;Menu\nJean-Moulin;06/01/2025;112;riz\nLes Tilleuls;06/01/2025;64;riz\n"
    again(town, agent, meals, wider)
    client, address = signed_in(agent), page("dataset-compare", town, meals.slug)
    assert "La colonne « Menu » n&#x27;existait pas avant" in body(client.get(address))
    html = body(client.get(address, {"avant": 3, "apres": 2}))
    assert "La colonne « Menu » n&#x27;existe plus après" in html


def test_differences_go_on_from_page_to_page(town, agent):
    lines = [f"École {n};{n}" for n in range(1, 121)]
    dataset = dataset_of(town, agent, "effectifs.csv", "École;Élèves\n" + "\n".join(lines) + "\n")
    changed = [f"École {n};{n + 1000}" for n in range(1, 121)]
    again(town, agent, dataset, "École;Élèves\n" + "\n".join(changed) + "\n", "effectifs.csv")
    names = []
    for number in (1, 2, 3):
        found = comparisons.compare(agent, *both(dataset), consultation(town), page=number)
        names += [row["cells"][0]["text"] for row in comparisons.rows_of(found)]
    assert sorted(names) == sorted(f"École {n}" for n in range(1, 121))


# People


@pytest.fixture
def families(town, agent):
    dataset = poured(town, agent, "familles.csv", FAMILIES).dataset
    changed = FAMILIES.replace("812", "813").replace("lea.martin@example.org", "l.martin@example.org")
    again(town, agent, dataset, changed, "familles.csv")
    return dataset


def test_a_personal_dataset_is_compared_for_a_purpose_only(town, agent, families):
    with pytest.raises(NotGranted, match="finalité"):
        comparisons.compare(agent, *both(families), None)
    with pytest.raises(NotGranted, match="ne les couvre"):
        comparisons.compare(agent, *both(families), consultation(town))
    html = body(signed_in(agent).get(page("dataset-compare", town, families.slug)))
    assert "Pour quel usage" in html or "Aucun usage" in html
    assert "813" not in in_sight(html)


def test_who_may_not_read_personal_rows_gets_counts_of_changes_and_no_small_one(town, agent, families):
    found = comparisons.compare(agent, *both(families), billing(town, families), key=())
    assert comparisons.rows_of(found) == []
    assert (found.found.added, found.found.removed, found.differences) == (None, None, None)
    assert "moins de 11 lignes, ou aucune" in found.found.reason
    assert len(found.found.drift.hidden) == 3
    with pytest.raises(CatalogueError, match="lisible"):
        comparisons.compare(agent, *both(families), billing(town, families), key=("courriel",))
    with pytest.raises(NotGranted):
        lifecycle.export_differences(agent, *both(families), billing(town, families), key=())
    acts = [line.act for line in ledger.lines_of(town)]
    assert "dataset.read_personal" not in acts and acts[-1] == "dataset.refuse_personal"


def test_no_change_is_reported_like_few(town, agent, families):
    first = families.snapshots.get(number=1)
    found = comparisons.compare(agent, first, first, billing(town, families), key=())
    assert (found.found.added, found.found.before, found.differences) == (None, None, None)


def test_who_may_see_people_compares_them_with_a_line_in_the_ledger(town, steward, families):
    found = comparisons.compare(steward, *both(families), billing(town, families), key=("nom", "prenom"))
    assert (found.found.added, found.found.removed, found.found.changed) == (0, 0, 1)
    assert [cell["differs"] for cell in comparisons.rows_of(found)[0]["cells"]] == [False, False, True, True]
    (line,) = [line for line in ledger.lines_of(town) if line.act == "dataset.read_personal"]
    assert line.detail.payload == {
        "snapshot": 2,
        "processing": "facturation",
        "way": "comparison",
        "compared_with": 1,
        "page": 1,
    }


def test_another_territory_is_not_found(town, meals):
    other = a_territory("Ailleurs", code="99T02")
    stranger = signed_in(a_person(other, "administrator", "data_officer", email="etranger@example.org"))
    for name in ("dataset-compare", "dataset-compare-csv"):
        assert stranger.get(page(name, town, meals.slug) + "?avant=1&apres=2").status_code == 404
        assert stranger.get(page(name, other, meals.slug) + "?avant=1&apres=2").status_code == 404


def test_a_served_site_never_compares_in_its_own_process(town, agent, meals, monkeypatch):
    monkeypatch.setenv("BEFFROI_SERVING", "1")
    with pytest.raises(CatalogueError, match="Réessayez dans une minute"):
        comparisons.compare(agent, *both(meals), consultation(town))
