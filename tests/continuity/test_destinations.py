"""Destinations: declared by a person, tried, filled whole or not at all. A folder of this disk, and OpenSSH."""

import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beffroi.web.continuity.destinations import copying, place_opening, services, trial_jobs
from beffroi.web.continuity.destinations.cards import trial_card
from beffroi.web.continuity.destinations.errors import DestinationError
from beffroi.web.continuity.destinations.places.folder_place import Folder
from beffroi.web.continuity.destinations.places.place import CopyError
from beffroi.web.continuity.models import Destination, DestinationCopy, DestinationTrial
from beffroi.web.continuity.offline_kit import builder as kit_builder
from beffroi.web.platform import jobs, scope, sealing
from beffroi.web.platform.models import Job, Person, Territory
from places import a_person, strongly
from servers import NotHere, sftp

from .town_places import FILES, NEWER, Acting, a_folder, content_of


@pytest.fixture
def stick(tmp_path: Path, settings: Any, territory: Territory) -> Path:
    folder = tmp_path / "cle"
    folder.mkdir()
    settings.COPY_FOLDERS = [f"{territory.slug}={folder}"]
    return folder


@pytest.fixture(scope="module")
def server() -> Iterator[sftp.Sftp]:
    try:
        with sftp.serving() as running:
            yield running
    except NotHere as error:
        pytest.skip(str(error))


def by_sftp(
    territory: Territory, by: Person, server: sftp.Sftp, settings: Any, folder: Path, use: str = "site"
) -> Destination:
    settings.ALLOWED_HOSTS_OUT = [f"127.0.0.1:{server.port}"]
    return services.declare(
        territory, by, use=use, kind="sftp", name="Hébergeur", address="127.0.0.1", port=server.port,
        account=server.user, folder=str(folder), private_key=server.key,
    )  # fmt: skip


def test_a_kit_is_copied_whole_and_the_next_takes_its_place(
    territory: Territory, secretary: Person, stick: Path
):
    (stick / "photos").mkdir()
    destination = a_folder(territory, secretary, stick)
    report = services.send(destination, FILES)
    assert (report.ok, report.sent, report.size) == (True, 3, sum(map(len, FILES.values())))
    assert content_of(stick / "kit-beffroi") == FILES
    assert services.send(destination, NEWER).ok
    assert content_of(stick) == {f"kit-beffroi/{name}": content for name, content in NEWER.items()}
    assert (stick / "photos").is_dir()
    assert [each.ok for each in DestinationCopy.objects.of(territory)] == [True, True]
    assert services.destinations_for(territory, "kit") == [destination]
    assert services.destinations_for(territory, "site") == []


def test_a_page_is_put_beside_what_is_there(territory: Territory, secretary: Person, stick: Path):
    (stick / "robots.txt").write_bytes(b"*")
    destination = a_folder(territory, secretary, stick, "site", folder="www/etat")
    services.send(destination, FILES)
    services.send(destination, NEWER)
    assert content_of(stick / "www/etat") == FILES | NEWER
    assert (stick / "robots.txt").exists()


@pytest.mark.parametrize("use", ["kit", "site"])
def test_a_stick_pulled_out_leaves_the_last_whole_copy_and_says_what_to_do(
    territory: Territory, secretary: Person, stick: Path, use: str
):
    destination = a_folder(territory, secretary, stick, use)
    services.send(destination, FILES)
    away = stick.with_name("dans-une-poche")
    report = services.send(destination, Acting(NEWER, lambda: stick.rename(away)))
    assert not report.ok and report.sent == 0
    assert "la clé a peut-être été retirée" in report.message
    assert (
        "La dernière copie entière est restée en place." in report.message
        and "téléchargez le ZIP" in report.message
    )
    away.rename(stick)
    left = {name: content for name, content in content_of(stick).items() if "nouveau" not in name}
    assert left == ({f"kit-beffroi/{name}": each for name, each in FILES.items()} if use == "kit" else FILES)
    assert services.send(destination, NEWER).ok  # and what was left is cleared
    assert not [name for name in content_of(stick) if "nouveau" in name]


def test_a_stick_unplugged_from_a_machine_of_several_disks_is_not_taken_for_the_disk_below(
    territory: Territory, secretary: Person, stick: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
):
    # The folder is on another disk than the home.
    monkeypatch.setattr(place_opening, "home_device", lambda: -1)
    destination = a_folder(territory, secretary, stick)
    assert destination.removable and services.send(destination, FILES).ok
    # What is mounted there no longer is: its folder is left, on that other disk.
    destination.mount_point = str(stick)
    report = services.send(destination, NEWER)
    assert not report.ok and "n'est pas branché" in report.message


def test_a_copy_cut_between_its_two_renamings_is_found_again(
    territory: Territory, secretary: Person, stick: Path
):
    destination = a_folder(territory, secretary, stick)
    services.send(destination, FILES)
    (stick / "kit-beffroi").rename(stick / "kit-beffroi.precedent")
    report = services.send(destination, Acting(NEWER, lambda: (stick / "kit-beffroi.nouveau").rename(stick / "ailleurs")))  # fmt: skip
    assert not report.ok
    assert content_of(stick / "kit-beffroi") == FILES


class _PulledOut(Folder):
    """A stick that goes into a pocket once the former copy bears its waiting name."""

    def move(self, path: str, target: str) -> None:
        if (self._root / "kit-beffroi.precedent").exists():
            raise CopyError("La clé a peut-être été retirée.")
        super().move(path, target)


def test_a_stick_pulled_out_between_two_names_is_said_to_hold_the_former_copy_under_the_other(tmp_path: Path):
    copying.copy_folder(Folder(tmp_path, "cle"), FILES, "kit-beffroi")
    for _ in range(2):
        with pytest.raises(copying.SwitchError, match=r"entière, dans le dossier « kit-beffroi\.precedent »"):
            copying.copy_folder(_PulledOut(tmp_path, "cle"), NEWER, "kit-beffroi")
        assert content_of(tmp_path / "kit-beffroi.precedent") == FILES


class _Short(Folder):
    """A disk that says yes and writes half."""

    def write(self, path: str, content: bytes) -> None:
        super().write(path, content[: len(content) // 2])


def test_a_file_that_is_not_whole_there_is_never_switched_to(tmp_path: Path):
    for copy in (copying.copy_files, lambda place, files: copying.copy_folder(place, files, "kit-beffroi")):
        with pytest.raises(CopyError, match="n'y est pas entier"):
            copy(_Short(tmp_path, "cle"), FILES)
    assert not (tmp_path / "kit-beffroi").exists() and not (tmp_path / "index.html").exists()


class _Noting(Folder):
    """A disk that notes the names in the order in which they change."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, "cle")
        self.moved: list[str] = []

    def move(self, path: str, target: str) -> None:
        self.moved.append(target)
        super().move(path, target)


def test_the_first_page_is_switched_last(tmp_path: Path):
    place = _Noting(tmp_path)
    copying.copy_files(place, {"index.html": b"1", "zone/eau.html": b"2", "journal.xml": b"3"})
    assert place.moved == ["journal.xml", "zone/eau.html", "index.html"]


def test_a_copy_cut_while_it_is_switched_says_that_some_pages_are_new(
    territory: Territory, secretary: Person, stick: Path
):
    (stick / "index.html").mkdir()
    report = services.send(a_folder(territory, secretary, stick, "site"), FILES)
    assert not report.ok and "certaines pages y sont déjà nouvelles" in report.message
    assert "La dernière copie entière" not in report.message


def test_two_copies_to_one_place_do_not_mix(territory: Territory, secretary: Person, stick: Path):
    destination = a_folder(territory, secretary, stick)
    with place_opening.opened(destination):
        report = services.send(destination, FILES)
    assert "Une autre copie y est en cours" in report.message
    assert services.send(destination, FILES).ok


def test_a_link_of_the_stick_leads_nowhere_else(
    territory: Territory, secretary: Person, stick: Path, tmp_path: Path
):
    outside = tmp_path / "ailleurs"
    outside.mkdir()
    (stick / "pages").symlink_to(outside)
    destination = a_folder(territory, secretary, stick, "site")
    assert not services.send(destination, FILES).ok
    assert content_of(outside) == {} and "index.html" not in content_of(stick)


def test_only_folders_that_the_operator_opened_are_written(
    territory: Territory, secretary: Person, stick: Path, tmp_path: Path
):
    with pytest.raises(DestinationError, match="BEFFROI_COPY_FOLDERS") as refusal:
        a_folder(territory, secretary, tmp_path)
    assert refusal.value.field == "address"
    with pytest.raises(DestinationError, match="ordinaire"):
        a_folder(territory, secretary, stick, folder="../..")
    with pytest.raises(ValueError, match="not a name"):
        services.send(a_folder(territory, secretary, stick), {"../x": b""})


def test_a_trial_writes_reads_back_and_removes_a_hidden_file(
    territory: Territory, secretary: Person, stick: Path
):
    destination = a_folder(territory, secretary, stick)
    trial = services.try_out(destination, secretary)
    assert trial.ok and trial.by == secretary and list(stick.iterdir()) == []
    stick.rename(stick.with_name("sortie"))
    assert not services.try_out(destination, None).ok
    card = trial_card(secretary, territory)
    assert card is not None and "Clé du coffre" in card.text
    assert trial_card(a_person(territory, "auditor"), territory) is None
    stick.with_name("sortie").rename(stick)
    services.try_out(destination, None)
    assert trial_card(secretary, territory) is None


def test_the_list_and_the_card_ask_no_more_of_the_database_for_more_destinations(
    client: Client, territory: Territory, secretary: Person, stick: Path, django_assert_max_num_queries: Any
):
    strongly(client, secretary)
    page, asked = reverse("destinations", args=[territory.slug]), []
    client.get(page)
    for _ in range(2):
        for _ in range(3):
            destination = a_folder(territory, secretary, stick)
            services.send(destination, FILES)
            for ok in (True, False):
                DestinationTrial.objects.create(
                    territory=territory, destination=destination, ok=ok, message="m"
                )
        with django_assert_max_num_queries(1000) as queries:
            answer = client.get(page).content.decode()
            card = trial_card(secretary, territory)
        asked.append(len(queries))
    assert asked[0] == asked[1]
    assert answer.count(">entière<") == answer.count(">échoué<") == card.count == 6


def test_the_clock_tries_each_destination_once_a_month(territory: Territory, secretary: Person, stick: Path):
    destination = a_folder(territory, secretary, stick)
    services.declare(territory, secretary, use="site", kind="zip", name="Page perso", address="")
    with scope.nowhere():
        assert trial_jobs.start_due() == 1
    for job in Job.objects.of(territory).filter(kind=trial_jobs.KIND):
        jobs.run(job)
        assert job.state == Job.State.DONE
    assert [each.destination for each in DestinationTrial.objects.of(territory)] == [destination]
    with scope.nowhere():
        assert trial_jobs.start_due() == 0
    Destination.objects.of(territory).filter(pk=destination.pk).update(
        next_trial_at=timezone.now() - timedelta(minutes=1)
    )
    with scope.nowhere():
        assert trial_jobs.start_due() == 1


def test_who_may_declare_and_what_stays_written(territory: Territory, secretary: Person, stick: Path):
    with pytest.raises(PermissionDenied):
        a_folder(territory, a_person(territory, "agent"), stick)
    destination = a_folder(territory, secretary, stick)
    services.send(destination, FILES)
    for row, change in (
        (destination, {"address": "/"}),
        (destination, {"host_key": "x"}),
        (DestinationCopy.objects.of(territory).get(), {"ok": False}),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            type(row).objects.of(territory).filter(pk=row.pk).update(**change)


@pytest.mark.parametrize(
    ("kind", "address", "message"),
    [
        ("ftps", "ftp://ftp.example.org", "FTP en clair est refusé"),
        ("sftp", "https://x.example", "le nom du serveur seul"),
        ("webdav", "https://moi:secret@dav.example/", "ni nom ni mot de passe"),
        ("ftps", "", "Donnez l'adresse"),
        ("sftp", "10.0.0.1", "n'a pas autorisé"),
    ],
)
def test_an_address_that_will_not_do_is_refused_by_its_field(
    territory: Territory, secretary: Person, kind: str, address: str, message: str
):
    with pytest.raises(DestinationError, match=message) as refusal:
        services.declare(territory, secretary, use="site", kind=kind, name="X", address=address,
                         account="a", password="b")  # fmt: skip
    assert refusal.value.field == "address"
    assert not Destination.objects.of(territory).exists()


def test_a_form_that_comes_back_gives_no_secret_back(client: Client, territory: Territory, secretary: Person):
    strongly(client, secretary)
    typed = {"use": "site", "kind": "sftp", "name": "X", "address": "10.0.0.1", "account": "a",
             "password": "motdepasse-x", "private_key": "-----BEGIN cle-x"}  # fmt: skip
    answer = client.post(reverse("destination-declare", args=[territory.slug]), typed)
    page = answer.content.decode()
    assert answer.status_code == 422 and 'name="private_key"' in page
    assert "motdepasse-x" not in page and "cle-x" not in page
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("use", ["kit", "site"])
def test_openssh_receives_the_bytes_and_keeps_the_last_whole_copy_when_cut(
    territory: Territory, secretary: Person, server: sftp.Sftp, settings: Any, tmp_path: Path, use: str
):
    root = tmp_path / "www"
    destination = by_sftp(territory, secretary, server, settings, root, use)
    assert destination.host_key.startswith("ssh-ed25519 SHA256:")
    assert server.key not in destination.sealed_secret and sealing.is_sealed(destination.sealed_secret)
    assert services.try_out(destination, secretary).ok and content_of(root) == {}
    assert services.send(destination, FILES).ok
    there = root / "kit-beffroi" if use == "kit" else root
    assert content_of(there) == FILES

    report = services.send(destination, Acting(NEWER, lambda: end_sessions(server)))
    assert not report.ok and "coupé la connexion" in report.message and "téléchargez le ZIP" in report.message
    left = {name: content for name, content in content_of(root).items() if "nouveau" not in name}
    assert left == {str((there / name).relative_to(root)): content for name, content in FILES.items()}
    assert services.send(destination, NEWER).ok
    assert content_of(there) == (NEWER if use == "kit" else FILES | NEWER)


def end_sessions(server: sftp.Sftp) -> None:
    """End the processes that serve a connection, and not the one that listens."""
    listening = int((server.folder / "pid").read_text())
    found = [listening]
    for pid in found:  # it grows: children, then theirs
        found += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    for pid in found[1:]:
        os.kill(pid, signal.SIGKILL)


def test_a_server_of_another_key_is_given_nothing(
    territory: Territory, secretary: Person, settings: Any, tmp_path: Path, server: sftp.Sftp
):
    destination = by_sftp(territory, secretary, server, settings, tmp_path)
    with sftp.serving() as another:
        settings.ALLOWED_HOSTS_OUT = [f"127.0.0.1:{another.port}"]
        other = Destination(**{name: getattr(destination, name) for name in (
            "territory", "use", "kind", "name", "address", "account", "folder", "sealed_secret", "host_key", "trial_folder",
            "declared_by",
        )}, port=another.port)  # fmt: skip
        other.save()
        report = services.send(other, FILES)
    assert not report.ok and "ne présente plus la même clé" in report.message
    assert content_of(tmp_path) == {}


def test_a_withdrawn_destination_receives_nothing_and_has_no_secret_left(
    territory: Territory, secretary: Person, server: sftp.Sftp, settings: Any, tmp_path: Path
):
    destination = by_sftp(territory, secretary, server, settings, tmp_path / "www")
    services.withdraw(destination, secretary)
    destination.refresh_from_db()
    assert destination.sealed_secret == "" and services.destinations_for(territory, "site") == []
    assert "a été retirée" in services.send(destination, FILES).message
    by_hand = services.declare(territory, secretary, use="site", kind="zip", name="Page", address="")
    assert "à la main" in services.send(by_hand, FILES).message


def test_a_destination_by_hand_leads_to_the_archives_and_to_no_trial(
    client: Client, territory: Territory, secretary: Person
):
    strongly(client, secretary)
    fields = {"use": "kit", "kind": "zip", "name": "Hébergeur"}
    address = reverse("destination-declare", args=[territory.slug])
    page = client.post(address, fields, follow=True).content.decode()
    destination = Destination.objects.of(territory).get()
    assert (
        "est déclarée" in page
        and "Essayez-la" not in page
        and reverse("destination-try", args=[territory.slug, destination.pk]) not in page
    )
    assert "aucun n'est fabriqué" in page and "rien n'est publié" in page
    kit_builder.build(territory, secretary)
    page = client.get(reverse("destination", args=[territory.slug, destination.pk]))
    assert reverse("kit-zip", args=[territory.slug]) in page.content.decode()
