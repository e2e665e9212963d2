"""Drafts keep the passages that stand in the tables; the best sentence holds the rare words of the question."""

import pyarrow as pa

from beffroi.systems.contract import Passage
from beffroi.systems.kit.quoted_drafts import Drafting, Sentences

TEXTS = (
    ("Bus", "La carte de bus se demande à la mairie. Elle coûte dix euros par an."),
    ("Piscine", "La piscine ouvre le mardi. L’entrée coûte trois euros."),
)
TABLES = {"texts": pa.table({"body": [body for _, body in TEXTS]})}


def test_a_draft_keeps_the_passages_that_are_there_and_is_none_without_one() -> None:
    drafting = Drafting(TABLES)
    there, invented = (
        Passage("Bus", "Elle coûte dix euros par an."),
        Passage("Bus", "Elle coûte vingt euros."),
    )
    draft = drafting.draft("Quel prix ?", "Dix euros.", [there, invented], "Q-1")
    assert draft is not None
    assert draft.passages == (there,)
    assert drafting.draft("Quel prix ?", "Vingt euros.", [invented]) is None


def test_rare_words_of_the_question_choose_the_sentence() -> None:
    sentences = Sentences(TEXTS)
    assert sentences.best("Combien coûte la piscine en euros ?")[0].sentence == "L’entrée coûte trois euros."
    assert sentences.best("Qui répare les trottoirs ?") == []
    assert all(0 < one.share <= 1 for one in sentences.best("La carte de bus", most=5))
