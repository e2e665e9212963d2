"""Messages by audience: filled from the facts, validated by a person, signed with a mandate; nothing is sent by Beffroi."""

from datetime import timedelta
from email import message_from_bytes, policy

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beffroi.web.continuity.crisis import audiences, cell, journal
from beffroi.web.continuity.errors import ContinuityError
from beffroi.web.continuity.models import Crisis, CrisisMessage, MessageValidation
from beffroi.web.guides.services import responses
from beffroi.web.platform import ledger, scope
from beffroi.web.platform.models import LedgerDetail, Person, Territory
from continuity.crisis_samples import a_crisis
from places import a_person

FACTS = {
    "what": "Les ordinateurs de la mairie sont arrêtés.",
    "since": "2026-11-28T08:10",
    "services_stopped": "État civil\nCantine",
    "alternatives": "Cantine : tous les enfants inscrits mangent.",
    "contact": "01 99 00 12 34",
    "next_news": "2026-11-29T18:00",
    "personal_data": "yes",
}


@pytest.fixture
def crisis(territory: Territory, secretary: Person) -> Crisis:
    made = a_crisis(territory, secretary)
    responses.save_answers(made.facts, secretary, FACTS)
    return made


def written(crisis: Crisis, by: Person, key: str, text: str = "") -> CrisisMessage:
    paper = audiences.model(key)
    subject, proposed = audiences.proposed(crisis, paper)
    return audiences.write(crisis, by, paper, subject, text or proposed)


def test_a_wording_says_that_facts_changed_or_that_its_hour_is_past(
    client: Client, crisis: Crisis, secretary: Person
) -> None:
    later = timezone.localtime(timezone.now() + timedelta(hours=2)).isoformat(timespec="minutes")
    responses.save_answers(crisis.facts, secretary, {"next_news": later})
    paper, row = audiences.model("message_press"), written(crisis, secretary, "message_press")
    assert not audiences.outdated(row, paper)
    responses.save_answers(crisis.facts, secretary, {"alternatives": "Rien dans ce message."})
    assert not audiences.outdated(row, paper), "the press is not told of it"
    responses.save_answers(crisis.facts, secretary, {"what": "Tout repart.", "next_news": "2026-11-29T18:00"})
    found = audiences.outdated(row, paper)
    assert "Quand donnerez-vous des nouvelles ?" in found.changed and len(found.changed) == 2
    assert found.news_due == "29 novembre 2026 à 18\xa0h\xa000"
    client.force_login(secretary)
    slug = crisis.territory.slug
    page = client.get(reverse("crisis-message", args=[slug, crisis.pk, "message_press"])).content.decode()
    assert "Les faits ont changé depuis" in page and "?modele=1" in page and "cette heure est passée" in page
    responses.save_answers(crisis.facts, secretary, {"next_news": later})
    assert not audiences.outdated(written(crisis, secretary, "message_press"), paper), "begun again from them"


def test_every_audience_of_the_issue_has_its_model() -> None:
    keys = {each.id.removeprefix("message_") for each in audiences.models()}
    assert keys == {
        "residents",
        "agents",
        "elected",
        "press",
        "prefecture",
        "providers",
        "families",
        "complaint",
    }
    assert {each.id for each in audiences.models() if each.signed_by} == {
        "message_press", "message_prefecture", "message_complaint",
    }  # fmt: skip
    assert all("proposé par Beffroi" in str(each.sources) for each in audiences.models())


def test_a_message_is_filled_from_the_facts_and_says_what_is_missing(
    territory: Territory, secretary: Person, crisis: Crisis
) -> None:
    subject, text = audiences.proposed(crisis, audiences.model("message_residents"))
    assert territory.name in subject and "- État civil\n- Cantine" in text and "01 99 00 12 34" in text
    assert audiences.BLANK not in text
    empty = a_crisis(territory, secretary, label="Vide", known="")
    assert audiences.BLANK in audiences.proposed(empty, audiences.model("message_residents"))[1]


def test_the_mayor_signs_for_a_commune_and_the_president_for_the_others(
    territory: Territory, crisis: Crisis
) -> None:
    paper = audiences.model("message_complaint")
    assert audiences.proposed(crisis, paper)[1].endswith("Le maire")
    with scope.nowhere(), scope.host():
        Territory.objects.filter(pk=territory.pk).update(kind="EPCI")
    crisis.territory.refresh_from_db()
    assert audiences.proposed(crisis, paper)[1].endswith("Le président")


def test_the_authoritys_message_takes_a_mandate(secretary: Person, mayor: Person, crisis: Crisis) -> None:
    row = written(crisis, secretary, "message_prefecture")
    with pytest.raises(PermissionDenied):
        audiences.validate(row, secretary)
    signed = audiences.validate(row, mayor)
    assert (
        signed.authority and signed.authority["kind"] == "elected" and signed.sha256 == audiences.digest(row)
    )
    line = ledger.lines_of(crisis.territory).filter(act="crisis.validate").last()
    assert line is not None
    details = str([each.payload for each in LedgerDetail.objects.all()])
    assert signed.sha256 in details and FACTS["what"] not in details
    assert "signé" in journal.rows_in_order(crisis)[-1].text
    with pytest.raises(ContinuityError, match="déjà validé"):
        audiences.validate(row, mayor)


def test_the_spokesperson_validates_the_others(
    territory: Territory, secretary: Person, crisis: Crisis
) -> None:
    agent = a_person(territory, "agent")
    row = written(crisis, agent, "message_residents")
    with pytest.raises(PermissionDenied):
        audiences.validate(row, agent)
    assert audiences.validate(row, secretary).authority is None


def test_what_is_not_complete_or_was_written_again_is_not_validated(
    secretary: Person, crisis: Crisis
) -> None:
    row = written(crisis, secretary, "message_residents", "Un texte avec [à compléter] dedans.")
    with pytest.raises(ContinuityError, match="à compléter"):
        audiences.validate(row, secretary)
    old = written(crisis, secretary, "message_residents", "Un texte complet, le premier.")
    written(crisis, secretary, "message_residents", "Un texte complet, le second.")
    with pytest.raises(ContinuityError, match="réécrit"):
        audiences.validate(old, secretary)
    assert not MessageValidation.objects.of(crisis.territory).exists()


def test_a_wording_is_never_changed(secretary: Person, crisis: Crisis) -> None:
    row = written(crisis, secretary, "message_residents")
    assert written(crisis, secretary, "message_residents") == row, "the same wording is one row"
    with pytest.raises(DatabaseError), transaction.atomic():
        CrisisMessage.objects.filter(pk=row.pk).update(text="Un autre texte, bien assez long.")
    audiences.validate(row, secretary)
    newer = written(crisis, secretary, "message_residents", "Un texte plus récent, à valider.")
    state = next(each for each in audiences.audiences(crisis) if each.paper.id == "message_residents")
    assert state.last == newer and state.validated == row and not state.is_current


def test_it_leaves_as_a_text_a_draft_and_a_page_and_nothing_is_sent(
    secretary: Person, crisis: Crisis
) -> None:
    row = written(crisis, secretary, "message_residents")
    assert "BROUILLON" in audiences.as_text(row)
    audiences.validate(row, secretary)
    row = CrisisMessage.objects.of(crisis.territory).select_related("validation").get(pk=row.pk)
    text = audiences.as_text(row)
    assert "BROUILLON" not in text and FACTS["what"] in text and "Données simulées" in text
    draft = message_from_bytes(audiences.as_mail(row), policy=policy.default)
    assert draft["X-Unsent"] == "1" and draft["To"] is None and draft["Subject"] == row.subject
    assert audiences.as_pdf(row)[:4] == b"%PDF"
    assert mail.outbox == []


def test_a_message_of_an_exercise_says_so_wherever_it_goes(territory: Territory, secretary: Person) -> None:
    crisis = a_crisis(territory, secretary, is_exercise=True)
    responses.save_answers(crisis.facts, secretary, FACTS)
    row = written(crisis, secretary, "message_residents")
    draft = message_from_bytes(audiences.as_mail(row), policy=policy.default)
    assert draft["Subject"].startswith("EXERCICE – ") and audiences.as_text(row).startswith("EXERCICE")
    cell.close(crisis, secretary)
    with pytest.raises(ContinuityError, match="close"):
        audiences.validate(row, secretary)
