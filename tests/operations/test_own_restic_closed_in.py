"""The instance's own restic: behind the egress proxy, bounded in memory, ended with its parent."""

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from beffroi.home import Home
from beffroi.lake.sandboxed_programs.program_runner import is_enforced
from beffroi.web.operations.repository import restic
from beffroi.web.operations.repository.restic import Repository, RepositoryError
from continuity import hostile_servers

pytestmark = [
    pytest.mark.skipif(shutil.which("restic") is None, reason="apt install restic"),
    pytest.mark.skipif(not is_enforced(), reason="this kernel has no Landlock with network rules"),
]


@pytest.fixture
def key(tmp_path: Path) -> Path:
    file = tmp_path / "backup.key"
    file.write_text("une clé assez longue pour servir")
    file.chmod(0o600)
    return file


def test_a_server_that_redirects_leads_nowhere_else(key, tmp_path, monkeypatch):
    monkeypatch.setattr(restic, "PATIENCE", 3.0)  # a minute for who runs it
    monkeypatch.delenv("BEFFROI_ALLOWED_HOSTS_OUT", raising=False)
    secret = tmp_path / "secret"
    secret.write_text("secret du compte")
    monkeypatch.setenv("BEFFROI_BACKUP_S3_KEY", "compte")
    monkeypatch.setenv("BEFFROI_BACKUP_S3_SECRET_FILE", str(secret))
    with hostile_servers.listening("127.0.0.9") as other:
        answer = hostile_servers.redirect(f"http://127.0.0.9:{other.port}/")
        with hostile_servers.rest(tmp_path, answer) as port:
            own = Repository(f"s3:http://127.0.0.1:{port}/compartiment", key, Home(tmp_path / "absent"))
            with pytest.raises(RepositoryError):
                own.check_access()
        assert other.calls == 0


def test_it_may_take_the_memory_of_the_setting_and_no_more(key, tmp_path, monkeypatch):
    own = Repository(str(tmp_path / "depot"), key, Home(tmp_path / "absent"))
    assert own.init()
    monkeypatch.setenv("BEFFROI_BACKUP_MEMORY", "16")
    with pytest.raises(RepositoryError, match="BEFFROI_BACKUP_MEMORY"):
        own.check_access()


def test_it_ends_with_its_parent_and_its_lock_is_no_obstacle(key, tmp_path):
    own = Repository(str(tmp_path / "depot"), key, Home(tmp_path / "absent"))
    assert own.init()
    code = (
        "import sys; from pathlib import Path; from beffroi.home import Home\n"
        "from beffroi.web.operations.repository.restic import Repository\n"
        "own = Repository(sys.argv[1], Path(sys.argv[2]), Home(Path('absent')))\n"
        "own.run('backup', '--stdin-from-command', '--', 'sleep', '1000')\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, own.address, str(key)], cwd=tmp_path)
    locks = Path(own.address) / "locks"
    while not list(locks.iterdir()):
        assert parent.poll() is None
        time.sleep(0.05)
    assert _running(own.address)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    while _running(own.address):
        time.sleep(0.05)
    own.rotate()
    assert own.snapshots() == []
    assert list(locks.iterdir()) == []


def _running(address: str) -> list[str]:
    """Processes in whose environment this repository is."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"RESTIC_REPOSITORY={address}".encode() in path.read_bytes().split(b"\0"):
                found.append(path.parent.name)
        except OSError:
            continue
    return found


def test_without_an_account_no_service_of_a_cloud_is_asked_for_one(key, tmp_path):
    """The client of S3 asks the metadata of the machine for an account where it was given none."""
    with hostile_servers.rest(tmp_path, hostile_servers.honest) as port:
        own = Repository(f"s3:http://127.0.0.1:{port}/compartiment", key, Home(tmp_path / "absent"))
        with pytest.raises(RepositoryError, match=r"169\.254\.169\.254"):
            own.check_access()


def test_the_proxy_of_the_settings_must_be_one_that_can_be_used(key, tmp_path, monkeypatch):
    monkeypatch.setenv("https_proxy", "socks5://127.0.0.1:9")
    own = Repository("s3:https://depot.example/compartiment", key, Home(tmp_path / "absent"))
    with pytest.raises(restic.HomeError, match="HTTPS_PROXY"):
        own.check_access()
