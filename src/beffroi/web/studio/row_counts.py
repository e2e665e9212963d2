"""Count of the rows behind a figure: how many counted, and why each of the others did not.

In: a recipe, its grants and the rows of its caption queries. Out: « 66 884 lignes sur 83 265 ; 13 392 sans date
commune, 2 572 sans « reel », 417 sans « prevision » », where the parts always add up to the total.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from beffroi.lake.grants import Grant
from beffroi.recipes.errors import RecipeError
from beffroi.recipes.french import humanize_number, join_words
from beffroi.recipes.model import (
    Check,
    Condition,
    Filter,
    Group,
    Join,
    Measure,
    Periods,
    Pivot,
    Recipe,
    Stack,
    Step,
    Top,
    Unpivot,
)

type Row = Mapping[str, Any]
type RowReader = Callable[[Recipe], Row]

COUNT = "{compte}"
"""In the base of a figure: the rows that counted, and why the others did not."""
COUNT_ONCE = "{compte_unique}"
"""The same; the figure is refused when a row finds several partners."""
MERGING = (Group, Periods, Pivot, Top, Unpivot)
"""Steps after which a row is no longer one of the file's."""
_SEVERAL_PARTNERS = (
    "des lignes trouvent maintenant plusieurs partenaires dans le second jeu : les totaux seraient trop grands. "
    "Retirez de ce jeu les lignes en double, ou refaites l'analyse avec une autre colonne commune."
)


@dataclass
class RowCounts:
    """Rows read, rows counted, rows lost by reason, rows that several partners added. None: not to be disclosed."""

    total: int | None
    counted: int | None
    losses: dict[str, int] = field(default_factory=dict)
    added: int = 0

    @property
    def sentence(self) -> str:
        if self.counted is None:
            # Beside the whole, the count would give back a small number of protected rows.
            known = (
                f"tout ou partie des {humanize_number(self.total)} lignes du fichier" if self.total else ""
            )
            return known or "un petit nombre de lignes"
        rows = f"{humanize_number(self.counted)} ligne{'s' if self.counted > 1 else ''}"
        if self.total is None:
            return rows
        if not self.losses and not self.added:
            return f"les {rows} du fichier" if self.counted > 1 else f"{rows} du fichier"
        parts = [f"{humanize_number(lost)} {reason}" for reason, lost in self.losses.items()]
        if self.added:
            parts.append(f"{humanize_number(self.added)} de plus, par plusieurs partenaires")
        return f"{rows} sur {humanize_number(self.total)} ; {', '.join(parts)}"


@dataclass(frozen=True)
class _Stage:
    """Steps up to one that may drop or add rows, and why it drops them."""

    steps: tuple[Step, ...]
    reason: str = ""


def count_rows(
    recipe: Recipe,
    grants: Mapping[str, Grant],
    read: RowReader,
    counted: int | None,
    *,
    one_partner: bool = False,
) -> RowCounts:
    """Counts of a recipe whose `counted` rows enter its first merging step.

    `one_partner`: raises RecipeError when a row finds several partners, as a new delivery may bring.
    """
    labels = recipe.figure.encodings.labels if recipe.figure else {}
    stages = list(_stages(recipe.steps, labels))
    after = [read_count(recipe, stage.steps, read) for stage in stages[:-1]]
    after.append(counted if len(stages) > 1 else read_count(recipe, stages[0].steps, read))
    before_losses = [
        read_count(recipe, (*stage.steps[:-1], join.model_copy(update={"keep": "all"})), read)
        if isinstance(join := stage.steps[-1], Join)
        else None
        for stage in stages
    ]
    found = RowCounts(after[0], counted)
    for stage, before, now, whole in zip(stages[1:], after, after[1:], before_losses[1:], strict=False):
        if not isinstance(before, int) or not isinstance(now, int):
            return RowCounts(None, counted)
        # Of a join, rows without a partner and rows that several partners add are counted apart.
        lost = whole - now if isinstance(whole, int) else max(0, before - now)
        added = now - (before - lost)
        if added and one_partner and isinstance(stage.steps[-1], Join):
            raise RecipeError(_SEVERAL_PARTNERS)
        if _is_small(lost, grants) or (added and _is_small(added, grants)):
            return RowCounts(found.total, None)
        if lost:
            found.losses[stage.reason] = found.losses.get(stage.reason, 0) + lost
        found.added += added
    return found


def read_count(recipe: Recipe, steps: Sequence[Step], read: RowReader) -> Any:
    """How many rows these steps give."""
    counting = Group(measures=(Measure(name="lignes", operation="count"),))
    return read(Recipe(title=recipe.title, sources=recipe.sources, steps=(*steps, counting))).get("lignes")


def safe_difference(total: Any, part: Any, grants: Mapping[str, Grant]) -> int | None:
    """Difference of two row counts; None where it is a small number of protected rows, or none, which reveals as
    much.
    """
    if not isinstance(total, int) or not isinstance(part, int):
        return None
    return None if abs(total - part) < _floor(grants) else total - part


def _floor(grants: Mapping[str, Grant]) -> int:
    return max((max(grant.floor, 2) for grant in grants.values() if grant.protected), default=0)


def _is_small(rows: int, grants: Mapping[str, Grant]) -> bool:
    """Whether this number of rows, none included, may not be disclosed of protected data."""
    return abs(rows) < _floor(grants)


def _stages(steps: Sequence[Step], labels: Mapping[str, str]) -> Iterator[_Stage]:
    before: tuple[Step, ...] = ()
    for step in steps:
        if isinstance(step, MERGING):
            return
        if isinstance(step, Filter) and step.match == "all":
            # Each condition drops its own rows, for its own reason.
            for condition in step.conditions:
                before = (*before, Filter(conditions=(condition,)))
                yield _Stage(before, _reason_of_condition(condition, labels))
            continue
        before = (*before, step)
        if isinstance(step, Filter):
            yield _Stage(before, "que la condition écarte")
        elif isinstance(step, Join):
            yield _Stage(before, _reason_of_join(step, labels))
        elif isinstance(step, Check) and step.keep != "all":
            yield _Stage(before, "que la vérification écarte")
        elif isinstance(step, Stack) or len(before) == 1:
            yield _Stage(before)


def _reason_of_condition(condition: Condition, labels: Mapping[str, str]) -> str:
    if condition.op == "present":
        return f"sans «\u00a0{_label(condition.column, labels)}\u00a0»"
    return "que la condition écarte"


def _reason_of_join(join: Join, labels: Mapping[str, str]) -> str:
    names = [_label(key.left, labels) for key in join.on]
    if [name.casefold() for name in names] == ["date"]:
        return "sans date commune"
    return f"sans {join_words(f'«\u00a0{name}\u00a0»' for name in names)} en commun"


def _label(name: str, labels: Mapping[str, str]) -> str:
    return labels.get(name, name.replace("_", " "))
