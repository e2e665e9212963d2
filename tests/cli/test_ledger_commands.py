"""`beffroi ledger`: roots, proofs and copies that leave the instance are verified without it; each wrong file is told why."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest

from beffroi.home import Home
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
from beffroi.web.platform.ledger import lines, proofs
from beffroi.web.tenancy.services import NewTerritory, found_territory
town = found_territory(NewTerritory(code="99T01", name="Ville", kind="CA", population=None, is_fictional=True))
Path(sys.argv[2], "avant.json").write_bytes(proofs.signed_now(town).as_json())
proofs.save_all_today()
lines.append_many(town, [lines.NewLine("dataset.deposit", None, f"delivery:{n}", {}) for n in range(30)])
Path(sys.argv[2], "copie.jsonl").write_bytes(b"".join(map(copies.encode_line, lines.sealed_lines(town))))
Path(sys.argv[2], "preuve-suite.json").write_bytes(proofs.consistency(town, 1).as_json())
"""


@pytest.fixture(scope="module")
def away(tmp_path_factory) -> Path:
    """What somebody took away from an instance, which is in the folder `instance` beside."""
    folder = tmp_path_factory.mktemp("ailleurs")
    blank(folder / "instance", demo=True)
    made = python(MAKE, folder / "instance", folder)
    assert made.returncode == 0, made.stderr
    for arguments in (
        ("root", "--out", folder / "empreinte.json", "--key-out", folder / "cle.pem"),
        ("root", "--host", "--out", folder / "hebergeur.json"),
        ("prove", "7", "--out", folder / "preuve.json"),
    ):
        done = beffroi("ledger", *arguments, "--home", folder / "instance")
        assert done.returncode == 0, done.stderr
    return folder


def test_a_copy_is_verified_against_every_root_that_was_kept(away: Path):
    roots = [argument for name in ("avant.json", "empreinte.json") for argument in ("--root", away / name)]
    done = beffroi("ledger", "verify", away / "copie.jsonl", *roots, "--key", away / "cle.pem", real=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("est bien le début de cette copie") == 2
    assert "intact jusqu'à la ligne 31" in done.stdout


def test_a_copy_cut_at_its_end_is_found_by_a_root_only(away: Path):
    cut = away / "coupee.jsonl"
    cut.write_bytes(b"".join((away / "copie.jsonl").read_bytes().splitlines(keepends=True)[:20]))
    assert beffroi("ledger", "verify", cut).returncode == 0
    done = beffroi("ledger", "verify", cut, "--root", away / "empreinte.json")
    assert done.returncode == 1
    assert "Il en manque 11 à la fin" in done.stderr


def test_proofs_verify_without_the_instance(away: Path):
    done = beffroi("ledger", "verify", "--proof", away / "preuve.json", "--key", away / "cle.pem")
    assert "la ligne 7 (dataset.deposit" in done.stdout, done.stderr
    done = beffroi("ledger", "verify", "--proof", away / "preuve-suite.json", "--root", away / "avant.json")
    assert done.returncode == 0, done.stderr
    assert "parle bien de cette empreinte (1 ligne)" in done.stdout


def test_the_instance_compares_its_chains_with_its_own_kept_roots(away: Path):
    done = beffroi("ledger", "verify", "--home", away / "instance")
    assert done.returncode == 0, done.stderr
    file = Home(away / "instance").roots / "territory" / "ville.jsonl"
    kept = json.loads(file.read_text())
    text = file.read_text()
    file.write_text(json.dumps(kept | {"root": "ab" * 32}) + "\n")
    try:
        done = beffroi("ledger", "verify", "--home", away / "instance")
    finally:
        file.write_text(text)
    assert done.returncode == 1
    assert "n'est plus celui qui avait été signé" in done.stdout


def test_a_chain_that_was_altered_is_told_whatever_the_next_one_says(away: Path, tmp_path: Path):
    home = Home(tmp_path / "instance")
    shutil.copytree(away / "instance", home.path)
    with sqlite3.connect(home.database) as database:
        database.execute("DROP TRIGGER platform_ledgerline_no_update")
        database.execute(
            "UPDATE platform_ledgerline SET act = 'autre' WHERE territory_id IS NULL AND seq = 1"
        )
    done = beffroi("ledger", "verify", "--home", home.path)
    assert done.returncode == 1, done.stdout
    first, second = done.stdout.splitlines()[:2]
    assert first.startswith("hébergeur") and "MODIFIÉ à partir de la ligne 1" in first
    assert second.startswith("ville") and "intact" in second


def test_each_wrong_input_is_told_why(away: Path):
    copy, root, key, proof = (away / n for n in ("copie.jsonl", "empreinte.json", "cle.pem", "preuve.json"))
    false = away / "fausse.json"
    false.write_text(json.dumps(json.loads(root.read_text()) | {"size": 30}))
    (away / "vide").touch()
    (away / "crlf").write_bytes(copy.read_bytes().replace(b"\n", b"\r\n"))
    for arguments, words in (
        ((copy, "--root", away / "hebergeur.json"), "celle d'un autre registre"),
        ((copy, "--root", false, "--key", key), "la signature est fausse"),
        ((copy, "--root", false), "n'est pas celui qui a été signé"),
        ((copy, "--root", key), "pas du JSON"),
        ((copy, "--root", away / "absent"), "n'existe pas"),
        ((copy, "--root", root, "--key", away / "instance" / "ledger.key"), "clé privée"),
        ((copy, "--root", root, "--key", root), "pas une clé publique"),
        ((copy, "--proof", proof), "pas les deux"),
        (("--proof", copy), "pas du JSON"),
        (("--proof", root), "pas une preuve"),
        (("--proof", proof, "--root", away / "avant.json"), "ne parle pas de cette empreinte"),
        (("--key", key), "accompagnent"),
        ((away / "vide",), "est vide"),
        ((away / "crlf",), "fins de ligne"),
        ((key,), "pas une ligne de registre"),
    ):
        done = beffroi("ledger", "verify", *arguments)
        assert done.returncode == 1, arguments
        assert words in done.stderr, (arguments, done.stderr)
        assert "Traceback" not in done.stderr
    for arguments, words in (
        (("prove", "99"), "n'a pas de ligne 99"),
        (("prove", "7", "--out", proof), "existe déjà"),
        (("root", "--host", "--territory", "ville"), "pas les deux"),
    ):
        done = beffroi("ledger", *arguments, "--home", away / "instance")
        assert done.returncode == 1
        assert words in done.stderr
