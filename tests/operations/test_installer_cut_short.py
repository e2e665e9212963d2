"""`deploy/install --upgrade` of an instance in PostgreSQL, run as it is on folders of the test: same number with other content, a version
that does not hold, cut short on the way there and on the way back. `test_installation.py` does it on a Debian of its own."""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

import postgres
from commands import ROOT, beffroi, environment
from reference_data import require_reference
from servers import free_port

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(os.geteuid() != 0, reason="the installer runs as root"),
    pytest.mark.skipif(
        Path("/run/systemd/system").exists(), reason="it would speak to this machine's systemd"
    ),
]
# Of this machine: its distribution, its packages, its users, its files of /etc and /usr, the service that it starts.
OF_THE_MACHINE = """
check_machine() { :; }
debian_packages() { :; }
write_files() { :; }
chown() { :; }
install() { while [ $# -gt 1 ]; do shift; done; mkdir -p "$1"; }
stop_site() { :; }
start_site() { [ ! -f "$program/current/docs/does-not-serve" ]; }
become_beffroi() { asked=$1; shift; set -a; . "$settings"; . "$program/owner.env"; set +a; cd /; exec "$program/$asked/venv/bin/beffroi" "$@"; }
"""
# A version's program: this tree's. The second one has a step of its own and does not serve; it may see the installer killed.
PROGRAM = """#!/bin/sh
mkdir -p "$2/venv/bin"
for name in beffroi python; do cp "$1/deploy/$name.sh" "$2/venv/bin/$name"; chmod 755 "$2/venv/bin/$name"; done
"""
COMMAND = """#!/bin/sh
if [ "$(cat {sandbox}/kill-at 2>/dev/null)" = "$1" ] && [ "${{2:-}}" != --pending ]; then rm {sandbox}/kill-at; kill -9 $PPID; exit 1; fi
{more}
exec {python} -m beffroi.cli.main "$@"
"""
DOES_NOT_HOLD = """
case "$1 ${{2:-}}" in
    "upgrade --pending") echo 1; exit ;;
    "upgrade ") psql -q "$BEFFROI_DATABASE_OWNER" -c "CREATE TABLE IF NOT EXISTS of_the_new_one (id integer)" ;;
esac
"""


class Sandbox:
    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self.folder, self.port = folder, free_port()
        (folder / "opt").mkdir()
        (folder / "settings.env").write_text(
            f"BEFFROI_DATABASE='{settings['BEFFROI_DATABASE']}'\nBEFFROI_HOME={folder / 'home'}\n"
        )
        (folder / "opt/owner.env").write_text(
            f"BEFFROI_DATABASE_OWNER='{settings['BEFFROI_DATABASE_OWNER']}'\n"
        )

    def release(self, version: str, content: str, more: str = "") -> Path:
        """The folder of a release: the installer of this tree, whose paths are the test's, and a program of this tree's code."""
        made = self.folder / f"beffroi-{version}-{content}"
        shutil.copytree(ROOT / "deploy", made / "deploy", ignore=shutil.ignore_patterns("__pycache__"))
        for folder in ("docs", "requirements"):
            (made / folder).mkdir()
        (made / "requirements/runtime.txt").write_text("")
        if more:
            (made / "docs/does-not-serve").write_text("")
        (made / f"beffroi-{version}-py3-none-any.whl").write_text(content)
        (made / "VERSION").write_text(f"{version} 1700000000 any\n")
        text = (made / "deploy/install").read_text()
        paths = {
            "program=/opt/beffroi": f"program={self.folder}/opt",
            "home=/var/lib/beffroi": f"home={self.folder}/home",
            "settings=/etc/beffroi.env": f"settings={self.folder}/settings.env",
            "port=8000": f"port={self.port}",
            '. "$release/deploy/install-steps.sh"\n': f'. "$release/deploy/install-steps.sh"\n{OF_THE_MACHINE}',
        }
        for old, new in paths.items():
            assert old in text
            text = text.replace(old, new)
        (made / "deploy/install").write_text(text)
        steps = (made / "deploy/install-steps.sh").read_text()
        (made / "deploy/install-steps.sh").write_text(
            steps.replace("/etc/beffroi-owner.env", f"{self.folder}/opt/owner.env")
        )
        (made / "deploy/program").write_text(PROGRAM)
        command = COMMAND.format(sandbox=self.folder, python=sys.executable, more=more.format())
        (made / "deploy/beffroi.sh").write_text(command)
        (made / "deploy/python.sh").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        names = sorted(path for path in made.rglob("*") if path.is_file())
        sums = [
            f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(made)}" for path in names
        ]
        (made / "SHA256SUMS").write_text("\n".join(sums) + "\n")
        return made

    def run(self, release: Path, *options: str) -> subprocess.CompletedProcess[str]:
        given = environment() | {"PYTHONPATH": str(ROOT / "src")}
        command = ["sh", str(release / "deploy/install"), *options]
        return subprocess.run(
            command, env=given, capture_output=True, text=True, timeout=400, stdin=subprocess.DEVNULL
        )

    def kill_at(self, command: str) -> None:
        (self.folder / "kill-at").write_text(command)


def test_an_upgrade_in_postgresql_that_does_not_hold_goes_back_alone_however_often_it_is_cut(tmp_path: Path):
    require_reference()
    server = postgres.shared()
    database = server.database()
    settings = server.environment(database)
    sandbox = Sandbox(tmp_path, settings)
    arguments = ("--territory", "44109", "--email", "a@example.org", "--home", tmp_path / "home")
    made = beffroi("init", *arguments, **settings)
    assert made.returncode == 0, made.stderr
    first = sandbox.release("0.1.0", "first")
    # As `install_all` leaves it.
    program = tmp_path / "opt/0.1.0"
    subprocess.run(["sh", first / "deploy/program", first, program], check=True)
    (program / ".complete").write_text("")
    (tmp_path / "opt/current").symlink_to("0.1.0")

    # The same number, another content: done; then there is nothing more to do.
    second = sandbox.release("0.1.0", "second")
    done = sandbox.run(second, "--upgrade")
    assert done.returncode == 0 and "pas le même contenu" in done.stdout, done.stdout + done.stderr
    current = str((tmp_path / "opt/current").readlink())
    assert current.startswith("0.1.0+") and (tmp_path / "opt/.previous").read_text() == "0.1.0"
    again = sandbox.run(second, "--upgrade")
    assert again.returncode == 0 and "déjà installée, avec le même contenu" in again.stdout, again.stderr

    # One that changes the database and does not serve, killed as it upgrades, as the database is emptied, as it is restored.
    third = sandbox.release("0.1.0", "third", DOES_NOT_HOLD)
    rows = "SELECT string_agg(hash, ' ' ORDER BY id) FROM platform_ledgerline"
    before = server.sql(rows, database=database)
    for point in ("upgrade", "database", "restore"):
        sandbox.kill_at(point)
        cut = sandbox.run(third, "--upgrade")
        assert cut.returncode in (-9, 137) and not (tmp_path / "kill-at").exists(), (
            point,
            cut.stdout + cut.stderr,
        )
    done = sandbox.run(third, "--upgrade")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "avait été coupé" in done.stderr and "est en service, avec l'instance d'avant" in done.stderr, (
        done.stderr
    )
    assert (
        str((tmp_path / "opt/current").readlink()) == current and not (tmp_path / "opt/.upgrading").exists()
    )
    assert server.sql(rows, database=database) == before
    assert (
        server.sql("SELECT count(*) FROM pg_tables WHERE tablename = 'of_the_new_one'", database=database)
        == "0"
    )
    (left,) = tmp_path.glob("home.echec-*")
    assert left.is_dir() and list((tmp_path / "home/backups").glob("base-0.1.0-*.dump"))
    verified = beffroi("ledger", "verify", "--home", tmp_path / "home", **settings)
    assert verified.returncode == 0, verified.stderr


@pytest.mark.parametrize("refused", [True, False])
def test_a_folder_of_releases_is_looked_at_by_content(tmp_path: Path, refused: bool):
    """One of the installed number is tried when its content differs, once: what was refused is known by its content."""
    sandbox = Sandbox(tmp_path, {"BEFFROI_DATABASE": "", "BEFFROI_DATABASE_OWNER": ""})
    first, second = sandbox.release("0.1.0", "first"), sandbox.release("0.1.0", "second")
    program, served = tmp_path / "opt/0.1.0", tmp_path / "srv"
    subprocess.run(["sh", first / "deploy/program", first, program], check=True)
    content = subprocess.run(
        ["sh", "-c", f"{_function('content_of')}\ncontent_of <{first}/SHA256SUMS"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    (program / ".complete").write_text("")
    (program / ".content").write_text(content)
    (tmp_path / "opt/current").symlink_to("0.1.0")
    served.mkdir()
    for release, said in ((first, "Rien de plus récent"), (second, "")):
        with tarfile.open(served / "beffroi-0.1.0-offline.tar", "w") as archive:
            archive.add(release, "beffroi-0.1.0-offline")
        (served / "beffroi-0.1.0-offline.tar").chmod(0o644)
        if not said and not refused:
            continue
        done = sandbox.run(first, "--upgrade", "--from", str(served))
        if said:
            assert done.returncode == 0 and said in done.stdout, done.stdout + done.stderr
        else:
            assert done.returncode == 1 and "Rien de plus récent" not in done.stdout, (
                done.stdout + done.stderr
            )
            again = sandbox.run(first, "--upgrade", "--from", str(served))
            assert again.returncode == 1 and "n'est pas essayée de nouveau" in again.stderr


def _function(name: str) -> str:
    text = (ROOT / "deploy/install").read_text("utf-8")
    start = text.index(f"{name}() {{")
    return text[start : text.index("\n}\n", start) + 3]
