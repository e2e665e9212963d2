"""A real instance from the command line: empty, with its first administrator, served, stopped, served again."""

import os
import re
import shutil
import signal
import socket
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from commands import beffroi, python, start
from reference_data import require_reference
from support.served import children


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home that the real command makes, which no test touches."""
    require_reference()
    folder = tmp_path_factory.mktemp("init") / "instance"
    who = ("--territory", "Nantes", "--email", "maire@example.org", "--name", "A. M.", "--port", "8123")
    done = beffroi("init", *who, "--home", folder, real=True)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"http://127\.0\.0\.1:8123/entree/[\w-]{40,}/\n", done.stdout)
    assert "--port 8123" in done.stderr
    return folder


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "instance")
    return tmp_path / "instance"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/sante/", timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def wait_for(truth, seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if truth():
            return True
        time.sleep(0.1)
    return False


INSIDE = """
import sys
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
setup_django(Home(Path(sys.argv[1])))
from django.apps import apps
from beffroi.web.platform import scope
from beffroi.web.platform.models import *
t = Territory.objects.get()
with scope.inside(t):
    for model in apps.get_models():
        if model._meta.app_label in {"platform", "tenancy", "catalogue", "studio", "workshop", "decisions"}:
            print(model.__name__, model._default_manager.count())
print(t.code, t.name, t.kind, t.population, t.is_fictional)
"""


def test_a_new_instance_holds_the_real_authority_and_not_one_invented_row(home: Path):
    told = python(INSIDE, home).stdout
    counts = dict(line.split() for line in told.splitlines()[:-1])
    assert {name for name, count in counts.items() if count != "0"} == {
        "Person", "Territory", "Membership", "EntryLink", "LedgerLine", "LedgerDetail",
        "Host", "HostOperator", "Hosting", "Competence", "TerritoryFigures", "AccessEvent",
    }  # fmt: skip
    assert (counts["Person"], counts["Territory"], counts["Membership"]) == ("1", "1", "3")
    code, name, kind, population, fictional = told.splitlines()[-1].split()
    assert (code, name, kind, fictional) == ("44109", "Nantes", "commune", "False")
    assert int(population) > 300_000


@pytest.mark.long
def test_a_server_killed_outright_leaves_no_orphan_then_outlives_each_process_and_stops_cleanly(home: Path):
    port = free_port()
    killed = start("serve", "--home", home, "--port", str(port))
    assert wait_for(lambda: answers(port))
    assert f":{port}/entree/" in beffroi("signin", "maire@example.org", "--home", home).stdout
    family = children(killed.pid)
    killed.kill()
    killed.communicate(timeout=60)
    assert wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in family), 30)

    server = start("serve", "--home", home, "--port", str(port))
    try:
        assert wait_for(lambda: answers(port)), server.communicate(timeout=5)
        # One that dies of a busy machine is started again: five stand at one moment, not at each.
        assert wait_for(lambda: len(children(server.pid)) == 5), children(server.pid)
        second = beffroi("serve", "--home", home, "--port", str(free_port()))
        assert second.returncode == 1
        assert "déjà en service" in second.stderr
        for word in ("beffroi-queries", "beffroi-web", "beffroi-work", "beffroi-clock"):
            before = {pid for pid, command in children(server.pid).items() if word in command}
            victim = min(before)
            os.kill(victim, signal.SIGKILL)
            assert wait_for(
                lambda word=word, before=before: any(
                    word in command and pid not in before for pid, command in children(server.pid).items()
                )
            ), word
        assert wait_for(lambda: answers(port))
        family = children(server.pid)
    finally:
        server.terminate()
        out, _ = server.communicate(timeout=60)
    assert server.returncode == 0, out
    assert wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in family), 10)
    assert not answers(port)
    assert "Beffroi est en service" in out
    assert "Traceback" not in out


def test_an_invited_person_gets_a_link_and_a_known_one_a_sign_in_link(home: Path):
    who = ("invite", "elue@example.org", "--role", "decider", "--home", home)
    refused = beffroi(*who)
    assert (refused.returncode, "acte qui le fait élu" in refused.stderr) == (1, True)
    invited = beffroi(*who, "--deed", "Procès-verbal n° 1", "--deed-date", "2026-03-22")
    assert invited.returncode == 0, invited.stderr
    assert "/entree/" in invited.stdout
    assert "/entree/" in beffroi("signin", "elue@example.org", "--home", home).stdout


def test_the_chains_of_an_instance_verify_and_a_harmed_copy_is_found(home: Path, tmp_path: Path):
    done = beffroi("ledger", "verify", "--home", home)
    assert done.returncode == 0
    assert done.stdout.count("intact") == 2
    export = """
import sys, json
from dataclasses import asdict
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
setup_django(Home(Path(sys.argv[1])))
from beffroi.web.platform import ledger
for line in ledger.sealed_lines(None): print(json.dumps(asdict(line)))
"""
    copy = tmp_path / "registre.jsonl"
    copy.write_text(python(export, home).stdout)
    assert beffroi("ledger", "verify", copy).returncode == 0
    copy.write_text(copy.read_text().replace("territory:1", "territory:2", 1))
    harmed = beffroi("ledger", "verify", copy)
    assert harmed.returncode == 1
    assert "MODIFIÉ à partir de la ligne 1" in harmed.stdout


def test_a_backup_command_and_a_restore_command_rebuild_the_instance(home: Path, tmp_path: Path):
    saved = beffroi("backup", tmp_path / "copie.tar.gz", "--home", home)
    assert saved.returncode == 0, saved.stderr
    back = beffroi("restore", tmp_path / "copie.tar.gz", "--home", tmp_path / "neuve")
    assert back.returncode == 0, back.stderr
    assert python(INSIDE, tmp_path / "neuve").stdout == python(INSIDE, home).stdout
