"""What Django's list of common passwords, which is English, does not know: the French habits."""

import re
import unicodedata
from typing import Any

from django.core.exceptions import ValidationError

# Words that lists of stolen French passwords are made of, and those that a town hall would think of first.
WORDS = [
    "azertyuiop",
    "qsdfghjklm",
    "wxcvbn",
    "azerty",
    "qwerty",
    "motdepasse",
    "password",
    "passe",
    "admin",
    "administrateur",
    "soleil",
    "bonjour",
    "bonsoir",
    "jetaime",
    "amour",
    "doudou",
    "loulou",
    "chouchou",
    "coucou",
    "cheval",
    "chocolat",
    "princesse",
    "nicolas",
    "thomas",
    "julien",
    "camille",
    "marine",
    "caroline",
    "isabelle",
    "marseille",
    "lyon",
    "paris",
    "bordeaux",
    "toulouse",
    "nantes",
    "france",
    "vacances",
    "bienvenue",
    "secret",
    "maman",
    "papa",
    "maison",
    "mairie",
    "commune",
    "agglo",
    "beffroi",
    "hiver",
    "printemps",
    "automne",
    "janvier",
    "fevrier",
    "mars",
    "avril",
    "juin",
    "juillet",
    "aout",
    "septembre",
    "octobre",
    "novembre",
    "decembre",
    "compte",
    "service",
    "accueil",
    "changeme",
    "test",
    "demo",
]
_KNOWN = re.compile("|".join(sorted(WORDS, key=len, reverse=True)))
_FEWEST_OTHER_LETTERS = 5
_LOOKALIKES = str.maketrans("013457@$!", "oieastasi")


class FrenchHabitsValidator:
    """Refuses a password that is only common words, years and punctuation: « azerty123456 », « Bonjour-2026! »."""

    def validate(self, password: str, user: Any = None) -> None:
        plain = unicodedata.normalize("NFKD", password.lower())
        for text in (plain, plain.translate(_LOOKALIKES)):
            letters = re.sub(r"[^a-z]", "", text)
            rest = _KNOWN.sub("", letters)
            if (rest != letters and len(set(rest)) < _FEWEST_OTHER_LETTERS) or len(
                set(plain)
            ) < _FEWEST_OTHER_LETTERS:
                raise ValidationError(
                    "Ce mot de passe est trop courant. Prenez plutôt quatre mots sans rapport entre eux.",
                    code="password_too_common",
                )

    def get_help_text(self) -> str:
        return "Quatre mots sans rapport entre eux font un bon mot de passe."
