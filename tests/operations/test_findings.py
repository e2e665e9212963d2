"""What rows say that a territory holds, compared with its folder: the findings of one territory, without a process of its own."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from beffroi.guides import Register
from beffroi.web.catalogue.lifecycle.file_storage import stored_file
from beffroi.web.catalogue.lifecycle.receiving import cancel, store_file
from beffroi.web.guides.library import guide
from beffroi.web.guides.services import evidence, registers
from beffroi.web.operations import findings
from places import a_person, a_territory, poured

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("home")]


@pytest.fixture
def town():
    return a_territory()


@pytest.fixture
def agent(town):
    return a_person(town, "agent")


def said(town) -> list[str]:
    due = findings.expected(town)
    return [each.what for each in findings.of_territory(settings.HOME, due, full=True)]


def test_a_file_and_those_that_it_is_read_with_are_watched_until_they_are_given_up(
    town, agent, tmp_path: Path
):
    companion = tmp_path / "zones.dbf"
    companion.write_bytes(b"dbf")
    delivery = store_file(town, agent, "zones.shp", [b"shp"], companions=[companion])
    assert said(town) == []
    beside = stored_file(delivery).with_name("zones.dbf")
    for harm, why in ((lambda: beside.write_bytes(b"DBF"), "a changé"), (beside.unlink, "manque")):
        harm()
        (told,) = said(town)
        assert "zones.dbf" in told and why in told and town.name in told
    cancel(delivery, agent)
    assert said(town) == []


def test_what_was_due_a_moment_ago_and_was_given_up_since_is_not_missed(town, agent):
    delivery = store_file(town, agent, "mesures.csv", [b"a;b\n1;2\n"])
    due = findings.expected(town)
    cancel(delivery, agent)
    assert findings.of_territory(settings.HOME, due, full=True) == []


def test_a_lake_poured_after_what_was_due_was_asked_is_in_order(town, agent):
    due = findings.expected(town)
    poured(town, agent, "mesures.csv", "Lieu;Jour;Mesure\nA;01/02/2025;12\nB;02/02/2025;14\n")
    assert findings.of_territory(settings.HOME, due, full=True) == []
    assert said(town) == []


def test_evidence_that_is_missing_or_changed_is_named(town, agent):
    contracts = guide(Register, "contracts")
    entry = registers.save_entry(town, agent, contracts, {"name": "Gaz"})
    for name in ("facture.pdf", "copie.pdf"):  # one file, stored once
        proof = evidence.attach(entry, agent, contracts, SimpleUploadedFile(name, b"%PDF"))
    assert said(town) == []
    for harm, why in (
        (lambda: evidence.path_of(proof).write_bytes(b"%pdf"), "a changé"),
        (lambda: evidence.path_of(proof).write_bytes(b"%PDF-1"), "n'a plus sa taille"),
        (evidence.path_of(proof).unlink, "manque"),
    ):
        harm()
        (finding,) = said(town)
        assert "facture.pdf" in finding or "copie.pdf" in finding
        assert why in finding and town.name in finding
