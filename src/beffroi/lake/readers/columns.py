"""Names and labels of columns, types declared by DBF headers, and detection of personal data.

In: headers as found, sample values. Out: unique ascii snake_case identifiers, labels, hints and kinds of personal data.
"""

import re
from collections.abc import Sequence

from beffroi.lake.invisible_characters import strip_invisible
from beffroi.lake.readers.person_rows import person_kinds
from beffroi.lake.readers.source import Hint
from beffroi.text import expand_ligatures, to_ascii

_DBF = re.compile(r"(.+?),([NFCDL])(?:,(\d+))?(?:,(\d+))?", re.DOTALL)
_HINTS: dict[str, Hint] = {"N": "numeric", "F": "numeric", "C": "character", "D": "date", "L": "logical"}
_LOOKED_AT = 1_000  # signs of a value, or of a header
RESERVED = {"_line", "_delivery", "rowid", "file_row_number"}

# As long as addresses may be (RFC 5321): without an end, each sign of a long text would be tried as the first of one.
EMAIL = re.compile(r"[^@\s;,<>]{1,64}@[^@\s;,<>]{1,255}\.[A-Za-z]{2,63}")
PHONE = re.compile(r"(?:\+33|0033|\(?0\)?)[ .\-/]?(?:\(0\)[ .\-/]?)?[1-9](?:[ .\-/]?\d{2}){4}")
NIR = re.compile(r"[12378] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3}(?: ?\d{2})?")

_HEADERS = {
    "email": re.compile(r"(^|_)(e_?mails?|mails?|m_el|courriels?|adresse_electronique|mel)(_|$)"),
    "phone": re.compile(r"(^|_)(tel|tels|telephones?|fax|telecopie|mobile|portable|gsm|numtel|num_tel)(_|$)"),
    "nir": re.compile(r"(^|_)(nir|nir_.*|num_secu.*|numero_secu.*|securite_sociale|nss)(_|$)"),
    "birth": re.compile(r"(naissance|date_naiss|datenaiss|(^|_)ddn(_|$)|ne_le|nee_le|birth)"),
}
_FIRST_NAME = re.compile(r"(^|_)(prenoms?|first_?name|given_?name)(_|$)")
_OF = r"(du_|de_la_|de_l_|des_|de_|d_)"
# Offices of persons; « Adjoint(e) » and « Élu·e » are read as adjoint_e and elu_e.
_OFFICE = (
    r"(elus?(_?e)?(_s)?|(vice_)?president(_?e)?|maire|adjoint(_?e)?|secretaire|tresorier(_?e|_?ere)?|tresoriere|"
    r"(conseiller(_?e|_?ere)?|conseillere)(_(municipal(_?e)?|communautaire|departemental(_?e)?|regional(_?e)?))?|"
    r"directeur(_trice)?|directrice|representant(_?e)?(_legale?)?|proprietaire|petitionnaire)"
)
_LAST_NAME = re.compile(
    rf"^(noms?|last_?name|family_?name|surname|nom_{_OF}?(famille|naissance|usage|usuel|marital|jeune_fille|agent|eleve|"
    rf"enfant|parent|responsable|beneficiaire|demandeur|usager|contact|{_OFFICE}).*)$"
)
_NAME_OF = re.compile(rf"^(noms?|identite)(_(et_)?prenoms?)?_{_OF}{_OFFICE}(_\w+)?$")
_WHOLE_NAME = re.compile(
    r"^(nom_(et_)?prenoms?|prenoms?_(et_)?noms?|noms?_prenoms?.*|nom_complet|identite|civilite_nom.*|"
    rf"{_OFFICE}(_(ou_|et_)?({_OFFICE}|responsable))?(_(au_|a_|{_OF[1:-1]})\w+)?|responsable(_legal)?|titulaire|"
    r"contact|referent(_?e)?|interlocuteur|interlocutrice|"
    r"agent|beneficiaire|demandeur|usager|signataire)$"
)
_ADDRESS = re.compile(r"(^|_)(adresse|adr|address|rue|domicile)(_|$)")
_PERSON = re.compile(
    r"(?:(?:M|Mr|Mme|Mlle|Monsieur|Madame)\.? )?[A-ZÀ-Ý][\w'’-]+(?: [A-ZÀ-Ý][\w'’-]*\.?){1,4}"
)


def split_label(header: str) -> tuple[str, Hint | None]:
    """Label without its DBF type, and the hint of that type."""
    label = " ".join(strip_invisible(header).split())
    found = _DBF.fullmatch(label) if len(label) <= _LOOKED_AT else None
    if found and (found[3] or found[2] in "DL"):
        return found[1].strip(), _HINTS[found[2]]
    return label, None


def identifier(label: str) -> str:
    """ascii snake_case: « Date de réalisation » → date_de_realisation, « NomAsso » → nom_asso."""
    text = re.sub(r"[°º]", "o ", label[:_LOOKED_AT]).replace("%", " pct ").replace("€", " euros ")
    text = to_ascii(expand_ligatures(text))
    text = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", "_", text)
    text = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:60].strip("_")
    return f"c_{text}" if text[:1].isdigit() else text


def identifiers(labels: Sequence[str]) -> list[str]:
    """Unique name of each column, in order; a column without a label is named after its position."""
    names: list[str] = []
    wanted = [identifier(label) or f"colonne_{place}" for place, label in enumerate(labels, 1)]
    taken = set(RESERVED)
    for name in wanted:
        unique, count = name, 2
        while unique in taken or (unique != name and unique in wanted):
            unique, count = f"{name}_{count}", count + 1
        taken.add(unique)
        names.append(unique)
    return names


def personal_kinds(names: Sequence[str], samples: Sequence[Sequence[str]]) -> list[str | None]:
    """Kind of personal data of each column, from its header and values, or None. Conservative."""
    kinds: list[str | None] = []
    samples = [[value[:_LOOKED_AT] for value in values] for values in samples]
    both = any(_FIRST_NAME.search(name) for name in names) and any(_LAST_NAME.match(name) for name in names)
    for name, values in zip(names, samples, strict=True):
        kinds.append(_content_kind(name, values) or _name_kind(name, values, both))
    if "name" in kinds:
        kinds = [
            "address" if kind is None and _ADDRESS.search(name) else kind
            for name, kind in zip(names, kinds, strict=True)
        ]
    return person_kinds(names, samples, kinds)


def _content_kind(name: str, values: Sequence[str]) -> str | None:
    if not values:
        return next(
            (kind for kind in ("email", "phone", "nir", "birth") if _HEADERS[kind].search(name)), None
        )
    count = len(values)
    emails = sum(bool(EMAIL.search(value)) for value in values)
    if emails >= 0.3 * count or (emails and _HEADERS["email"].search(name)):
        return "email"
    phones = sum(bool(PHONE.fullmatch(value)) for value in values)
    if phones >= 0.5 * count or (phones and _HEADERS["phone"].search(name)):
        return "phone"
    nirs = sum(bool(NIR.fullmatch(value)) for value in values)
    if nirs >= 0.8 * count or (nirs and _HEADERS["nir"].search(name)):
        return "nir"
    if _HEADERS["birth"].search(name) and any(sum(sign.isdigit() for sign in value) >= 4 for value in values):
        return "birth"
    return None


def _name_kind(name: str, values: Sequence[str], both: bool) -> str | None:
    words = [value for value in values if any(sign.isalpha() for sign in value)]
    if values and len(words) < 0.5 * len(values):
        return None
    if both and (_LAST_NAME.match(name) or _FIRST_NAME.search(name)):
        return "name"
    if _NAME_OF.match(name):
        return "name"
    if _WHOLE_NAME.match(name):
        people = sum(bool(_PERSON.fullmatch(value)) for value in words)
        return "name" if people >= 0.5 * max(1, len(words)) else None
    return None
