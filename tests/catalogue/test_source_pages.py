"""The pages of the sources: the list, the record, the wizard, the late deliveries; who may open what, and what they say."""

import csv
import io
from datetime import date, timedelta

import pytest
from deliveries import FAMILIES, dataset_of
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from source_helpers import JANUARY, again, finish, online, owed, put, rows, served, turn, watched

from beffroi.lake.sources import Secret
from beffroi.web.catalogue.models import Source
from beffroi.web.catalogue.sources import connections, fetch_jobs, source_registry
from beffroi.web.catalogue.sources.promises import Promise
from beffroi.web.platform import ledger, scope
from beffroi.web.platform.home_cards import cards_for
from places import a_person, a_territory, strongly

pytestmark = pytest.mark.django_db

CLAUSE = source_registry.Clause(
    "delegatee", "Eaux du Val", "donnees@eaux-du-val.example", "DSP eau 2024-03", "article 31"
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


@pytest.fixture
def folder(tmp_path, settings, town):
    settings.SOURCE_FOLDERS = [f"{town.slug}={tmp_path / 'depots'}"]
    return tmp_path / "depots"


@pytest.fixture
def site(settings):
    with served() as site:
        settings.ALLOWED_HOSTS_OUT = [f"127.0.0.1:{site.port}"]
        yield site


@pytest.fixture
def late(town, steward):
    """The water file owed each quarter, of which two are missing."""
    first = timezone.localdate() - timedelta(days=120)
    promise = Promise("quarter", 1, 10, first=first)
    return owed(town, steward, title="Factures d'eau", promise=promise, clause=CLAUSE)


# The list and the record


def test_an_empty_list_explains_how_to_begin_to_who_may(town, agent, steward):
    assert "Ajouter une première source" in body(signed_in(steward).get(page("sources", town)))
    html = body(signed_in(agent).get(page("sources", town)))
    assert "Aucune source" in html and page("source-add", town) not in html


def test_the_late_ones_come_first_and_the_filters_count(town, steward, folder, late):
    put(folder, "cantines.csv", JANUARY)
    watched(town, steward, folder, title="A la minute")
    turn(town)
    html = body(signed_in(steward).get(page("sources", town)))
    assert html.index("Factures d&#x27;eau") < html.index("A la minute")
    assert "en retard de 120 jours" in html
    only = body(signed_in(steward).get(page("sources", town) + "?etat=en-retard"))
    assert "A la minute" not in only
    assert "A la minute" in body(signed_in(steward).get(page("sources", town) + "?q=dossier"))


def test_a_stranger_finds_nothing_of_the_sources(town, late):
    other = a_territory("Ailleurs", code="99T02")
    stranger = a_person(other, "administrator", "data_officer", email="etranger@example.org")
    for name in ("source", "source-edit", "source-secret", "source-remove"):
        assert signed_in(stranger).get(page(name, town, late.pk)).status_code == 404


@pytest.mark.parametrize("name", ["source-edit", "source-secret", "source-remove"])
def test_an_agent_sees_a_source_and_changes_nothing(town, agent, steward, site, name):
    source = online(town, steward, site.url("/repas.csv"))
    client = signed_in(agent)
    assert client.get(page("source", town, source.pk)).status_code == 200
    assert client.get(page(name, town, source.pk)).status_code == 404
    assert client.post(page("source-pause", town, source.pk)).status_code == 404
    assert client.post(page("source-fetch", town, source.pk)).status_code == 404


def test_the_record_shows_what_came_what_is_promised_and_who_owes_it(town, agent, steward, late):
    html = body(signed_in(agent).get(page("source", town, late.pk)))
    for words in ("Eaux du Val", "un délégataire", "DSP eau 2024-03, article 31", "en retard", "à venir"):
        assert words in html


def test_no_page_ever_shows_a_secret(town, steward, site):
    source = online(town, steward, site.url("/repas.csv"), Secret(user="lecteur", password="motsecret42"))
    client = signed_in(steward)
    for name in ("source", "source-edit", "source-secret", "source-remove"):
        assert "motsecret42" not in body(client.get(page(name, town, source.pk)))


def test_a_new_secret_takes_the_place_of_the_old_one(town, steward, site):
    source = online(town, steward, site.url("/repas.csv"), Secret(user="lecteur", password="ancien"))
    client = signed_in(steward)
    client.post(
        page("source-secret", town, source.pk), {"user": "lecteur", "password": "nouveau", "token": ""}
    )
    assert connections.open_secret(again(source).sealed_secret) == Secret(user="lecteur", password="nouveau")
    last = ledger.lines_of(town).last()
    assert (last.act, "nouveau" in str(last.__dict__)) == ("source.secret", False)


def test_reading_it_now_leads_to_the_work_then_to_the_record(town, steward, site):
    site.files["/repas.csv"] = JANUARY.encode()
    source = online(town, steward, site.url("/repas.csv"))
    client = signed_in(steward)
    answer = client.post(page("source-fetch", town, source.pk))
    (job,) = finish(town)
    assert answer.url == page("job", town, job.pk)
    html = body(client.get(page("source", town, source.pk)))
    assert "versé" in html and "demandée par" in html and "repas.csv" in html


def test_settings_are_changed_on_one_page_and_the_ledger_records_which(town, agent, steward, folder):
    put(folder, "cantines.csv", JANUARY)
    source = watched(town, steward, folder)
    turn(town)
    client = signed_in(steward)
    fields = {
        "title": "Repas de la régie", "dataset": again(source).dataset.slug, "dataset_title": "", "mode": "append",
        "rhythm": "week", "at": "07:30", "weekday": "2", "day": "1", "owner": agent.pk, "promise": "week-1", "grace": "2",
        "first_due": "", "debtor_kind": "partner", "debtor": "Régie", "contact": "", "contract": "", "article": "",
        "clause_since": "", "clause_until": "",
    }  # fmt: skip
    answer = client.post(page("source-edit", town, source.pk), fields)
    assert answer.status_code == 302, body(answer)
    source = again(source)
    assert (source.title, source.mode, source.owner, source.debtor) == (
        "Repas de la régie", "append", agent, "Régie")  # fmt: skip
    assert source.schedule.describe() == "chaque mercredi, à 7 h 30"
    assert source.next_at == source.schedule.next_after(timezone.now())
    line = ledger.lines_of(town).last()
    assert line.act == "source.change" and "Régie" not in str(line.__dict__)
    wrong = client.post(page("source-edit", town, source.pk), fields | {"owner": "", "grace": "-1"})
    assert wrong.status_code == 422 and "Choisissez une personne" in body(wrong)
    assert "Chaque livraison peut être annulée" in body(wrong)  # each part has its sentence of introduction


def test_a_source_deleted_leaves_its_dataset(town, steward, folder):
    put(folder, "cantines.csv", JANUARY)
    source = watched(town, steward, folder)
    turn(town)
    dataset = again(source).dataset
    client = signed_in(steward)
    assert "ne se défait pas" in body(client.get(page("source-remove", town, source.pk)))
    client.post(page("source-remove", town, source.pk))
    assert not Source.objects.of(town).exists()
    assert rows(dataset) == 4
    assert ledger.lines_of(town).last().act == "source.remove"


def test_the_page_of_a_dataset_shows_its_source_and_its_freshness(town, steward, late):
    dataset = dataset_of(town, steward)
    assert "Factures d&#x27;eau" not in body(signed_in(steward).get(page("dataset", town, dataset.slug)))
    Source.objects.filter(pk=late.pk).update(dataset=dataset)
    html = body(signed_in(steward).get(page("dataset", town, dataset.slug)))
    assert "Factures d&#x27;eau" in html and "en retard de 120 jours" in html and "dû par Eaux du Val" in html


# What is late


@pytest.mark.requirement("R07")
def test_the_late_list_shows_what_who_since_when_and_by_which_promise(town, agent, late):
    html = body(signed_in(agent).get(page("late-deliveries", town)))
    for words in ("Eaux du Val", "DSP eau 2024-03, article 31", "120&nbsp;jours", "2 livraisons manquent",
                  "du nouveau chaque trimestre, 10 jours de délai admis", "mailto:donnees@eaux-du-val.example?subject="):  # fmt: skip
        assert words.replace("&nbsp;", " ") in html.replace("\u00a0", " ").replace("&nbsp;", " ")


def test_the_late_list_leaves_as_a_spreadsheet_that_runs_no_formula(town, agent, steward, late):
    owed(town, steward, title="=1+1", promise=Promise("day", first=date(2026, 1, 1)))
    text = body(signed_in(agent).get(page("late-deliveries-csv", town)))
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text[1:]), delimiter=";"))
    assert [row["source"] for row in rows] == ["'=1+1", "Factures d'eau"]
    assert rows[1]["qui_doit"] == "Eaux du Val" and rows[1]["livraisons_manquantes"] == "2"


def test_a_deposit_by_a_person_ends_the_delay(town, agent, steward, late):
    client = signed_in(agent)
    for quarter in ("t1", "t2"):
        file = SimpleUploadedFile("factures.csv", f"abonne;volume\n{quarter}a;12\n{quarter}b;14\n".encode())
        answer = client.post(page("source-deposit", town, late.pk), {"file": file})
        assert answer.status_code == 302, body(answer)
        finish(town)
    source = again(late)
    assert source.days_late() == 0
    assert "Rien n'est en retard" in body(client.get(page("late-deliveries", town))).replace("&#x27;", "'")


def test_the_home_shows_delays_to_who_manages_or_answers_and_not_to_the_others(town, agent, steward, late):
    titles = [card.title for card in cards_for(steward, town)]
    assert "Livraisons en retard" in titles
    assert "Livraisons en retard" not in [card.title for card in cards_for(agent, town)]
    Source.objects.filter(pk=late.pk).update(owner=agent)
    assert "Livraisons en retard" in [card.title for card in cards_for(agent, town)]


@pytest.mark.requirement("R05")
def test_the_home_shows_a_source_that_fails(town, steward, site):
    online(town, steward, site.url("/absent.csv"))
    turn(town)
    card = next(card for card in cards_for(steward, town) if card.title == "Sources en panne")
    assert card.count == 1 and card.url.endswith("?etat=en-echec")


@pytest.mark.requirement("R05")
def test_a_delay_is_written_to_the_owner_once_a_deadline(town, steward, late, settings, mailoutbox):
    settings.MAIL_HOST = "mail.example"
    for _ in range(2):
        with scope.nowhere():
            fetch_jobs.notify_late()
    (message,) = mailoutbox
    assert message.to == [steward.email]
    assert "en retard de 120 jours" in message.subject and "Eaux du Val devait la remettre" in message.body


# The wizard, without JavaScript


def steps(client, town, answers):
    """Answer the screens in turn; the answer of the last one."""
    for step, sent in answers:
        answer = client.post(page("source-add-step", town, step), sent)
        assert answer.status_code == 302, (step, body(answer))
    return answer


RHYTHM = {"rhythm": "day", "at": "06:00", "weekday": "0", "day": "1"}
NO_CLAUSE = {"debtor_kind": "", "debtor": "", "contact": "", "contract": "", "article": "", "clause_since": "", "clause_until": ""}  # fmt: skip


def test_a_source_is_added_screen_after_screen_from_a_server_that_requires_a_token(town, steward, site):
    site.files["/repas.csv"] = JANUARY.encode()
    client = signed_in(steward)
    assert client.get(page("source-add", town)).url == page("source-add-step", town, "genre")
    steps(client, town, [
        ("genre", {"kind": "http_file"}),
        ("lieu", {"url": site.url("/repas.csv")}),
        ("acces", {"token": "jeton42", "user": "", "password": ""}),
        ("essai", {}),
    ])  # fmt: skip
    assert "jeton42" not in str(dict(client.session))
    assert "repas.csv" in body(client.get(page("source-add-step", town, "table")))
    steps(client, town, [
        ("table", {"offer": "0"}),
        ("jeu", {"dataset": "+", "dataset_title": "Repas servis"}),
        ("mode", {"mode": "replace"}),
        ("rythme", RHYTHM),
        ("responsable", {"owner": steward.pk}),
        ("promesse", {"promise": "month-1", "grace": "5", "first_due": ""}),
        ("clause", NO_CLAUSE),
    ])  # fmt: skip
    last = body(client.get(page("source-add-step", town, "verifier")))
    for words in ("Repas servis", "Chaque jour", "secret chiffré", "Chaque mois", str(steward)):
        assert words in last
    assert "jeton42" not in last
    steps(client, town, [("verifier", {"title": "Repas de la régie"})])
    source = Source.objects.of(town).get()
    assert source.spec["url"] == site.url("/repas.csv")
    assert connections.open_secret(source.sealed_secret) == Secret(token="jeton42")
    turn(town)
    assert rows(again(source).dataset) == 4
    assert "jeton42" in site.requests[-1][1]
    assert client.get(page("source-add-step", town, "verifier")).status_code == 302  # the draft is gone


def test_going_back_loses_nothing_and_a_screen_cannot_be_jumped(town, steward, site):
    client = signed_in(steward)
    assert client.get(page("source-add-step", town, "jeu")).url == page("source-add-step", town, "genre")
    steps(client, town, [("genre", {"kind": "http_file"}), ("lieu", {"url": site.url("/repas.csv")})])
    (chosen,) = [
        line
        for line in body(client.get(page("source-add-step", town, "genre"))).split("<div>")
        if " checked" in line
    ]
    assert 'value="http_file"' in chosen
    assert site.url("/repas.csv") in body(client.get(page("source-add-step", town, "lieu")))
    client.post(page("source-add-cancel", town))
    assert client.get(page("source-add-step", town, "lieu")).url == page("source-add-step", town, "genre")


def test_a_test_that_fails_is_explained_and_keeps_the_answers(town, steward, site):
    client = signed_in(steward)
    steps(client, town, [
        ("genre", {"kind": "http_file"}),
        ("lieu", {"url": "https://interdit.example/x.csv"}),
        ("acces", {"token": "", "user": "", "password": ""}),
    ])  # fmt: skip
    answer = client.post(page("source-add-step", town, "essai"))
    assert answer.status_code == 422
    assert "n&#x27;a pas autorisé" in body(answer)
    assert client.get(page("source-add-step", town, "table")).url == page("source-add-step", town, "essai")
    assert "interdit.example" in body(client.get(page("source-add-step", town, "lieu")))


def test_a_file_that_a_delegatee_owes_is_written_down_with_its_clause(town, agent, steward):
    client = signed_in(steward)
    clause = {
        "debtor_kind": "delegatee", "debtor": "Eaux du Val", "contact": "donnees@eaux-du-val.example",
        "contract": "DSP eau 2024-03", "article": "31", "clause_since": "2024-01-01", "clause_until": "2027-12-31",
    }  # fmt: skip
    steps(client, town, [
        ("genre", {"kind": "expected"}),
        ("jeu", {"dataset": "+", "dataset_title": "Factures d'eau"}),
        ("mode", {"mode": "append"}),
        ("responsable", {"owner": agent.pk}),
    ])  # fmt: skip
    refused = client.post(
        page("source-add-step", town, "promesse"), {"promise": "", "grace": "0", "first_due": ""}
    )
    assert "aucun retard ne serait signalé" in body(refused)
    steps(client, town, [
        ("promesse", {"promise": "quarter-1", "grace": "15", "first_due": "2026-01-31"}),
        ("clause", clause),
        ("verifier", {"title": "Factures d'eau"}),
    ])  # fmt: skip
    source = Source.objects.of(town).get()
    assert source.expected and source.due_on == date(2026, 1, 31)
    assert source.promise.until == date(2027, 12, 31)
    assert source.schedule.describe() == "à la demande"


def test_the_folder_screen_names_the_folders_that_the_operator_opened(town, steward, folder):
    client = signed_in(steward)
    put(folder, "cantines.csv", JANUARY)
    put(folder, "familles.csv", FAMILIES)
    steps(client, town, [("genre", {"kind": "folder"})])
    assert str(folder) in body(client.get(page("source-add-step", town, "lieu")))
    steps(client, town, [("lieu", {"path": str(folder), "pattern": "*.csv", "quiet": "0"}), ("essai", {})])
    html = body(client.get(page("source-add-step", town, "table")))
    assert "Tous les fichiers" in html and "cantines.csv" in html


def test_the_owner_offered_may_deposit(town, agent, steward):
    auditor = a_person(town, "auditor")
    client = signed_in(steward)
    steps(client, town, [
        ("genre", {"kind": "expected"}),
        ("jeu", {"dataset": "+", "dataset_title": "Factures d'eau"}),
        ("mode", {"mode": "append"}),
    ])  # fmt: skip
    html = body(client.get(page("source-add-step", town, "responsable")))
    assert f'value="{agent.pk}"' in html and f'value="{auditor.pk}"' not in html
    assert client.post(page("source-add-step", town, "responsable"), {"owner": auditor.pk}).status_code == 422
