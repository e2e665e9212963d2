"""What a person may get wrong on the command line: a clear French message, a code that is not 0, nothing half-written."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from blank import founded
from commands import ROOT, beffroi, environment
from reference_data import require_reference


@pytest.fixture(autouse=True)
def _reference():
    require_reference()


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode not in (0, None)
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr, done.stderr


def test_an_unknown_territory_is_answered_by_close_names(tmp_path: Path):
    home = tmp_path / "instance"
    done = beffroi("init", "--territory", "Nntes", "--email", "a@example.org", "--home", home)
    refused(done, "Nantes", "44109")
    assert not home.exists()


def test_an_ambiguous_territory_is_answered_by_a_choice(tmp_path: Path):
    done = beffroi(
        "init", "--territory", "Saint-Denis", "--email", "a@example.org", "--home", tmp_path / "instance"
    )
    refused(done, "--territory 93066", "--territory 97411")


def test_a_bad_address_makes_nothing(tmp_path: Path):
    home = tmp_path / "instance"
    refused(beffroi("init", "--territory", "44109", "--email", "pas une adresse", "--home", home), "adresse")
    assert not home.exists()


def test_a_home_that_holds_something_is_left_alone(tmp_path: Path):
    (tmp_path / "photo.jpg").write_bytes(b"x")
    done = beffroi("init", "--territory", "44109", "--email", "a@example.org", "--home", tmp_path)
    refused(done, "n'est pas vide")
    assert [path.name for path in tmp_path.iterdir()] == ["photo.jpg"]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--from", "{tmp}/absent", "--territory", "44109"], "n'existe pas"),
        (["--from", "{tmp}/vide", "--territory", "44109"], "aucun fichier"),
        (["--from", "{tmp}/plein"], "--territory"),
        (["--from", "{tmp}/plein", "--territory", "Nulle-Part-sur-Mer"], "Nulle-Part-sur-Mer"),
        (["--territory", "44109"], "--from"),
    ],
)
def test_a_demonstration_that_cannot_begin_makes_nothing(tmp_path: Path, arguments: list[str], word: str):
    (tmp_path / "vide").mkdir()
    (tmp_path / "plein").mkdir()
    (tmp_path / "plein" / "a.csv").write_text("a;b\n1;2\n")
    home = tmp_path / "instance"
    done = beffroi("demo", *[a.format(tmp=tmp_path) for a in arguments], "--home", home, "--once")
    refused(done, word)
    assert not home.exists()


def test_a_demonstration_never_touches_a_real_instance(tmp_path: Path):
    home = tmp_path / "instance"
    founded(home, "--territory", "44109", "--email", "a@example.org")
    refused(beffroi("demo", "--once", "--home", home), "vraie instance")


def test_a_disk_too_small_and_a_port_that_is_taken_are_said_before_anything_starts(tmp_path: Path):
    home = tmp_path / "instance"
    founded(home, "--territory", "44109", "--email", "a@example.org")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = beffroi("serve", "--home", home, "--port", str(port), BEFFROI_RESERVE="99999999")
        refused(
            done, "Plus rien n'est enregistré", "Libérez de la place", "l'utilise déjà", f"--port {port + 1}"
        )


def test_a_command_without_an_instance_says_how_to_make_one(tmp_path: Path):
    for arguments in (
        ["serve"],
        ["invite", "a@example.org", "--role", "agent"],
        ["signin", "a@example.org"],
        ["backup"],
    ):
        refused(beffroi(*arguments, "--home", tmp_path / "rien"), "beffroi init")
    assert not (tmp_path / "rien").exists()


def test_an_ill_formed_command_points_at_its_help():
    refused(beffroi("serve", "--prot", "8000", real=True), "beffroi serve --help")


def test_inviting_with_an_unknown_role_lists_the_roles(tmp_path: Path):
    home = tmp_path / "instance"
    founded(home, "--territory", "44109", "--email", "a@example.org")
    refused(beffroi("invite", "b@example.org", "--role", "chef", "--home", home), "decider", "data_officer")


def test_a_sign_in_link_for_an_unknown_person_says_to_invite_them(tmp_path: Path):
    home = tmp_path / "instance"
    founded(home, "--territory", "44109", "--email", "a@example.org")
    refused(beffroi("signin", "inconnu@example.org", "--home", home), "beffroi invite")


def test_a_full_disk_is_told_and_leaves_no_instance(tmp_path: Path):
    disk = tmp_path / "disque"
    disk.mkdir()
    script = (
        f'mount -t tmpfs -o size=200k tmpfs "{disk}" && '
        f'"{sys.executable}" -m beffroi.cli.main init --territory 44109 --email a@example.org --home "{disk}/instance"'
    )
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script],
        capture_output=True, text=True, env=environment(), cwd=ROOT, check=False,
    )  # fmt: skip
    if "Operation not permitted" in done.stderr and "mount" in done.stderr:
        pytest.skip("this host lets nobody mount a small disk: " + done.stderr)
    refused(done, "disque est plein")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["report"], 2, ["Il manque « ANNÉE »", "nombre entier"]),
        (["report", "x"], 2, ["« ANNÉE » ne convient pas", "nombre entier"]),
        (
            ["check", "canteen", "--up-to", "x"],
            2,
            ["« --up-to » ne convient pas", "bronze, silver, gold, platinum"],
        ),
        (["serve", "--port", "99999"], 2, ["« --port » ne convient pas", "de 1 à 65535"]),
        (["register", "--output", "{tmp}"], 2, ["« --output » ne convient pas", "fichier, non un dossier"]),
        (["report", "2026", "--output", "{tmp}/absent/r.pdf"], 1, ["Le dossier de « r.pdf » n'existe pas"]),
    ],
)
def test_what_is_wrong_with_a_command_is_said_in_french_with_what_it_takes(
    tmp_path: Path, arguments: list[str], code: int, words: list[str]
):
    done = beffroi(*[a.format(tmp=tmp_path) for a in arguments])
    refused(done, *words)
    assert done.returncode == code


def test_the_help_is_french_on_every_command():
    english = {
        "Usage",
        "Show",
        "default:",
        "required",
        "TEXT",
        "PATH",
        "DIRECTORY",
        "INTEGER",
        "COMMAND",
        "ARGS",
    }
    for words in ((), ("check",), ("recipe",), ("recipe", "show"), ("serve",), ("demo",), ("key", "renew")):
        told = beffroi(*words, "--help").stdout
        assert "Utilisation : beffroi" in told
        assert "Afficher cette aide" in told
        assert not english & set(told.replace("[", " ").replace("]", " ").split()), told
