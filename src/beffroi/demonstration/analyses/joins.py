"""Two files together: which datasets share a key by what they hold, and the analyses that bringing them together allows.

In come `DatasetProfile` datasets; out come drafts, the best matched first. A key is found by content (the same values on both
sides, whatever the columns are called), never by name alone, and the side that is joined has one row a key.
"""

import re
from dataclasses import dataclass

from beffroi.recipes.model import Derive, Group, Join, Key, Measure, Source, Step, Top
from beffroi.recipes.text_folding import fold
from beffroi.web.catalogue.models import Processing
from beffroi.web.platform.models import Person, Territory
from beffroi.web.studio import join_keys, key_scores
from beffroi.web.studio.columns import ColumnUse, header_words, vocabulary
from beffroi.web.studio.dataset_profiles import ANALYSIS_ERRORS, DatasetProfile
from beffroi.web.studio.proposing.generic import STOCKS, best_measure, measure_for, only_last_year, period_of

from .drafts import AnalysisCandidate

MOST_VALUES = 3_000
MOST_COLUMNS = 80
LEAST_SHARED = 5
LEAST_SHARE = 0.5
_NAMES = vocabulary("nom name libelle label intitule denomination designation titre")
_PER_HEAD = STOCKS - {"longueur", "length", "capacite", "places"}


@dataclass(frozen=True)
class Link:
    """`left` rows find one row of `right`: the share (0..1) of the distinct values of the key found again there."""

    left: DatasetProfile
    left_key: ColumnUse
    right: DatasetProfile
    right_key: ColumnUse
    share: float


def links(
    territory: Territory, person: Person, processing: Processing, profiles: list[DatasetProfile]
) -> list[Link]:
    """The pairs of datasets that share a key, the best matched first, one link a pair."""
    pairs = _pairs(profiles)
    values = _key_values(person, processing, pairs)
    best: dict[tuple[int, int], Link] = {}
    for left, use, right, other in pairs:
        left_values, right_values = values.get(_at(left, use)), values.get(_at(right, other))
        if not left_values or not right_values:
            continue
        shared = len(left_values & right_values)
        link = Link(left, use, right, other, shared / len(left_values))
        if (
            shared < max(3, min(LEAST_SHARED, len(left_values), len(right_values)))
            or link.share < LEAST_SHARE
        ):
            continue
        pair = (left.dataset.pk, right.dataset.pk)
        if pair not in best or _merit(link) > _merit(best[pair]):
            best[pair] = link
    return sorted(best.values(), key=_merit, reverse=True)


def drafts_of(link: Link) -> list[AnalysisCandidate]:
    """What the link lets one say, the most telling first."""
    found = [draft for draft in (_per_head(link), _by_their_category(link)) if draft is not None]
    if not found and (plain := _by_key(link)) is not None:
        found.append(plain)
    return found


def _merit(link: Link) -> tuple[bool, bool, float, bool, int]:
    same_name = bool(set(header_words(link.left_key.name, "")) & set(header_words(link.right_key.name, "")))
    is_informative = _per_head(link) is not None or _by_their_category(link) is not None
    measured = best_measure(link.left) is not None
    return is_informative and measured, is_informative, round(link.share, 1), same_name, link.left.rows


def _same_subject(one: DatasetProfile, other: DatasetProfile) -> bool:
    """Two editions of a file say the same twice: bringing them together answers nothing."""
    left_values, right_values = ({fold(use.label) for use in profile.uses} for profile in (one, other))
    return (
        len(left_values & right_values) * 2 > min(len(left_values), len(right_values))
        and len(left_values & right_values) > 1
    )


def _pairs(
    profiles: list[DatasetProfile],
) -> list[tuple[DatasetProfile, ColumnUse, DatasetProfile, ColumnUse]]:
    """The columns that may match, told without reading a row: one side unique, the same sort, ranges that overlap."""
    able = [(h, use) for h in profiles for use in h.uses if _may_be_key(use)]
    return [
        (left, use, right, other)
        for right, other in able
        if other.unique
        for left, use in able
        if left.dataset.pk != right.dataset.pk and _comparable(use, other) and not _same_subject(left, right)
    ]


def _comparable(one: ColumnUse, other: ColumnUse) -> bool:
    if (one.role == "date") != (other.role == "date"):
        return False
    if one.role == "date" or isinstance(one.counted.low, bool):
        return True
    bounds = (one.counted.low, one.counted.high, other.counted.low, other.counted.high)
    low, high, their_low, their_high = map(str, bounds)
    return low <= their_high and their_low <= high


def _at(profile: DatasetProfile, use: ColumnUse) -> tuple[int, str]:
    return profile.dataset.pk, use.name


def _key_values(
    person: Person,
    processing: Processing,
    pairs: list[tuple[DatasetProfile, ColumnUse, DatasetProfile, ColumnUse]],
) -> dict[tuple[int, str], frozenset[str]]:
    """The distinct values of every column that may match another."""
    columns = {
        _at(h, use): (h, use) for left, one, right, two in pairs for h, use in ((left, one), (right, two))
    }
    wanted = sorted(
        columns.values(),
        key=lambda pair: (not pair[1].unique, pair[1].role != "key", pair[1].counted.distinct),
    )
    return {_at(h, use): _values(person, processing, h, use) for h, use in wanted[:MOST_COLUMNS]}


def _values(person: Person, processing: Processing, h: DatasetProfile, use: ColumnUse) -> frozenset[str]:
    try:
        found = join_keys.key_values(person, processing, h.dataset, use.name, MOST_VALUES)
    except ANALYSIS_ERRORS:
        return frozenset()
    values = frozenset(map(str, found))
    return values if _are_distinctive(values) else frozenset()


def _are_distinctive(values: frozenset[str]) -> bool:
    """Names and codes, not the small numbers that any two files share by chance."""
    distinctive = [v for v in values if len(v.strip()) >= 3 and re.search(r"[^\W\d_]{2}|\d{4}", fold(v))]
    return len(distinctive) * 2 > len(values)


def _may_be_key(use: ColumnUse) -> bool:
    if use.type not in ("text", "code", "date") or use.role not in ("key", "category", "date"):
        return False
    return key_scores.may_be_key(use) and 4 <= use.counted.distinct <= MOST_VALUES


def _start(link: Link, columns: tuple[str, ...], measure: ColumnUse | None) -> tuple[Step, ...]:
    key = Key(left=link.left_key.name, right=link.right_key.name)
    join = Join(source=link.right.alias, on=(key,), keep="matched", columns=columns)
    return Source(source=link.left.alias), *only_last_year(link.left, measure), join


def _draft(link: Link, **fields: object) -> AnalysisCandidate:
    base = (
        f"{{lignes}} lignes de « {link.left.dataset.title} » rapprochées par « {link.left_key.label} » "
        f"({{perdues}} sans correspondance dans « {link.right.dataset.title} » ne comptent pas)"
    )
    return AnalysisCandidate(
        datasets={link.left.alias: link.left.dataset, link.right.alias: link.right.dataset},
        base=base,
        year=period_of(link.left),
        **fields,  # type: ignore[arg-type]
    )


def _joined_column_name(link: Link, use: ColumnUse) -> str:
    """Name of a column of the right side after the join."""
    taken = {column["name"] for column in link.left.snapshot.columns}
    return f"{use.name}_{link.right.alias}" if use.name in taken else use.name


def _by_their_category(link: Link) -> AnalysisCandidate | None:
    """The left side's measure by a category that only the right side knows."""
    key = set(header_words(link.right_key.name, link.right_key.label))
    left_words = {word for use in link.left.uses for word in header_words(use.name, use.label)} - key
    right_columns = [
        use
        for use in link.right.with_roles("category")
        if use.name != link.right_key.name
        and 2 <= use.counted.distinct <= 30
        and (use.type in ("text", "code") or use.counted.distinct > 2)
        and not left_words & (set(header_words(use.name, use.label)) - key)
    ]
    if not right_columns:
        return None
    category = max(right_columns, key=lambda use: (use.type == "text", -link.right.uses.index(use)))
    measure = best_measure(link.left)
    value, unit, measure_label = measure_for(measure, "valeur")
    x = _joined_column_name(link, category)
    return _draft(
        link,
        title=f"{link.left.dataset.title} : {measure_label[0].lower()}{measure_label[1:]}, par « {category.label} » ({link.right.dataset.title})",
        steps=(
            *_start(link, (category.name,), measure),
            Group(by=(x,), measures=(value,)),
            Top(count=min(12, category.counted.distinct), column="valeur"),
        ),
        kind="bar",
        unit=unit,
        encodings={"x": x, "y": "valeur", "labels": {x: category.label, "valeur": measure_label}},
    )


def _per_head(link: Link) -> AnalysisCandidate | None:
    """The left side's total divided by a size that the right side knows: by inhabitant, by pupil, by square metre."""
    measure = best_measure(link.left)
    if measure is None or measure.role != "sum":
        return None
    size = next(
        (use for use in link.right.with_roles("sum") if _PER_HEAD & set(header_words(use.name, use.label))),
        None,
    )
    if size is None or set(header_words(measure.name, measure.label)) & set(
        header_words(size.name, size.label)
    ):
        return None
    joined_column = _joined_column_name(link, size)
    value, unit, measure_label = measure_for(measure, "total")
    return _draft(
        link,
        title=f"{measure_label} rapporté à « {size.label} »",
        steps=(
            *_start(link, (size.name,), measure),
            Group(
                by=(link.left_key.name,),
                measures=(value, Measure(name="taille", operation="max", column=joined_column)),
            ),
            Derive(name="valeur", operation="ratio", column="total", other="taille"),
            Top(count=10, column="valeur"),
        ),
        kind="bar",
        unit=f"{unit} par unité de « {size.label} »",
        encodings={
            "x": link.left_key.name,
            "y": "valeur",
            "labels": {link.left_key.name: link.left_key.label, "valeur": "Rapport"},
        },
    )


def _by_key(link: Link) -> AnalysisCandidate | None:
    """How much of the left side each row of the right side has."""
    measure = best_measure(link.left)
    if measure is None and link.left_key.unique:
        return None  # one row each: there is nothing to count
    value, unit, measure_label = measure_for(measure, "valeur")
    name = _name_of(link)
    joined_column = name or next(
        (use for use in link.right.uses if use.name != link.right_key.name), link.right_key
    )
    x = _joined_column_name(link, name) if name else link.left_key.name
    label = name.label if name else link.left_key.label
    return _draft(
        link,
        title=f"{link.left.dataset.title} : {measure_label[0].lower()}{measure_label[1:]}, pour chaque ligne de « {link.right.dataset.title} »",
        steps=(
            *_start(link, (joined_column.name,), measure),
            Group(by=(x,), measures=(value,)),
            Top(count=10, column="valeur"),
        ),
        kind="bar",
        unit=unit,
        encodings={"x": x, "y": "valeur", "labels": {x: label, "valeur": measure_label}},
    )


def _name_of(link: Link) -> ColumnUse | None:
    """The column by which people call the rows of the right side, better than their code."""
    names = [
        use
        for use in link.right.with_roles("key", "category")
        if _NAMES & set(header_words(use.name, use.label))
    ]
    return next((use for use in names if use.name != link.right_key.name and use.type == "text"), None)
