"""Pages of the restoration page, from a message to its publication; those of an exercise."""

import io
import zipfile
from xml.etree import ElementTree

import pytest
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


def test_an_old_translation_is_asked_about_then_left_out_and_a_new_state_begins_now(
    client: Client, territory: Territory, site: RestorationSite, mayor: Person
):
    strongly(client, mayor)
    address = reverse("restoration-service", args=[territory.slug, "cantine"])
    first = {"state": "stopped", "text_fr": "La cantine est fermée.", "alternative_fr": "Apportez un repas.", "text_fr-x-facile": "Fermée.",
             "text_en": "Closed.", "alternative_en": "Bring a meal.", "since": "2026-11-01T08:00", "after": ""}  # fmt: skip
    client.post(address, first)
    (begun,) = reading.draft(site).updates
    again = first | {"state": "works", "text_fr": "La cantine est ouverte.", "text_fr-x-facile": "Ouverte.", "after": begun.id}  # fmt: skip
    asked = client.post(address, again)
    form = asked.context["form"]
    assert asked.status_code == 422 and list(form.errors) == ["text_en"]
    assert "date de l&#x27;annonce précédente" in asked.content.decode()
    assert form["left_out"].value() == "text_en" and form["since"].value() > "2026-11-01T08:00"
    done = client.post(address, again | {"left_out": "text_en"}, follow=True).content.decode()
    assert "Laissé de côté\xa0: English." in done
    last = reading.draft(site).updates[-1]
    assert last.text == {"fr": "La cantine est ouverte.", "fr-x-facile": "Ouverte."}
    assert last.alternative["en"] == "Bring a meal.", "its French did not change"
    assert last.since is not None and last.since > "2026-11-01T09"
    english = client.get(reverse("restoration-preview", args=[territory.slug, "en.html"])).content.decode()
    assert "La cantine est ouverte." in english and "Closed." not in english and "not translated" in english

    by_hand = again | {"state": "degraded", "after": last.id, "since": "2026-11-02T08:00"}
    client.post(address, by_hand | {"text_en": "Open."})
    assert reading.draft(site).updates[-1].since == "2026-11-02T08:00+01:00"


@pytest.mark.parametrize(
    ("typed", "asked"), [("2026-03-29T02:30", "n'existe pas"), ("2026-10-25T02:30", "a existé deux fois")]
)
def test_an_hour_that_clocks_skip_or_show_twice_is_asked_again(
    client: Client, territory: Territory, site: RestorationSite, mayor: Person, typed: str, asked: str
):
    strongly(client, mayor)
    address = reverse("restoration-service", args=[territory.slug, "cantine"])
    fields = {"state": "stopped", "text_fr": "La cantine est fermée.", "since": typed, "after": ""}
    form = client.post(address, fields).context["form"]
    assert list(form.errors) == ["since"] and asked in form.errors["since"][0]
    assert form["since"].value() == typed
    client.post(address, fields | {"since": "2026-10-25T02:30+01:00"})
    assert reading.draft(site).updates[-1].since == "2026-10-25T02:30+01:00"


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
