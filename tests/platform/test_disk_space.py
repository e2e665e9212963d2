"""A disk that fills up: read-only before it is full, quotas by territory, no copy of what is received, no debris."""

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as site
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.db import OperationalError
from django.test import Client, RequestFactory
from django.urls import reverse

from beffroi.home import Home
from beffroi.web.catalogue import lifecycle
from beffroi.web.catalogue.errors import CatalogueError
from beffroi.web.catalogue.lifecycle.file_storage import content_of, stored_file
from beffroi.web.catalogue.models import Delivery
from beffroi.web.operations import debris
from beffroi.web.platform.storage.middleware import server_error
from places import a_person, a_territory, strongly
from support.clock import date_file

pytestmark = pytest.mark.django_db
EVERYTHING = 1 << 60  # bytes in reserve: no disk has them


@pytest.fixture
def town():
    return a_territory()


@pytest.fixture
def agent(town):
    return a_person(town, "agent")


@pytest.fixture
def client(agent):
    client = Client()
    strongly(client, agent)
    return client


def a_file(size: int = 1000) -> SimpleUploadedFile:
    return SimpleUploadedFile("mesures.csv", b"a;b\n" + b"1;2\n" * (size // 4))


def incoming_files(town) -> set[Path]:
    return set(site.HOME.incoming(town.slug).glob("*"))


def test_a_disk_that_is_nearly_full_is_read_only_and_states_so(settings, town, client):
    settings.RESERVE = EVERYTHING
    refused = client.post(reverse("upload", args=[town.slug]), {"file": a_file()})
    assert refused.status_code == 507
    page = refused.content.decode()
    assert page.count("est presque plein") == 3 and "est plein" not in page  # title, heading, sentence
    assert not Delivery.objects.of(town).exists()
    # One still reads, signs in and out.
    page = client.get(reverse("upload", args=[town.slug]))
    assert page.status_code == 200 and "n'enregistre plus rien" in page.content.decode()
    assert Client().post("/compte/login/", {"login": "a@example.org", "password": "x"}).status_code == 200
    message = Client().post(f"/api/v1/t/{town.slug}/deposits")
    assert message.status_code == 507 and "presque plein" in json.loads(message.content)["detail"]


def test_the_size_of_what_arrives_counts_before_it_is_received(settings, client, town):
    settings.RESERVE = 0
    refused = client.post(
        reverse("upload", args=[town.slug]),
        data=b"",
        content_type="text/csv",
        headers={"content-length": EVERYTHING},
    )
    assert refused.status_code == 507


@pytest.mark.parametrize("quotas", [{"*": 10}, {"valbruyere": 10, "*": EVERYTHING}])
@pytest.mark.requirement("R92")
def test_a_territory_keeps_to_its_quota(settings, town, agent, quotas):
    settings.QUOTAS, before = quotas, incoming_files(town)
    town.name = "Communauté du Val. Est"
    with pytest.raises(CatalogueError, match=r"Communauté du Val\. Est a atteint .* \(10\soctets\)"):
        lifecycle.receive(town, agent, "mesures.csv", [b"a;b\n1;2\n3;4\n"])
    assert incoming_files(town) == before
    settings.QUOTAS = {"autre": 0}
    assert lifecycle.receive(town, agent, "mesures.csv", [b"a;b\n1;2\n"]).pk


def test_what_no_step_foresaw_is_stated_when_the_disk_is_full():
    try:
        try:
            raise OperationalError("database or disk is full")
        except OperationalError as error:
            raise RuntimeError("a page could not be made") from error
    except RuntimeError:
        page = server_error(RequestFactory().get("/"))
        program = server_error(RequestFactory().get("/api/v1/t/x/datasets"))
    assert page.status_code == program.status_code == 507
    assert "Le disque du serveur est plein" in page.content.decode()
    assert json.loads(program.content)["title"] == "Place insuffisante"
    try:
        raise RuntimeError("something else")
    except RuntimeError:
        assert server_error(RequestFactory().get("/")).status_code == 500


def test_a_large_file_is_received_without_a_copy(town, agent, tmp_path: Path):
    upload = TemporaryUploadedFile("mesures.csv", "text/csv", 0, None)
    upload.write(b"a;b\n" + b"1;2\n" * 1000)
    upload.flush()
    written = os.stat(upload.temporary_file_path()).st_ino  # noqa: PTH116  what the handler wrote
    delivery = lifecycle.receive(town, agent, "mesures.csv", content_of(upload))
    upload.close()
    saved = stored_file(delivery)
    same_disk = saved.stat().st_dev == Path(upload.temporary_file_path()).parent.stat().st_dev
    assert not same_disk or saved.stat().st_ino == written
    assert (delivery.size, saved.stat().st_size) == (4004, 4004)
    assert saved.read_bytes().startswith(b"a;b\n1;2\n")
    assert list(saved.parent.iterdir()) == [saved]


def test_a_large_file_that_is_empty_or_too_large_leaves_nothing(settings, town, agent, tmp_path: Path):
    settings.BEFFROI_MAX_UPLOAD, before = 100, incoming_files(town)
    for content, why in ((b"", "est vide"), (b"x" * 101, "dépasse la taille permise")):
        file = tmp_path / "reçu.upload"
        file.write_bytes(content)
        with pytest.raises(CatalogueError, match=why):
            lifecycle.receive(town, agent, "mesures.csv", file)
    assert incoming_files(town) == before


def test_the_debris_of_a_killed_upload_or_backup_is_swept_and_nothing_that_is_at_work(tmp_path: Path):
    home = Home(tmp_path / "home")
    home.create(demo=False)
    old, young = home.uploads / "tmp1.upload.csv", home.uploads / "tmp2.upload.csv"
    copy, copying = home.path / ".copie-abc", home.path / ".copie-def"
    for path in (old, young):
        path.write_bytes(b"a")
    for folder in (copy, copying):
        folder.mkdir()
        (folder / "db.sqlite3").write_bytes(b"a")
    for path in (young, copying):
        date_file(path)
    for path in (old, copy):
        date_file(path, timedelta(days=2))
    assert debris.sweep(home) == 2
    assert (young.exists(), copying.exists(), old.exists(), copy.exists()) == (True, True, False, False)
    # Before the site answers, no upload is at work.
    assert debris.sweep(home, serving=False) == 1
    assert not young.exists() and copying.exists()
