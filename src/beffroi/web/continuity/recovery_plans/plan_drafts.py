"""A plan as it would be signed today: its sections, its HTML document, what changed since the last signed edition.

In: a territory and « pra » or « pca ». Out: frozen values, the text of one HTML file that opens without network.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone

from beffroi.guides import Paper
from beffroi.hashing import json_sha256
from beffroi.web.guides import papers
from beffroi.web.guides.library import guide
from beffroi.web.platform.models import Territory
from beffroi.web.ui import printing

from ..models import PlanEdition
from . import sections
from .sections import Built

INTRODUCTION = "introduction"


@dataclass(frozen=True)
class Change:
    """What a section says now and did not, and what it said and does not any more."""

    title: str
    added: list[str]
    removed: list[str]


@dataclass(frozen=True)
class Draft:
    """`sections`: those with content, the fixed words first; `missing`: titles of those that have none yet."""

    territory: Territory
    kind: str
    paper: Paper
    sections: tuple[Built, ...]
    missing: tuple[str, ...]

    @cached_property
    def frozen(self) -> list[dict[str, Any]]:
        return [{"key": each.key, "title": each.title, "lines": each.lines} for each in self.sections]

    @property
    def sha256(self) -> str:
        """Of what one reads before signing."""
        return json_sha256(self.frozen)

    def changes_since(self, edition: PlanEdition | None) -> list[Change]:
        """By section, nothing where there is no edition."""
        if edition is None:
            return []
        before = {each["key"]: each for each in edition.sections}
        after = {each["key"]: each for each in self.frozen}
        found = [
            Change(
                after.get(key, before.get(key, {}))["title"],
                _beyond(after.get(key, {}).get("lines", ()), before.get(key, {}).get("lines", ())),
                _beyond(before.get(key, {}).get("lines", ()), after.get(key, {}).get("lines", ())),
            )
            for key in dict.fromkeys([*after, *before])
        ]
        return [each for each in found if each.added or each.removed]

    def document(self, signature: dict[str, Any] | None = None) -> str:
        """One HTML file. `signature`: number, person, moment and sentence of the mandate; a draft says that it is one."""
        context = {
            "draft": self,
            "territory": self.territory,
            "today": timezone.localdate(),
            "style": printing.style(),
            "signature": signature,
        }
        return render_to_string("continuity/plan_document.html", context)


def _beyond(lines: Sequence[str], others: Sequence[str]) -> list[str]:
    """The lines that the others have not, in order."""
    left = Counter(lines) - Counter(others)
    found = []
    for line in lines:
        if left[line] > 0:
            left[line] -= 1
            found.append(line)
    return found


def draft_of(territory: Territory, kind: str) -> Draft:
    paper = guide(Paper, kind)
    words = Built(INTRODUCTION, "", papers.build(paper, territory).blocks)
    built = sections.build(territory, kind)
    return Draft(
        territory,
        kind,
        paper,
        (words, *(each for each in built if each.blocks)),
        tuple(each.title for each in built if not each.blocks),
    )
