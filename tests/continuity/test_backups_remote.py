"""Copies on a server, read through the real OpenSSH: restic by sftp, borg by ssh; only to the hosts that the operator allowed.

A server is started: keys, known hosts and the sandbox's ports are proven on the real thing.
"""

import shutil
from collections.abc import Iterator

import pytest

from beffroi.web.continuity.backups import proving, services
from beffroi.web.continuity.backups.reading.readable_repository import Unreachable
from beffroi.web.continuity.backups.reading.secrets import CopyAccess
from beffroi.web.continuity.backups.systems import register_guide
from beffroi.web.continuity.errors import ContinuityError
from beffroi.web.guides.services import registers
from servers import NotHere, sftp

from . import backup_repositories
from .backup_repositories import PASSWORD

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.long,
    pytest.mark.skipif(
        not (shutil.which("restic") and shutil.which("borg")), reason="apt install restic borgbackup"
    ),
]


@pytest.fixture(scope="module")
def server() -> Iterator[sftp.Sftp]:
    try:
        with sftp.serving() as served:
            yield served
    except NotHere as absent:
        pytest.skip(str(absent))


@pytest.mark.parametrize("kind", ["restic", "borg"])
def test_a_copy_on_a_server_is_proven_and_only_where_it_is_allowed(
    kind, server, territory, secretary, settings, tmp_path
):
    made = backup_repositories.make(kind, tmp_path)
    system = registers.save_entry(territory, secretary, register_guide(), {"name": "Serveur"})
    scheme = {"restic": "sftp://", "borg": "ssh://"}[kind]
    slash = "/" if kind == "restic" else ""
    address = f"{scheme}{server.user}@127.0.0.1:{server.port}{slash}{made.folder}"
    known = f"[127.0.0.1]:{server.port} {(server.folder / 'host.pub').read_text()}"
    access = CopyAccess(password=PASSWORD, ssh_key=server.key, known_hosts=known)
    values = {"name": "Loin", "kind": kind, "medium": "nas", "place": "off-site", "address": address}
    settings.RESERVE = 0
    with pytest.raises(ContinuityError, match="exploitant"):
        services.declare(system, secretary, access=access, **values)
    settings.ALLOWED_HOSTS_OUT = [f"127.0.0.1:{server.port}"]
    copy = services.declare(system, secretary, access=access, **values)
    proof = proving.look(copy)
    assert proof.ok and proof.files == backup_repositories.FILES + 2 and proof.share == 1.0, proof.faults
    # Another server answers under this name: nothing is sent to it, and the backup is not accused.
    services.change_secret(
        copy, secretary, CopyAccess(PASSWORD, "", "", server.key, known.replace("AAAAC3", "AAAAB3"))
    )
    with pytest.raises(Unreachable, match="ne répond pas"):
        proving.look(copy, by=secretary)
    copy.refresh_from_db()
    assert copy.failed_since is None and copy.trouble
