"""Passwords that anybody would try: those that leaked, and French habits, which the lists of leaks know little of."""

import re
import unicodedata
from pathlib import Path
from typing import Any

from django.contrib.auth.password_validation import CommonPasswordValidator
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
LEAKED = Path(__file__).parent / "data/leaked.txt.gz"
ADVICE = "Prenez plutôt quatre mots sans rapport entre eux."
ADVISED = frozenset({"password_too_common", "password_too_guessable", "password_entirely_numeric"})
"""The refusals that the advice answers: it is given once, however many there are."""
_HABITS = {
    "spatial": "ses touches se suivent sur le clavier",
    "sequence": "ses lettres ou ses chiffres se suivent",
    "repeat": "il se répète",
    "date": "c'est surtout une date",
    "regex": "c'est surtout une année",
}
_LOOKALIKES = str.maketrans("013457@$!", "oieastasi")


class LeakedPasswordValidator(CommonPasswordValidator):
    """Refuses the 44,000 passwords of twelve characters or more among the million that leaked most (`hatch_build.py`)."""

    def __init__(self, password_list_path: Path = LEAKED) -> None:
        super().__init__(password_list_path)

    def get_error_message(self) -> str:
        return "Ce mot de passe a fuité : il est dans les listes que l'on essaie en premier."

    def get_help_text(self) -> str:
        return "Un mot de passe qui a déjà fuité ailleurs est refusé."


class GuessablePasswordValidator:
    """Refuses what a program that knows habits guesses in fewer than a hundred million tries: runs of keys, repeats, dates, names."""

    FEWEST_GUESSES = 10**8
    LONGEST = 72  # characters that are looked at: the time that it takes grows faster than they do

    def validate(self, password: str, user: Any = None) -> None:
        from zxcvbn import zxcvbn  # its word lists are heavy: where they serve only

        own = re.split(r"[\s@.]+", f"{getattr(user, 'name', '')} {getattr(user, 'email', '')}")
        found = zxcvbn(
            password[: self.LONGEST], user_inputs=[*WORDS, *filter(None, own)], max_length=self.LONGEST
        )
        if found["guesses"] >= self.FEWEST_GUESSES:
            return
        widest = max(found["sequence"], key=lambda part: len(part["token"]))
        why = _HABITS.get(widest["pattern"], "il est fait de mots connus")
        raise ValidationError(f"Ce mot de passe se devine vite : {why}.", code="password_too_guessable")

    def get_help_text(self) -> str:
        return "Une suite de touches, une date ou un prénom suivi de chiffres se devine vite."


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
                raise ValidationError("Ce mot de passe est trop courant.", code="password_too_common")

    def get_help_text(self) -> str:
        return "Quatre mots sans rapport entre eux font un bon mot de passe."
