"""Read-only scripts: the one for Linux runs here for real; both name what they read, and change nothing."""

import getpass
import hashlib
import re
import subprocess
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from beffroi.guides import Register
from beffroi.web.cyber import script_views
from beffroi.web.guides.library import guide
from beffroi.web.guides.services import registers
from beffroi.web.platform.models import Person, Territory

READING = {"Get-CimInstance", "Get-HotFix", "Get-LocalGroupMember", "Get-Date", "Select-Object", "Where-Object", "Sort-Object",
           "ForEach-Object", "Write-Output", "New-Object", "Out-File", "Format-Cell"}  # fmt: skip


def test_the_linux_script_makes_a_line_that_the_register_imports(
    territory: Territory, officer: Person, client: Client, tmp_path: Path
) -> None:
    """It starts a process: the script is the real one, run by the real shell."""
    script = script_views.FOLDER / script_views.NAMES["linux"]
    run = subprocess.run(["sh", str(script)], cwd=tmp_path, capture_output=True, check=True, timeout=20)
    assert list(tmp_path.iterdir()) == [] and run.stderr == b""
    heading, line = run.stdout.decode("utf-8-sig").splitlines()
    user = getpass.getuser()
    assert len(heading.split(";")) == len(line.split(";")) == 11
    assert user not in line.split(";")[1:]
    client.force_login(officer)
    address = f"/t/{territory.slug}/guides/registres/devices/importer/"
    report = client.post(address, {"file": SimpleUploadedFile("poste.csv", run.stdout)}).context
    assert report["refused"] == [] and report["report"].unknown_columns == []
    client.post(address, {"text": report["text"], "expected": report["report"].sha256})
    (entry,) = registers.entries_of(territory, guide(Register, "devices"))
    assert (
        entry.values["administrators"] >= 0
        and entry.values["antivirus"] in ("yes", "no")
        and entry.values["last_seen"]
    )


def test_the_windows_script_reads_and_prints_only() -> None:
    text = (script_views.FOLDER / script_views.NAMES["windows"]).read_text("utf-8")
    code = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    assert set(re.findall(r"\b[A-Z][a-z]+-[A-Z]\w+", text)) <= READING
    assert not re.search(
        r"UserName|Owner|\.Name\b(?<!machine\.Name)|Invoke|http|>|reg(edit)?\b|\bdel\b", code
    )
    heading = re.search(r'Write-Output "(Nom.*)"', code)
    assert heading is not None
    devices = guide(Register, "devices")
    assert all(devices.field_of(title) for title in heading[1].split(";"))
    cells = re.search(r"\$cells = (.*)", code)
    assert cells is not None and len(cells[1].split(", ")) == len(heading[1].split(";"))


@pytest.mark.parametrize("key", list(script_views.NAMES))
def test_a_script_is_given_with_its_text_and_its_hash(
    territory: Territory, officer: Person, client: Client, key: str
) -> None:
    client.force_login(officer)
    page = client.get(f"/t/{territory.slug}/securite/scripts/").content.decode()
    given = client.get(f"/t/{territory.slug}/securite/scripts/{script_views.NAMES[key]}").content
    assert hashlib.sha256(given.removeprefix(b"\xef\xbb\xbf")).hexdigest() in page
    assert "jamais essayé sur un vrai poste" in page
    assert client.get(f"/t/{territory.slug}/securite/scripts/autre.sh").status_code == 404


def test_a_trial_on_a_real_machine_is_attested_by_somebody(
    territory: Territory, officer: Person, client: Client
) -> None:
    values = {"script": "windows", "system": "Windows 11", "tried_on": "2026-11-20", "tried_by": "technicien du syndicat",
              "sha256": script_views.scripts()[0].sha256[:12], "result": "Tout est rempli."}  # fmt: skip
    trials = guide(Register, "script_trials")
    registers.save_entry(
        territory, officer, trials, values | {"sha256": "0123456789ab", "tried_on": "2026-11-25"}
    )
    client.force_login(officer)
    assert "jamais essayé" in client.get(f"/t/{territory.slug}/securite/scripts/").content.decode()
    registers.save_entry(territory, officer, trials, values)
    client.force_login(officer)
    page = client.get(f"/t/{territory.slug}/securite/scripts/").content.decode()
    assert "jamais essayé" not in page and "technicien du syndicat" in page
