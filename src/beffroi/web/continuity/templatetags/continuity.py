"""Filters of the continuity room: `{% load continuity %}`.

« arret »: hours as people say a duration; « vue_le »: when a backup was seen, the day only where a person said the day;
« sans_exercice »: the title of a scenario where « exercice » is said already; « de_qui »: its sender; « en_phrase »: a row of a plan
without its bars.
"""

from datetime import datetime

from django import template

from ..backups import staleness
from ..essential_services.impact import in_words
from ..exercises.presenting import sent_by, short_title

register = template.Library()


@register.filter
def arret(hours: float | None) -> str:
    return in_words(hours)


@register.filter
def sans_exercice(title: object) -> str:
    return short_title(str(title))


@register.filter
def de_qui(sender: object) -> str:
    return sent_by(str(sender))


@register.filter
def en_phrase(row: str) -> str:
    return ", ".join(cell for cell in row.split(" | ") if cell != "–")


@register.filter
def vue_le(moment: datetime | None) -> str:
    return staleness.in_words(moment)
