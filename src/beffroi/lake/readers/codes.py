"""Detection of identifier columns, stored as text: by their header, or by their values.

In: a column's name and values. Out: the reason in French, or None. A code is never summed, and its leading zeros count.
"""

import re
from collections import Counter
from collections.abc import Sequence

_BY_HEADER = (
    (re.compile(r"(^|_)(siret|siren|nic)(_|$)"), "numéro SIREN ou SIRET"),
    (
        re.compile(
            r"(insee|^cog$|^depcom$|^codcom|^codgeo$|^com(mune)?_in(s|see)?$|code_?commune|commune_code|citycode)"
        ),
        "code INSEE",
    ),
    (
        re.compile(r"(code_?postal|^cp$|_cp$|^cp_|postcode|post_code|cdpost|zip_?code|^postal$)"),
        "code postal",
    ),
    (re.compile(r"(^|_)(tel|tels|telephones?|fax|telecopie|gsm|numtel|num_tel)(_|$)"), "numéro de téléphone"),
    (re.compile(r"(^|_)(finess|uai|rne|uai_rne)(_|$)"), "numéro d'établissement (FINESS, UAI)"),
    (
        re.compile(
            r"(^|_)(nir|nss|num_secu.*|iban|bic|rib|rna|ape|naf|ean|isbn|issn|vin|idu|pdl|prm|pce)(_|$)"
        ),
        "identifiant",
    ),
    (
        re.compile(
            r"^(num|numero|no|n|ref|reference)_(d_|de_|du_|des_|l_)*"
            r"(projet|delib|acte|dossier|marche|contrat|convention|arrete|decision|facture|mandat|titre|bordereau|"
            r"engagement|piece|compte|parcelle|permis|immat|inventaire|siret|siren|tva|rpps|adeli|licence|poseidon|"
            r"tiers|fournisseur|abonne|client|compteur|serie|allocataire|agent|matricule)"
        ),
        "numéro d'acte ou de dossier",
    ),
    (
        re.compile(r"^(matricule|immatriculation|imputation|parcelle|section_cadastrale|cle_interop)$"),
        "identifiant",
    ),
    (re.compile(r"^(code|codes|cod|cd)(_|$)|_(code|cd)$|^code[a-z]+|^cd(?!d$|i$)[a-z]{2,}"), "code"),
    (
        re.compile(
            r"^(sous_?)?(nature|fonction|chapitre|compte|article|rubrique)(_(comptable|budgetaire))?$"
        ),
        "code comptable",
    ),
)
_SHAPES = (
    (
        re.compile(r"(?:\+33|0033|\(?0\)?)[ .\-/]?(?:\(0\)[ .\-/]?)?[1-9](?:[ .\-/]?\d{2}){4}"),
        "numéro de téléphone",
    ),
    (re.compile(r"(?:\d{5}|2[AB]\d{3})"), "code à cinq caractères"),
    (re.compile(r"\d{7}[A-Z]"), "code UAI d'établissement scolaire"),
    (re.compile(r"\d{3} \d{3} \d{3}(?: \d{5})?"), "numéro SIREN ou SIRET"),
    (re.compile(r"W\d{9}"), "numéro RNA d'association"),
    (re.compile(r"\d{2}\.?\d{2}[A-Z]"), "code NAF"),
    (re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE), "identifiant unique (UUID)"),
)
_CODE = re.compile(r"[\w.+/\-°#]{1,40}(?: [\w.+/\-°#]{1,20}){0,6}")
_AMOUNT = re.compile(r"[+-]?\d+[.,](?!0$)\d+")
# « 12.10 » and « 12.1 » are two identifiers but one number.
_ENDING_ZERO = re.compile(r"\d+[.,]\d*0")
_IDENTIFIER = re.compile(r"^(id|ident|identifiant)(_|$)|^id[a-z]+$|_id$")


def by_header(name: str, values: Sequence[str]) -> str | None:
    """Reason why the header makes the values identifiers, if the values do not contradict it."""
    if (
        _IDENTIFIER.search(name)
        and sum(bool(_AMOUNT.fullmatch(value)) for value in values) > 0.5 * len(values) > 0
    ):
        return "identifiant à point"
    for pattern, why in _BY_HEADER:
        if pattern.search(name):
            if not values:
                return why
            codes = sum(bool(_CODE.fullmatch(value)) and any(map(str.isdigit, value)) for value in values)
            amounts = sum(bool(_AMOUNT.fullmatch(value)) for value in values)
            return why if codes >= 0.5 * len(values) and amounts < 0.2 * len(values) else None
    return None


def by_shape(values: Sequence[str]) -> str | None:
    """Reason why the values are identifiers whatever their header."""
    if not values:
        return None
    for pattern, why in _SHAPES:
        if sum(bool(pattern.fullmatch(value)) for value in values) >= 0.9 * len(values):
            # Five digits may be a plain number: only Corsican codes or leading zeros decide.
            if why == "code à cinq caractères" and not any(
                value[0] == "0" or "A" in value or "B" in value for value in values
            ):
                continue
            return why
    digits = [value for value in values if value.isdigit()]
    if len(digits) >= 0.95 * len(values):
        length, count = Counter(map(len, digits)).most_common(1)[0]
        if length >= 9 and count >= 0.9 * len(digits):
            return f"suite de {length} chiffres"
        if length > 18:
            return "suite de chiffres trop longue pour un nombre"
    return None


def is_postal(name: str) -> bool:
    return bool(_BY_HEADER[2][0].search(name) or _BY_HEADER[1][0].search(name))


def ends_with_zero(value: str) -> bool:
    return _ENDING_ZERO.fullmatch(value) is not None
