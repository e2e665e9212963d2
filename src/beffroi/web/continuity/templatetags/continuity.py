"""Filters of the continuity room: `{% load continuity %}`. « arret »: hours as people say a duration."""

from django import template

from ..essential_services.impact import in_words

register = template.Library()


@register.filter
def arret(hours: float | None) -> str:
    return in_words(hours)
