"""Rows leave by the query engine with a grant: pages, rows set aside, CSV that a French spreadsheet opens."""

import csv
import io

import pytest
from deliveries import FAMILIES, FEBRUARY, WITH_TOTAL, dataset_of, poured

from beffroi.web.catalogue import lifecycle
from beffroi.web.catalogue.errors import CatalogueError, NotGranted
from beffroi.web.catalogue.grants import consultation, processing
from beffroi.web.catalogue.lifecycle.csv_exports import csv_chunks
from beffroi.web.catalogue.row_queries import page_of_rows, rejected_rows
from beffroi.web.platform import ledger
from places import a_person, a_territory

pytestmark = pytest.mark.django_db


def billing(town, *datasets):
    return processing(
        town,
        "facturation",
        title="Facturation",
        purpose="…",
        legal_basis="…",
        covers_personal=True,
        datasets=datasets,
    )


def text_of(export):
    return b"".join(export.chunks).decode("utf-8")


def table_of(export):
    return list(csv.reader(io.StringIO(text_of(export).removeprefix("\ufeff")), delimiter=";"))


def test_a_page_shows_rows_in_the_order_of_the_file(town, agent):
    rows = page_of_rows(agent, dataset_of(town, agent), consultation(town), 1)
    assert rows.total == 4
    assert [column["label"] for column in rows.columns] == ["École", "Date", "Repas servis", "Prix moyen"]
    assert [row[2] for row in rows.rows] == [112, 118, 64, 61]


def test_a_served_site_never_reads_rows_in_its_own_process(town, agent, monkeypatch):
    dataset = dataset_of(town, agent)
    monkeypatch.setenv("BEFFROI_SERVING", "1")
    with pytest.raises(CatalogueError, match="Réessayez dans une minute"):
        page_of_rows(agent, dataset, consultation(town), 1)


def test_the_second_page_follows_the_first(town, agent):
    rows = "".join(f"École {n};{n}\n" for n in range(1, 121))
    dataset = dataset_of(town, agent, "effectifs.csv", "École;Élèves\n" + rows)
    second = page_of_rows(agent, dataset, consultation(town), 2)
    assert [row[1] for row in second.rows] == list(range(51, 101))
    assert second.total == 120


def test_a_page_of_personal_rows_is_a_line_of_the_ledger_even_without_a_column_about_people(
    town, agent, steward
):
    families = poured(town, agent, "familles.csv", FAMILIES).dataset
    rows = page_of_rows(steward, families, billing(town, families), 1, columns=["quotient"], way="api")
    assert [column["name"] for column in rows.columns] == ["quotient"]
    line = ledger.lines_of(town).last()
    assert line.act == "dataset.read_personal"
    assert line.detail.payload == {"snapshot": 1, "processing": "facturation", "way": "api", "page": 1}
    page_of_rows(steward, families, billing(town), 2)
    assert ledger.lines_of(town).last().detail.payload["page"] == 2
    with pytest.raises(NotGranted):
        page_of_rows(agent, families, billing(town), 1, columns=["quotient"])


def test_rejected_rows_have_their_line_and_reason(town, agent):
    snapshot = poured(town, agent, "Cantines.csv", WITH_TOTAL)
    rejected = rejected_rows(agent, snapshot, consultation(town), 50)
    assert rejected.total == snapshot.rows_quarantined
    total = next(row for row in rejected.rows if row[2] == "total")
    assert total[1] == 6
    assert "294" in total[4]


def test_the_text_of_rejected_rows_is_hidden_with_the_personal_columns(town, agent, steward):
    snapshot = poured(town, agent, "familles.csv", FAMILIES + "Total;;;3111\n")
    assert snapshot.rows_quarantined
    billing(town, snapshot.dataset)
    hidden = rejected_rows(agent, snapshot, billing(town), 50)
    assert [column["name"] for column in hidden.columns] == ["file", "line", "kind"]
    assert hidden.total == 1
    assert rejected_rows(steward, snapshot, billing(town), 50).columns[-1]["name"] == "raw"


def test_an_export_opens_in_a_french_spreadsheet(town, agent):
    text = text_of(lifecycle.export_rows(agent, dataset_of(town, agent)))
    assert text.startswith("\ufeff")
    assert "Données simulées;École;Date;Repas servis;Prix moyen\r\n" in text
    assert "oui;Jean-Moulin;2025-01-06;112;3,45" in text


def test_an_export_of_an_invented_town_is_marked_in_its_name(town, agent):
    assert lifecycle.export_rows(agent, dataset_of(town, agent)).file_name == "donnees-simulees-cantines.csv"


def test_an_export_of_a_real_town_contains_the_rows_only(db):
    town = a_territory("Vraie ville", fictional=False, code="99T03")
    agent = a_person(town, "agent", email="agent@example.org")
    export = lifecycle.export_rows(agent, dataset_of(town, agent))
    assert export.file_name == "cantines.csv"
    assert table_of(export)[0] == ["École", "Date", "Repas servis", "Prix moyen"]


def test_an_export_contains_every_row_of_every_delivery_once(town, agent):
    dataset = dataset_of(town, agent)
    poured(town, agent, "Cantines fevrier 2025.csv", FEBRUARY)
    rows = table_of(lifecycle.export_rows(agent, dataset))
    assert len(rows) == 8
    assert len({tuple(row) for row in rows}) == 8


def test_a_long_export_is_whole(town, agent):
    rows = "".join(f"Compteur {n};{n}\n" for n in range(45_000))
    dataset = dataset_of(town, agent, "compteurs.csv", "Compteur;Index\n" + rows)
    rows = table_of(lifecycle.export_rows(agent, dataset))[1:]
    assert [int(row[2]) for row in rows] == list(range(45_000))


def test_an_export_is_a_line_of_the_ledger(town, agent):
    lifecycle.export_rows(agent, dataset_of(town, agent))
    line = ledger.lines_of(town).last()
    assert (line.act, line.actor) == ("dataset.export", f"person:{agent.pk}")


def test_the_public_does_not_export_what_is_not_published(town, agent):
    with pytest.raises(NotGranted):
        lifecycle.export_rows(None, dataset_of(town, agent))


def test_the_public_exports_a_published_dataset(town, agent, steward):
    dataset = dataset_of(town, agent)
    lifecycle.edit_card(dataset, steward, licence="Licence Ouverte 2.0", producer="Ville", owner=steward)
    lifecycle.publish(dataset, steward)
    assert len(table_of(lifecycle.export_rows(None, dataset))) == 5


def test_nobody_without_the_right_exports_personal_rows(town, agent, steward):
    families = poured(town, agent, "familles.csv", FAMILIES).dataset
    with pytest.raises(NotGranted):
        lifecycle.export_rows(agent, families, billing(town, families))
    assert ledger.lines_of(town).last().act == "dataset.refuse_personal"
    export = lifecycle.export_rows(steward, families, billing(town))
    assert len(table_of(export)) == 5
    acts = [line.act for line in ledger.lines_of(town)]
    assert acts[-2:] == ["dataset.read_personal", "dataset.export"]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (3.5, "3,5"),
        (-2, "-2"),
        (True, "oui"),
        (None, ""),
        ("=1+1", "'=1+1"),
        ("@somme", "'@somme"),
        ("-12,5", "-12,5"),
        ("+33 1 23 45 67 89", "+33 1 23 45 67 89"),
        ("-oui()", "'-oui()"),
        ("Île", "Île"),
    ],
)
def test_values_are_written_as_a_french_spreadsheet_reads_them(value, written):
    (file,) = csv_chunks(["=1+1"], [[value, "fin"]], simulated=False)
    assert file.decode("utf-8-sig") == f"'=1+1\r\n{written};fin\r\n"
