"""Pages of the restoration page, from a message to its publication; those of an exercise."""

import io
import zipfile
from xml.etree import ElementTree

from django.test import Client
from django.urls import reverse

from beffroi.web.continuity.models import RestorationSite, SitePublication
from beffroi.web.continuity.restoration_site import reading
from beffroi.web.platform.models import Job, Person, Territory
from places import strongly


def test_pages_lead_from_a_message_to_its_publication(
    client: Client, territory: Territory, site: RestorationSite, mayor: Person
):
    strongly(client, mayor)
    slug = territory.slug
    begun = client.get(reverse("restoration-service", args=[slug, "cantine"])).content.decode()
    assert "proposé par Beffroi" in begun and "La cantine sert les enfants." in begun
    fields = {"state": "degraded", "text_fr": "La cantine sert des repas froids.", "alternative_fr": "Appelez l'école.",
              "text_en": "Cold meals.", "since": "2026-11-01T08:00", "next_news": "2099-01-01T08:00", "after": ""}  # fmt: skip
    refused = client.post(
        reverse("restoration-service", args=[slug, "cantine"]), fields | {"alternative_fr": "Au [numéro]."}
    )
    assert refused.status_code == 422 and "entre crochets" in refused.content.decode()
    client.post(reverse("restoration-service", args=[slug, "cantine"]), fields)
    home = client.get(reverse("restoration", args=[slug])).content.decode()
    assert "Un brouillon attend" in home and "repas froids" in home
    preview = client.get(reverse("restoration-preview", args=[slug, "en.html"]))
    assert "Cold meals." in preview.content.decode()
    assert "script-src" not in preview.headers["Content-Security-Policy"]
    assert "sha256-" in preview.headers["Content-Security-Policy"]
    digest = reading.digest(reading.draft(site))
    client.post(reverse("restoration-publish", args=[slug]), {"digest": digest})
    publication = SitePublication.objects.of(territory).get()
    archive = client.get(reverse("restoration-zip", args=[slug, publication.pk]))
    with zipfile.ZipFile(io.BytesIO(archive.content)) as files:
        assert ElementTree.fromstring(files.read("fil.xml")) is not None


def test_the_pages_of_an_exercise_say_so_and_send_nothing(
    client: Client, territory: Territory, site: RestorationSite, mayor: Person
):
    strongly(client, mayor)
    at = lambda name, *more: reverse(f"restoration-exercise{name}", args=[territory.slug, *more])  # noqa: E731
    assert "EXERCICE" in client.get(at("")).content.decode()
    client.post(at("-settings"), {"title": "Panne", "names": "Cantine"})
    drill = reading.site_of(territory, exercise=True)
    assert drill is not None and drill.document != site.document
    client.post(at("-service", "cantine"), {"state": "stopped", "text_fr": "Tout est arrêté.", "after": ""})
    assert reading.draft(site).updates == []
    for page in (at(""), at("-settings"), at("-service", "cantine"), at("-preview", "index.html")):
        assert "EXERCICE" in client.get(page).content.decode()
    assert (
        "Tout est arrêté." not in client.get(reverse("restoration", args=[territory.slug])).content.decode()
    )
    after = client.post(
        at("-publish"), {"digest": reading.digest(reading.draft(drill))}, follow=True
    ).content.decode()
    assert "rien n&#x27;est sorti" in after and "un exercice ne sort pas" in after
    assert not Job.objects.of(territory).exists() and reading.last_publication(site) is None
