"""Zero-code analyses stored as data, and the boards that show them."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from beffroi.web.catalogue.models import Processing
from beffroi.web.territories.models import Person, TerritoryOwned


class StoredRecipe(TerritoryOwned):
    """One recipe in its documented JSON form, the figure that it draws and the purpose for which it reads."""

    slug = models.SlugField(max_length=80)
    title = models.CharField(max_length=200)
    definition = models.JSONField()
    processing = models.ForeignKey(Processing, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["territory", "slug"], name="one_recipe_a_slug")
        ]

    def __str__(self) -> str:
        return self.title


class Board(TerritoryOwned):
    """A page of figures: the answer in large, then what explains it."""

    slug = models.SlugField(max_length=80)
    title = models.CharField(max_length=200)
    question = models.CharField("la question à laquelle répond ce tableau", max_length=300, blank=True)
    public = models.BooleanField("montré sur le site public", default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["title"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["territory", "slug"], name="one_board_a_slug")
        ]

    def __str__(self) -> str:
        return self.title


class BoardFigure(models.Model):
    """A recipe's place on a board."""

    board = models.ForeignKey(Board, on_delete=models.CASCADE, related_name="figures")
    recipe = models.ForeignKey(StoredRecipe, on_delete=models.PROTECT, related_name="+")
    rank = models.PositiveSmallIntegerField()
    wide = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["rank"]

    def __str__(self) -> str:
        return f"{self.board} / {self.recipe}"
