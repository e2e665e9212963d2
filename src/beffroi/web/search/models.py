"""Model of the search: one entry a thing that may be found, made again from the thing itself at any time."""

from typing import Any, ClassVar

from django.db import models

from beffroi.web.platform.models import TerritoryOwned


class Entry(TerritoryOwned):
    """Words by which one thing is found; `language.search.dialects` indexes them.

    Nothing of it is shown: a result is read from the thing itself, with the rights of who searches. The title only serves
    to correct the spelling of a search.
    """

    kind = models.CharField(max_length=20)
    key = models.CharField(max_length=80)
    title = models.CharField(max_length=300)
    public = models.BooleanField(default=False)
    title_words = models.TextField(blank=True)
    card_words = models.TextField(blank=True)
    column_words = models.TextField(blank=True)
    value_words = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["territory", "kind", "key"], name="one_entry_a_thing")
        ]

    def __str__(self) -> str:
        return self.title
