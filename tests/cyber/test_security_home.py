"""The home of security and the page of calls: what a town sees first, what opens without account."""

import html
import re

import pytest
from django.test import Client

from beffroi.guides import Questionnaire, Register
from beffroi.web.cyber import overview
from beffroi.web.cyber.incidents import calls
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import ProgressShare, RegisterEntry
from beffroi.web.guides.offers import services as offers
from beffroi.web.guides.services import registers, responses
from beffroi.web.platform import scope
from beffroi.web.platform.models import Person, Territory
from beffroi.web.tenancy.hosting import set_host_operator
from beffroi.web.tenancy.models import Hosting
from places import a_person, strongly


def test_an_empty_town_sees_how_to_begin(territory: Territory, officer: Person, client: Client) -> None:
    client.force_login(officer)
    page = client.get(f"/t/{territory.slug}/securite/").content.decode()
    assert [word in page for word in ("Urgence", "Votre parcours", "À faire ce mois-ci")] == [True] * 3
    assert "17Cyber" in page and "Commencer" in page
    most = f"{len(guide(Questionnaire, 'cyber_path').questions)} questions au plus"
    assert most in page
    assert most in client.get(f"/t/{territory.slug}/guides/questionnaires/cyber_path/").content.decode()


def test_obligations_budget_and_hostings_are_reached_from_the_home_of_security(
    territory: Territory, officer: Person, client: Client
) -> None:
    client.force_login(officer)
    page = client.get(f"/t/{territory.slug}/securite/").content.decode()
    for key in ("nis2", "obligations", "obligations_register", "reen", "project_brief", "hosting"):
        found = re.search(rf'href="([^"]*/{key}/)"', page)
        assert found is not None, key
        assert client.get(found[1]).status_code == 200, key
    assert f'href="/t/{territory.slug}/continuite/"' in page


def test_the_path_shows_how_far_one_is(territory: Territory, officer: Person, client: Client) -> None:
    path = guide(Questionnaire, "cyber_path")
    response = responses.open_response(territory, officer, path)
    first = path.questions[0]
    responses.save_answers(response, officer, {first.key: first.options[0].key if first.options else "5"})
    client.force_login(officer)
    page = client.get(f"/t/{territory.slug}/securite/").content.decode()
    assert re.search(r"1 réponse sur \d+", page) and "Continuer" in page
    assert overview.figures(territory, False)["answered"] == 1
    assert "answers" not in overview.figures(territory, False)
    assert overview.figures(territory, True)["answers"][0][1] == first.label


def test_a_contact_without_source_shows_no_number(territory: Territory, officer: Person) -> None:
    register = guide(Register, "who_to_call")
    registers.save_entry(territory, officer, register, {"name": "Notre prestataire", "order": "1", "phone": "01 02 03 04 05",
                         "source": "Contrat de 2026", "verified_on": "2026-11-01"})  # fmt: skip
    own = [one for one in calls.contacts(territory) if not one.proposed]
    assert [(one.phone, one.link) for one in own] == [("01 02 03 04 05", "0102030405")]
    with pytest.raises(Exception, match="d'où vient ce contact"):
        registers.save_entry(territory, officer, register, {"name": "Un inconnu", "phone": "01 99 99 99 99"})
    # Whatever its way in, a number whose source was verified on no day is not shown.
    for half in ({"source": "Un agenda"}, {"verified_on": "2026-11-01"}):
        RegisterEntry.objects.create(
            territory=territory,
            register=register.id,
            identity=str(half),
            values={"name": "À moitié", "phone": "01 88", **half},
        )
    halves = [one.phone for one in calls.contacts(territory) if one.name == "À moitié"]
    assert halves == ["", ""]


def test_the_contacts_proposed_stay_beside_the_first_own_one_until_the_list_is_begun(
    territory: Territory, officer: Person, client: Client
) -> None:
    register = guide(Register, "who_to_call")
    registers.save_entry(territory, officer, register, {"name": "Notre prestataire"})
    assert len(calls.contacts(territory)) == 1 + len(register.rows)
    client.force_login(officer)
    address = f"/t/{territory.slug}/securite/qui-appeler/"
    page = plain(client.get(address).content.decode())
    assert "d'après Beffroi, le" in page and "vérifié le" not in page and "Commencer ma liste" in page
    client.post(f"/t/{territory.slug}/guides/registres/who_to_call/commencer/")
    page = plain(client.get(address).content.decode())
    assert "d'après Beffroi, le" not in page and "Commencer ma liste" not in page
    # The list is the town's now: what it removed or renamed does not come back.
    insurer, cert = (
        RegisterEntry.objects.of(territory).get(values__name=name) for name in ("Votre assureur", "CERT-FR")
    )
    registers.remove_entry(cert, officer, register)
    registers.save_entry(territory, officer, register, {"name": "Assurances du Val"}, entry=insurer)
    names = {one.name for one in calls.contacts(territory)}
    assert "Assurances du Val" in names and not names & {"Votre assureur", "CERT-FR"}


def test_five_contacts_are_typed_with_what_their_numbers_need(
    territory: Territory, officer: Person, client: Client
) -> None:
    client.force_login(officer)
    address = f"/t/{territory.slug}/guides/registres/who_to_call/lignes/"
    page = plain(client.get(address).content.decode())
    columns = ("Qui appeler", "Téléphone", "Source", "Vérifié le")
    assert re.findall(r'<th scope="col">([^<]+)', page) == list(columns)
    line = {"l0-name": "Notre prestataire", "l0-phone": "01 02 03 04 05"}
    refused = client.post(address, line)
    assert refused.status_code == 422 and "d'où vient ce contact" in plain(refused.content.decode())
    line |= {"l0-source": "Contrat de 2026", "l0-verified_on": "2026-11-01"}
    assert client.post(address, line | {"l1-name": "Notre assureur"}).status_code == 302
    phones = {one.name: one.phone for one in calls.contacts(territory) if not one.proposed}
    assert phones == {"Notre prestataire": "01 02 03 04 05", "Notre assureur": ""}


@pytest.mark.requirement("R86")
def test_the_page_of_calls_opens_without_account_until_its_address_changes(
    territory: Territory, officer: Person, client: Client
) -> None:
    page = calls.renew_address(territory, officer)
    address = f"/p/{territory.slug}/qui-appeler/{page.secret}/"
    answer = client.get(address)
    assert answer.status_code == 200 and "17Cyber" in answer.content.decode()
    assert "noindex" in answer["X-Robots-Tag"]
    again = calls.renew_address(territory, officer)
    assert client.get(address).status_code == 404
    assert client.get(f"/p/{territory.slug}/qui-appeler/autre/").status_code == 404
    territory.closed = {"room:cyber": "host"}
    assert calls.find(territory, again.secret) is None


@pytest.mark.requirement("R86")
def test_the_sheet_is_one_file_that_asks_for_nothing_outside(territory: Territory, client: Client) -> None:
    client.force_login(a_person(territory, "agent"))
    sheet = client.get(f"/t/{territory.slug}/securite/qui-appeler/feuille.html").content.decode()
    assert "17Cyber" in sheet and not re.search(r'(src|href)="(?!tel:)', sheet)
    assert client.get(f"/t/{territory.slug}/securite/qui-appeler/feuille.pdf").content.startswith(b"%PDF")


def test_an_agent_does_not_read_what_is_weak(territory: Territory, client: Client) -> None:
    client.force_login(a_person(territory, "agent"))
    assert client.get(f"/t/{territory.slug}/securite/").status_code == 404
    assert client.get(f"/t/{territory.slug}/securite/incidents/").status_code == 404
    assert client.get(f"/t/{territory.slug}/securite/qui-appeler/").status_code == 200


def plain(text: str) -> str:
    """A text without what the typography of French adds to it."""
    return re.sub(r"\s+", " ", html.unescape(text).replace("’", "'").replace("\u202f", " "))


def test_the_helper_reads_the_answers_of_the_towns_that_show_them_only(
    territory: Territory, officer: Person, client: Client
) -> None:
    helper = a_person(territory, "auditor", email="accompagnant@syndicat.example")
    decider = a_person(territory, "decider")
    path = guide(Questionnaire, "cyber_path")
    response = responses.open_response(territory, officer, path)
    first = path.questions[0]
    responses.save_answers(response, officer, {first.key: first.options[0].key if first.options else "5"})
    with scope.nowhere():
        set_host_operator(helper, active=True, by=None)
    client.force_login(helper)
    seen = {}
    for level in ("", "progress", "answers"):
        offers.share(territory, decider, "cyber", level)
        with scope.nowhere():
            towns = client.get("/hote/securite/").content.decode()
            town = client.get(f"/hote/securite/{territory.slug}/")
        seen[level] = (
            "ne montre rien" in towns,
            town.status_code,
            plain(first.label) in plain(town.content.decode()),
        )
    assert seen == {"": (True, 404, False), "progress": (False, 404, False), "answers": (False, 200, True)}
    client.force_login(officer)
    with scope.nowhere():
        assert client.get("/hote/securite/").status_code == 404


def test_a_choice_that_is_needed_is_not_called_optional(
    territory: Territory, officer: Person, client: Client
) -> None:
    strongly(client, a_person(territory, "decider"))
    there = f"/t/{territory.slug}/securite/partage/"
    assert "(facultatif)" not in client.get(there).content.decode()
    answer = client.post(f"{there}choisir/", {}, follow=True)
    assert "Choisissez ce que vous montrez" in html.unescape(answer.content.decode())
    client.post(f"{there}choisir/", {"level": "progress"})
    client.post(f"{there}choisir/", {"level": "none"})
    assert not ProgressShare.objects.of(territory).filter(until=None).exists()


def test_a_territory_that_hosts_itself_has_no_helper(
    territory: Territory, officer: Person, client: Client
) -> None:
    client.force_login(officer)
    there = f"/t/{territory.slug}/securite/partage/"
    Hosting.objects.create(territory=territory, role=Hosting.Role.OWN)
    page = html.unescape(client.get(there).content.decode())
    assert "personne d'autre ne vous accompagne" in page and 'name="level"' not in page


def test_a_closed_address_says_whom_to_call(territory: Territory, client: Client) -> None:
    page = client.get(f"/p/{territory.slug}/qui-appeler/inconnue/")
    assert page.status_code == 404
    assert "Cette adresse est fermée ou a changé" in page.content.decode()
    assert "Appelez la mairie" in page.content.decode()
