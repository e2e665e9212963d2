"""Search of French places by name or code, never a wrong one: an ambiguity is returned as choices.

In: a name as people write it, or a code: INSEE (44109), SIREN (244400404), département (44, 2A, 974), région (R-52).
Out: a `Place`, or an error that lists the choices with the code to type. A five-digit code is an INSEE code; a
postcode gives the communes that it serves.
"""

import re
import tomllib
from functools import cache
from pathlib import Path

from beffroi.lake.reference import place_queries
from beffroi.lake.reference.build import ARTICLES, KIND_WORDS, PARTICLES, fold
from beffroi.lake.reference.errors import AmbiguousPlace, UnknownPlace
from beffroi.lake.reference.model import Place, Reference
from beffroi.lake.reference.wording import ambiguous, nowhere, with_choices

EPCI = frozenset({"CC", "CA", "CU", "METRO", "EPT"})
KINDS = EPCI | {"commune", "département", "région"}

# How a kind is written before a name; the longest come first.
_KIND_PREFIXES = (
    (("communaute", "d", "agglomeration"), frozenset({"CA"})),
    (("communaute", "de", "communes"), frozenset({"CC"})),
    (("communaute", "urbaine"), frozenset({"CU"})),
    (("etablissement", "public", "territorial"), frozenset({"EPT"})),
    (("agglomeration",), frozenset({"CA", "CU", "METRO"})),
    (("agglo",), frozenset({"CA", "CU", "METRO"})),
    (("metropole",), frozenset({"METRO", "CU", "CA"})),
    (("eurometropole",), frozenset({"METRO"})),
    (("intercommunalite",), EPCI),
    (("communaute",), EPCI),
    (("epci",), EPCI),
    (("departement",), frozenset({"département"})),
    (("region",), frozenset({"région"})),
    (("commune",), frozenset({"commune"})),
    (("ville",), frozenset({"commune"})),
    (("mairie",), frozenset({"commune"})),
    (("ca",), frozenset({"CA"})),
    (("cc",), frozenset({"CC"})),
    (("cu",), frozenset({"CU"})),
    (("ept",), frozenset({"EPT"})),
)


def find_place(name_or_code: str) -> Place:
    """Place identified by a name or code.

    Raises UnknownPlace (with the nearest names) or AmbiguousPlace (with every place of this name).

    >>> find_place("Nantes").code, find_place("nantes metropole").kind, find_place("2a").name
    ('44109', 'METRO', 'Corse-du-Sud')
    """
    typed = " ".join(name_or_code.split())
    place = _by_code(typed)
    if place:
        return place
    name, department = _split_department(typed)
    found = _by_name(name)
    if department:
        found = [place for place in found if place.department == department and place.kind != "région"]
    found = _without_twin_department(found)
    if len(found) == 1:
        return found[0]
    if found:
        raise AmbiguousPlace(ambiguous(typed, found), found)
    raise _unknown(typed, name)


def search_places(text: str, limit: int = 10) -> list[Place]:
    """At most `limit` places whose name contains these words, or whose code starts with the text; best first."""
    typed = " ".join(text.split())
    if not fold(typed):
        return []
    if re.fullmatch(r"\d[\dABab]?\d*|[Rr]-?\d+", typed):
        known = place_queries.by_code(_codes().get(typed, ""))
        return [
            _place(row) for row in ([known] if known else place_queries.code_beginning(typed.upper(), limit))
        ]
    kinds, words = _parse_kinds(fold(typed).split())
    whole = place_queries.names_containing(fold(typed).split(), KINDS, limit)
    partial = place_queries.names_containing(words, kinds, limit) if words else []
    codes = dict.fromkeys(row[0] for row in [*whole, *partial])
    rows = {row[0]: row for row in [*whole, *partial]}
    return [_place(rows[code]) for code in list(codes)[:limit]]


def communes_of(place: Place) -> list[Place]:
    """Communes of a place, the most populated first; a commune is its own."""
    if place.kind == "commune":
        return [place]
    communes = [_place(row) for row in place_queries.by_codes(place.members)]
    return sorted(communes, key=lambda commune: (-(commune.population or 0), commune.code))


def reference() -> Reference:
    """Provenance of the packaged list: source, version, licence and year."""
    meta = place_queries.meta()
    return Reference(meta["source"], meta["version"], meta["licence"], meta["year"])


def _place(row: place_queries.Row) -> Place:
    code, name, kind, population, siren, department, region = row
    siren = siren or _sirens().get(code)
    members = () if kind == "commune" else place_queries.members_of(code)
    return Place(code, name, kind, population, siren, department, region, members)


@cache
def _sirens() -> dict[str, str]:
    """SIREN of each département and région, which the list of places lacks (`sirens.toml`)."""
    sirens = tomllib.loads((Path(__file__).parent / "sirens.toml").read_text("utf-8"))
    return sirens["départements"] | sirens["régions"]


@cache
def _codes() -> dict[str, str]:
    return {siren: code for code, siren in _sirens().items()}


def _by_code(typed: str) -> Place | None:
    code = typed.upper().replace(" ", "")
    if re.fullmatch(r"R-?\d{2,3}", code):
        code = "R-" + code.lstrip("R-")
    elif not re.fullmatch(r"\d{9}|\d[\dAB]\d{3}|\d{2,3}|2[AB]", code):
        return None
    row = place_queries.by_code(code) or place_queries.by_code(_codes().get(code, ""))
    if row:
        return _place(row)
    for former in place_queries.formers(code, ""):
        now = place_queries.by_code(former.commune)
        if now:
            place = _place(now)
            raise UnknownPlace(
                with_choices(f"« {former.name} » ({code}) fait partie de {place.name}.", [place]), [place]
            )
    served = [_place(row) for row in place_queries.with_postcode(code)]
    if served:
        raise UnknownPlace(with_choices(f"« {code} » est un code postal, pas un code INSEE.", served), served)
    raise UnknownPlace(with_choices(nowhere(typed), []))


def _by_name(name: str) -> list[Place]:
    folded = fold(name)
    exact = place_queries.named(folded, 0)
    if exact:
        return [_place(row) for row in exact]
    kinds, words = _parse_kinds(folded.split())
    if kinds == KINDS:
        return [_place(row) for row in place_queries.named(folded, 1)]
    for key in dict.fromkeys((_after(words, {"d", "de", "du", "des"}), _after(words, PARTICLES))):
        rows = [row for row in place_queries.named(key, 1) if row[2] in kinds]
        if rows:
            # « Métropole de … » also means a community that bears the word in its name, if no métropole does.
            capital = [row for row in rows if row[2] == "METRO"]
            return [_place(row) for row in (capital if "METRO" in kinds and capital else rows)]
    return []


def _parse_kinds(words: list[str]) -> tuple[frozenset[str], list[str]]:
    """Kinds named by the words (all when they name none), and the other words."""
    for prefix, kinds in _KIND_PREFIXES:
        for at in range(len(words) - len(prefix) + 1):
            if tuple(words[at : at + len(prefix)]) == prefix and (
                at == 0 or prefix[0] in ("metropole", "agglo", "agglomeration")
            ):
                rest = words[:at] + words[at + len(prefix) :]
                epci = bool(kinds & EPCI)
                return kinds, [word for word in rest if not (epci and word in KIND_WORDS)]
    return KINDS, words


def _after(words: list[str], leading: frozenset[str] | set[str]) -> str:
    remaining = list(words)
    while remaining and remaining[0] in leading:
        remaining.pop(0)
    while remaining and remaining[-1] in PARTICLES - ARTICLES:
        remaining.pop()
    return " ".join(remaining)


def _split_department(typed: str) -> tuple[str, str | None]:
    """« Saint-Denis (93) », « Saint-Denis, La Réunion », « Valence 26 » → the name and the département's code."""
    bracketed = re.fullmatch(r"(.+?)\s*(?:\(([^)]+)\)|,\s*([^,]+)|\s(\d{2,3}|2[ABab]))", typed)
    if not bracketed:
        return typed, None
    name, department = bracketed[1], next(part for part in bracketed.groups()[1:] if part).strip()
    row = place_queries.by_code(department.upper())
    rows = [row] if row else place_queries.named(fold(department), 1)
    departments = [row[0] for row in rows if row and row[2] == "département"]
    return (name, departments[0]) if len(departments) == 1 else (typed, None)


def _without_twin_department(places: list[Place]) -> list[Place]:
    """Places without the département of Paris, which is the same authority as the commune."""
    codes = {place.code for place in places if place.kind == "commune"}
    return [
        place
        for place in places
        if not (place.kind == "département" and len(place.members) == 1 and place.members[0] in codes)
    ]


def _unknown(typed: str, name: str) -> UnknownPlace:
    for former in place_queries.formers("", fold(name)):
        now = place_queries.by_code(former.commune)
        if now:
            place = _place(now)
            return UnknownPlace(
                with_choices(f"« {former.name} » fait aujourd'hui partie de {place.name}.", [place]), [place]
            )
    near = _nearest(name)
    return UnknownPlace(with_choices(nowhere(typed), near), near)


def _nearest(name: str, limit: int = 6) -> list[Place]:
    """Places whose name contains all the words, then those of a similar spelling."""
    import difflib  # only on the way to an error

    folded = fold(name)
    kinds, words = _parse_kinds(folded.split())
    telling = [word for word in words if word not in PARTICLES]
    rows = place_queries.names_containing(telling, kinds, limit // 2) if telling else []
    names = place_queries.every_name()
    close = difflib.get_close_matches(folded, names, n=limit, cutoff=0.75)
    codes = dict.fromkeys([*(row[0] for row in rows), *(code for key in close for code in names[key])])
    found = {row[0]: row for row in place_queries.by_codes(codes) if row[2] in kinds}
    return [_place(found[code]) for code in codes if code in found][:limit]
