"""Answers taken away as files and brought back: the same answers, what changes said first, each refused line with its reason."""

import html
import io
import json
import re
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from guide_samples import COMMON, install

from beffroi.guides import Questionnaire, Runbook
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import Response, answers_of
from beffroi.web.guides.services import responses
from beffroi.web.platform.models import Person, Territory
from beffroi.web.ui import workbooks
from places import a_person

pytestmark = pytest.mark.django_db

QUESTIONS = (
    {"key": "posts", "label": "Combien de postes ?", "kind": "number", "whole": True, "unit": "postes", "minimum": 0},
    {"key": "backup", "label": "Avez-vous une sauvegarde ?",
     "choices": ({"key": "yes", "label": "oui, ailleurs"}, {"key": "no", "label": "non, aucune"})},
    {"key": "tested", "label": "Essayée le ?", "kind": "date", "when": ({"question": "backup", "is": "yes"},)},
    {"key": "media", "label": "Sur quoi ?", "kind": "several", "required": False,
     "choices": ({"key": "disk", "label": "un disque"}, {"key": "cloud", "label": "un service en ligne"})},
    {"key": "software", "label": "Vos logiciels ?", "kind": "lines", "required": False},
    {"key": "who", "label": "Qui le fait ?", "kind": "line", "required": False},
    {"key": "seen", "label": "Vu quand ?", "kind": "moment", "required": False},
)  # fmt: skip
CHECKS = ({"question": "who", "when": ({"question": "posts", "more_than": 100},), "message": "Plus de cent postes : vérifiez le nombre."},)  # fmt: skip
ANSWERS = {
    "posts": 5, "backup": "yes", "tested": "2026-10-01", "media": ["disk", "cloud"],
    "software": ["Berger, Levrault", "=SOMME(A1)"], "who": "Mme Roy", "seen": "2026-10-01T08:30+02:00",
}  # fmt: skip


def posts() -> Questionnaire:
    return Questionnaire.model_validate({
        **COMMON, "id": "posts", "title": "Postes et sauvegardes", "checks": CHECKS,
        "sections": ({"key": "all", "title": "Tout", "questions": QUESTIONS},),
    })  # fmt: skip


@pytest.fixture
def agent(territory: Territory, client: Client, monkeypatch: pytest.MonkeyPatch) -> Person:
    install(monkeypatch, posts())
    person = a_person(territory, "agent")
    client.force_login(person)
    return person


def begun(territory: Territory, agent: Person, answers: dict[str, Any] | None = None) -> Response:
    response = responses.open_response(territory, agent, posts())
    responses.save_answers(response, agent, answers or {})
    return response


def at(response: Response, end: str) -> str:
    return f"/t/{response.territory.slug}/guides/reponses/{response.pk}/{end}"


def text_of(page: Any) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page.content.decode())).split())


def apply(client: Client, response: Response, page: Any) -> Any:
    """Click « Appliquer » on a report."""
    content = page.content.decode()
    (text,) = re.findall(r'<textarea name="text"[^>]*>\n?(.*?)</textarea>', content, re.S)
    (expected,) = re.findall(r'name="expected" value="(\w+)"', content)
    # As a browser sends it.
    sent = html.unescape(text).replace("\n", "\r\n")
    return client.post(at(response, "importer/"), {"text": sent, "expected": expected}, follow=True)


@pytest.mark.parametrize("form", ["xlsx", "ods", "csv", "json"])
def test_what_is_taken_away_comes_back_as_it_was(
    territory: Territory, client: Client, agent: Person, form: str
) -> None:
    response = begun(territory, agent, ANSWERS)
    exported = client.get(at(response, f"reponses.{form}"))
    assert f"donnees-simulees.{form}" in exported["Content-Disposition"]
    file = SimpleUploadedFile(f"réponses.{form}", exported.content)
    assert "Rien à écrire" in text_of(client.post(at(response, "importer/"), {"file": file}))
    other = begun(territory, agent)
    file = SimpleUploadedFile(f"réponses.{form}", exported.content)
    page = client.post(at(other, "importer/"), {"file": file})
    assert "7 réponses à écrire, 0 inchangée." in text_of(page)
    assert answers_of(other) == {}
    done = apply(client, other, page)
    assert "7 réponses enregistrées d'après le fichier" in text_of(done)
    assert answers_of(other) == ANSWERS


def test_a_workbook_is_filled_in_offline_with_lists(
    territory: Territory, client: Client, agent: Person
) -> None:
    response = begun(territory, agent, {"posts": "5"})
    book = openpyxl.load_workbook(io.BytesIO(client.get(at(response, "a-remplir.xlsx")).content))
    page, lists = book.worksheets
    assert lists.sheet_state == "hidden"
    (rule,) = page.data_validations.dataValidation
    assert (str(rule.sqref), rule.formula1) == ("C3", "Choix!$A$1:$A$3")
    assert [cell.value for cell in lists["A"]] == ["oui, ailleurs", "non, aucune", "je ne sais pas"]
    assert page["C2"].value == 5 and "Demandé selon vos autres réponses" in page["E4"].value
    page["C3"], page["C4"], page["C5"] = "OUI, ailleurs", "01/10/2026", "un disque;un service en ligne"
    page["C7"], page["C8"] = "007", "01/10/2026 08:30"
    filled = io.BytesIO()
    book.save(filled)
    report = client.post(
        at(response, "importer/"), {"file": SimpleUploadedFile("rempli.xlsx", filled.getvalue())}
    )
    assert "5 réponses à écrire, 1 inchangée." in text_of(report)
    apply(client, response, report)
    filled_in = {key: value for key, value in ANSWERS.items() if key != "software"}
    assert answers_of(response) == filled_in | {"who": "007"}


def test_each_refused_line_says_why_and_the_others_apply(
    territory: Territory, client: Client, agent: Person
) -> None:
    response = begun(territory, agent, {"posts": "5", "who": "Mme Roy"})
    table = (
        "Question\tRéponse\nCombien de postes ?\t120\nEssayée le ?\tbientôt\nAvez-vous une sauvegarde ?\tpeut-être\n"
        "Combien de sites ?\t3\nCombien de postes ?\t7\nQui le fait ?\t\n"
    )
    page = client.post(at(response, "importer/"), {"text": table})
    said = text_of(page)
    assert "1 réponse à écrire, 0 inchangée, 4 refusées" in said
    assert "3 « Essayée le ? » : écrivez une date" in said
    assert "4 « Avez-vous une sauvegarde ? » : choisissez une des réponses proposées" in said
    assert "5 « Combien de sites ? » n'est pas une question d'ici" in said
    assert "6 « Combien de postes ? » est déjà à la ligne 2" in said
    apply(client, response, page)
    assert answers_of(response) == {"posts": 120, "who": "Mme Roy"}


def test_a_fault_of_several_answers_is_told_before(
    territory: Territory, client: Client, agent: Person
) -> None:
    response = begun(territory, agent)
    page = client.post(at(response, "importer/"), {"text": "clé;réponse\nposts;101"})
    assert "À revoir ensuite Plus de cent postes" in text_of(page)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"question;autre\nCombien de postes ?;5\n", "Il faut une colonne « question »"),
        ("a.json", b'{"answers": []}', "n'a pas la forme attendue"),
        ("a.json", b"[[1]]", "n'a pas la forme attendue"),
        ("a.json", b"{" * 9000, "n'est pas du JSON lisible"),
        ("a.xlsx", b"PK\x03\x04 rien", "."),
        ("a.csv", b"", "est vide"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_answers_changes_nothing(
    territory: Territory, client: Client, agent: Person, name: str, content: bytes, said: str
) -> None:
    response = begun(territory, agent)
    page = client.post(at(response, "importer/"), {"file": SimpleUploadedFile(name, content)})
    assert page.status_code == 422 and said in text_of(page)
    assert response.answers.count() == 0


def test_what_changed_since_the_report_is_read_again(
    territory: Territory, client: Client, agent: Person
) -> None:
    response = begun(territory, agent)
    page = client.post(at(response, "importer/"), {"text": "clé;réponse\nposts;7\nwho;M. Petit"})
    responses.save_answers(response, a_person(territory, "data_officer"), {"posts": "6"})
    again = apply(client, response, page)
    assert again.status_code == 409 and "Des réponses ont changé" in text_of(again)
    assert answers_of(response) == {"posts": 6}
    assert apply(client, response, again).status_code == 200
    assert answers_of(response) == {"posts": 7, "who": "M. Petit"}


def test_a_closed_response_and_a_reader_change_nothing(
    territory: Territory, client: Client, agent: Person
) -> None:
    response = begun(territory, agent, {"posts": "5", "backup": "no"})
    responses.close_response(response, agent)
    page = client.post(at(response, "importer/"), {"text": "clé;réponse\nposts;7"})
    assert "Ces réponses sont closes" in text_of(apply(client, response, page))
    client.force_login(a_person(territory, "auditor"))
    assert client.post(at(response, "importer/"), {"text": "clé;réponse\nposts;7"}).status_code == 403
    assert answers_of(response) == {"posts": 5, "backup": "no"}


def test_the_facts_of_a_run_are_brought_by_a_file(
    territory: Territory, client: Client, agent: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = tuple({key: value for key, value in each.items() if key != "when"} for each in QUESTIONS)
    runbook = Runbook.model_validate({
        **COMMON, "id": "outage", "title": "Panne du serveur", "facts": facts, "steps": ({"key": "cut", "title": "Couper"},),
    })  # fmt: skip
    install(monkeypatch, runbook)
    run = responses.open_response(territory, agent, runbook)
    page = client.post(
        at(run, "importer/"), {"text": "question;réponse\nVu quand ?;25/10/2026 02:30\nQui le fait ?;Mme Roy"}
    )
    assert "cette heure a existé deux fois" in text_of(page)
    done = apply(client, run, page)
    assert done.redirect_chain[-1][0].endswith(f"/guides/deroules/en-cours/{run.pk}/")
    assert answers_of(run) == {"who": "Mme Roy"}
    exported = json.loads(client.get(at(run, "reponses.json")).content)
    assert (exported["kind"], exported["guide"], exported["simulated"]) == ("runbook", "outage", True)


def test_registers_and_answers_say_alike_what_they_are(
    territory: Territory, client: Client, agent: Person
) -> None:
    response = begun(territory, agent, ANSWERS)
    for address in (
        at(response, "reponses.{}"),
        f"/t/{territory.slug}/guides/registres/contracts/export.{{}}",
    ):
        about = json.loads(client.get(address.format("json")).content)
        assert list(about)[:7] == [
            "kind",
            "guide",
            "title",
            "edition",
            "territory",
            "simulated",
            "exported_on",
        ]
        table = client.get(address.format("csv")).content.decode("utf-8-sig")
        assert table.splitlines()[0].split(";")[-1] == "nature"


def test_a_workbook_without_lists_has_one_sheet() -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbooks.write("xlsx", [workbooks.Sheet("a", ["b"], [["c"]])])))
    assert book.sheetnames == ["a"]


def test_an_import_of_nothing_says_so(territory: Territory, client: Client) -> None:
    person = a_person(territory, "security_officer")
    response = responses.open_response(territory, person, guide(Questionnaire, "project_brief"))
    client.force_login(person)
    page = client.post(f"/t/{territory.slug}/guides/reponses/{response.pk}/importer/")
    assert page.status_code == 422 and "Collez la ligne des titres" in page.content.decode()
