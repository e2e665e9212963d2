"""Readability of French: syllables as pronounced, a law reads hard, a note to families reads easy."""

import pytest

from beffroi.systems.readability import FRENCH_SHARE, PLAIN_SCORE, count_syllables, measure_readability

# The first article of a decree, and a note as a town hall pins it up.
LAW = (
    "Nonobstant les dispositions réglementaires applicables aux établissements publics de coopération intercommunale, "
    "l’autorité administrative compétente procède à l’instruction préalable de la demande d’autorisation "
    "environnementale dans les conditions définies par décret en Conseil d’État."
)
NOTE = "La cantine est ouverte lundi. Les enfants mangent à midi. Si votre enfant ne vient pas, prévenez la mairie la veille."


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("eau que les rue vie nuit oui cœur chien bien feuille parlent peuvent guerre langue qui", 1),
        ("école nuage client souvent année famille juillet employer repas élève réponse jouer théâtre", 2),
        ("responsable prévision quantité aujourd’hui ouvrier conseiller", 3),
        ("restauration situation évaluer", 4),
        ("collectivité développement administration", 5),
    ],
)
def test_syllables_are_counted_as_pronounced(words: str, count: int) -> None:
    exceptions = {"employer": 3, "évaluer": 4}
    assert {word: count_syllables(word) for word in words.split()} == {
        word: exceptions.get(word, count) for word in words.split()
    }


def test_a_law_reads_hard_and_a_note_to_families_reads_easy() -> None:
    law, note = measure_readability(LAW), measure_readability(NOTE)
    assert law.score < 20 and not law.plain and law.level == "très difficile"
    assert note.score > 80 and note.plain and note.level == "facile"
    assert note.sentences == 3 and law.sentences == 1


def test_the_score_is_the_formula_of_kandel_and_moles() -> None:
    reading = measure_readability("Le chat dort. La fille lit.")
    assert (reading.sentences, reading.words, reading.syllables) == (2, 6, 6)
    assert reading.score == 100.0  # 207 − 1,015 × 3 − 73,6, cut at 100
    long = measure_readability(
        "Les habitants des communes voisines attendent une réponse écrite avant la fin du mois prochain."
    )
    assert long.score == pytest.approx(
        207 - 1.015 * long.words - 73.6 * long.syllables / long.words, abs=0.05
    )


def test_longer_words_and_longer_sentences_read_harder() -> None:
    short = measure_readability("Il vient ce soir. Il repart demain. Il mange ici.")
    joined = measure_readability(
        "Il vient ce soir et il repart demain et il mange ici et il dort là et il rit et il lit."
    )
    assert short.score >= joined.score > PLAIN_SCORE


def test_another_language_is_distinguished_from_french() -> None:
    assert (
        measure_readability(NOTE).french >= FRENCH_SHARE and measure_readability(LAW).french >= FRENCH_SHARE
    )
    assert (
        measure_readability("The canteen is open on Monday and children eat there at noon every day.").french
        < FRENCH_SHARE
    )


def test_an_empty_text_is_no_error() -> None:
    assert measure_readability("").words == 0 and measure_readability("12 345,6 %").words == 0
