"""Language of a list of folded words, by its commonest little words or by its script: enough to see that a page changed language."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

MIN_WORDS: Final = 12
_MIN_SHARE: Final = 0.08

# Words that only this language uses so much, without accents.
_WRITTEN: Final = {
    "français": "le la les des du et pour dans au aux une est par sur avec vous votre nous ce cette qui que",
    "anglais": "the and of to is you your we by are this that with for was have has our it from",
    "espagnol": "el los las y una del por con para su se como este esta pero mas",
    "allemand": "der die das und ist ein eine den von mit fur auf nicht sie wir zu im",
    "italien": "il gli che di e per una del della con sono non questo nel alla",
    "portugais": "o os as um uma do da dos das para com nao por voce seu sua mais",
    "turc": "ve bir bu icin ile daha de en cok gibi ne sizin tarafindan",
    "indonésien": "dan yang di ini itu untuk dengan dari pada adalah kami anda oleh tidak",
}  # fmt: skip
_LITTLE_WORDS: Final = {name: frozenset(words.split()) for name, words in _WRITTEN.items()}
_SCRIPTS: Final = (
    ("écriture cyrillique", 0x0400, 0x052F),
    ("écriture arabe", 0x0600, 0x06FF),
    ("écriture hébraïque", 0x0590, 0x05FF),
    ("écriture chinoise ou japonaise", 0x3040, 0x9FFF),
)


def detect_language(words: Sequence[str], min_words: int = MIN_WORDS) -> str:
    """Name of the language or script of most words; empty when there are too few or none stands out."""
    if not words:
        return ""
    starts = Counter(_script(word[0]) for word in words)
    script, count = starts.most_common(1)[0]
    if script and count * 2 > len(words) and count >= 4:
        return script
    if len(words) < min_words:
        return ""
    found = Counter(words)
    shares = {
        name: sum(found[word] for word in little) / len(words) for name, little in _LITTLE_WORDS.items()
    }
    best = max(shares, key=lambda name: shares[name])
    return best if shares[best] >= _MIN_SHARE else ""


def _script(letter: str) -> str:
    return next((name for name, first, last in _SCRIPTS if first <= ord(letter) <= last), "")
