"""Static page that stands in for a site: one HTML file, self-contained, that the provider puts in place.

In: what a person typed, proposed from what the territory's settings hold. Out: the file. Nothing is stored nor sent.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.template.loader import render_to_string

from beffroi.web.platform.models import Territory

_PHONE = re.compile(r"\+?\d[\d .\N{NO-BREAK SPACE}()-]{4,24}\d")


@dataclass(frozen=True)
class PhoneLine:
    """A line of the list of telephones: the number can be called from a telephone."""

    text: str
    number: str


def proposed(territory: Territory) -> dict[str, str]:
    """Initial values of the form."""
    return {"name": territory.name, "phones": territory.contact, "place": territory.seat}


def render_page(typed: Mapping[str, str]) -> str:
    phones = []
    for line in typed["phones"].splitlines():
        if line.strip():
            found = _PHONE.search(line)
            phones.append(PhoneLine(line.strip(), re.sub(r"[^\d+]", "", found[0]) if found else ""))
    return render_to_string("cyber/site_fallback_page.html", {**typed, "phones": phones})
