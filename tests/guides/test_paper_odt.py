"""Papers as ODT, read by another program's reader: what a town adapts and signs keeps its headings, its tables and its signs."""

import io

import pytest
from django.test import Client
from odf import opendocument, table, teletype
from odf import text as odf_text

from beffroi.guides import Paper, Register
from beffroi.web.guides import papers
from beffroi.web.guides.library import guide, library
from beffroi.web.guides.services import registers
from beffroi.web.platform.models import Territory
from places import a_person

pytestmark = pytest.mark.django_db


def test_clauses_open_in_a_word_processor_with_their_table(territory: Territory) -> None:
    officer = a_person(territory, "security_officer")
    services = guide(Register, "provider_services")
    registers.save_entry(territory, officer, services, {
        "service": "Réponse <b>& « rappel »</b>", "provider": "Dupont", "target": "4", "direction": "at_most", "unit": "heures",
    })  # fmt: skip
    made = papers.odt(papers.build(guide(Paper, "provider_clauses"), territory))
    read = opendocument.load(io.BytesIO(made))
    headings = [teletype.extractText(each) for each in read.getElementsByType(odf_text.H)]
    assert headings[0] == "Clauses de sécurité pour un prestataire" and "4. Sauvegardes" in headings
    cells = [
        teletype.extractText(each).replace("\u00a0", " ") for each in read.getElementsByType(table.TableCell)
    ]
    assert cells[4] == "Réponse <b>& « rappel »</b>" and cells[6] == "4"
    assert "Données simulées" in teletype.extractText(read.text)


def test_every_paper_is_read_as_odt(territory: Territory) -> None:
    every = [each for each in library().guides.values() if isinstance(each, Paper)]
    assert len(every) > 5
    for paper in every:
        read = opendocument.load(io.BytesIO(papers.odt(papers.build(paper, territory))))
        assert (
            teletype.extractText(read.getElementsByType(odf_text.H)[0]).replace("\u00a0", " ") == paper.title
        )


def test_one_page_a_job_that_the_town_has(territory: Territory, client: Client) -> None:
    officer = a_person(territory, "security_officer")
    client.force_login(officer)
    there = f"/t/{territory.slug}/guides/registres/job_cards/commencer/"
    page = client.get(there).content.decode()
    assert page.count('type="checkbox"') == 12
    client.post(there, {"choose": "1", "row": ["0", "2", "x"]})
    assert "Police municipale" in client.get(there).content.decode()
    document = papers.build(guide(Paper, "job_cards_sheet"), territory)
    (cards,) = [block.cards for block in document.blocks if block.cards]
    assert [title for title, _ in cards] == ["Accueil et état civil", "Finances et paie"]
    assert len(dict(cards[0][1])["Mes trois gestes"]) == 3
    assert papers.page(document).count('class="new-page"') == 1
    assert "Finances et paie" in papers.text(document)
    read = opendocument.load(io.BytesIO(papers.odt(document)))
    assert "Finances et paie" in [teletype.extractText(each) for each in read.getElementsByType(odf_text.H)]
