"""The restoration page on the platform: written by many, chosen, published by one."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.utils import timezone

from beffroi.web.continuity.crisis import situation_points, wall
from beffroi.web.continuity.models import RestorationSite, SiteKey, SiteUpdate
from beffroi.web.continuity.offline_kit import parts
from beffroi.web.continuity.restoration_site import kit_part, page_setup, reading, services
from beffroi.web.continuity.restoration_site.cards import draft_card
from beffroi.web.continuity.restoration_site.document import canonical
from beffroi.web.continuity.restoration_site.errors import RestorationError, StaleDraftError
from beffroi.web.platform import ledger, sealing
from beffroi.web.platform.models import Job, Person, Territory
from beffroi.web.ui.formats import french_date
from places import a_person

from .crisis_samples import a_crisis
from .restoration import publish, service_of, write


def test_a_page_begins_with_its_services_its_languages_and_its_key(
    territory: Territory, site: RestorationSite
):
    assert site.languages == ["fr", "fr-x-facile", "en"]
    assert [each.key for each in reading.draft(site).services] == ["cantine", "etat-civil"]
    key = SiteKey.objects.of(territory).get()
    assert sealing.is_sealed(key.sealed_secret) and len(key.fingerprint.split()) == 16
    assert reading.draft(site).territory.simulated


def test_nothing_goes_out_before_the_spokespersons_act(
    territory: Territory, site: RestorationSite, agent: Person, secretary: Person, mayor: Person
):
    write(site, agent)
    assert reading.public_document(site).updates == [] and not Job.objects.of(territory).exists()
    assert draft_card(agent, territory) is None
    card = draft_card(mayor, territory)
    assert card is not None and "rien ne sort sans vous" in card.text
    for person in (agent, a_person(territory, "security_officer")):
        with pytest.raises(PermissionDenied):
            publish(site, person)
    published = publish(site, mayor)
    assert published.mandate["mandate"]["kind"] == "elected" and published.mandate["roles"]
    assert publish(site, secretary) == published  # asked twice, published once
    assert draft_card(mayor, territory) is None
    line = ledger.lines_of(territory).last()
    assert line.act == "restoration.publish"
    for row in (published, SiteUpdate.objects.of(territory).first()):
        assert row is not None
        with pytest.raises(DatabaseError), transaction.atomic():
            type(row).objects.of(territory).filter(pk=row.pk).update(content="{}")


def test_the_wall_and_the_points_of_a_crisis_name_the_published_page_and_its_day(
    site: RestorationSite, secretary: Person, mayor: Person
) -> None:
    crisis = a_crisis(site.territory, secretary)
    write(site, secretary)
    assert wall.services(crisis) == [], "nothing is published"
    published = publish(site, mayor)
    words = f"D'après la page des habitants, publiée le {french_date(published.at)}"
    assert wall.content(crisis).services_source == words
    point = situation_points.make(crisis, secretary, "La cantine est fermée.", None)
    assert point.content["services_source"] == words


def test_what_is_published_is_what_was_read(site: RestorationSite, agent: Person, mayor: Person):
    write(site, agent)
    seen = reading.digest(reading.draft(site))
    write(site, agent, "La cantine rouvre demain.")
    with pytest.raises(StaleDraftError):
        services.publish(site, mayor, seen)
    assert reading.last_publication(site) is None
    with pytest.raises(RestorationError, match="Rien n'est encore annoncé"):
        other = page_setup.set_up(site.territory, mayor, title="Essai", languages=[], is_exercise=True)
        publish(other, mayor)


def test_two_edits_at_once_are_both_stored_and_the_spokesperson_chooses(
    site: RestorationSite, agent: Person, mayor: Person
):
    write(site, agent)
    seen = [each.id for each in services.followed_heads(site, service_of(site))]
    write(site, agent, "La cantine sert des repas froids.", state="degraded", after=seen)
    write(site, mayor, "La cantine est fermée jusqu'à lundi.", after=seen)
    (line,) = [line for line in reading.compare(site) if line.choices]
    assert line.key == "cantine" and len(line.choices) == 2
    with pytest.raises(RestorationError, match="« Cantine »"):
        publish(site, mayor)
    write(site, mayor, "La cantine sert des repas froids dès mardi.", state="degraded")
    published = reading.published_document(publish(site, mayor))
    assert len(published.updates) == 4 and not any(each.choices for each in reading.compare(site))
    assert set(published.updates[-1].after) == {each.id for each in line.choices}


def test_an_announcement_is_judged_before_it_is_written(site: RestorationSite, agent: Person):
    hour = timedelta(hours=1)
    for wrong, field in (
        ({"state": "closed"}, "state"),
        ({"texts": {"en": "Closed"}}, "text_fr"),
        ({"texts": {"fr": "Venez à [adresse et heures]."}}, "text_fr"),
        ({"state": "degraded", "alternatives": {}}, "alternative_fr"),
        ({"next_news": timezone.now() - hour}, "next_news"),
        ({"since": timezone.now() + hour}, "since"),
        ({"after": ["2a0b3c5e-0000-4000-8000-000000000000"]}, None),
    ):
        with pytest.raises(RestorationError) as refusal:
            write(site, agent, **wrong)  # type: ignore[arg-type]
        assert refusal.value.field == field
    assert not SiteUpdate.objects.of(site.territory).exists()


def test_a_draft_is_discarded_and_what_went_out_is_corrected_by_another(
    site: RestorationSite, agent: Person, mayor: Person
):
    wrong = write(site, agent, "La mairie a brûlé.")
    services.discard(wrong, agent)
    assert reading.draft(site).updates == []
    first = write(site, agent)
    publish(site, mayor)
    with pytest.raises(RestorationError, match="est publiée"):
        services.discard(first, agent)
    write(site, agent, "La cantine est ouverte.", state="works", alternatives={})
    published = reading.published_document(publish(site, mayor))
    assert [each.state for each in published.updates] == ["stopped", "works"]
    assert "brûlé" not in canonical(published).decode()


def test_the_kit_takes_what_is_published_and_no_draft(site: RestorationSite, agent: Person, mayor: Person):
    write(site, agent, "Publié hier.")
    publish(site, mayor)
    write(site, agent, "Écrit ce matin, pas encore publié.")
    part = next(each for each in parts.all_parts() if each.key == kit_part.PART_KEY)
    (page,) = part.pages(site.territory)
    assert isinstance(page, parts.Page) and page.button == "inform" and not part.sealed
    assert "Publié hier." in page.body and "ce matin" not in page.body and agent.name not in page.body
    document = kit_part.document_for_kit(site.territory)
    assert document is not None and len(document.updates) == 1
