"""Filters of the continuity room: `{% load continuity %}`. « arret »: hours as people say a duration; « vue_le »: when a backup
was seen, the day only where a person said the day."""

from datetime import datetime

from django import template

from ..backups import staleness
from ..essential_services.impact import in_words

register = template.Library()


@register.filter
def arret(hours: float | None) -> str:
    return in_words(hours)


@register.filter
def vue_le(moment: datetime | None) -> str:
    return staleness.in_words(moment)
