"""What was published from the stick comes back whole, once, marked, beside what was written here; nothing is published by taking back."""

import io
import json
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beffroi.web.continuity.models import RestorationSite, SiteImport, SiteKey, SiteUpdate
from beffroi.web.continuity.offline_pages.pages import site_editor_page
from beffroi.web.continuity.restoration_site import (
    document_signing,
    page_setup,
    reading,
    services,
    stick_files,
    stick_history,
)
from beffroi.web.continuity.restoration_site.document import canonical
from beffroi.web.continuity.restoration_site.errors import RestorationError, StaleDraftError
from beffroi.web.platform import ledger, sealing
from beffroi.web.platform.models import LedgerDetail, Person
from places import a_person, strongly

from .restoration import on_the_stick, publish, service_of, stick_zip, taken_back, write

NIGHT = {
    "at": "2026-11-29T03:00:00+01:00",
    "text": {"fr": "Écrit à trois heures.", "en": "Written at three.", "ar": "مغلق"},
    "alternative": {"fr": "Venez à l'école.", "fr-x-facile": "Allez à l'école."},
    "author": "Mme Roussel",
}


@pytest.fixture
def archive(site: RestorationSite, agent: Person, mayor: Person) -> bytes:
    """A ZIP of the stick, signed: after the first publication, one announcement, a service and a language that only it knows."""
    first = write(site, agent)
    publish(site, mayor)
    languages = [*site.languages, "ar"]
    known = [each.model_dump() for each in reading.public_document(site).services]
    pool = {"key": "piscine", "name": {"fr": "Piscine", "en": "Pool"}}
    content = on_the_stick(
        site, NIGHT | {"after": [str(first.uid)]}, {"service": "piscine"}, languages=languages, services=[*known, pool]
    )  # fmt: skip
    return stick_zip(site, content)


def test_every_announcement_comes_back_with_its_moment_its_words_and_its_mark(
    site: RestorationSite, archive: bytes, agent: Person, mayor: Person
):
    here = write(site, agent, "La cantine sert des repas froids.", state="degraded")
    row = taken_back(site, mayor, archive)
    assert (row.added, row.signed) == (2, True)
    document = reading.draft(RestorationSite.objects.of(site.territory).get(pk=site.pk))
    (night,) = [each for each in document.updates if each.at == NIGHT["at"]]
    assert night.text == NIGHT["text"] and night.alternative == NIGHT["alternative"]
    assert (night.author, night.origin) == ("Mme Roussel", "stick")
    assert document.languages == ["fr", "fr-x-facile", "en", "ar"]
    assert {each.key: each.name.get("en") for each in document.services}["piscine"] == "Pool"
    assert str(here.uid) in {each.id for each in document.updates}, "what was written here stays"
    published = reading.public_document(site)
    assert all(each.origin == "platform" for each in published.updates), "nothing is published by taking back"
    line = ledger.lines_of(site.territory).filter(act="restoration.import").last()
    assert line is not None and "'signed': True" in str([each.payload for each in LedgerDetail.objects.all()])
    assert taken_back(site, mayor, archive) == row, "the same file twice changes nothing"
    assert SiteUpdate.objects.of(site.territory).count() == 4
    with pytest.raises(RestorationError, match="vient de la clé USB"):
        services.discard(SiteUpdate.objects.of(site.territory).filter(source=row).first(), mayor)  # type: ignore[arg-type]
    with pytest.raises(DatabaseError), transaction.atomic():
        SiteImport.objects.of(site.territory).update(document="{}")


def test_of_two_announcements_one_is_chosen_and_both_stay(
    site: RestorationSite, archive: bytes, agent: Person, mayor: Person
):
    write(
        site,
        agent,
        "La cantine sert des repas froids.",
        state="degraded",
        next_news=timezone.now() + timedelta(days=1),
    )
    taken_back(site, mayor, archive)
    (line,) = [line for line in reading.compare(site) if line.choices]
    assert {each.origin for each in line.choices} == {"platform", "stick"}
    with pytest.raises(RestorationError, match="« Cantine »"):
        publish(site, mayor)
    canteen, seen = service_of(site), [each.id for each in line.choices]
    with pytest.raises(StaleDraftError):
        services.choose(canteen, mayor, seen[0], seen[:1])
    with pytest.raises(RestorationError, match="n'y a plus à choisir"):
        services.choose(canteen, mayor, str(canteen.site.document), seen)
    stick = next(each for each in line.choices if each.origin == "stick")
    services.choose(canteen, mayor, stick.id, seen)
    published = reading.published_document(publish(site, mayor))
    last = max(published.updates, key=lambda each: each.order)
    assert last.text == NIGHT["text"] and sorted(last.after) == sorted(seen) and last.origin == "platform"
    assert set(seen) < {each.id for each in published.updates}
    with pytest.raises(PermissionDenied):
        services.choose(canteen, a_person(site.territory, "auditor"), stick.id, seen)


def test_who_signed_is_checked_and_told(site: RestorationSite, agent: Person, mayor: Person):
    first = write(site, agent)
    publish(site, mayor)
    content = on_the_stick(site, {"after": [str(first.uid)]})
    other = document_signing.new_key()
    for file, signer in (
        (stick_zip(site, content), "ours"),
        (stick_zip(site, content, pair=other), "other"),
        (stick_zip(site, content, is_signed=False), "nobody"),
        (content, "nobody"),
    ):
        found = stick_history.preview(site, mayor, stick_files.read(file))
        assert (found.signer, len(found.new), found.known) == (signer, 1, 1)
        assert bool(found.fingerprint) == (signer != "nobody")
    with pytest.raises(RestorationError, match="Cochez la case"):
        taken_back(site, mayor, stick_zip(site, content, pair=other))
    assert SiteImport.objects.of(site.territory).count() == 0
    row = taken_back(site, mayor, stick_zip(site, content, pair=other), trusted=True)
    assert not row.signed and row.public_key == other[1]
    # The same history, signed by us: it is said too, and adds nothing.
    proven = taken_back(site, mayor, stick_zip(site, content))
    assert proven != row and proven.signed and proven.added == 0
    # Sticks made with a key that was replaced since still count.
    page_setup.renew_key(site.territory, mayor)
    old = SiteKey.objects.of(site.territory).exclude(replaced_at=None).get()
    more = on_the_stick(site, {"after": [str(first.uid)]}, {"service": "etat-civil"})
    assert taken_back(
        site, mayor, stick_zip(site, more, pair=(sealing.unseal(old.sealed_secret), old.public))
    ).signed


def test_the_page_of_a_kit_gives_back_what_it_carries(site: RestorationSite, agent: Person, mayor: Person):
    """A platform restored from an older copy finds there what it had published since."""
    content = on_the_stick(site, {"text": {"fr": "</script> d'hier soir"}})
    page = site_editor_page(json.loads(content)).encode()
    assert stick_files.read(page).signature is None
    row = taken_back(site, mayor, page, trusted=True)
    assert row.added == 1 and not row.signed and row.saved_at is None
    (update,) = reading.draft(site).updates
    assert update.text["fr"] == "</script> d'hier soir"


def test_what_was_published_here_is_not_taken_back(site: RestorationSite, agent: Person, mayor: Person):
    write(site, agent)
    publication = publish(site, mayor)
    for file in (
        stick_zip(site, publication.content.encode()),
        site_editor_page(json.loads(canonical(reading.public_document(site)))).encode(),
    ):
        with pytest.raises(RestorationError, match="publication 1, faite ici"):
            stick_history.preview(site, mayor, stick_files.read(file))


def test_the_pages_show_what_comes_back_then_the_choice_side_by_side(
    client: Client, site: RestorationSite, archive: bytes, agent: Person, mayor: Person
):
    strongly(client, mayor)
    write(site, agent, "La cantine sert des repas froids.", state="degraded")
    slug = site.territory.slug
    address = reverse("restoration-import", args=[slug])
    read = client.post(address, {"file": io.BytesIO(archive)})
    text = read.content.decode()
    for words in (
        "2 nouvelles annonces",
        "Signature vérifiée",
        "Written at three.",
        "مغلق",
        "repas froids",
        "Piscine",
    ):
        assert words in text
    assert SiteImport.objects.of(site.territory).count() == 0, "reading writes nothing"
    posted = {"expected": read.context["preview"].sha256, "raw": read.context["raw"], "raw_signature": ""}
    after = client.post(address, posted, follow=True).content.decode()
    assert (
        "2\xa0annonces reprises" in after
        and "à départager" in after
        and "Deux annonces se contredisent" in after
    )
    there = client.get(reverse("restoration-service", args=[slug, "cantine"]))
    assert "Garder celle-ci" in there.content.decode()
    chosen = {"seen": there.context["form"].initial["after"], "chosen": there.context["last"][0]["id"]}
    client.post(reverse("restoration-choose", args=[slug, "cantine"]), chosen)
    assert not any(line.choices for line in reading.compare(site))
    history = client.get(reverse("restoration-history", args=[slug])).content.decode()
    assert "sans la plateforme" in history and "signature vérifiée" in history
    row = SiteImport.objects.of(site.territory).get()
    outside = client.get(reverse("restoration-outside", args=[slug, row.pk])).content.decode()
    assert "Written at three." in outside and "Mme Roussel" in outside
    again = client.get(reverse("restoration-outside-zip", args=[slug, row.pk])).content
    assert stick_files.read(again).state == stick_files.read(archive).state
    assert stick_history.preview(site, mayor, stick_files.read(again)).signer == "ours"


def test_who_vouches_ticks_the_box(client: Client, site: RestorationSite, mayor: Person):
    strongly(client, mayor)
    address = reverse("restoration-import", args=[site.territory.slug])
    content = on_the_stick(site, {})
    read = client.post(address, {"file": io.BytesIO(content)})
    assert "Sans signature" in read.content.decode()
    posted = {"expected": read.context["preview"].sha256, "raw": read.context["raw"], "raw_signature": ""}
    refused = client.post(address, posted)
    assert refused.status_code == 422 and "Cochez la case" in refused.content.decode()
    assert (
        "1\xa0annonce reprise"
        in client.post(address, posted | {"trusted": "on"}, follow=True).content.decode()
    )
