"""Detection of identifier columns, stored as text: by their header, their values, and the reference of French places.

In: a column's name and values. Out: a `Finding` with its reason in French and what would prove it, or None. A code is
never summed, and its leading zeros count; a count is summed, whatever words its header shares with those of codes.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from beffroi.lake.reference import ReferenceMissing, place_queries
from beffroi.lake.reference.kinds import check_digit_is_valid


@dataclass(frozen=True)
class Finding:
    """`proof`: pattern (Python and RE2) that proves the kind when every value matches; without, a value that a number
    would change does. `luhn`: every value must have its check digit too. `unknown`: the reference lacks some values.
    """

    why: str
    proof: str = ""
    luhn: bool = False
    unknown: bool = False


_SPACE = "[ .\u00a0\u202f\u2009-]?"
# As written by people: 552 100 554 00013, 552 100 554 000 13.
SIREN = rf"\d{{3}}{_SPACE}\d{{3}}{_SPACE}\d{{3}}(?:{_SPACE}\d{{3}}{_SPACE}\d{{2}})?"
_DEPARTMENT = r"(?:0[1-9]|[13-8]\d|2[1-9AB]|9[0-5]|97[1-8]|98[46-9])"
_COMMUNE = r"(?:\d{5}|2[AB]\d{3})"
_POSTAL = r"(?:0[1-9]|[1-8]\d|9[0-8])\d{3}"
_PHONE = r"(?:\+33|0033|\(?0\)?)[ .\-/]?(?:\(0\)[ .\-/]?)?[1-9](?:[ .\-/]?\d{2}){4}"
_UAI, _RNA = r"\d{7}[A-Z]", r"W\d{9}"
_REGION = r"(?:0[1-6]|11|24|27|28|32|44|52|53|75|76|84|93|94)"

_BY_HEADER = (
    (re.compile(r"(^|_)(siret|siren|nic)(_|$)"), Finding("numéro SIREN ou SIRET", SIREN, luhn=True)),
    (
        re.compile(
            r"(insee|^cog$|^depcom$|^codcom|^codgeo|^com(mune)?_in(s|see)?$|code_?commune|commune_code|citycode)"
        ),
        Finding("code INSEE", _COMMUNE),
    ),
    (
        re.compile(r"(postal(_|$)|^cp$|_cp$|^cp_|postcode|post_code|cdpost|code?_?pos(t|$)|zip_?code)"),
        Finding("code postal", _POSTAL),
    ),
    (
        re.compile(r"(^|_)(tel|tels|telephones?|fax|telecopie|gsm|numtel|num_tel)(_|$)"),
        Finding("numéro de téléphone", _PHONE),
    ),
    (
        re.compile(r"(^|_)(finess|uai|rne|uai_rne)(_|$)"),
        Finding("numéro d'établissement (FINESS, UAI)", rf"{_UAI}|\d{{9}}|2[AB]\d{{7}}"),
    ),
    (
        re.compile(
            r"(^|_)(nir|nss|num_secu.*|iban|bic|rib|rna|ape|naf|ean|isbn|issn|vin|idu|pdl|prm|pce)(_|$)"
        ),
        Finding("identifiant"),
    ),
    (
        re.compile(
            r"^(num|numero|no|n|ref|reference)_(d_|de_|du_|des_|l_)*"
            r"(projet|delib|acte|dossier|marche|contrat|convention|arrete|decision|facture|mandat|titre|bordereau|"
            r"engagement|piece|compte|parcelle|permis|immat|inventaire|siret|siren|tva|rpps|adeli|licence|poseidon|"
            r"tiers|fournisseur|abonne|client|compteur|serie|allocataire|agent|matricule)"
        ),
        Finding("numéro d'acte ou de dossier"),
    ),
    (
        re.compile(r"^(matricule|immatriculation|imputation|parcelle|section_cadastrale|cle_interop)$"),
        Finding("identifiant"),
    ),
    (re.compile(r"^(code|codes|cod|cd)(_|$)|_(code|cd)$|^code[a-z]+|^cd(?!d$|i$)[a-z]{2,}"), Finding("code")),
    (
        re.compile(
            r"^(sous_?)?(nature|fonction|chapitre|compte|article|rubrique)(_(comptable|budgetaire))?$"
        ),
        Finding("code comptable"),
    ),
)
_NUMBERED = r"^(?:(?:num|numero|no|n|code|cod|cd|id)_?(?:de_|du_|d_)?)?"
_ENDED = r"(?:_?(?:num|numero|no|code|cod|insee|id))?(?:_?\d{2}|_?\d{4})?$"
# Names that counts may also have: the values decide, by the reference where it lists them.
_PLACES = (
    (
        re.compile(rf"{_NUMBERED}(?:dep|dept|dpt|depart|departement){_ENDED}"),
        re.compile(rf"{_DEPARTMENT}|[1-9]"),
        Finding("numéro de département", _DEPARTMENT),
    ),
    (
        re.compile(rf"{_NUMBERED}(?:reg|region){_ENDED}"),
        re.compile(rf"{_REGION}|[1-6]"),
        Finding("code de région", _REGION),
    ),
    (
        re.compile(rf"{_NUMBERED}(?:com|comm|commune){_ENDED}"),
        re.compile(rf"{_COMMUNE}|\d{{3,4}}"),
        Finding("code de commune", _COMMUNE),
    ),
    (
        re.compile(rf"{_NUMBERED}(?:arr|arrondissement|can|cant|canton|ct|cv|pseudo_canton){_ENDED}"),
        re.compile(rf"{_DEPARTMENT}\d{{1,2}}"),
        Finding("code d'arrondissement ou de canton"),
    ),
    (
        re.compile(rf"{_NUMBERED}(?:epci|interco){_ENDED}"),
        re.compile(r"[12]\d{8}"),
        Finding("code d'EPCI", r"\d{9}", luhn=True),
    ),
    (
        re.compile(rf"{_NUMBERED}(?:iris|dcomiris|tri_?iris|depcom_?iris){_ENDED}"),
        re.compile(r"\d{4}|(?:\d{5}|2[AB]\d{3})\d{4}"),
        Finding("code IRIS", r"(?:\d{5}|2[AB]\d{3})\d{4}"),
    ),
    (
        re.compile(r"^(?:uu|au|aav|ze|bv|tuu|taav|taaav|zone_?emploi)_?(?:19|20)\d\d$"),
        re.compile(r"\w{1,6}"),
        Finding("code de zonage INSEE"),
    ),
)
_HEAD = r"^(code|codes|cod|cd|num|numero|no|ref|reference|id|identifiant)(_|$)"
_QUANTITY = re.compile(
    r"(^|_)(nb|nbr|nbre|nbres|nombres?|pop|popul\w*|effectifs?|total|totaux|sommes?|montants?|quantites?|qte|qtes|taux|parts?|"
    r"pct|pourcentages?|surfaces?|superficies?|volumes?|moyennes?|cumul\w*|depenses?|recettes?|budgets?|couts?|prix|"
    r"duree|distance|longueur|largeur|hauteur|poids|tonnages?|consos?|consommations?|puissance|debit|capacites?|compte_de)(_|$)"
    r"|^n_\w+s$|^pop\d|^nb(?=[a-z]{3})"
)
_SHAPES = (
    Finding("numéro de téléphone", _PHONE),
    Finding("code à cinq caractères", _COMMUNE),
    Finding("code UAI d'établissement scolaire", _UAI),
    Finding("numéro RNA d'association", _RNA),
    Finding("code NAF", r"\d{2}\.?\d{2}[A-Z]"),
    Finding(
        "identifiant unique (UUID)",
        r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}",
    ),
)
_SHAPE_PATTERNS = [re.compile(finding.proof) for finding in _SHAPES]
_SIREN, _FIVE = re.compile(SIREN), re.compile(_COMMUNE)
# Two numbers of five digits in five begin like the code of a commune and are one: this many that all are, are codes.
MIN_PLACES = 12
MAX_EXPIRED_SHARE = 0.05
_LOSSY = re.compile(r"0\d+|.*[^\d.,+\- ].*")
_CODE = re.compile(r"[\w.+/\-°#]{1,40}(?:[ \u00a0\u202f][\w.+/\-°#]{1,20}){0,6}")
_AMOUNT = re.compile(r"[+-]?\d+[.,](?!0$)\d+")
# « 12.10 » and « 12.1 » are two identifiers but one number.
_ENDING_ZERO = re.compile(r"\d+[.,]\d*0")
_IDENTIFIER = re.compile(r"^(id|ident|identifiant)(_|$)|^id[a-z]+$|_id$")


def by_header(name: str, values: Sequence[str]) -> Finding | None:
    """Reason why the header makes the values identifiers, if the values do not contradict it."""
    if (
        _IDENTIFIER.search(name)
        and sum(bool(_AMOUNT.fullmatch(value)) for value in values) > 0.5 * len(values) > 0
    ):
        return Finding("identifiant à point")
    if is_quantity(name) and not any(_LOSSY.fullmatch(value) for value in values):
        return None
    for pattern, finding in _BY_HEADER:
        if not pattern.search(name) or (finding.why == "code postal" and not _mostly(_like_postal, values)):
            continue
        if not values:
            return finding
        codes = sum(bool(_CODE.fullmatch(value)) and any(map(str.isdigit, value)) for value in values)
        amounts = sum(bool(_AMOUNT.fullmatch(value)) for value in values)
        found = codes >= 0.5 * len(values) and amounts < 0.2 * len(values)
        if not found:
            return None
        # « Code région » says more than a code.
        return (None if finding.proof else _place(name, values)) or _checked(finding, values)
    return _place(name, values)


def is_quantity(name: str) -> bool:
    """Whether a header names something that is counted or measured, whatever else it names."""
    return _QUANTITY.search(name) is not None and not re.search(_HEAD, name)


def _like_postal(value: str) -> bool:
    return (len(value) in (4, 5) and value.isdigit()) or any(map(str.isalpha, value)) or " " in value


def _mostly(test: Callable[[str], object], values: Sequence[str]) -> bool:
    return sum(bool(test(value)) for value in values) >= 0.5 * len(values)


def _place(name: str, values: Sequence[str]) -> Finding | None:
    """Code of a place, by a header that counts may have too, when all values may be such codes."""
    for pattern, shape, finding in _PLACES:
        if values and pattern.search(name) and all(shape.fullmatch(value) for value in values):
            return _checked(finding, values)
    return None


def _checked(finding: Finding, values: Sequence[str]) -> Finding:
    """Finding whose values of communes are looked up in the reference."""
    if finding.proof != _COMMUNE or not (full := {value for value in values if _FIVE.fullmatch(value)}):
        return finding
    # Communes merge: of many codes, a few went since the file was made.
    return Finding(
        finding.why, finding.proof, unknown=len(full - _communes(full)) > MAX_EXPIRED_SHARE * len(full)
    )


def _communes(texts: Collection[str]) -> set[str]:
    try:
        return place_queries.known_communes(texts)
    except ReferenceMissing:  # a library without its data reads files all the same
        return set()


def _in_reference(values: Sequence[str]) -> Finding | None:
    """Code of communes, or postcodes, by the reference alone."""
    texts = {*values}
    if len(texts) < MIN_PLACES or not all(_FIVE.fullmatch(value) for value in texts):
        return None
    try:
        if texts <= place_queries.known_communes(texts):
            return Finding("code INSEE de communes, toutes dans la liste officielle", _COMMUNE)
        if texts <= place_queries.known_postcodes(texts):
            return Finding("code postal, tous dans la liste officielle", _POSTAL)
    except ReferenceMissing:
        return None
    return None


def by_shape(name: str, values: Sequence[str]) -> Finding | None:
    """Reason why the values are identifiers; a header of quantities only yields to shapes that no number has."""
    if not values:
        return None
    if found := _siren(name, values):
        return found
    for finding, pattern in zip(_SHAPES, _SHAPE_PATTERNS, strict=True):
        if sum(bool(pattern.fullmatch(value)) for value in values) >= 0.9 * len(values):
            # Five digits may be a plain number: only Corsican codes or leading zeros decide.
            if finding.proof == _COMMUNE and not any(
                value[0] == "0" or "A" in value or "B" in value for value in values
            ):
                continue
            return _checked(finding, values)
    if is_quantity(name):
        return None
    digits = [value for value in values if value.isdigit()]
    if len(digits) >= 0.95 * len(values):
        length, count = Counter(map(len, digits)).most_common(1)[0]
        if length >= 9 and count >= 0.9 * len(digits):
            return Finding(f"suite de {length} chiffres")
        if length > 18:
            return Finding("suite de chiffres trop longue pour un nombre")
    return _in_reference(values)


def _siren(name: str, values: Sequence[str]) -> Finding | None:
    """SIREN or SIRET by the values: the grouping of a SIRET is that of no number, a SIREN needs its check digits."""
    found = Finding("numéro SIREN ou SIRET", SIREN, luhn=True)
    pairs = [(value, re.sub(r"\D", "", value)) for value in values if _SIREN.fullmatch(value)]
    if len(pairs) < 0.9 * len(values):
        return None
    if sum(len(value) > len(digits) == 14 for value, digits in pairs) >= 0.5 * len(pairs):
        return found
    # One number in ten has a valid check digit: a few that all have, under no header that counts, are identifiers.
    numbers = {digits for _, digits in pairs}
    valid = sum(map(check_digit_is_valid, numbers)) >= 0.9 * len(numbers)
    several = len(numbers) > 1 or all(len(digits) == 14 for digits in numbers)
    return found if valid and several and not is_quantity(name) else None


def is_postal(name: str) -> bool:
    return bool(
        any(pattern.search(name) for pattern, finding in _BY_HEADER if finding.proof in (_COMMUNE, _POSTAL))
    )


def ends_with_zero(value: str) -> bool:
    return _ENDING_ZERO.fullmatch(value) is not None
