"""Destinations on the distribution's servers: vsftpd with TLS, nginx with WebDAV, a disk that is full. They start real processes."""

import os
import pwd
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from beffroi.web.continuity.destinations import services
from beffroi.web.continuity.models import Destination
from beffroi.web.platform.models import Person, Territory
from servers import NotHere, nginx, sftp, vsftpd
from servers.certificates import certified

from .town_places import FILES, NEWER, Acting, a_folder, content_of

pytestmark = pytest.mark.long
BIG = {"index.html": b"v3", "grand.bin": os.urandom(3 << 20)}
DAV = """
  location /dav/ {{
    root {root}; client_max_body_size 64m; dav_methods PUT DELETE MKCOL MOVE COPY; dav_access user:rw;
    auth_basic "depot"; auth_basic_user_file {users};
  }}
"""


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Certificate and key of servers on 127.0.0.1, which this machine trusts."""
    _, authority = certified(tmp_path / "tls", "127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", authority)
    return Path(authority), tmp_path / "tls/key.pem"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB."""
    folder = tmp_path / "petit"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m,mode=777", "tmpfs", str(folder)], capture_output=True
    )
    if done.returncode:
        pytest.skip("no right to mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


def own_root(path: Path) -> Path:
    """A folder with « www », which the account of the FTP server may write: the root itself may not be."""
    account = pwd.getpwnam("ftp")
    (path / "www").mkdir(parents=True, exist_ok=True)
    os.chown(path / "www", account.pw_uid, account.pw_gid)
    path.chmod(0o755)
    for parent in (path, *path.parents):
        if parent.stat().st_uid == os.getuid():
            parent.chmod(parent.stat().st_mode | 0o111)
    return path


def by_ftps(
    territory: Territory,
    by: Person,
    settings: Any,
    server: vsftpd.Ftp,
    use: str = "site",
    folder: str = "www/etat",
) -> Destination:
    settings.ALLOWED_HOSTS_OUT = [f"127.0.0.1:{server.port}"]
    return services.declare(
        territory, by, use=use, kind="ftps", name="Hébergeur", address="127.0.0.1", port=server.port,
        account=vsftpd.USER, password=vsftpd.PASSWORD, folder=folder,
    )  # fmt: skip


@pytest.mark.parametrize("use", ["site", "kit"])
def test_vsftpd_receives_the_bytes_over_tls(
    territory: Territory,
    secretary: Person,
    settings: Any,
    tmp_path: Path,
    trusted: tuple[Path, Path],
    use: str,
):
    root = own_root(tmp_path / "ftp")
    try:
        with vsftpd.serving(tmp_path / "vsftpd", root, certificate=trusted) as server:
            destination = by_ftps(territory, secretary, settings, server, use)
            trial = services.try_out(destination, secretary)
            assert trial.ok, trial.message
            assert services.send(destination, FILES).message.startswith("3 fichiers")
            assert services.send(destination, NEWER).ok
            # Nothing of the password nor of the pages was sent in clear.
            assert "PROT P" in server.log.read_text() and "AUTH TLS" in server.log.read_text()
    except NotHere as error:
        pytest.skip(str(error))
    there = root / "www/etat" / ("kit-beffroi" if use == "kit" else "")
    assert content_of(there) == (NEWER if use == "kit" else FILES | NEWER)


def test_ftp_in_clear_and_a_certificate_of_nobody_are_refused(
    territory: Territory, secretary: Person, settings: Any, tmp_path: Path, trusted: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    root = own_root(tmp_path / "ftp")
    try:
        with vsftpd.serving(tmp_path / "clear", root, certificate=None) as server:
            report = services.send(by_ftps(territory, secretary, settings, server), FILES)
            assert "FTP en clair est refusé" in report.message and not report.ok
            assert "PASS <password>" not in server.log.read_text()
        with vsftpd.serving(tmp_path / "tls-server", root, certificate=trusted) as server:
            destination = by_ftps(territory, secretary, settings, server)
            monkeypatch.setenv("SSL_CERT_FILE", certified(tmp_path / "other", "127.0.0.1")[1])
            report = services.send(destination, FILES)
            assert "Le certificat de 127.0.0.1 n'est pas valable" in report.message and not report.ok
            assert "PASS <password>" not in server.log.read_text()
    except NotHere as error:
        pytest.skip(str(error))
    assert content_of(root) == {}


def test_a_full_ftps_server_keeps_the_last_whole_page(
    territory: Territory,
    secretary: Person,
    settings: Any,
    tmp_path: Path,
    trusted: tuple[Path, Path],
    small_disk: Path,
):
    root = own_root(small_disk)
    try:
        with vsftpd.serving(tmp_path / "vsftpd", root, certificate=trusted) as server:
            destination = by_ftps(territory, secretary, settings, server, folder="www")
            assert services.send(destination, FILES).ok
            report = services.send(destination, BIG)
    except NotHere as error:
        pytest.skip(str(error))
    assert (
        not report.ok and "plus assez de place" in report.message and "téléchargez le ZIP" in report.message
    )
    assert (root / "www/index.html").read_bytes() == FILES["index.html"]


@pytest.fixture
def dav(tmp_path: Path, trusted: tuple[Path, Path]) -> Iterator[tuple[nginx.Site, Path]]:
    root = tmp_path / "dav-root"
    (root / "dav").mkdir(parents=True)
    users = tmp_path / "users"
    users.write_text("depot:{PLAIN}secret\n")
    try:
        with nginx.serving(
            tmp_path / "nginx", 1, encrypted=trusted, more=[DAV.format(root=root, users=users)]
        ) as running:
            yield running.sites[0], root / "dav"
    except NotHere as error:
        pytest.skip(str(error))


def by_webdav(
    territory: Territory, by: Person, settings: Any, site: nginx.Site, use: str, password: str = "secret"
) -> Destination:
    settings.ALLOWED_HOSTS_OUT = [site.host]
    return services.declare(
        territory, by, use=use, kind="webdav", name="Nuage", address=f"{site.address}/dav/", account="depot",
        password=password, folder="page de la mairie",
    )  # fmt: skip


@pytest.mark.parametrize("use", ["site", "kit"])
def test_nginx_receives_the_bytes_by_webdav(
    territory: Territory, secretary: Person, settings: Any, dav: tuple[nginx.Site, Path], use: str
):
    site, root = dav
    destination = by_webdav(territory, secretary, settings, site, use)
    trial = services.try_out(destination, secretary)
    assert trial.ok, trial.message
    first = services.send(destination, FILES)
    assert first.ok, first.message
    again = services.send(destination, NEWER)
    assert again.ok, again.message
    there = root / "page de la mairie" / ("kit-beffroi" if use == "kit" else "")
    assert content_of(there) == (NEWER if use == "kit" else FILES | NEWER)
    # The connection is lost in the middle.
    away = root.with_name("away")
    report = services.send(destination, Acting({**FILES, "z.html": b"z"}, lambda: root.rename(away)))
    assert not report.ok and "téléchargez le ZIP" in report.message
    left = {name: content for name, content in content_of(away).items() if "nouveau" not in name}
    before = NEWER if use == "kit" else FILES | NEWER
    assert left == {str((there / name).relative_to(root)): content for name, content in before.items()}


def test_a_webdav_account_that_is_refused_says_so(
    territory: Territory, secretary: Person, settings: Any, dav: tuple[nginx.Site, Path]
):
    site, root = dav
    report = services.send(by_webdav(territory, secretary, settings, site, "site", "faux"), FILES)
    assert not report.ok and "refuse l'accès" in report.message and content_of(root) == {}


@pytest.mark.parametrize("use", ["site", "kit"])
def test_a_full_stick_keeps_its_last_whole_copy(
    territory: Territory, secretary: Person, settings: Any, small_disk: Path, use: str
):
    settings.COPY_FOLDERS = [f"{territory.slug}={small_disk}"]
    destination = a_folder(territory, secretary, small_disk, use)
    assert destination.removable
    assert services.send(destination, FILES).ok
    report = services.send(destination, BIG)
    assert (
        not report.ok
        and "plus assez de place" in report.message
        and "La dernière copie entière" in report.message
    )
    left = {name: each for name, each in content_of(small_disk).items() if "nouveau" not in name}
    assert left == {f"kit-beffroi/{name}" if use == "kit" else name: each for name, each in FILES.items()}
    assert services.send(destination, NEWER).ok
    subprocess.run(["umount", "-l", str(small_disk)], check=True)
    absent = services.send(destination, NEWER)
    assert not absent.ok and "n'est pas branché" in absent.message and content_of(small_disk) == {}


def test_a_full_sftp_server_keeps_the_last_whole_page(
    territory: Territory, secretary: Person, settings: Any, small_disk: Path
):
    try:
        with sftp.serving() as server:
            settings.ALLOWED_HOSTS_OUT = [f"127.0.0.1:{server.port}"]
            destination = services.declare(
                territory, secretary, use="site", kind="sftp", name="Hébergeur", address="127.0.0.1", port=server.port,
                account=server.user, folder=str(small_disk), private_key=server.key,
            )  # fmt: skip
            assert services.send(destination, FILES).ok
            report = services.send(destination, BIG)
    except NotHere as error:
        pytest.skip(str(error))
    assert not report.ok and "plus assez de place" in report.message
    assert (small_disk / "index.html").read_bytes() == FILES["index.html"]
