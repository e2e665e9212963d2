"""The elected official decides toward the citizen: the letter is issued in the name of the authority, not of the system."""

import pytest
from django.test import Client

from beffroi.web.decisions.models import Proposal
from beffroi.web.decisions.services import decide
from beffroi.web.territories.models import Person
from places import ELECTION, strongly

pytestmark = pytest.mark.django_db


def test_r36_the_letter_is_signed_by_the_person_under_their_mandate(case: Proposal, elected: Person) -> None:
    decide(case, elected, "accept", reason="Dossier complet")
    page = (
        strongly(Client(), elected)
        .get(f"/t/{case.territory.slug}/decisions/{case.pk}/lettre/")
        .content.decode()
    )
    page = page.replace("&#x27;", "'")
    start, signature = page.index("Madame, Monsieur"), page.index(f"Pour {case.territory.name}")
    body = page[start:signature]
    assert case.territory.name in body and "a donné une suite favorable" in body
    for word in ("système", "algorithme", case.system):
        assert word not in body, "a system writes to nobody"
    assert elected.name in page[signature:] and ELECTION.reference.replace("'", "'") in page[signature:]
