"""Readability of French texts: Flesch reading ease in the adaptation of Kandel and Moles.

In comes a text; out goes a `Readability`: sentences, words, syllables, the score and its name in French. The score is
207 − 1.015 × words a sentence − 73.6 × syllables a word (L. Kandel and A. Moles, « Application de l'indice de Flesch
à la langue française », Cahiers d'études de radio-télévision 19, 1958). It knows nothing of meaning: a text that
fails is hard, a text that passes still needs a reader.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

PLAIN_SCORE = 50.0  # from here on, below Flesch's levels that require higher education
FRENCH_SHARE = 0.15  # share of small French words in French prose, far above any other language
_SENTENCE = re.compile(r"[.!?;…]+(?=\s|$)|\s:\s|\n+")
_WORD = re.compile(r"aujourd['’]hui|[a-zà-öø-ÿœæ]+", re.IGNORECASE)  # « l'école » is two words

_VOWEL = "aàâäeéèêëiîïoôöuùûüyœæ"
_SILENT = (
    (re.compile(rf"qu(?=[{_VOWEL}])"), "q"),
    (re.compile(r"gu(?=[eéèêiîy])"), "g"),  # « guerre », « guide »
    (re.compile(r"ge(?=[aoâô])"), "g"),  # « mangeons »
    (re.compile(r"(?<=[a-zà-öø-ÿœ])es?$"), ""),  # « école », « années »
)
_SILENT_VERB_ENDING = re.compile(rf"(?<=[^{_VOWEL}m])ent$")  # « ils parlent »
_PRONOUNCED_ENT = frozenset(
    [
        "souvent",
        "argent",
        "vent",
        "cent",
        "dent",
        "agent",
        "client",
        "talent",
        "accent",
        "urgent",
        "récent",
        "présent",
        "absent",
        "parent",
        "serpent",
        "couvent",
        "content",
        "ardent",
        "prudent",
        "évident",
        "excellent",
        "violent",
        "innocent",
        "différent",
        "fréquent",
    ]
)
# One sound each, the longest first. « i » glides into the vowel that follows (« nation »), except after two
# consonants (« client », « ouvrier »); « u » glides into « i » alone (« nuit », but « nu-age »).
_SOUND = re.compile(
    r"(?:(?<![bcdfgptv][lr])[iïy](?=[aàâeéèêoôu]))?"
    r"(?:eau|oeu|œu|(?:eu|ou|œ|ue)i(?=l)|oui|ui|au|ai|aî|ay|ei|ey|eu|eû|ou|où|oû|oi|oî|oy|"
    rf"[{_VOWEL}])"
)
_SMALL_WORDS = frozenset(
    [
        "le",
        "la",
        "les",
        "l",
        "un",
        "une",
        "des",
        "du",
        "de",
        "d",
        "et",
        "à",
        "a",
        "au",
        "aux",
        "en",
        "dans",
        "par",
        "pour",
        "sur",
        "ne",
        "pas",
        "que",
        "qui",
        "il",
        "elle",
        "est",
        "sont",
        "ce",
        "cette",
        "ces",
        "son",
        "sa",
        "ses",
        "leur",
        "plus",
        "ou",
        "avec",
        "sans",
        "se",
        "s",
        "n",
        "y",
        "on",
        "vous",
        "nous",
        "chaque",
        "entre",
    ]
)


@dataclass(frozen=True)
class Readability:
    """`score`: 0 (very hard) to 100 (very easy), cut to that range; `french`: the share of small French words."""

    sentences: int
    words: int
    syllables: int
    score: float
    french: float

    @property
    def level(self) -> str:
        """Flesch's own steps, named in French."""
        steps = ((70, "facile"), (60, "courant"), (PLAIN_SCORE, "assez courant"), (30, "difficile"))
        return next((name for least, name in steps if self.score >= least), "très difficile")

    @property
    def plain(self) -> bool:
        return self.score >= PLAIN_SCORE


def measure_readability(text: str) -> Readability:
    """Measure a French text. One without words reads as easy as can be."""
    sentences = [words for part in _SENTENCE.split(text) if (words := _WORD.findall(part.lower()))]
    words = [word for sentence in sentences for word in sentence]
    spoken = [
        word for word in words if any(letter in _VOWEL for letter in word)
    ]  # not the « l » of « l'école »
    if not spoken:
        return Readability(len(sentences), 0, 0, 100.0, 0.0)
    count = sum(count_syllables(word) for word in spoken)
    score = 207 - 1.015 * len(spoken) / len(sentences) - 73.6 * count / len(spoken)
    small = sum(word in _SMALL_WORDS for word in words) / len(words)
    return Readability(
        len(sentences), len(spoken), count, round(min(100.0, max(0.0, score)), 1), round(small, 3)
    )


@lru_cache(maxsize=4096)  # few words are said often
def count_syllables(word: str) -> int:
    """Spoken syllables of one French word, one at least; the silent « e » of an ending does not count.

    >>> [syllables(word) for word in ("école", "restauration", "nuage", "client", "ils", "parlent")]
    [2, 4, 2, 2, 1, 1]
    """
    word = word.lower().replace("’", "'").replace("'", "")
    if word not in _PRONOUNCED_ENT:
        word = _strip_silent(_SILENT_VERB_ENDING, "", word)
    for pattern, heard in _SILENT:
        word = _strip_silent(pattern, heard, word)
    return max(1, len(_SOUND.findall(word)))


def _strip_silent(pattern: re.Pattern[str], heard: str, word: str) -> str:
    """Strip silent letters, unless no vowel would be left (« les », « que »)."""
    shorter = pattern.sub(heard, word)
    return shorter if any(letter in _VOWEL for letter in shorter) else word
