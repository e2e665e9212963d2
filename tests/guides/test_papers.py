"""Papers: made of the last real answers, of guides that their readers may read; what is missing is said; a mail is a draft."""

import io
import zipfile
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from django.test import Client
from guide_samples import COMMON

from beffroi.guides import Paper, Register, Runbook
from beffroi.web.guides import domains, papers
from beffroi.web.guides.library import guide
from beffroi.web.guides.services import registers, responses
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import RIGHTS
from places import a_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(territory: Territory) -> Person:
    return a_person(territory, "security_officer")


def test_a_notice_takes_the_last_real_incident_and_says_what_is_missing(
    territory: Territory, officer: Person
) -> None:
    paper, incident = guide(Paper, "notice_police"), guide(Runbook, "cyber_incident")
    assert "à compléter" in papers.text(papers.build(paper, territory))
    for seen in ("Ancien écran", "Écran rouge"):
        run = responses.open_response(territory, officer, incident)
        responses.save_answers(run, officer, {"seen": seen})
    exercise = responses.open_response(territory, officer, incident, is_exercise=True)
    responses.save_answers(exercise, officer, {"seen": "Exercice du jeudi"})
    document = papers.build(paper, territory)
    assert "Écran rouge" in papers.text(document) and "Exercice" not in papers.text(document)
    assert document.missing and "données simulées" in papers.text(document).lower()
    # Of one's own choice, an exercise has its paper too.
    assert "Exercice du jeudi" in papers.text(papers.build(paper, territory, exercise))
    assert b"EXERCICE" not in papers.mail(document) and "exercice" not in document.file_name
    assert b"X-Unsent: 1" in papers.mail(document)


def test_the_paper_of_an_exercise_says_so_in_every_form(
    territory: Territory, officer: Person, client: Client
) -> None:
    incident = guide(Runbook, "cyber_incident")
    exercise = responses.open_response(territory, officer, incident, is_exercise=True)
    document = papers.build(guide(Paper, "notice_police"), territory, exercise)
    assert papers.text(document).startswith("EXERCICE") and "EXERCICE" in papers.page(document)
    message = message_from_bytes(papers.mail(document), policy=default)
    assert message["Subject"].startswith("EXERCICE")
    assert "EXERCICE" in message.get_body(("plain",)).get_content()
    with zipfile.ZipFile(io.BytesIO(papers.odt(document))) as archive:
        assert "EXERCICE" in archive.read("content.xml").decode()
    client.force_login(officer)
    page = client.get(f"/t/{territory.slug}/guides/documents/notice_police/?de={exercise.pk}")
    assert "EXERCICE" in page.content.decode()


def test_a_paper_takes_from_no_guide_that_its_readers_may_not_read(
    territory: Territory, officer: Person
) -> None:
    tools = guide(Register, "security_tools")
    registers.save_entry(territory, officer, tools, {"name": "Antivirus Rossignol", "kind": "antivirus"})
    run = responses.open_response(territory, officer, guide(Runbook, "cyber_incident"))
    responses.save_answers(run, officer, {"seen": "Écran rouge"})
    content: dict[str, Any] = {
        **COMMON, "id": "board_note", "title": "Note au conseil", "lead": "Ce qui est en place.",
        "blocks": (
            {"kind": "text", "text": "{cyber_incident.seen}"},
            {"kind": "table", "guide": "security_tools"},
        ),
    }  # fmt: skip
    written = {
        domain: papers.text(papers.build(Paper.model_validate(content | {"domain": domain}), territory))
        for domain in ("general", "cyber")
    }
    for word in ("Rossignol", "Écran rouge"):
        assert word in written["cyber"] and word not in written["general"]
    general = next(each for each in domains.all_domains() if each.key == domains.GENERAL)
    for domain in domains.all_domains():
        readers = {role for role, acts in RIGHTS.items() if domain.read in acts}
        assert readers <= {role for role, acts in RIGHTS.items() if general.read in acts}, domain.key
