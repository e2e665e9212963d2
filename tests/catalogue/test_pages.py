"""The pages of the catalogue through the whole site: who may open what, and what they say."""

import pytest
from deliveries import FAMILIES, FEBRUARY, JANUARY, WITH_TOTAL, dataset_of, in_sight, poured, received, staged
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from beffroi.web.catalogue import lifecycle
from beffroi.web.catalogue.grants import processing
from beffroi.web.catalogue.models import Dataset, Delivery, Processing
from beffroi.web.catalogue.planning.drift_review import changes_against
from beffroi.web.platform import jobs, ledger
from beffroi.web.platform.home_cards import cards_for
from beffroi.web.platform.models import Job, Territory
from places import a_person, a_territory, strongly

pytestmark = pytest.mark.django_db


def signed_in(person):
    client = Client()
    strongly(client, person)
    return client


def page(name, town, *args):
    return reverse(name, args=[town.slug, *args])


def body(response):
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode()


def finish(town):
    """Do the jobs that wait, as the worker would."""
    return [jobs.run(job) for job in Job.objects.of(town).filter(state=Job.State.WAITING)]


@pytest.fixture
def stranger():
    other = a_territory("Ailleurs", code="99T02")
    return a_person(other, "administrator", "data_officer", email="etranger@example.org")


@pytest.fixture
def meals(town, agent):
    return dataset_of(town, agent)


# The list


def test_an_empty_catalogue_explains_how_to_begin(town, agent):
    html = body(signed_in(agent).get(page("catalogue", town)))
    assert "Déposer votre premier fichier" in html


def test_an_auditor_sees_the_list_without_the_button_to_deposit(town, meals):
    html = body(signed_in(a_person(town, "auditor")).get(page("catalogue", town)))
    assert "Cantines" in html
    assert page("upload", town) not in html


@pytest.mark.requirement("R03")
def test_the_list_answers_not_found_to_a_stranger_and_sends_visitors_to_sign_in(town, stranger):
    assert signed_in(stranger).get(page("catalogue", town)).status_code == 404
    assert "/compte/" in Client().get(page("catalogue", town)).url


@pytest.mark.requirement("R02")
def test_the_search_ignores_accents_and_looks_at_columns(town, agent, meals):
    client = signed_in(agent)
    assert "Cantines" in body(client.get(page("catalogue", town) + "?q=ecole"))
    assert "Aucun jeu ne correspond" in body(client.get(page("catalogue", town) + "?q=piscine"))


def test_words_that_no_dataset_has_together_list_those_of_their_theme(town, agent, meals):
    poured(town, agent, "Subventions versées.csv", "Association;Montant\nLes Amis;100\n")
    html = body(signed_in(agent).get(page("catalogue", town) + "?q=budget+2024"))
    assert "Subventions versées" in html and "Cantines" not in html
    assert "du thème « Budget et subventions » : aucun ne dit « budget 2024 » mot pour mot" in html


def test_the_filters_keep_personal_data_apart(town, agent, meals):
    poured(town, agent, "familles.csv", FAMILIES)
    html = body(signed_in(agent).get(page("catalogue", town) + "?filtre=personnels&tri=lignes"))
    assert page("dataset", town, "familles") in html
    assert page("dataset", town, "cantines") not in html


# The dataset


def test_the_dataset_page_shows_its_rows_columns_and_deliveries(town, agent, meals):
    html = body(signed_in(agent).get(page("dataset", town, meals.slug)))
    for text in ("4 lignes et 4 colonnes", "06/01/2025", "3,45", "Repas servis", "Cantines janvier 2025.csv"):
        assert text in html


def test_the_dataset_page_offers_an_agent_no_act_beyond_their_rights(town, agent, meals):
    html = body(signed_in(agent).get(page("dataset", town, meals.slug)))
    assert "Déposer le fichier suivant" in html
    assert "Annuler la livraison n° 1" in html  # their own
    assert "Corriger la fiche" not in html
    assert "Dépublier" not in html


def test_an_unknown_dataset_and_another_territorys_answer_the_same(town, agent, meals, stranger):
    assert signed_in(agent).get(page("dataset", town, "rien")).status_code == 404
    assert signed_in(stranger).get(page("dataset", town, meals.slug)).status_code == 404
    other = page("dataset", Territory.objects.get(code="99T02"), meals.slug)
    assert signed_in(stranger).get(other).status_code == 404


def test_a_page_number_that_makes_no_sense_shows_the_first_rows(town, agent, meals):
    response = signed_in(agent).get(page("dataset", town, meals.slug) + "?page=²9")
    assert response.status_code == 200


def test_the_rows_are_sorted_and_filtered_by_links_and_a_form(town, agent, meals):
    client, here = signed_in(agent), page("dataset", town, meals.slug)
    html = body(client.get(here + "?tri=repas_servis"))
    assert html.index('<td class="number">61</td>') < html.index('<td class="number">118</td>')
    assert 'aria-sort="ascending"' in html and "tri=repas_servis&amp;sens=desc#lignes" in html
    html = body(client.get(here + "?tri=repas_servis&sens=desc&colonne=ecole&par=contient&valeur=TILLEULS"))
    assert "2 lignes sur 4" in in_sight(html).replace("\xa0", " ")
    assert html.index('<td class="number">64</td>') < html.index('<td class="number">61</td>')
    assert '<td class="number">118</td>' not in html
    html = body(client.get(here + "?colonne=prix_moyen&par=egal&valeur=3,5"))
    assert "2 lignes sur 4" in in_sight(html).replace("\xa0", " ")
    for words in ("?tri=rien", "?colonne=_line&valeur=1", "?colonne=a%22b&valeur=1"):
        assert "Cette colonne ne se lit pas ici" in body(client.get(here + words))
    assert client.get(here + "?colonne=ecole&par=pire&valeur=%E2%80%8B").status_code == 200


@pytest.mark.requirement("R27")
def test_a_filter_shows_nothing_of_personal_rows_without_their_right_and_purpose(town, steward, agent):
    families = poured(town, agent, "familles.csv", FAMILIES).dataset
    bills(town, families)
    here, words = page("dataset", town, families.slug), "?colonne=quotient&valeur=812"
    for person, purpose in ((steward, ""), (agent, "&finalite=factures")):
        assert "lea.martin" not in body(signed_in(person).get(here + words + purpose))
    html = body(signed_in(steward).get(here + words + "&finalite=factures"))
    assert "lea.martin" in html and "hugo.bernard" not in html
    line = ledger.lines_of(town).last()
    assert (line.act, line.detail.payload["filtered_by"]) == ("dataset.read_personal", "quotient")
    assert "812" not in str(line.detail.payload)


@pytest.mark.requirement("R27")
def test_personal_rows_wait_for_a_purpose(town, steward, agent):
    families = poured(town, agent, "familles.csv", FAMILIES).dataset
    html = body(signed_in(steward).get(page("dataset", town, families.slug)))
    assert "lea.martin" not in html
    assert "Inscrire un usage" in html


def bills(town, *datasets):
    return processing(
        town,
        "factures",
        title="Factures",
        purpose="…",
        legal_basis="…",
        covers_personal=True,
        datasets=datasets,
    )


def test_personal_rows_read_for_a_purpose_leave_a_ledger_line(town, steward, agent):
    families = poured(town, agent, "familles.csv", FAMILIES).dataset
    bills(town, families)
    html = body(signed_in(steward).get(page("dataset", town, families.slug) + "?finalite=factures"))
    assert "lea.martin@example.org" in html
    assert ledger.lines_of(town).last().act == "dataset.read_personal"


def test_an_agent_sees_no_row_of_personal_data_and_learns_what_to_do(town, agent):
    families = poured(town, agent, "familles.csv", FAMILIES).dataset
    bills(town, families)
    client = signed_in(agent)
    html = body(client.get(page("dataset", town, families.slug)))
    assert "Ces lignes portent sur des personnes" in html and "finalite" not in html
    assert "dataset.refuse_personal" not in {line.act for line in ledger.lines_of(town)}
    html = body(client.get(page("dataset", town, families.slug) + "?finalite=factures"))
    assert not [value for value in ("lea.martin", "812", "1204") if value in in_sight(html)]
    acts = {line.act for line in ledger.lines_of(town)}
    assert "dataset.read_personal" not in acts and "dataset.refuse_personal" in acts


# The card, publishing


def test_a_steward_corrects_the_card_on_its_page(town, steward, meals):
    client = signed_in(steward)
    fields = {
        "title": "Repas servis",
        "producer": "Régie",
        "licence": "Licence Ouverte 2.0",
        "owner": steward.pk,
    }
    answer = client.post(page("dataset-card", town, meals.slug), {**fields, "hosting": "interne"})
    assert answer.url == page("dataset", town, meals.slug)
    assert Dataset.objects.get(pk=meals.pk).title == "Repas servis"


def test_a_card_without_title_keeps_what_was_typed(town, steward, meals):
    answer = signed_in(steward).post(
        page("dataset-card", town, meals.slug), {"title": "", "producer": "Régie", "hosting": "interne"}
    )
    assert answer.status_code == 422
    assert 'value="Régie"' in body(answer)


def test_an_agent_may_not_open_the_card_nor_publish(town, agent, meals):
    client = signed_in(agent)
    assert client.get(page("dataset-card", town, meals.slug)).status_code == 404
    assert client.post(page("dataset-publish", town, meals.slug)).status_code == 404


def test_a_steward_publishes_by_a_button_not_by_a_link(town, steward, meals):
    client = signed_in(steward)
    lifecycle.edit_card(meals, steward, licence="Licence Ouverte 2.0", producer="Ville", owner=steward)
    assert client.get(page("dataset-publish", town, meals.slug)).status_code == 405
    html = body(client.post(page("dataset-publish", town, meals.slug), follow=True))
    assert "est publié" in html
    assert "n&#x27;est plus public" in body(
        client.post(page("dataset-unpublish", town, meals.slug), follow=True)
    )


def test_publishing_an_incomplete_card_lists_what_is_missing(town, steward, meals):
    html = body(signed_in(steward).post(page("dataset-publish", town, meals.slug), follow=True))
    assert "une licence, un producteur, un responsable" in html


# Deposit, confirm, pour


def test_a_file_goes_from_the_form_to_the_dataset_without_javascript(town, agent):
    client = signed_in(agent)
    file = SimpleUploadedFile("Cantines janvier 2025.csv", JANUARY.encode())
    sent = client.post(page("upload", town), {"file": file})
    assert "/travaux/" in sent.url
    (reading,) = finish(town)
    html = body(client.get(reading.location))
    assert "Confirmer ce qui a été compris" in html
    fields = {"t0-pour": "on", "t0-dataset": "+", "t0-title": "Repas servis", "t0-mode": "replace"}
    assert "/travaux/" in client.post(reading.location, fields).url
    (pouring,) = finish(town)
    assert pouring.location == page("dataset", town, "repas-servis") + "?verse=1"
    assert "La livraison n° 1 apporte 4 lignes." in body(client.get(pouring.location))


def test_a_visitor_an_auditor_and_a_stranger_may_not_deposit(town, stranger):
    for person in (stranger, a_person(town, "auditor")):
        assert signed_in(person).get(page("upload", town)).status_code == 404
        assert signed_in(person).post(page("upload", town)).status_code == 404


def test_sending_no_file_explains_what_to_do(town, agent):
    answer = signed_in(agent).post(page("upload", town), {})
    assert answer.status_code == 422
    assert "Choisissez un fichier" in body(answer)


def test_several_files_become_as_many_deliveries_and_a_refused_one_costs_the_others_nothing(
    town, agent, monkeypatch, settings
):
    settings.BEFFROI_MAX_UPLOAD = 400
    monkeypatch.setattr("beffroi.web.platform.jobs.queue.MAX_WAITING", 2)
    texts = {"janvier.csv": JANUARY, "vide.csv": "", "février.csv": FEBRUARY, "gros.csv": JANUARY * 9}
    texts["double.csv"] = JANUARY
    files = [SimpleUploadedFile(name, text.encode()) for name, text in texts.items()]
    client = signed_in(agent)
    answer = client.post(page("upload", town), {"file": files})
    assert answer.url == page("deliveries", town)
    html = body(client.get(answer.url)).replace("\xa0", " ")
    assert "2 fichiers sont gardés, et leur lecture commence" in html
    assert "« vide.csv » n&#x27;a pas été gardé. Ce fichier est vide." in html
    assert "Le fichier « gros.csv » dépasse la taille permise" in html
    assert "pas encore lu, car trop de travaux attendent : « double.csv »" in html
    assert set(Delivery.objects.of(town).values_list("file_name", flat=True)) == {
        "janvier.csv",
        "février.csv",
        "double.csv",
    }
    assert [job.state for job in finish(town)] == [Job.State.DONE] * 2
    late = Delivery.objects.of(town).get(file_name="double.csv")
    client.post(page("delivery-read", town, late.pk))
    (reading,) = finish(town)
    assert "Ce fichier a déjà été déposé" in body(client.get(reading.location))


def test_several_files_all_refused_keep_the_form_with_each_reason(town, agent):
    files = [SimpleUploadedFile(name, b"") for name in ("a.csv", "b.csv")]
    answer = signed_in(agent).post(page("upload", town), {"file": files})
    assert answer.status_code == 422
    assert all(f"« {name} »" in body(answer).replace("\xa0", " ") for name in ("a.csv", "b.csv"))
    many = [SimpleUploadedFile(f"{n}.csv", b"a;b\n1;2\n") for n in range(51)]
    answer = signed_in(agent).post(page("upload", town), {"file": many})
    assert "au plus 50 à la fois" in body(answer).replace("\xa0", " ")
    assert not Delivery.objects.of(town).exists()


def test_a_file_deposited_from_a_dataset_is_proposed_to_it_whatever_its_name(town, agent, meals):
    file = SimpleUploadedFile("export_logiciel.csv", FEBRUARY.encode())
    signed_in(agent).post(page("upload", town), {"file": file, "jeu": meals.slug})
    (reading,) = finish(town)
    html = body(signed_in(agent).get(reading.location))
    assert "ajouter à « Cantines »" in html
    assert "Vous avez choisi ce jeu pour ce fichier" in html


def test_two_clicks_on_pour_make_one_job(town, agent):
    delivery = staged(town, agent, "janvier.csv", JANUARY)
    client = signed_in(agent)
    fields = {"t0-pour": "on", "t0-dataset": "+", "t0-title": "Cantines", "t0-mode": "replace"}
    where = page("delivery", town, delivery.pk)
    assert client.post(where, fields).url == client.post(where, fields).url
    finish(town)
    assert Dataset.objects.of(town).count() == 1


def test_a_new_dataset_needs_a_title_before_anything_is_poured(town, agent):
    delivery = staged(town, agent, "janvier.csv", JANUARY)
    answer = signed_in(agent).post(
        page("delivery", town, delivery.pk),
        {"t0-pour": "on", "t0-dataset": "+", "t0-mode": "append", "t0-title": ""},
    )
    assert answer.status_code == 422
    assert "Donnez un titre" in body(answer)
    assert not finish(town)


def test_a_new_dataset_does_not_take_the_title_of_another(town, agent, meals):
    delivery = staged(town, agent, "fevrier.csv", FEBRUARY)
    fields = {"t0-pour": "on", "t0-dataset": "+", "t0-title": "cantines", "t0-mode": "append"}
    answer = signed_in(agent).post(page("delivery", town, delivery.pk), fields)
    assert answer.status_code == 422
    assert "appelle déjà" in body(answer)


def test_unticking_every_table_is_reported(town, agent):
    delivery = staged(town, agent, "janvier.csv", JANUARY)
    answer = signed_in(agent).post(
        page("delivery", town, delivery.pk), {"t0-dataset": "+", "t0-mode": "append"}
    )
    assert "est cochée" in body(answer)


def test_the_confirmation_shows_which_rows_were_rejected_and_why(town, agent):
    delivery = staged(town, agent, "Cantines.csv", WITH_TOTAL)
    html = body(signed_in(agent).get(page("delivery", town, delivery.pk)))
    assert "écartée" in html
    assert "Total;;294;" in html


def test_personal_columns_are_announced_and_hidden_from_another_agent(town, agent):
    delivery = staged(town, agent, "familles.csv", FAMILIES)
    own = body(signed_in(agent).get(page("delivery", town, delivery.pk)))
    assert "données personnelles ont été trouvées" in own
    assert "lea.martin@example.org" in own
    colleague = a_person(town, "agent", email="collegue@example.org")
    other = body(signed_in(colleague).get(page("delivery", town, delivery.pk)))
    assert "lea.martin" not in other
    assert "812" not in in_sight(other)
    assert "seule la personne qui a déposé le fichier" in other


def test_an_agent_cannot_untick_a_protected_column_by_forging_the_form(town, agent):
    delivery = staged(town, agent, "familles.csv", FAMILIES)
    fields = {"t0-pour": "on", "t0-dataset": "+", "t0-title": "Familles", "t0-mode": "replace"}
    signed_in(agent).post(page("delivery", town, delivery.pk), fields)
    finish(town)
    assert Dataset.objects.of(town).get().sensitivity == Dataset.Sensitivity.PERSONAL


def test_a_refused_file_has_its_reason_on_its_page_and_in_the_list(town, agent):
    delivery = lifecycle.stage(
        lifecycle.receive(town, agent, "photo.jpg", [b"\xff\xd8\xff\xe0" + bytes(400)])
    )
    client = signed_in(agent)
    assert "a pas pu être lu" in body(client.get(page("delivery", town, delivery.pk)))


def test_giving_up_a_delivery_changes_no_dataset(town, agent):
    delivery = staged(town, agent, "janvier.csv", JANUARY)
    signed_in(agent).post(page("delivery-cancel", town, delivery.pk))
    assert Delivery.objects.get(pk=delivery.pk).state == "cancelled"
    assert not Dataset.objects.of(town).exists()


def test_giving_up_is_offered_to_who_made_the_delivery_and_to_stewards_not_to_a_colleague(
    town, agent, steward
):
    delivery = staged(town, agent, "janvier.csv", JANUARY)
    colleague = a_person(town, "agent", email="collegue@example.org")
    offered = {
        person: "Abandonner cette livraison"
        in body(signed_in(person).get(page("delivery", town, delivery.pk)))
        for person in (agent, steward, colleague)
    }
    assert offered == {agent: True, steward: True, colleague: False}
    assert signed_in(colleague).post(page("delivery-cancel", town, delivery.pk)).status_code == 404
    assert Delivery.objects.get(pk=delivery.pk).state == "staged"


def test_a_failed_pour_is_reported_and_the_delivery_stays_to_confirm(town, agent, meals):
    delivery = staged(town, agent, "familles.csv", FAMILIES)
    fields = {"t0-pour": "on", "t0-dataset": meals.slug, "t0-mode": "append"}
    signed_in(agent).post(page("delivery", town, delivery.pk), fields)
    finish(town)
    delivery.refresh_from_db()
    (plan,) = lifecycle.load_plans(delivery)
    answers = {f"t0-d-{c.key}": c.choices[0] for c in changes_against(meals, plan)}
    signed_in(agent).post(page("delivery", town, delivery.pk), fields | answers)
    (job,) = finish(town)
    assert job.state == Job.State.FAILED
    assert "données personnelles" in job.message
    assert Delivery.objects.get(pk=delivery.pk).state == "staged"


# Undo and pour again


def test_a_steward_undoes_on_the_page_and_is_offered_to_pour_again(town, steward, meals):
    client = signed_in(steward)
    html = body(client.post(page("snapshot-undo", town, meals.slug, 1), follow=True))
    assert "est annulée" in html
    assert "Verser à nouveau" in html
    delivery = Delivery.objects.of(town).get()
    client.post(page("delivery-read", town, delivery.pk))
    (reading,) = finish(town)
    assert "remplacer" in body(client.get(reading.location)).lower()


def test_an_agent_may_not_undo_a_colleagues_delivery_on_the_page(town, meals):
    colleague = a_person(town, "agent", email="collegue@example.org")
    assert "Annuler la livraison" not in body(signed_in(colleague).get(page("snapshot", town, meals.slug, 1)))
    assert signed_in(colleague).post(page("snapshot-undo", town, meals.slug, 1)).status_code == 404
    assert meals.current is not None


def test_an_older_delivery_is_not_undone_and_the_page_names_the_latest(town, agent, steward, meals):
    poured(town, agent, "Cantines fevrier 2025.csv", FEBRUARY)
    html = body(signed_in(steward).post(page("snapshot-undo", town, meals.slug, 1), follow=True))
    assert "Seule la dernière livraison" in html


# A delivery's page, exports, purposes


def test_the_rejected_rows_are_displayed_and_downloaded(town, agent):
    dataset = poured(town, agent, "Cantines.csv", WITH_TOTAL).dataset
    client = signed_in(agent)
    assert "Total;;294;" in body(client.get(page("snapshot", town, dataset.slug, 1)))
    sent = client.get(page("snapshot-aside", town, dataset.slug, 1))
    assert "lignes-ecartees.csv" in sent["Content-Disposition"]
    assert "Total;;294;" in body(sent)


def test_the_export_is_a_french_csv(town, agent, meals):
    sent = signed_in(agent).get(page("dataset-export", town, meals.slug))
    assert sent["Content-Type"] == "text/csv; charset=utf-8"
    assert "donnees-simulees-cantines.csv" in sent["Content-Disposition"]
    assert "3,45" in body(sent)


def test_exporting_personal_data_without_purpose_is_refused_in_words(town, steward, agent):
    families = poured(town, agent, "familles.csv", FAMILIES).dataset
    html = body(signed_in(steward).get(page("dataset-export", town, families.slug), follow=True))
    assert "pas été fait" in html
    assert "lea.martin" not in html


def test_a_steward_writes_a_purpose_down_once(town, steward):
    client = signed_in(steward)
    fields = {
        "title": "Facturation",
        "purpose": "Facturer",
        "legal_basis": "Mission",
        "covers_personal": "on",
    }
    client.post(page("purposes", town), fields)
    assert "porte déjà ce nom" in body(client.post(page("purposes", town), fields))
    assert Processing.objects.of(town).get(key="facturation").covers_personal


def test_a_steward_binds_a_dataset_to_a_purpose_and_unbinds_it(town, steward, agent):
    families = poured(town, agent, "familles.csv", FAMILIES).dataset
    purpose, client = bills(town), signed_in(steward)
    fields = {"acte": "rattacher", "usage": "factures", "jeu": families.slug}
    html = body(client.post(page("purposes", town), fields, follow=True))
    assert "ouvre maintenant" in html and "Détacher Familles de Factures" in html
    assert "lea.martin" in body(client.get(page("dataset", town, families.slug) + "?finalite=factures"))
    client.post(page("purposes", town), {**fields, "acte": "detacher"})
    assert not purpose.datasets.exists()
    assert client.post(page("purposes", town), {**fields, "jeu": "rien"}).status_code == 404
    assert signed_in(agent).post(page("purposes", town), fields).status_code == 404


def test_an_agent_may_not_write_a_purpose_down(town, agent):
    assert signed_in(agent).get(page("purposes", town)).status_code == 404


def test_the_home_lists_the_files_that_wait(town, agent, meals):
    staged(town, agent, "fevrier.csv", FEBRUARY)
    cards = {card.title: card for card in cards_for(agent, town)}
    assert cards["Fichiers à confirmer"].count == 1
    assert cards["Jeux de données"].count == 1


def test_a_file_may_be_dropped_on_the_home_before_and_after_the_first_dataset(town, agent):
    drops = f'href="{page("upload", town)}" data-drop-page'
    home = page("territory", town)
    assert drops in body(signed_in(agent).get(home))
    dataset_of(town, agent)
    assert drops in body(signed_in(agent).get(home))
    assert "data-drop-page" not in body(signed_in(a_person(town, "auditor")).get(home))


def test_every_route_of_the_room_declares_the_right_it_needs():
    from beffroi.web.catalogue.sources.urls import urlpatterns as sources
    from beffroi.web.catalogue.urls import urlpatterns

    own = [pattern for pattern in urlpatterns if not hasattr(pattern, "url_patterns")]
    assert len(own) == len(urlpatterns) - 1  # the sources' are included
    assert all(
        getattr(pattern.callback, "declares", "").startswith(
            ("dataset.", "processing.", "publication.", "source.")
        )
        for pattern in [*own, *sources]
    )


def test_the_same_file_again_is_reported_on_its_page(town, agent, meals):
    again = received(town, agent, "copie.csv", JANUARY)
    html = body(signed_in(agent).get(page("delivery", town, again.pk)))
    assert "a déjà été déposé" in html
