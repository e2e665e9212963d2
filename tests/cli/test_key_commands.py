"""`beffroi key`: keys exchanged on a real instance, what leaves it then verified without it, and each wrong input told why."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from beffroi.home import Home
from beffroi.web.ui.formats import french_date
from blank import blank
from commands import beffroi, python

MAKE = """
import sys
from pathlib import Path
from beffroi.cli.common import setup_django
from beffroi.home import Home
home = Home(Path(sys.argv[1]))
setup_django(home)
from beffroi.ledger import copies
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Territory
from beffroi.web.tenancy.services import NewTerritory, found_territory
town = Territory.objects.first() or found_territory(
    NewTerritory(code="99T01", name="Ville", kind="CA", population=None, is_fictional=True))
ledger.append_many(town, [ledger.NewLine("dataset.deposit", None, f"delivery:{n}", {}) for n in range(5)])
Path(sys.argv[2]).write_bytes(b"".join(map(copies.encode_line, ledger.sealed_lines(town))))
"""


def taken(home: Path, name: str) -> None:
    """The root, the key and the statements of this moment, written beside the home."""
    files = {"--out": f"{name}.json", "--key-out": f"{name}.pem", "--keys-out": f"{name}.cles"}
    given = [word for option, file in files.items() for word in (option, home.parent / file)]
    done = beffroi("ledger", "root", *given, "--home", home)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def founded(tmp_path_factory) -> Path:
    """An instance with a territory, and beside it the root and the key of before."""
    folder = tmp_path_factory.mktemp("cles")
    blank(folder / "instance", demo=True)
    made = python(MAKE, folder / "instance", folder / "copie.jsonl")
    assert made.returncode == 0, made.stderr
    taken(folder / "instance", "avant")
    return folder


@pytest.fixture
def away(founded: Path, tmp_path: Path) -> Path:
    shutil.copytree(founded, tmp_path / "ailleurs")
    return tmp_path / "ailleurs"


def renewed(away: Path, *more: str | Path):
    """The ledger's key exchanged, some lines written after, and what leaves the instance then."""
    done = beffroi("key", "renew", "--which", "ledger", *more, "--home", away / "instance")
    assert done.returncode == 0, done.stderr
    assert python(MAKE, away / "instance", away / "copie.jsonl").returncode == 0
    taken(away / "instance", "apres")
    return done


def verified(away: Path, root: str, key: str, *more: str | Path):
    return beffroi(
        "ledger", "verify", away / "copie.jsonl", "--root", away / root, "--key", away / key, *more
    )


def test_whoever_holds_either_key_verifies_the_roots_of_both_with_the_statements(away: Path):
    done = renewed(away)
    assert "Empreinte de la nouvelle" in done.stdout and "faites-en une nouvelle" in done.stderr
    assert beffroi("ledger", "verify", "--home", away / "instance").returncode == 0
    told = ("--keys", away / "apres.cles")
    for key in ("avant.pem", "apres.pem"):
        for root in ("avant.json", "apres.json"):
            assert verified(away, root, key, *told).returncode == 0, (root, key)
    alone = verified(away, "apres.json", "avant.pem")
    assert alone.returncode == 1 and "--keys" in alone.stderr
    unsaid = verified(away, "apres.json", "apres.pem")
    assert unsaid.returncode == 1 and "aucune déclaration" in unsaid.stderr
    listed = beffroi("key", "list", "--home", away / "instance")
    today = french_date(datetime.now(UTC), hour=False)
    assert listed.returncode == 0 and f"remplacée le {today}" in listed.stdout, listed.stdout


def test_a_stolen_key_gives_no_trust_to_the_new_one(away: Path):
    done = renewed(away, "--stolen", "--root", away / "avant.json")
    assert "ne se porte pas garante" in done.stderr
    # No root of the host's chain was given: nothing is counted « up to the line 0 ».
    assert "hébergeur, ligne" in done.stdout and "\nville, ligne" in done.stdout
    assert "ne comptent plus" in done.stdout and "ligne 0" not in done.stdout
    told = ("--keys", away / "apres.cles")
    assert verified(away, "avant.json", "apres.pem", *told).returncode == 0
    refused = verified(away, "apres.json", "avant.pem", *told)
    assert refused.returncode == 1 and "déclarée volée" in refused.stderr


def test_the_grants_key_and_the_secret_key_are_exchanged_by_the_same_command(away: Path):
    home = Home(away / "instance")
    before = home.secret_key.read_bytes()
    assert "premier usage" in beffroi("key", "list", "--home", home.path).stdout  # the one of notebooks
    grants = beffroi("key", "renew", "--which", "grants", "--home", home.path)
    assert grants.returncode == 0 and "n'ouvrent plus rien" in grants.stdout, grants.stderr
    assert home.secret_key.read_bytes() == before
    assert beffroi("key", "renew", "--home", home.path).returncode == 0
    assert home.secret_key.read_bytes() != before


def test_each_wrong_input_is_told_why_and_changes_nothing(away: Path):
    home = Home(away / "instance")
    key = home.ledger_key.read_bytes()
    (away / "vide").touch()
    for arguments, words in (
        (("--which", "autre"), "Valeurs possibles : secret, ledger, grants"),
        (("--which", "grants", "--stolen"), "--which ledger"),
        (("--which", "ledger", "--stolen"), "au moins une empreinte"),
        (("--which", "ledger", "--root", away / "avant.json"), "donnez --stolen"),
        (("--which", "ledger", "--stolen", "--root", away / "absente"), "n'existe pas"),
        (("--which", "ledger", "--stolen", "--root", away / "vide"), "est vide"),
        (("--which", "ledger", "--stolen", "--root", away / "avant.pem"), "pas du JSON"),
    ):
        done = beffroi("key", "renew", *arguments, "--home", home.path)
        assert done.returncode != 0 and words in done.stderr, (arguments, done.stderr)
        assert "Traceback" not in done.stderr
    for arguments, words in (
        (("--keys", away / "avant.cles"), "donnez aussi, par --key"),
        (("--key", away / "avant.pem", "--keys", away / "avant.pem"), "pas du JSON"),
        (("--key", away / "avant.pem", "--keys", away / "avant.json"), "pas une déclaration"),
    ):
        done = beffroi("ledger", "verify", away / "copie.jsonl", *arguments)
        assert done.returncode == 1 and words in done.stderr, (arguments, done.stderr)
    assert home.ledger_key.read_bytes() == key and not home.next_ledger_key.exists()


def test_a_key_that_cannot_be_written_is_told_and_stays(away: Path):
    home = Home(away / "instance")
    key = home.ledger_key.read_bytes()
    home.next_ledger_key.mkdir()
    done = beffroi("key", "renew", "--which", "ledger", "--home", home.path)
    assert done.returncode == 1 and "ledger.next.key" in done.stderr and "Traceback" not in done.stderr
    assert home.ledger_key.read_bytes() == key
