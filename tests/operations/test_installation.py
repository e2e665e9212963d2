"""`deploy/install` on a Debian made from nothing, under a systemd of its own and without a network: from the bundle to the first page,
bad input, upgrade, going back. In the long ring: a bundle, a Debian and four installations take minutes."""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from bare_debian import Machine, control_groups, derived, make_debian, reason_not

from beffroi import __version__ as VERSION
from commands import ROOT

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800), pytest.mark.xdist_group("installation")]

BUNDLE = "/root/beffroi.tar"
EXTRACTED = f"root/beffroi-{VERSION}-offline"
LATER, NEVER_SERVES = (VERSION.rpartition(".")[0] + patch for patch in (".8", ".9"))
ANSWERS = ("--url", "https://beffroi.exemple.fr", "--territory", "35238", "--email", "premiere@exemple.fr")
MEGABYTES = 900
PAGE = """
import http.client, ssl, sys
site = http.client.HTTPSConnection("127.0.0.1", 443, context=ssl._create_unverified_context(), timeout=30)
site.request("GET", sys.argv[1], headers={"Host": "beffroi.exemple.fr"})
answer = site.getresponse()
print(answer.status, answer.read().decode())
"""
MIGRATION = """
from django.db import migrations
class Migration(migrations.Migration):
    dependencies = [("trust", "%s")]
    operations = [migrations.RunSQL("CREATE TABLE trial_of_an_upgrade (id integer)")]
"""
BROKEN = "import os\nif os.environ.get('BEFFROI_SERVING'):\n    raise RuntimeError('a version that does not serve')\n"


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if why := reason_not():
        pytest.skip(why)
    made = subprocess.run([ROOT / "deploy/release", "offline"], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    return ROOT / made.stdout.split()[-1]


@pytest.fixture(scope="session")
def debian(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if why := reason_not():
        pytest.skip(why)
    archive = tmp_path_factory.mktemp("debian") / "base.tar"
    make_debian(archive, "systemd", "systemd-sysv", "dbus")
    return archive


@pytest.fixture
def bare(debian: Path, bundle: Path, tmp_path: Path) -> Iterator[Machine]:
    machine = Machine.make(debian, tmp_path / "machine")
    put(machine, bundle)
    yield machine
    machine.stop()


def put(machine: Machine, bundle: Path, name: str = BUNDLE) -> None:
    """A bundle on the machine's disk, and its installer beside, as the guide has them extracted."""
    target = machine.root / name.lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    subprocess.run(["cp", bundle, target], check=True)
    subprocess.run(
        ["tar", "-xf", bundle, "-C", machine.root / "root", "--wildcards", "*/deploy", "*/VERSION"],
        check=True,
    )


def install(machine: Machine, *options: str, bundle: str = BUNDLE) -> subprocess.CompletedProcess[str]:
    (script,) = machine.root.glob(f"{EXTRACTED}/deploy/install")
    return machine.run(f"/{script.relative_to(machine.root)}", "--offline", bundle, *options)


def page(machine: Machine, path: str) -> str:
    return machine.run("python3", "-c", PAGE, path).stdout


def beffroi(machine: Machine, *arguments: str) -> subprocess.CompletedProcess[str]:
    return machine.run("/usr/local/bin/beffroi", *arguments)


def version(machine: Machine) -> str:
    return beffroi(machine, "--version").stdout.strip()


@pytest.mark.skipif(
    not control_groups(), reason="no second hierarchy of control groups: systemd cannot start"
)
def test_from_a_bare_debian_to_the_first_page_then_upgraded_and_brought_back(
    bare: Machine, bundle: Path, tmp_path: Path
):
    bare.boot()
    done = install(bare, *ANSWERS)
    assert done.returncode == 0, done.stdout + done.stderr
    link = re.search(r"^https://beffroi\.exemple\.fr(/entree/\S+)$", done.stdout, re.MULTILINE)
    assert link and page(bare, link[1]).startswith("200 ")
    assert page(bare, "/sante/").startswith("200 ")
    taken = bare.run("du", "-sm", "/opt/beffroi").stdout.split()[0]
    assert int(taken) <= MEGABYTES
    assert bare.run(
        "systemctl", "is-enabled", "beffroi", "beffroi-backup.timer", "beffroi-upgrade.timer"
    ).stdout.split() == [
        "enabled",
        "enabled",
        "disabled",
    ]
    checked = bare.run("sh", "-c", "systemd-analyze verify /etc/systemd/system/beffroi*.*")
    assert checked.returncode == 0, checked.stderr
    assert bare.run("systemctl", "start", "beffroi-backup.service").returncode == 0
    # Twice is harmless.
    identity = (bare.root / "var/lib/beffroi/beffroi.json").read_bytes()
    again = install(bare)
    assert again.returncode == 0 and (bare.root / "var/lib/beffroi/beffroi.json").read_bytes() == identity, (
        again.stderr
    )

    # A later version, whose database has one step more, put where the operator allowed it.
    migration = "beffroi/web/trust/migrations/9999_trial.py"
    last = sorted(path.stem for path in (ROOT / "src/beffroi/web/trust/migrations").glob("0*.py"))[-1]
    names = {
        "beffroi/__init__.py": (ROOT / "src/beffroi/__init__.py")
        .read_text("utf-8")
        .replace(f'"{VERSION}"', f'"{LATER}"'),
        migration: MIGRATION % last,
    }
    later = derived(bundle, LATER, names, tmp_path)
    put(bare, later, f"/srv/beffroi/beffroi-{LATER}-offline.tar")
    assert bare.run("systemctl", "start", "beffroi-upgrade.service").returncode == 0, bare.run(
        "journalctl", "-u", "beffroi-upgrade"
    ).stdout
    assert version(bare) == LATER and page(bare, "/sante/").startswith("200 ")
    assert list((bare.root / "var/lib/beffroi/backups").glob(f"beffroi-avant-{LATER}-*.tar.gz"))
    # The home has a step that the version before does not know.
    back = bare.run("/opt/beffroi/current/deploy/install", "--back")
    assert back.returncode == 1 and "restaurez la sauvegarde" in back.stderr
    assert version(bare) == LATER

    # One that changes the database, then does not serve.
    names |= {
        "beffroi/__init__.py": names["beffroi/__init__.py"].replace(f'"{LATER}"', f'"{NEVER_SERVES}"'),
        "beffroi/web/trust/migrations/99999_trial.py": MIGRATION.replace("trial_of", "second_trial_of")
        % "9999_trial",
        "beffroi/web/wsgi.py": BROKEN,
    }
    put(
        bare,
        derived(bundle, NEVER_SERVES, names, tmp_path),
        f"/srv/beffroi/beffroi-{NEVER_SERVES}-offline.tar",
    )
    upgraded = bare.run("/opt/beffroi/current/deploy/install", "--upgrade", "--from", "/srv/beffroi")
    assert (
        upgraded.returncode == 1 and f"La {LATER} est en service, avec l'instance d'avant." in upgraded.stderr
    ), upgraded
    assert version(bare) == LATER and page(bare, "/sante/").startswith("200 ")
    assert beffroi(bare, "upgrade", "--pending").stdout.strip() == "0"
    assert list(bare.root.glob("var/lib/beffroi.echec-*"))
    assert not (bare.root / f"opt/beffroi/{NEVER_SERVES}").exists()
    # Not tried again every night.
    assert (
        "n'est pas essayée de nouveau"
        in bare.run("/opt/beffroi/current/deploy/install", "--upgrade", "--from", "/srv/beffroi").stderr
    )


def test_bad_input_is_refused_in_french_and_nothing_is_done(bare: Machine, bundle: Path):
    def refused(said: str, *options: str, code: int = 1, before: str = "") -> None:
        script = shlex.join([f"/{EXTRACTED}/deploy/install", "--offline", BUNDLE, *options])
        done = bare.run("sh", "-c", f"{before}\n{script}")
        assert (done.returncode, said in done.stderr) == (code, True), done.stdout + done.stderr
        for path in ("etc/beffroi.env", "var/lib/beffroi", "opt/beffroi/current", "usr/local/bin/beffroi"):
            assert not (bare.root / path).exists(), (options, path)

    url = ANSWERS[:2]
    rest = ANSWERS[2:]
    refused("n'est pas une adresse en https", "--url", "http://beffroi.exemple.fr", *rest, code=2)
    refused("sans chemin ni port", "--url", "https://beffroi.exemple.fr/accueil", *rest, code=2)
    refused("n'est pas une adresse électronique", *url, "--territory", "35238", "--email", "nimporte", code=2)
    refused("Il manque : --url", *rest, code=2)
    by_hand = ("--by-hand", "Syndicat du Bocage", "--kind", "SMF", "--siren")
    refused("Il manque : --siren", *url, *by_hand[:4], *rest[2:], code=2)
    refused("n'est pas un SIREN", *url, *by_hand, "25440183", *rest[2:], code=2)
    refused("vont avec --by-hand", *ANSWERS, "--kind", "SMF", code=2)
    refused("ne connaît pas « db2 »", *ANSWERS, "--with", "db2", code=2)
    refused("n'existe pas", *ANSWERS, "--certificate", "/rien.pem", "--key", "/rien.pem")
    copied = f"cp -r /{EXTRACTED} /tmp/copy && chmod -R a+rX /tmp/copy"
    refused("s'exécute en root", before=f"{copied} && exec setpriv --reuid 65534 /tmp/copy/deploy/install")
    (bare.root / "root/ubuntu").write_text("ID=ubuntu\nVERSION_ID=24.04\n", "utf-8")
    (bare.root / "root/date").write_text(
        '#!/bin/sh\n[ "$1" = +%s ] && echo 1000 || echo "01/01/1970 00:16"\n', "utf-8"
    )
    (bare.root / "root/date").chmod(0o755)
    refused("annonce « ubuntu 24.04 »", *ANSWERS, before="mount --bind /root/ubuntu /usr/lib/os-release")
    refused("avant la date de cette version", *ANSWERS, before="mount --bind /root/date /usr/bin/date")
    refused(
        "sur le disque de /opt ; il en faut 5000", *ANSWERS, before="mount -t tmpfs -o size=2g tmpfs /opt"
    )
    refused("est incomplet", *ANSWERS, before=f"truncate -s 100M {BUNDLE}")
    put(bare, bundle)
    refused(
        "manque ou a changé",
        *ANSWERS,
        before=f"printf x | dd of={BUNDLE} bs=1 seek=200000000 conv=notrunc 2>/dev/null",
    )
    put(bare, bundle)
    listener = "python3 -c 'import socket,time; s=socket.create_server((\"127.0.0.1\",8000)); time.sleep(900)' & sleep 2"
    # Python comes with the program: after this one, what remains is the unknown place.
    refused("Le programme est installé, rien d'autre", *url, "--territory", "Nullepart", *ANSWERS[4:])
    refused("Le programme est installé, rien d'autre", *url, *by_hand, "254401830", *ANSWERS[4:])
    refused("Le port 8000 est déjà pris", *ANSWERS, before=listener)


def steps() -> tuple[list[str], dict[str, str], list[str], str]:
    """Of the Containerfile: what RUN runs, ENV, the command with its entry point, and the check of health."""
    text = (ROOT / "deploy/Containerfile").read_text("utf-8")
    lines = [line.partition(" ") for line in text.splitlines() if line and not line.startswith("#")]
    known = {
        "FROM",
        "COPY",
        "RUN",
        "ENV",
        "USER",
        "WORKDIR",
        "VOLUME",
        "EXPOSE",
        "HEALTHCHECK",
        "ENTRYPOINT",
        "CMD",
    }
    assert {word for word, _, _ in lines} <= known
    of = {word: [rest for name, _, rest in lines if name == word] for word in known}
    assert of["COPY"] == [". /release"] and of["USER"] == ["beffroi"]
    command = json.loads(of["ENTRYPOINT"][0]) + json.loads(of["CMD"][0])
    return (
        of["RUN"],
        dict(one.split("=", 1) for one in of["ENV"]),
        command,
        of["HEALTHCHECK"][0].partition(" CMD ")[2],
    )


def test_the_steps_of_the_container_make_a_site_that_answers(bare: Machine, bundle: Path):
    """No builder of images is asked for: its own steps are run, as root, then as its user."""
    runs, environment, command, check = steps()
    subprocess.run(["tar", "-xf", bundle, "-C", bare.root / "root"], check=True)
    (bare.root / EXTRACTED).rename(bare.root / "release")
    for run in runs:
        done = bare.run("sh", "-c", run)
        assert done.returncode == 0, run + done.stdout + done.stderr
    variables = [f"{name}={value}" for name, value in environment.items()]
    as_user = shlex.join(
        ["runuser", "-u", "beffroi", "--", "env", *variables, "BEFFROI_URL=https://beffroi.exemple.fr"]
    )
    served = bare.run(
        "sh",
        "-c",
        f"cd /var/lib/beffroi && {as_user} {command[0]} init {shlex.join(ANSWERS[2:])} && {as_user} {shlex.join(command)} & "
        f"for _ in $(seq 60); do sleep 1; {as_user} {check} 2>/dev/null && echo healthy && exit; done; exit 1",
    )
    assert served.returncode == 0 and "healthy" in served.stdout, served.stdout + served.stderr
