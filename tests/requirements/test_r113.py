"""Every decision support says who is responsible and how to contest it: on the proposal, in the letter, in plain words."""

import pytest
from django.test import Client

from beffroi.web.decisions import references
from beffroi.web.decisions.models import Proposal
from beffroi.web.decisions.services import decide
from beffroi.web.territories.models import Person
from places import strongly

pytestmark = pytest.mark.django_db


def test_r113_the_proposal_keeps_who_answers_and_how_to_contest(proposal: Proposal, elected: Person) -> None:
    assert proposal.responsible and proposal.contest
    page = (
        strongly(Client(), elected)
        .get(f"/t/{proposal.territory.slug}/decisions/{proposal.pk}/")
        .content.decode()
    )
    assert proposal.responsible in page
    assert f"/p/{proposal.territory.slug}/contester/" in page


def test_r113_the_letter_has_the_notice_the_remedies_and_the_four_explanations(
    case: Proposal, elected: Person
) -> None:
    decision = decide(case, elected, "accept", reason="Dossier complet")
    page = (
        strongly(Client(), elected)
        .get(f"/t/{case.territory.slug}/decisions/{case.pk}/lettre/")
        .content.decode()
        .replace("\xa0", " ")
    )
    for said in (
        "L311-3-1",
        "R311-3-1-2",
        "CADA",
        "tribunal administratif",
        "R421-1",
        "/contester/",
        "Responsable",
    ):
        assert said in page, said
    assert references.of(decision) in page
    for told in ("commission décide", "Quotient familial, déclaré", "60 % du rang", "Somme pondérée"):
        assert told in page, told
