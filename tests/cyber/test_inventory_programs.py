"""The real programs, against a served instance: Debian's fusioninventory-agent and rsyslog, curl.

They start processes, since what is proved is that these programs and ours understand each other. One town of the house, one run.
"""

import contextlib
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from beffroi.home import Home
from house import Town
from servers import NotHere, free_port, running

pytestmark = pytest.mark.xdist_group("house")
_SCRIPT = Path(__file__).resolve().parents[2] / "deploy/syslog-signs"
_STATE = Path("/var/lib/fusioninventory-agent")
_SET_UP = """
import json, sys
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
setup_django(Home(Path(sys.argv[1])))
from beffroi.web.cyber.inventory import keys, services
from beffroi.web.cyber.models import MachineKey, ReportedDevice
from beffroi.web.platform import scope
from beffroi.web.platform.models import Territory
from beffroi.web.tenancy.services import admit
town = Territory.objects.get(slug=sys.argv[2])
person = admit(town, "machines@example.org", "Machines", ["administrator"], by=None, simulated=True)
with scope.inside(town):
    made = {use: keys.create(town, use, by=person).secret for use in ("inventory", "collector")}
    made |= {name: services.declare(town, name=name, kind="server", by=person).secret for name in ("srv-a", "srv-b")}
print(json.dumps(made))
"""


def program(name: str, package: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if found is None:
        raise NotHere(f"apt install {package}")
    return found


def rows_of(town: Town) -> dict[str, list[Any]]:
    """The machines of the house, read in its database: another process of ours would cost a second a look."""
    with contextlib.closing(sqlite3.connect(Home(town.house.home).database)) as database:
        found = database.execute("SELECT name, channel, last_seen, facts, software FROM cyber_reporteddevice")
        return {name: row for name, *row in found}


def unread_of(town: Town) -> list[Any]:
    """Why messages were refused."""
    with contextlib.closing(sqlite3.connect(Home(town.house.home).database)) as database:
        return database.execute("SELECT reason, count FROM cyber_unreadreport").fetchall()


def push_by_the_agent(town: Town, key: str, folder: Path) -> str:
    """What the agent says of its run, in debug, with the configuration that our page gives."""
    agent = program("fusioninventory-agent", "fusioninventory-agent")
    if not os.access(_STATE, os.W_OK):
        pytest.skip(f"the agent writes in {_STATE}: it is run as root")
    config = folder / "agent.cfg"
    config.write_text(
        f"server = {town.house.url}/machines/inventaire\nuser = beffroi\npassword = {key}\n"
        "no-category = process,environment,user,local_user,local_group\n"
    )
    command = [agent, f"--conf-file={config}", "--tasks=inventory", "--force", "--debug"]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stderr


def journal_line(port: int, name: str) -> None:
    """A line as a server sends it (RFC 5424)."""
    with socket.create_connection(("127.0.0.1", port)) as sender:
        sender.sendall(f"<13>1 2026-11-29T10:00:00Z {name} cron 12 - - tâche\n".encode())


def test_real_programs_report_to_a_served_instance(towns: Any, tmp_path: Path) -> None:
    town = next(towns)
    keys = json.loads(town.fill(_SET_UP))
    told = push_by_the_agent(town, keys["inventory"], tmp_path)
    assert "authentication required, submitting credentials" in told
    assert "error" not in told.casefold(), told[-1500:] + town.journal() + str(unread_of(town))

    config = tmp_path / "signe"
    config.write_text(f'url = "{town.house.url}/machines/signe"\nuser = "beffroi:{keys["srv-a"]}"\n')
    subprocess.run(["curl", "-fsS", "-K", config], check=True, timeout=30, capture_output=True)

    config.write_text(f'url = "{town.house.url}/machines/signe"\nuser = "beffroi:{keys["collector"]}"\n')
    port, log = free_port(), tmp_path / "rsyslog.log"
    (tmp_path / "rsyslog.conf").write_text(
        f'global(workDirectory="{tmp_path}")\nmodule(load="imtcp")\nmodule(load="omprog")\n'
        f'input(type="imtcp" address="127.0.0.1" port="{port}")\n'
        'template(name="machine" type="string" string="%hostname%\\n")\n'
        f'action(type="omprog" binary="{_SCRIPT} {config}" template="machine")\n'
    )
    rsyslogd = program("rsyslogd", "rsyslog")
    command = [rsyslogd, "-n", "-f", str(tmp_path / "rsyslog.conf"), "-i", str(tmp_path / "pid")]

    def hears() -> bool:
        try:
            journal_line(port, "-x$(id)")
        except OSError:
            return False
        return True

    with running(command, log, hears):
        for _ in range(3):
            journal_line(port, "srv-b.mairie.example")
        deadline = time.monotonic() + 30
        while rows_of(town)["srv-b"][1] is None and time.monotonic() < deadline:
            time.sleep(0.1)
    rows = rows_of(town)
    today = rows["srv-a"][1]
    assert today is not None and rows["srv-a"][0] == "https" and rows["srv-b"][:2] == ["syslog", today]
    (mine,) = rows.keys() - {"srv-a", "srv-b"}
    channel, seen, facts, software = rows[mine]
    assert (channel, seen) == ("inventory", today) and len(json.loads(software)) > 50
    known = json.loads(facts)
    assert known["system"] and known["memory_gb"]
    environment = {value for value in os.environ.values() if len(value) > 15}
    assert not any(value in facts + software for value in environment), (
        "the agent sent them: they stay at the door"
    )
