"""`beffroi apply` as the technician types it: exit codes, confirmation, links; and the instance of a syndicate.

Each command is a process: its exit code, and what a prompt does without anybody to answer, are what is tried.
"""

import json
import stat
from pathlib import Path

import pytest

from blank import founded
from commands import beffroi
from reference_data import require_reference

FILE = """version: 1
defaults:
  members: [{email: technicien@syndicat.example, roles: auditor}]
territories:
  - {place: 35001, members: [{email: mairie@acigne.example, as: tout}]}
"""


@pytest.fixture(autouse=True)
def _reference() -> None:
    require_reference()


def test_a_file_is_checked_refused_without_an_answer_applied_and_then_changes_nothing(tmp_path: Path):
    home, file, links = tmp_path / "home", tmp_path / "hosting.yaml", tmp_path / "links"
    founded(home, "--territory", "222900011", "--email", "a@example.org")
    file.write_text(FILE, "utf-8")

    def apply(*options: str | Path):
        return beffroi("apply", file, *options, "--home", home)

    checked = apply("--check")
    assert checked.returncode == 3
    assert "+ mairie@acigne.example : administrateur" in checked.stdout
    assert "Territoires : 1 à créer, 0 à changer, 0 inchangé. Changements : 3 +, 0 ~, 0 −." in checked.stdout
    assert "présents, non déclarés : Finistère (29)" in checked.stdout
    unanswered = apply("--links", links)
    assert (unanswered.returncode, unanswered.stderr.splitlines()[-1]) == (1, "Rien n'a été changé.")
    assert apply("--json").returncode == 2
    done = apply("--yes", "--json", "--links", links)
    assert done.returncode == 0, done.stderr
    (place,) = json.loads(done.stdout)["territories"]
    assert (place["code"], place["applied"], place["problem"]) == ("35001", True, "")
    assert stat.S_IMODE(links.stat().st_mode) == 0o600
    link = links.read_text().splitlines()[0].split("\t")[2]
    assert link.startswith("http")
    assert link not in done.stdout + done.stderr
    again = apply("--yes")
    assert (again.returncode, again.stdout.splitlines()[-1]) == (0, "Rien à changer.")
    dumped = beffroi("apply", "--dump", "--home", home)
    file.write_text(dumped.stdout, "utf-8")
    assert apply("--check").stdout == "Rien à changer.\n"


def test_the_instance_of_a_syndicate_is_made_by_hand_and_a_wrong_one_is_not(tmp_path: Path):
    home = ("--email", "a@example.org", "--home", tmp_path / "home")
    hand = ("--by-hand", "Syndicat du Bocage", "--kind", "SMF")
    for arguments, code, word in (
        (("--territory", "254401839"), 1, "--by-hand"),
        ((*hand, "--siren", "254401839", "--member", "35999"), 1, "35999"),
        ((), 2, "soit"),
    ):
        refused = beffroi("init", *arguments, *home)
        assert (refused.returncode, word in refused.stderr) == (code, True), refused.stderr
        assert not (tmp_path / "home").exists()
    made = beffroi("init", *hand, "--siren", "254401839", "--member", "35001", "--member", "35238", *home)
    assert made.returncode == 0, made.stderr
    assert "/entree/" in made.stdout
    (listed,) = json.loads(beffroi("territory", "list", "--json", "--home", tmp_path / "home").stdout)
    assert (listed["code"], listed["kind"], listed["deed"]) == (
        "254401839",
        "syndicat mixte fermé",
        "l'hébergeur lui-même",
    )
    assert listed["population"] > 200_000  # of its communes
