"""A guide that cannot be read says its file, line and key, and what to do; the others are loaded. Weak content is told."""

from pathlib import Path

import pytest
from test_questionnaires import SMALL

from beffroi.guides import CONTENT, KINDS
from beffroi.guides.loading import load
from beffroi.guides.weaknesses import check
from commands import beffroi


@pytest.mark.parametrize(
    ("before", "after", "key", "said"),
    [
        ('title = "Matériel"\n[[sections.questions]]', "[[sections.questions]]", "sections.1.title", "il manque cette clé"),
        ("weight = 3", 'weight = "3"', "sections.1.questions.2.weight", "écrivez un nombre"),
        ("weight = 3", "poids = 3", "sections.1.questions.2.poids", "cette clé n'existe pas"),
        ('question = "postes", at_least', 'question = "serveurs", at_least', "", "« serveurs », qui n'est pas une question"),
        ('question = "postes", at_least', 'question = "achat", at_least', "", "posée après elle"),
        ('action = "installer"', 'action = "acheter"', "", "« acheter », qui n'existe pas"),
        ('licence = "EUPL-1.2"\n', "", "sources.1.licence", "il manque cette clé"),
        ("read_on = 2026-01-01", 'read_on = "bientôt"', "sources.1.read_on", "écrivez un jour"),
        ("read_on = 2026-01-01", "read_on = 2126-01-01", "sources", "jour à venir"),
        ('kind = "questionnaire"', 'kind = "formulaire"', "kind", "une des sortes"),
        ('title = "Bon"', 'title = "Bon', "", "pas du TOML"),
        ("from = 2\n", "from = 0\n", "", "commencent à 0 et montent"),
        ('{ question = "antivirus", is = "yes" }', '{ question = "antivirus" }', "sections.1.questions.3.when.1", "un seul test"),
    ],
)  # fmt: skip
def test_a_problem_says_where_and_what_to_do(tmp_path: Path, before: str, after: str, key: str, said: str):
    assert before in SMALL
    (tmp_path / "bon.toml").write_text(SMALL, "utf-8")
    bad = SMALL.replace(before, after, 1).replace('id = "postes"', 'id = "autre"')
    (tmp_path / "mauvais.toml").write_text(bad, "utf-8")
    library = load([tmp_path], KINDS)
    assert list(library.guides) == ["postes"]
    (problem,) = library.problems
    assert problem.file.name == "mauvais.toml"
    assert problem.key == key
    assert said in problem.message
    if key:
        # The line of the key, or of the table that should have it.
        row = bad.splitlines()[problem.line - 1]
        last = key.rpartition(".")[2]
        assert last in row or row.startswith("[[") or "when" in row


def test_two_guides_do_not_share_an_identifier(tmp_path: Path):
    for name in ("un", "deux"):
        (tmp_path / f"{name}.toml").write_text(SMALL, "utf-8")
    library = load([tmp_path], KINDS)
    assert "déjà pris" in str(library.problems[0])


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('question = "antivirus", is = "yes"', 'question = "antivirus", is = "certes"', "que personne ne peut répondre"),
        ("score = 0\n", "", "ne compte pour rien"),
        ('actions = [{ action = "installer" }]\n', "", "n'appelle aucune action"),
    ],
)  # fmt: skip
def test_weak_content_is_told(tmp_path: Path, before: str, after: str, said: str):
    content = SMALL.replace(before, after, 1)
    if "installer" in before:
        content = content[: content.index("[[actions]]")]
    (tmp_path / "postes.toml").write_text(content, "utf-8")
    library = load([tmp_path], KINDS)
    assert library.problems == ()
    assert any(said in str(weakness) for weakness in check(library))


COMMON = """
edition = "1"
valid_from = 2026-01-01
[[sources]]
title = "Proposé par Beffroi"
licence = "EUPL-1.2"
read_on = 2026-01-01
"""
REGISTER = (
    """kind = "register"
id = "contacts"
title = "Les contacts"
entry = "contact"
entries = "contacts"
identity = ["name"]"""
    + COMMON
    + '''[[fields]]
key = "name"
label = "Organisme"
kind = "line"
[[fields]]
key = "verified_on"
label = "Vérifié le"
kind = "date"
[[rows]]
name = "Mairie"
verified_on = "2026-01-01"'''
)
PAPER = (
    'kind = "paper"\nid = "feuille"\ntitle = "La feuille"'
    + COMMON
    + '[[blocks]]\nkind = "table"\nguide = "contacts"\ncolumns = ["name"]\n'
    + '[[blocks]]\nkind = "text"\ntext = "Fait à {territory.name}."\n'
)
PLAN = (
    'kind = "plan"\nid = "plan"\ntitle = "Le plan"\nfeeds = ["postes"]'
    + COMMON
    + '[[actions]]\nkey = "antivirus"\ntitle = "Un antivirus partout"\nmeasures = ["installer"]\n'
)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("", "", ""),
        ("territory.name", "territory.mayor", "feuille : prend « mayor » dans « territory »"),
        ("territory.name", "mairie.name", "feuille : prend dans « mairie », qui n'existe pas"),
        ('columns = ["name"]', 'columns = ["phone"]', "feuille : prend « phone » dans « contacts »"),
        ('measures = ["installer"]', 'measures = ["vendre"]', "plan : « antivirus » réalise la mesure « vendre »"),
        ('label = "Vérifié le"', 'label = "Vérifié le"\nsynonyms = ["NAME"]', "contacts : la colonne « NAME » désigne « name » et « verified_on »"),
        ('verified_on = "2026-01-01"', 'verified_on = "hier"', "contacts : la ligne de départ 1 serait refusée"),
    ],
)  # fmt: skip
def test_what_one_guide_takes_from_another_is_checked(tmp_path: Path, before: str, after: str, said: str):
    for name, content in (("a", SMALL), ("b", REGISTER), ("c", PAPER), ("d", PLAN)):
        (tmp_path / f"{name}.toml").write_text(content.replace(before, after) if before else content, "utf-8")
    library = load([tmp_path], KINDS)
    assert library.problems == ()
    found = [str(weakness) for weakness in check(library)]
    assert len(found) == bool(said)
    assert all(each.startswith(said) for each in found)


def test_the_command_says_each_problem_and_fails(tmp_path: Path):
    (tmp_path / "bon.toml").write_text(SMALL, "utf-8")
    done = beffroi("guides", "check", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "guide lu, rien à corriger" in done.stdout
    (tmp_path / "mauvais.toml").write_text(SMALL.replace("weight = 3", "poids = 3"), "utf-8")
    done = beffroi("guides", "check", tmp_path)
    assert done.returncode == 1
    assert "mauvais.toml, ligne 27 (sections.1.questions.2.poids) : cette clé n'existe pas" in done.stdout
    assert "problème à corriger" in done.stderr


def test_the_content_of_the_house_is_whole():
    library = load([CONTENT], KINDS)
    assert [str(problem) for problem in library.problems] == []
    assert [str(weakness) for weakness in check(library)] == []
