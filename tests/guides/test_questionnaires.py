"""Questionnaires: what is asked, what is refused, scores and next actions; the diagnosis of MonAideCyber as its own engine has it."""

import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from beffroi.guides import CONTENT, KINDS
from beffroi.guides.loading import load, load_file
from beffroi.guides.questionnaire import (
    AnswersError,
    Questionnaire,
    next_actions,
    read_answers,
    scores,
    visible_questions,
)
from beffroi.guides.questions import AnswerError, Question

DAY = date(2026, 11, 29)
OUTCOMES = Path(__file__).with_name("mon_aide_cyber_outcomes.json.gz")
SMALL = """
kind = "questionnaire"
id = "postes"
title = "Les postes de la mairie"
edition = "1"
valid_from = 2026-01-01

[[sources]]
title = "Proposé par Beffroi"
url = "https://exemple.fr/"
licence = "EUPL-1.2"
read_on = 2026-01-01
origin = "beffroi"

[[sections]]
key = "materiel"
title = "Matériel"
[[sections.questions]]
key = "postes"
label = "Combien de postes avez-vous ?"
kind = "number"
minimum = 0
maximum = 1000
[[sections.questions]]
key = "antivirus"
label = "Ont-ils un antivirus à jour ?"
weight = 3
when = [{ question = "postes", at_least = 1 }]
[[sections.questions.choices]]
key = "no"
label = "non"
score = 0
actions = [{ action = "installer" }]
[[sections.questions.choices]]
key = "yes"
label = "oui"
score = 3
[[sections.questions]]
key = "achat"
label = "Quand l'avez-vous acheté ?"
kind = "date"
required = false
when = [{ question = "antivirus", is = "yes" }]

[[checks]]
question = "achat"
when = [{ question = "achat", more_than = { today = true } }]
message = "L'achat ne peut pas dater d'un jour à venir."

[[axes]]
key = "materiel"
title = "Matériel"
[[axes.levels]]
from = 0
title = "À commencer"
meaning = "Vos postes ne sont pas protégés."
[[axes.levels]]
from = 2
title = "Bon"
meaning = "Vos postes sont protégés."

[[actions]]
key = "installer"
priority = 1
[[actions.levels]]
title = "Installer un antivirus"
"""


@pytest.fixture
def small(tmp_path: Path) -> Questionnaire:
    file = tmp_path / "postes.toml"
    file.write_text(SMALL, "utf-8")
    guide, problems = load_file(file, KINDS)
    assert problems == []
    assert isinstance(guide, Questionnaire)
    return guide


def test_a_thousand_diagnoses_have_the_indicators_and_measures_of_the_engine_of_monaidecyber():
    guide = load([CONTENT], KINDS).guides["mon_aide_cyber"]
    assert isinstance(guide, Questionnaire)
    assert (len(guide.questions), len(guide.actions)) == (53, 43)
    recorded = json.loads(gzip.decompress(OUTCOMES.read_bytes()))
    assert len(recorded["sets"]) == 1000
    for each in recorded["sets"]:
        answers = read_answers(guide, each["answers"], DAY, whole=False)
        found = {score.axis.key: score.value for score in scores(guide, answers, DAY)}
        assert found == pytest.approx(each["indicators"], abs=1e-12, nan_ok=True)
        due = [[due.words.title, due.action.priority, due.score] for due in next_actions(guide, answers, DAY)]
        theirs = [[*recorded["measures"][rank], score] for rank, score in each["measures"]]
        assert due == [[_in_our_words(title), *rest] for title, *rest in theirs]


def _in_our_words(title: str) -> str:
    """A title of MonAideCyber as it is here: words of companies are those of a local authority."""
    for theirs, ours in (
        ("service RH", "service du personnel"),
        ("les salariés", "les agents"),
        ("collaborateurs", "agents"),
    ):
        title = title.replace(theirs, ours)
    return title


def asked(guide: Questionnaire, answers: dict[str, Any]) -> list[str]:
    return [question.key for question in visible_questions(guide.questions, answers, DAY)]


def test_a_question_is_asked_when_the_answers_before_it_call_for_it(small: Questionnaire):
    assert asked(small, {}) == ["postes"]
    assert asked(small, {"postes": 5}) == ["postes", "antivirus"]
    assert asked(small, {"postes": 5, "antivirus": "yes"}) == ["postes", "antivirus", "achat"]
    # An answer to a question that is no longer asked opens nothing.
    assert asked(small, {"postes": 0, "antivirus": "yes"}) == ["postes"]


def test_what_is_not_known_is_neither_a_yes_nor_a_no(small: Questionnaire):
    answers = read_answers(small, {"postes": "5", "antivirus": "unknown"}, DAY)
    assert answers == {"postes": 5.0, "antivirus": "unknown"}
    (score,) = scores(small, answers, DAY)
    assert (score.value, score.level, score.unknown) == (None, None, 1)
    assert next_actions(small, answers, DAY) == []


def test_a_score_says_what_it_means_and_what_to_do(small: Questionnaire):
    (score,) = scores(small, {"postes": 5, "antivirus": "yes"}, DAY)
    assert (score.value, score.level.title if score.level else "") == (3, "Bon")
    due = next_actions(small, {"postes": 5, "antivirus": "no"}, DAY)
    assert [(each.words.title, each.questions) for each in due] == [
        ("Installer un antivirus", ("antivirus",))
    ]


@pytest.mark.parametrize(
    ("values", "question", "said"),
    [
        ({}, "postes", "Il manque une réponse"),
        ({"postes": "beaucoup"}, "postes", "écrivez un nombre"),
        ({"postes": "nan"}, "postes", "écrivez un nombre"),
        ({"postes": "-1"}, "postes", "hors de ce qui est possible"),
        ({"postes": "5"}, "antivirus", "Il manque une réponse"),
        ({"postes": "5", "antivirus": "peut-être"}, "antivirus", "choisissez une des réponses"),
        ({"postes": "5", "antivirus": "yes", "achat": "hier"}, "achat", "écrivez une date"),
        ({"postes": "5", "antivirus": "yes", "achat": "2026-11-30"}, "achat", "jour à venir"),
        ({"postes": "0", "intrus": "x"}, "", "pas de question « intrus »"),
    ],
)
def test_each_fault_is_told_beside_its_question(
    small: Questionnaire, values: dict[str, str], question: str, said: str
):
    with pytest.raises(AnswersError) as error:
        read_answers(small, values, DAY)
    assert [fault.question for fault in error.value.faults] == [question]
    assert said in error.value.faults[0].message


@pytest.mark.parametrize("written", ["29/11/2026 à 8 h 30", "29/11/2026 8:30", "2026-11-29T08:30"])
def test_a_moment_is_read_as_people_write_it(written: str) -> None:
    question = Question(key="known", label="Quand l'avez-vous su ?", kind="moment")
    assert question.read(written) == "2026-11-29T08:30+01:00"
    with pytest.raises(AnswerError, match="par exemple 29/11/2026 à 8 h 30"):
        question.read("29/11 vers 8 h")
