"""Rows that are persons: tables of pupils, households or requests, whose headers name nobody.

In: headers as identifiers, sample values, the kinds of personal data that each column shows by itself. Out: the same kinds, with
`person` for the number by which somebody is known, and `trait` for what describes them once a row is a person. A list of
places, and a table that counts people by group, are left alone.
"""

import re
from collections.abc import Sequence

from beffroi.text import to_ascii

PERSON, TRAIT = "person", "trait"

_WHO = (
    r"(eleve|enfant|usager|usagere|allocataire|beneficiaire|demandeur|demandeuse|adherent|adherente|abonne|abonnee|lecteur|"
    r"lectrice|patient|patiente|resident|residente|agent|agente|foyer|menage|administre|contribuable|famille|assure|licencie|"
    r"electeur|salarie|salariee|candidat|candidate|locataire|personne|individu|habitant|parent|tuteur)"
)
_NUMBER = r"(id|ident|identifiant|num|numero|no|n|code|ref|reference|matricule|cle)"
# A « code_famille » is that of goods or of plants.
_NUMBERED = re.compile(
    rf"^(?!code_famille)({_NUMBER}_(de_|du_|d_|de_l_|l_)?{_WHO}|{_WHO}_{_NUMBER}|matricule|ine|num(ero)?_allocataire)$"
)
_NAMED_AFTER = re.compile(rf"^{_WHO}$")
_FILE = re.compile(
    r"^((num|numero|no|ref|reference|id)_)?(du_|de_la_|de_)?(dossier|demande|inscription|contrat|abonnement)$"
)
_ORGANISATION = re.compile(r"\d{9}|\d{14}|W\d{9}")  # SIREN, SIRET, RNA
_BARE_NUMBER = re.compile(rf"^{_NUMBER}(_unique|_interne)?$")
_BIRTH = re.compile(
    r"(^|_)(naissance|ddn|birth|ne_le|nee_le)(_|$)|^age$|^age_(de_|du_|de_l_|l_|en_)?(\w+)$|^(tranche|classe)_(d_)?age$"
)
_MEAN_AGE = re.compile(r"moyen|median|batiment|arbre|reseau|conduite|logement|construction|equipement")
_SEX = re.compile(r"^(sexe|genre|civilite|sex|gender)$")
_SEXES = frozenset({"f", "h", "m", "femme", "homme", "masculin", "feminin", "fille", "garcon", "mme", "mr", "monsieur", "madame", "mlle", "1", "2", "autre", "x", "nb"})  # fmt: skip
_FAMILY = re.compile(
    r"(^|_)(situation_(familiale|matrimoniale)|quotient(_familial)?|qf|fratrie|frere|soeur|parent_isole|parent_seul|monoparentale?)(_|$)"
    r"|^(nb|nombre)_(d_)?enfants?(_a_charge)?$"
)
_SOCIAL = re.compile(
    r"(^|_)(handicap|invalidite|rsa|revenus?|nationalite|allergies?|regime_alimentaire|situation_sociale|minima_sociaux)(_|$)"
)
_PLACE = re.compile(
    r"(^|_)(adresse|adr|address|rue|domicile|commune|ville|quartier|iris|code_postal|cp|ecole|etablissement|ilot|secteur)(_|$)"
)
_POINT = re.compile(
    r"(^|_)(lat|lon|lng|latitude|longitude|geo|geom|geometrie|geometry|geo_?point.*|geo_?shape|coordonnees?|position|point|x|y)(_|$)"
)
_COUNTED = re.compile(
    r"(^|_)(effectifs?|nombre|nb|population|pop|total|taux|part|pct|pourcentage|proportion|moyenne?|mediane?|somme|count|quantite)(_|$)"
)
_DIGITS = 4  # a bare « eleve » column of shorter numbers counts pupils


def person_kinds(
    names: Sequence[str], samples: Sequence[Sequence[str]], kinds: Sequence[str | None]
) -> list[str | None]:
    """The kind of personal data of each column once it is known whether a row is a person."""
    found = [
        kind or (PERSON if _names_a_person(name, values) else None)
        for name, values, kind in zip(names, samples, kinds, strict=True)
    ]
    strong = [place for place, name in enumerate(names) if _describes(name, samples[place])]
    social = [place for place, name in enumerate(names) if _SOCIAL.search(name) and place not in strong]
    where = [place for place, name in enumerate(names) if _PLACE.search(name) or _POINT.search(name)]
    filed = any(_FILE.match(name) for name in names)
    if PERSON in found or _are_persons(names, samples, strong, social, located=bool(where) or filed):
        for place in (*strong, *social, *where):
            if not _is_counted(names[place], samples[place]):
                found[place] = found[place] or TRAIT
        found = [
            kind or (PERSON if _FILE.match(name) or _numbers_rows(name, values) else None)
            for name, values, kind in zip(names, samples, found, strict=True)
        ]
    return found


def _are_persons(
    names: Sequence[str],
    samples: Sequence[Sequence[str]],
    strong: Sequence[int],
    social: Sequence[int],
    *,
    located: bool,
) -> bool:
    """Whether what is said together can only be said of one person; a table that counts people is about groups."""
    if not strong or any(_is_counted(name, values) for name, values in zip(names, samples, strict=True)):
        return False
    return located or len(strong) + len(social) >= 2


def _names_a_person(name: str, values: Sequence[str]) -> bool:
    """Whether the column holds the number of a person, not of an organisation, nor how many people there are."""
    if values and all(_ORGANISATION.fullmatch(re.sub(r"\s", "", value)) for value in values):
        return False
    if _NUMBERED.match(name):
        return any(sign.isdigit() for value in values for sign in value) or not values
    if not _NAMED_AFTER.match(name) or not values:
        return False
    numbered = [value for value in values if any(sign.isdigit() for sign in value)]
    if len(numbered) < 0.8 * len(values) or len(set(values)) < 2:
        return False
    bare = [value for value in numbered if value.isdigit()]
    lengths = {len(value) for value in bare}
    return len(bare) < 0.2 * len(numbered) or (len(lengths) == 1 and min(lengths) >= _DIGITS)


def _numbers_rows(name: str, values: Sequence[str]) -> bool:
    return bool(_BARE_NUMBER.match(name)) and len(set(values)) >= 0.9 * len(values)


def _describes(name: str, values: Sequence[str]) -> bool:
    if _SEX.match(name):
        return bool(values) and all(to_ascii(value).strip(". ").lower() in _SEXES for value in values)
    if _BIRTH.search(name):
        return not _MEAN_AGE.search(name) and (
            not values or any(sign.isdigit() for value in values for sign in value)
        )
    return bool(_FAMILY.search(name))


def _is_counted(name: str, values: Sequence[str]) -> bool:
    if _FAMILY.search(name) or not _COUNTED.search(name):
        return False
    return all(re.fullmatch(r"[-+]?[\d   ]+([.,]\d+)?\s*%?", value.strip()) for value in values)
