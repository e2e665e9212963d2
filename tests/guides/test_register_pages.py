"""Pages of a register, as a secretary meets them: begin, write, correct, import, take away; and what is refused."""

import html
import io
import re
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.test.utils import CaptureQueriesContext
from guide_samples import install, tools

from beffroi.web.guides.models import Evidence, RegisterEntry
from beffroi.web.guides.services import registers
from beffroi.web.platform.models import Person, Territory
from beffroi.web.ui import workbooks
from places import a_person

pytestmark = pytest.mark.django_db
TOOLS = tools()


@pytest.fixture
def agent(territory: Territory, client: Client, monkeypatch: pytest.MonkeyPatch) -> Person:
    install(monkeypatch, TOOLS)
    person = a_person(territory, "agent")
    client.force_login(person)
    return person


def at(territory: Territory, end: str = "") -> str:
    return f"/t/{territory.slug}/guides/registres/tools/{end}"


def text_of(response: Any) -> str:
    """What a reader sees, on one line, with plain spaces."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", response.content.decode())).split())


def names(territory: Territory) -> list[str]:
    return [entry.values["name"] for entry in registers.entries_of(territory, TOOLS)]


def test_an_empty_register_says_three_ways_to_begin(
    territory: Territory, client: Client, agent: Person
) -> None:
    page = text_of(client.get(at(territory)))
    assert "Importer une liste" in page and "Partir de la liste proposée (2 lignes)" in page
    assert "Enregistrer ces lignes" in page and "Proposé par Beffroi" in page
    client.post(at(territory, "commencer/"))
    assert names(territory) == ["Antivirus des postes", "Sauvegarde"]
    page = client.get(at(territory), {"etat": "a-verifier"})
    assert text_of(page).count("à vérifier") == 2


def test_five_lines_typed_are_saved_and_nothing_typed_is_lost(
    territory: Territory, client: Client, agent: Person
) -> None:
    typed = {"l0-name": "ESET", "l0-kind": "antivirus", "l2-name": "Borg", "l2-cost": "dix"}
    refused = client.post(at(territory, "lignes/"), typed)
    assert refused.status_code == 422 and "un nombre en chiffres" in text_of(refused)
    assert 'value="ESET"' in refused.content.decode() and 'value="dix"' in refused.content.decode()
    assert names(territory) == []
    client.post(at(territory, "lignes/"), typed | {"l2-cost": "10"})
    assert names(territory) == ["Borg", "ESET"]


def test_what_is_overdue_comes_first_then_search_filters_and_order(
    territory: Territory, client: Client, agent: Person
) -> None:
    for name, kind, cost, end in (
        ("Borg", "backup", "10", "2020-01-31"), ("ESET", "antivirus", "200", ""), ("Restic", "backup", "30", "2199-01-01"),
    ):  # fmt: skip
        registers.save_entry(
            territory, agent, TOOLS, {"name": name, "kind": kind, "cost": cost, "ends_on": end}
        )
    page = text_of(client.get(at(territory)))
    assert "À faire ce mois-ci Borg : le contrat finit, dépassé depuis le 31 janvier 2020" in page
    assert "3 outils" in page
    rows = lambda **query: re.findall(r"Borg|ESET|Restic", client.get(at(territory), query).content.decode().rpartition("<tbody")[2])  # fmt: skip  # noqa: E731
    assert rows(**{"f-kind": "backup"}) == ["Borg", "Restic"]
    assert rows(mots="SAUVEGARDE rest") == ["Restic"]
    assert rows(tri="cost") == ["Borg", "Restic", "ESET"]
    assert rows(tri="-ends_on") == ["Restic", "Borg", "ESET"]
    assert "Aucune ligne ne correspond" in text_of(client.get(at(territory), {"mots": "rien de tel"}))


def test_two_people_who_edit_one_entry_lose_nothing(
    territory: Territory, client: Client, agent: Person
) -> None:
    entry = registers.save_entry(territory, agent, TOOLS, {"name": "ESET", "cost": "10"})
    url = at(territory, f"{entry.pk}/")
    form = {"name": "ESET", "cost": "20", "owner": "Mme Roy", "revision": "1"}
    other = a_person(territory, "data_officer")
    registers.save_entry(territory, other, TOOLS, {"name": "ESET", "cost": "15"}, entry=entry)
    page = client.post(url, form)
    assert page.status_code == 409
    said = text_of(page)
    assert "Quelqu'un a modifié cette ligne" in said and "data_officer" in said
    assert 'value="Mme Roy"' in page.content.decode() and 'name="revision" value="2"' in page.content.decode()
    assert client.post(url, form | {"revision": "2"}).status_code == 302
    page = text_of(client.get(url))
    assert "Coût d'une année : 20 € (avant : 15 €)" in page
    registers.remove_entry(entry, other, TOOLS)
    page = client.post(url, form | {"revision": "3", "cost": "25"})
    assert page.status_code == 409 and 'value="25"' in page.content.decode()


def test_an_entry_is_removed_put_back_and_proved(territory: Territory, client: Client, agent: Person) -> None:
    entry = registers.save_entry(territory, agent, TOOLS, {"name": "ESET"})
    left = client.post(at(territory, f"{entry.pk}/retirer/"), follow=True)
    assert "est retirée du registre" in text_of(left) and names(territory) == []
    client.post(at(territory, f"{entry.pk}/remettre/"))
    assert names(territory) == ["ESET"]
    file = SimpleUploadedFile("<facture>.html", b"<script>")
    client.post(at(territory, f"{entry.pk}/piece/"), {"file": file})
    proof = Evidence.objects.of(territory).get()
    taken = client.get(f"/t/{territory.slug}/guides/pieces/{proof.pk}/")
    assert (
        taken["Content-Type"] == "application/octet-stream" and "attachment" in taken["Content-Disposition"]
    )
    assert b"".join(taken.streaming_content) == b"<script>"


@pytest.mark.parametrize("form", ["xlsx", "csv", "json"])
def test_an_export_is_a_file_that_imports_as_it_was(
    territory: Territory, client: Client, agent: Person, form: str
) -> None:
    registers.save_entry(
        territory,
        agent,
        TOOLS,
        {"name": "=1+1", "kind": "antivirus", "ends_on": "2026-12-31", "cost": "1200,5"},
    )
    registers.save_entry(territory, agent, TOOLS, {"name": "Borg"})
    exported = client.get(at(territory, f"export.{form}"))
    assert f"donnees-simulees.{form}" in exported["Content-Disposition"]
    if form == "xlsx":
        sheet = openpyxl.load_workbook(io.BytesIO(exported.content)).active
        assert sheet["A2"].value == "=1+1" and sheet["A2"].data_type == "s" and sheet["D2"].value == 1200.5
    report = client.post(
        at(territory, "importer/"), {"file": SimpleUploadedFile(f"registre.{form}", exported.content)}
    )
    assert "0 nouvelle, 0 modifiée, 2 inchangées. Rien n'est encore écrit." in text_of(report).replace(
        "&#x27;", "'"
    )


def test_a_list_is_read_then_applied_as_it_was_said(
    territory: Territory, client: Client, agent: Person
) -> None:
    registers.save_entry(territory, agent, TOOLS, {"name": "ESET", "cost": "10"})
    rows = [["eset", 12, "x"], ["Restic", "beaucoup", "y"], ["Borg\nnuit", 5, "z"]]
    book = workbooks.write("xlsx", [workbooks.Sheet("Lisez-moi", ["Note"], [["rien"]]),
                                    workbooks.Sheet("Outils", ["Logiciel", "Coût d'une année", "Couleur"], rows)])  # fmt: skip
    page = client.post(at(territory, "importer/"), {"file": SimpleUploadedFile("liste.xlsx", book)})
    said = text_of(page)
    assert "1 nouvelle, 1 modifiée, 0 inchangée, 1 refusée" in said and "Couleur" in said
    assert "3 « Coût d'une année » : écrivez un nombre en chiffres" in said
    assert names(territory) == ["ESET"]
    body = page.content.decode()
    text = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", body, re.DOTALL)
    expected = re.search(r'name="expected" value="(\w+)"', body)
    assert text and expected
    posted = {"text": html.unescape(text[1]).replace("\n", "\r\n"), "expected": expected[1]}
    stale = registers.save_entry(territory, agent, TOOLS, {"name": "Borg nuit"})
    again = client.post(at(territory, "importer/"), posted | {"expected": "0" * 64})
    assert again.status_code == 409 and "Le registre a changé" in text_of(again)
    registers.remove_entry(stale, agent, TOOLS)
    assert client.post(at(territory, "importer/"), posted).status_code == 302
    assert sorted(names(territory)) == ["Borg nuit", "eset"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("vide.csv", b"", "est vide"),
        ("faux.xlsx", b"PK\x03\x04 rien", "Rien"),
        ("liste.json", b'{"entries": "x"}', "n'a pas la forme attendue"),
        ("profond.json", b"[" * 100_000, "JSON lisible"),
        ("sans.csv", b"Couleur;Taille\nrouge;1\nbleu;2\n", "Il manque la colonne"),
        ("binaire.csv", bytes(range(256)) * 40, ""),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_changes_nothing(
    territory: Territory, client: Client, agent: Person, name: str, content: bytes, said: str
) -> None:
    page = client.post(at(territory, "importer/"), {"file": SimpleUploadedFile(name, content)})
    assert page.status_code == 422 and (said in text_of(page) or name == "faux.xlsx")
    assert names(territory) == []


def test_cells_pasted_are_read_as_a_file_is(territory: Territory, client: Client, agent: Person) -> None:
    pasted = "Logiciel\tSorte\tFin du contrat\r\nESET\tAntivirus\t31/12/2026\r\n"
    page = client.post(at(territory, "importer/"), {"text": pasted})
    assert "1 nouvelle" in text_of(page)
    empty = client.post(at(territory, "importer/"), {"text": ""})
    assert empty.status_code == 422 and "Collez la ligne des titres" in text_of(empty)


def test_who_only_reads_sees_the_register_and_why_the_buttons_are_closed(
    territory: Territory, client: Client, agent: Person
) -> None:
    entry = registers.save_entry(territory, agent, TOOLS, {"name": "ESET"})
    client.force_login(a_person(territory, "auditor"))
    for end in ("", "ajouter/", "lignes/", "importer/", "imprimer/", f"{entry.pk}/", "export.csv"):
        assert client.get(at(territory, end)).status_code == 200, end
    assert "il faut le rôle" in text_of(client.get(at(territory, f"{entry.pk}/")))
    for end in ("ajouter/", f"{entry.pk}/"):
        assert client.post(at(territory, end), {"name": "Borg"}).status_code == 403, end
    assert client.get(at(territory, "export.exe")).status_code == 404


def test_a_page_of_two_hundred_entries_asks_the_database_no_more_than_one_of_two(
    territory: Territory, client: Client, agent: Person, django_assert_max_num_queries: Any
) -> None:
    from django.db import connection

    def queries(end: str) -> int:
        client.get(at(territory, end))
        with CaptureQueriesContext(connection) as seen:
            assert client.get(at(territory, end)).status_code == 200
        return len(seen)

    entry = registers.save_entry(territory, agent, TOOLS, {"name": "a", "ends_on": "2020-01-01"})
    few = [queries(end) for end in ("", "imprimer/", f"{entry.pk}/")]
    RegisterEntry.objects.bulk_create(
        RegisterEntry(territory=territory, register="tools", identity=f"b {n}",
                      values={"name": f"b {n}", "kind": "backup", "ends_on": "2020-01-01", "cost": n})
        for n in range(200)
    )  # fmt: skip
    assert [queries(end) for end in ("", "imprimer/", f"{entry.pk}/")] == few
    assert max(few) <= 20, few
