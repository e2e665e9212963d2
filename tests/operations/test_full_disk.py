"""A disk without one byte left, for real: said in French everywhere, nothing half-written, all well once there is room."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import trial_home

from commands import environment

pytestmark = pytest.mark.long
LIVED = """
import json, shutil, sys
from pathlib import Path
from beffroi.cli.common import setup_django
from beffroi.home import Home, HomeError
source, disk = map(Path, sys.argv[1:])
home = Home(disk / "home")
shutil.copytree(source, home.path)
setup_django(home)
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from beffroi.web.catalogue.models import Delivery
from beffroi.web.operations import backup, integrity, upgrade
from beffroi.web.platform import jobs, scope
from beffroi.web.platform.models import Job, Person, Territory
upgrade.prepare(home)
town, person = Territory.objects.get(), Person.objects.get(email="agent@example.org")
client = Client(raise_request_exception=False)
client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
upload = reverse("upload", args=[town.slug])
said = {}

def sent(size):
    file = SimpleUploadedFile("mesures.csv", b"a;b\\n" + b"1;2\\n" * (size // 4))
    answer = client.post(upload, {"file": file}, headers={"host": "127.0.0.1"})
    return [answer.status_code, answer.content.decode()]

def held():
    with scope.inside(town):
        return [Delivery.objects.of(town).count(), sorted(str(p) for p in home.incoming(town.slug).rglob("*") if p.is_file())]

before = held()
with (disk / "plein").open("wb") as filler:
    try:
        while True:
            filler.write(bytes(4096)); filler.flush()
    except OSError:
        pass
said["large"], said["small"] = sent(3 << 20), sent(40)
said["page"] = client.get(reverse("catalogue", args=[town.slug]), headers={"host": "127.0.0.1"}).status_code
try:
    backup.backup(home)
except HomeError as error:
    said["backup"] = str(error)
said["untouched"] = held() == before
(disk / "plein").unlink()
said["after"] = sent(40)[0]
with scope.inside(town):
    waiting = list(Job.objects.of(town).filter(state=Job.State.WAITING))
said["jobs"] = [str(jobs.run(job).state) for job in waiting]
said["doctor"] = [each.what for each in integrity.check(home, full=True)]
said["left"] = [p.name for p in home.path.iterdir() if p.name.startswith(".")]
print(json.dumps(said))
"""


def test_a_full_disk_is_said_and_loses_nothing(tmp_path: Path):
    """A small file system in memory, seen by this test's process only (unshare(1)): no disk of the machine is filled."""
    disk = tmp_path / "disque"
    disk.mkdir()
    script = tmp_path / "lived.py"
    script.write_text(LIVED, "utf-8")
    mounted = f'mount -t tmpfs -o size=24m tmpfs "{disk}" && exec "$@"'
    command = [sys.executable, str(script), str(trial_home.made() / "home"), str(disk)]
    done = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", mounted, "sh", *command],
        env=environment(BEFFROI_RESERVE="0"),
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    if "Operation not permitted" in done.stderr:
        pytest.skip("this machine refuses namespaces to its users")
    assert done.returncode == 0, done.stderr[-3000:]
    said = json.loads(done.stdout.splitlines()[-1])
    for name in ("large", "small"):
        status, page = said[name]
        assert status in (422, 507) and "disque" in page and "plein" in page, (name, status, page[-2000:])
    assert said["page"] in (200, 507)
    assert "disque est plein" in said["backup"]
    assert said["untouched"]
    assert said["after"] == 302 and said["doctor"] == [] and said["left"] == []
