"""A publication of the restoration page goes where the town said, byte for byte; an exercise goes nowhere."""

import io
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from beffroi.web.continuity.destinations import services as destinations
from beffroi.web.continuity.models import RestorationSite
from beffroi.web.continuity.restoration_site import page_setup, reading, sending
from beffroi.web.continuity.restoration_site.cards import draft_card
from beffroi.web.continuity.restoration_site.errors import RestorationError
from beffroi.web.platform import jobs
from beffroi.web.platform.models import Job, Person, Territory
from servers import NotHere, sftp

from .restoration import publish, write
from .town_places import content_of


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


def test_an_exercise_never_goes_out(territory: Territory, mayor: Person, settings: Any, tmp_path: Path):
    settings.COPY_FOLDERS = [f"{territory.slug}={tmp_path}"]
    destinations.declare(territory, mayor, use="site", kind="folder", name="Clé", address=str(tmp_path))
    drill = page_setup.set_up(
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
