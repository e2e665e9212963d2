"""A guide that cannot be read says its file, line and key, and what to do; the others are loaded. Weak content is told."""

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from test_questionnaires import SMALL

from beffroi.cli.guides import guides
from beffroi.guides import CONTENT, KINDS, loading, model
from beffroi.guides.loading import load
from beffroi.guides.weaknesses import check
from beffroi.home import Home
from beffroi.web.ui.formats import SPACE

FAULTS = [
    # What is written, what instead; the key, what its line has (none: the whole file), what is said.
    ('title = "Matériel"\n[[sections.questions]]', "[[sections.questions]]", "sections.1.title", "[[sections]]", "il manque cette clé : ajoutez-la"),
    ("weight = 3", 'weight = "3"', "sections.1.questions.2.weight", "weight", "écrivez un nombre, sans guillemets"),
    ("weight = 3", "poids = 3", "sections.1.questions.2.poids", "poids", "cette clé n'existe pas : corrigez son nom"),
    ("weight = 3", "weight = -1", "sections.1.questions.2.weight", "weight", "limite : 0"),
    ('question = "postes", at_least', 'question = "serveurs", at_least', "", 'key = "antivirus"', "« serveurs », qui n'existe pas"),
    ('question = "postes", at_least', 'question = "achat", at_least', "", 'key = "antivirus"', "demandé après : rangez-le avant"),
    ('at_least = 1', 'at_least = [1]', "sections.1.questions.2.when.1.at_least", "at_least", "pas de la sorte attendue"),
    ('licence = "EUPL-1.2"\n', "", "sources.1.licence", "[[sources]]", "il manque cette clé"),
    ("read_on = 2026-01-01", 'read_on = "bientôt"', "sources.1.read_on", "read_on", "écrivez un jour, par exemple"),
    ("read_on = 2026-01-01", "read_on = 08:30:00", "sources.1.read_on", "read_on", "écrivez un jour, par exemple"),
    ("read_on = 2026-01-01", "read_on = 2126-01-01", "sources", "[[sources]]", "jour à venir"),
    ('kind = "questionnaire"', 'kind = "formulaire"', "kind", "kind", "écrivez une des sortes"),
    ('kind = "questionnaire"', 'kind = ["questionnaire"]', "kind", "kind", "écrivez une des sortes"),
    ('title = "Bon"', 'title = "Bon', "", 'title = "Bon', "guillemet ou crochet"),
    ("weight = 3", "weight = 3\nweight = 2", "", "weight = 2", "déjà plus haut"),
    ("from = 2\n", "from = 0\n", "", 'key = "materiel"', "commencent à 0 et montent"),
    ('{ question = "antivirus", is = "yes" }', '{ question = "antivirus" }', "sections.1.questions.3.when.1", "when", "un seul test"),
    ('key = "antivirus"', 'key = "Antivirus !"', "sections.1.questions.2.key", "Antivirus !", "écrivez des minuscules sans accent"),
    ('url = "https', 'url = "http', "sources.1.url", "url", "commence par https://"),
    ('edition = "1"', 'edition = "1"\ndomain = "cuisine"', "domain", "domain", "Écrivez un de ceux-ci : continuity, cyber, general"),
    ('id = "autre"', 'id = "contracts"', "id", "id", "déjà pris par contracts.toml. Choisissez-en un autre"),
    ('id = "autre"', "x = " + "[" * 5000, "", "", "ne se lit pas"),
]  # fmt: skip
HOUSE = load([CONTENT], KINDS)


@pytest.mark.parametrize(("before", "after", "key", "row", "said"), FAULTS)
def test_a_problem_says_where_and_what_to_do(
    tmp_path: Path, before: str, after: str, key: str, row: str, said: str
):
    (tmp_path / "bon.toml").write_text(SMALL, "utf-8")
    other = SMALL.replace('id = "postes"', 'id = "autre"')
    assert before in other
    bad = other.replace(before, after, 1)
    (tmp_path / "mauvais.toml").write_text(bad, "utf-8")
    library = load([tmp_path], KINDS, HOUSE)
    assert library.guides.keys() - HOUSE.guides.keys() == {"postes"}
    (problem,) = library.problems
    assert (problem.file.name, problem.key) == ("mauvais.toml", key)
    assert said in problem.message
    assert row in bad.splitlines()[problem.line - 1] if row else problem.line == 0


class LongAgo(date):
    """What a machine believes whose battery is dead."""

    @classmethod
    def today(cls) -> date:
        return date(2000, 1, 1)


def test_guides_load_on_a_machine_whose_clock_is_years_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for module in (model, loading):
        monkeypatch.setattr(module, "date", LongAgo, raising=False)
    library = load([CONTENT], KINDS)
    assert library.guides.keys() == HOUSE.guides.keys() and library.problems == ()
    (tmp_path / "autre.toml").write_text(SMALL, "utf-8")
    assert load([tmp_path], KINDS, library).problems == ()


def test_each_fault_of_a_file_is_told(tmp_path: Path):
    (tmp_path / "a.toml").write_text(SMALL.replace('action = "installer"', 'action = "acheter"', 1), "utf-8")
    (tmp_path / "b.toml").write_bytes(SMALL.encode("utf-16"))
    (tmp_path / "c.toml").mkdir()
    said = [str(problem) for problem in load([tmp_path], KINDS).problems]
    assert said == [
        "a.toml, ligne 25 : « antivirus » nomme l'action « acheter », qui n'existe pas.",
        "a.toml, ligne 63 : l'action « installer » n'est appelée par aucune réponse.",
        "b.toml : ce fichier n'est pas en UTF-8 : enregistrez-le ainsi.",
        "c.toml : ce fichier ne se lit pas : vérifiez ses droits.",
    ]


def test_two_guides_do_not_share_an_identifier(tmp_path: Path):
    for name in ("un", "deux"):
        (tmp_path / f"{name}.toml").write_text(SMALL, "utf-8")
    library = load([tmp_path], KINDS)
    assert "déjà pris" in str(library.problems[0])


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('question = "antivirus", is = "yes"', 'question = "antivirus", is = "certes"', "que personne ne peut répondre"),
        ('is = "yes"', 'more_than = 3', "qui n'est pas un nombre, à un nombre"),
        ("at_least = 1", 'at_least = "un"', "qui est un nombre, à un texte"),
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
        ("territory.name", "territory.mayor", "prend « mayor » dans « territory »"),
        ("territory.name", "mairie.name", "prend dans « mairie », qui n'existe pas"),
        ('columns = ["name"]', 'columns = ["phone"]', "prend « phone » dans « contacts »"),
        ('measures = ["installer"]', 'measures = ["vendre"]', "« antivirus » réalise la mesure « vendre »"),
        ('label = "Vérifié le"', 'label = "Vérifié le"\nsynonyms = ["NAME"]', "la colonne « NAME » désigne « name » et « verified_on »"),
        ('verified_on = "2026-01-01"', 'verified_on = "hier"', "la ligne de départ 1 serait refusée"),
    ],
)  # fmt: skip
def test_what_one_guide_takes_from_another_is_checked(tmp_path: Path, before: str, after: str, said: str):
    for name, content in (("a", SMALL), ("b", REGISTER), ("c", PAPER), ("d", PLAN)):
        (tmp_path / f"{name}.toml").write_text(content.replace(before, after) if before else content, "utf-8")
    library = load([tmp_path], KINDS)
    assert library.problems == ()
    found = [str(weakness) for weakness in check(library)]
    assert len(found) == bool(said)
    assert all(said in each for each in found)


def test_the_command_says_each_problem_and_fails(tmp_path: Path):
    (tmp_path / "bon.toml").write_text(SMALL, "utf-8")
    run = CliRunner()
    done = run.invoke(guides, ["check", str(tmp_path)])
    assert (done.exit_code, done.stdout) == (0, "1 guide lu, rien à corriger.\n".replace(" ", SPACE, 1))
    (tmp_path / "mauvais.toml").write_text(SMALL.replace("weight = 3", "poids = 3"), "utf-8")
    done = run.invoke(guides, ["check", str(tmp_path)])
    assert done.exit_code == 1
    assert "mauvais.toml, ligne 27 (sections.1.questions.2.poids) : cette clé n'existe pas" in done.stdout
    assert "problème à corriger" in done.stderr


def test_without_a_folder_those_of_the_instance_are_checked_too(tmp_path: Path):
    home = Home(tmp_path)
    home.guides.mkdir()
    (home.guides / "pris.toml").write_text(SMALL.replace('id = "postes"', 'id = "contracts"'), "utf-8")
    done = CliRunner().invoke(guides, ["check", "--home", str(tmp_path)])
    assert "pris.toml, ligne 3 (id) : « contracts » est déjà pris" in done.stdout
    done = CliRunner().invoke(guides, ["check", str(CONTENT / "cyber")])
    assert (done.exit_code, done.stdout.endswith("rien à corriger.\n")) == (0, True)


def test_the_content_of_the_house_is_whole():
    library = load([CONTENT], KINDS)
    assert [str(problem) for problem in library.problems] == []
    assert [str(weakness) for weakness in check(library)] == []
