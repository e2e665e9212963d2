"""The restoration page on the platform: written by many, published by one, sent to real places, taken back from the stick."""

import io
import json
import subprocess
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beffroi.guides import Register
from beffroi.web.continuity.destinations import services as destinations
from beffroi.web.continuity.models import (
    RestorationSite,
    SiteKey,
    SitePublication,
    SiteService,
    SiteUpdate,
)
from beffroi.web.continuity.offline_kit import parts
from beffroi.web.continuity.restoration_site import (
    document_signing,
    kit_part,
    reading,
    sending,
    services,
    stick_history,
)
from beffroi.web.continuity.restoration_site.cards import draft_card
from beffroi.web.continuity.restoration_site.document import canonical, from_data
from beffroi.web.continuity.restoration_site.errors import RestorationError, StaleDraftError
from beffroi.web.guides.library import guide
from beffroi.web.guides.services.registers import save_entry
from beffroi.web.platform import jobs, ledger, sealing
from beffroi.web.platform.models import Job, Person, Territory
from places import a_person, strongly
from servers import NotHere, sftp

from .restoration import an_update
from .town_places import content_of


@pytest.fixture
def agent(territory: Territory) -> Person:
    return a_person(territory, "agent")


@pytest.fixture
def site(territory: Territory, secretary: Person) -> RestorationSite:
    register = guide(Register, "essential_services")
    entry = save_entry(territory, secretary, register, {"name": "Cantine"})
    return services.set_up(
        territory, secretary, title="Vos services pendant la panne", languages=["en", "fr-x-facile"],
        entries=[entry.pk], names=["État civil"],
    )  # fmt: skip


def service_of(site: RestorationSite, key: str = "cantine") -> SiteService:
    return SiteService.objects.of(site.territory).select_related("site").get(site=site, key=key)


def write(
    site: RestorationSite,
    by: Person,
    text: str = "La cantine est fermée.",
    key: str = "cantine",
    **fields: Any,
) -> SiteUpdate:
    service = service_of(site, key)
    options: dict[str, Any] = {
        "state": "stopped",
        "texts": {"fr": text},
        "alternatives": {"fr": "Apportez un repas."},
        "after": [each.id for each in services.followed_heads(site, service)],
    }
    return services.announce(service, by, **options | fields)


def publish(site: RestorationSite, by: Person) -> SitePublication:
    return services.publish(site, by, reading.digest(reading.draft(site)))


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


def test_what_is_published_is_what_was_read(site: RestorationSite, agent: Person, mayor: Person):
    write(site, agent)
    seen = reading.digest(reading.draft(site))
    write(site, agent, "La cantine rouvre demain.")
    with pytest.raises(StaleDraftError):
        services.publish(site, mayor, seen)
    assert reading.last_publication(site) is None
    with pytest.raises(RestorationError, match="Rien n'est encore annoncé"):
        other = services.set_up(site.territory, mayor, title="Essai", languages=[], is_exercise=True)
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


@pytest.fixture(scope="module")
def host() -> Iterator[sftp.Sftp]:
    try:
        with sftp.serving() as running:
            yield running
    except NotHere as error:
        pytest.skip(str(error))


@pytest.mark.requirement("R79")
def test_a_publication_arrives_byte_for_byte_and_a_stranger_can_check_it(
    territory: Territory, site: RestorationSite, mayor: Person, host: sftp.Sftp, settings: Any, tmp_path: Path
):
    settings.ALLOWED_HOSTS_OUT = [f"127.0.0.1:{host.port}"]
    settings.COPY_FOLDERS = [f"{territory.slug}={tmp_path / 'cle'}"]
    (tmp_path / "cle").mkdir()
    destinations.declare(
        territory, mayor, use="site", kind="sftp", name="Hébergeur", address="127.0.0.1", port=host.port,
        account=host.user, folder=str(tmp_path / "www"), private_key=host.key,
    )  # fmt: skip
    destinations.declare(
        territory, mayor, use="site", kind="folder", name="Clé", address=str(tmp_path / "cle")
    )
    write(site, mayor)
    publication = publish(site, mayor)
    job = sending.start(publication, mayor)
    assert job is not None
    (tmp_path / "cle").rename(tmp_path / "tiroir")
    assert jobs.run(job).state == Job.State.DONE
    files = sending.files_of(publication)
    assert content_of(tmp_path / "www") == files
    command = ["openssl", "dgst", "-sha256", "-verify", "cle.pem", "-signature", "etat.json.sig", "etat.json"]
    assert (
        subprocess.run(command, cwd=tmp_path / "www", capture_output=True, check=True).stdout
        == b"Verified OK\n"
    )
    # The stick was not there: said, tried again, and the first is not sent twice.
    arrived = {str(copy.destination): copy.ok for copy in sending.copies_of(publication)}
    assert arrived == {"Clé": False, "Hébergeur": True}
    card = draft_card(mayor, territory)
    assert card is not None and "n'est pas arrivée partout" in card.text
    (tmp_path / "tiroir").rename(tmp_path / "cle")
    again = sending.start(publication, mayor, again=True)
    assert again is not None and again.pk != job.pk
    jobs.run(again)
    assert content_of(tmp_path / "cle") == files and len(sending.copies_of(publication)) == 3
    assert sending.start(publication, mayor, again=True) is None
    with zipfile.ZipFile(io.BytesIO(sending.zip_of(files))) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == files


def on_the_stick(site: RestorationSite, *updates: dict[str, Any], private: str = "") -> tuple[bytes, bytes]:
    """What a stick gives back: the history of before, with these updates; signed by the key of its sealed part."""
    data = reading.public_document(site).model_dump()
    data["updates"] += [
        an_update(f"stick {n}", "cantine") | each | {"origin": "stick"} for n, each in enumerate(updates)
    ]
    content = canonical(from_data(data))
    pair = kit_part.signing_pair(site.territory)
    assert pair is not None
    return content, document_signing.sign(content, private or pair[0])


def test_the_history_of_the_stick_comes_back_once_with_its_conflicts(
    site: RestorationSite, agent: Person, mayor: Person
):
    first = write(site, agent)
    publish(site, mayor)
    content, signature = on_the_stick(
        site, {"after": [str(first.uid)], "text": {"fr": "Écrit à trois heures."}}
    )
    here = write(site, agent, "La cantine sert des repas froids.", state="degraded")
    row = stick_history.import_history(site, mayor, content, signature)
    assert (row.added, row.signed) == (1, True)
    (line,) = [line for line in reading.compare(site) if line.choices]
    assert {each.origin for each in line.choices} == {"platform", "stick"}
    assert stick_history.import_history(site, mayor, content, signature) == row
    assert SiteUpdate.objects.of(site.territory).count() == 3
    assert str(here.uid) in {each.id for each in reading.draft(site).updates}
    again = stick_history.import_history(
        site,
        mayor,
        content + b"\n",
        document_signing.sign(content + b"\n", kit_part.signing_pair(site.territory)[0]),
    )  # type: ignore[index]
    assert again.added == 0
    with pytest.raises(RestorationError, match="vient de la clé USB"):
        services.discard(SiteUpdate.objects.of(site.territory).get(source=row), mayor)


def test_a_history_that_is_not_ours_is_refused_whole(site: RestorationSite, agent: Person, mayor: Person):
    first = write(site, agent)
    publish(site, mayor)
    content, signature = on_the_stick(site, {"after": [str(first.uid)]})
    for wrong in (
        signature[:-2] + b"\0\0",
        document_signing.sign(content, document_signing.new_key()[0]),
        b"x",
    ):
        with pytest.raises(RestorationError, match="signature"):
            stick_history.import_history(site, mayor, content, wrong)
    with pytest.raises(RestorationError, match=r"etat\.json\.sig"):
        stick_history.import_history(site, mayor, content, None)
    changed = json.loads(content)
    (stored,) = [each for each in changed["updates"] if each["id"] == str(first.uid)]
    stored["text"]["fr"] = "Tout va bien."
    forged = canonical(from_data(changed))
    with pytest.raises(RestorationError, match="numéro d'une autre"):
        stick_history.import_history(site, mayor, forged, None, trusted=True)
    assert SiteUpdate.objects.of(site.territory).count() == 1
    assert not stick_history.import_history(site, mayor, content, None, trusted=True).signed
    services.renew_key(site.territory, mayor)
    assert stick_history.import_history(site, mayor, *on_old_key(site, signature, content)).signed


def on_old_key(site: RestorationSite, signature: bytes, content: bytes) -> tuple[bytes, bytes]:
    """Another file signed by the key of before: sticks made with it still hold."""
    old = SiteKey.objects.of(site.territory).exclude(replaced_at=None).get()
    return content + b" ", document_signing.sign(content + b" ", sealing.unseal(old.sealed_secret))


def test_services_that_only_the_stick_knows_are_added(site: RestorationSite, mayor: Person):
    data = reading.public_document(site).model_dump()
    data["services"].append({"key": "piscine", "name": {"fr": "Piscine"}})
    data["updates"].append(an_update("pool", "piscine", origin="stick"))
    content = canonical(from_data(data))
    pair = kit_part.signing_pair(site.territory)
    assert pair is not None
    stick_history.import_history(site, mayor, content, document_signing.sign(content, pair[0]))
    assert {each.key for each in reading.draft(site).services} == {"cantine", "etat-civil", "piscine"}


def test_an_exercise_never_goes_out(territory: Territory, mayor: Person, settings: Any, tmp_path: Path):
    settings.COPY_FOLDERS = [f"{territory.slug}={tmp_path}"]
    destinations.declare(territory, mayor, use="site", kind="folder", name="Clé", address=str(tmp_path))
    drill = services.set_up(
        territory, mayor, title="Panne", languages=["en"], names=["Cantine"], is_exercise=True
    )
    write(drill, mayor)
    publication = publish(drill, mayor)
    with pytest.raises(RestorationError, match="exercice ne sort pas"):
        sending.start(publication, mayor)
    files = sending.files_of(publication)
    assert all(b"EXERCI" in content for name, content in files.items() if name.endswith(".html"))
    with pytest.raises(DatabaseError), transaction.atomic():
        RestorationSite.objects.of(territory).update(is_exercise=False)
    assert reading.site_of(territory) is None


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
    content, signature = on_the_stick(site, {"after": [reading.draft(site).updates[0].id]})
    posted = {"state": io.BytesIO(content), "signature": io.BytesIO(signature)}
    after = client.post(reverse("restoration-import", args=[slug]), posted, follow=True).content.decode()
    assert (
        "1 annonce reprise" in after
        and "Repris de la clé USB" in client.get(reverse("restoration-history", args=[slug])).content.decode()
    )


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
