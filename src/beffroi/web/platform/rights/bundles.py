"""Bundles of roles: what a person comes to do, in one line; the only choice that an invitation has to ask.

A bundle is a shortcut to roles of `table.py`, never a right of its own: incompatible roles stay so, and whoever holds several
roles still cannot be the second reader of their own decision, nor validate their own analysis.
"""

from dataclasses import dataclass

from beffroi.text import fold_name


@dataclass(frozen=True)
class Bundle:
    """Roles given together. `with_mandate`: those added when the legal act of an election comes with them."""

    key: str
    label: str
    line: str
    roles: tuple[str, ...]
    with_mandate: tuple[str, ...] = ()

    def roles_for(self, *, mandate: bool) -> tuple[str, ...]:
        return self.roles + (self.with_mandate if mandate else ())


SMALL_TOWN = Bundle(
    "tout",
    "Faire tout, dans une petite commune",
    "inviter, apporter les données, analyser, partager, suivre les prévisions ; décider aussi, avec un mandat d'élu",
    ("administrator", "data_officer", "supervisor"),
    ("decider",),
)
BUNDLES: tuple[Bundle, ...] = (
    SMALL_TOWN,
    Bundle(
        "données",
        "Apporter et préparer les données",
        "verser des fichiers, corriger les fiches, analyser, partager, publier",
        ("data_officer",),
    ),
    Bundle(
        "décider",
        "Décider",
        "accepter, modifier ou refuser ce qui est proposé ; il faut un mandat d'élu",
        ("decider",),
    ),
    Bundle(
        "lire",
        "Lire et analyser",
        "consulter les données et les tableaux, faire ses analyses, remettre un fichier",
        ("agent",),
    ),
)

SEPARATE_LATER: tuple[str, ...] = (
    "décider revient à un élu, ou à qui a sa délégation par arrêté",
    "relire une décision défavorable et valider une analyse se font par une autre personne que son auteur",
    "le délégué à la protection des données ne tient ni les données ni les décisions ; il peut être mutualisé",
)
"""What a person who holds the small-town bundle gives away first, when somebody else comes."""


def find_bundle(words: str) -> Bundle | None:
    """The bundle of this word or of this whole label, whatever its accents and capitals."""
    typed = fold_name(words)
    return next((b for b in BUNDLES if typed in (fold_name(b.key), fold_name(b.label))), None)
