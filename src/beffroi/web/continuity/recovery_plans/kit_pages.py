"""Signed plans in the offline kit: they name heads of services, so they are in the sealed part."""

import re
from collections.abc import Iterator

from beffroi.web.platform.models import Territory

from ..models import PlanEdition
from ..offline_kit.parts import Page, Part


def pages(territory: Territory) -> Iterator[Page]:
    """The last signed edition of each plan."""
    for kind in PlanEdition.Kind.values:
        edition = PlanEdition.objects.of(territory).filter(kind=kind).order_by("-number").first()
        if edition is not None and (
            main := re.search(r"<main[^>]*>(.*)</main>", edition.document, re.DOTALL)
        ):
            yield Page(f"plan-{kind}", str(edition).capitalize(), main[1], as_of=edition.at)


PART = Part("plans", "Plans signés", 50, pages, sealed=True)
