"""What was published of the annual report: the frozen text of each version, with its fingerprint. Append-only.

A correction is a new version that says what it corrects; the version that was read before stays as it was.
"""

import json
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from beffroi.hashing import text_sha256
from beffroi.web.platform.models import Person, TerritoryOwned


class Publication(TerritoryOwned):
    """One version of the report of a year. `content`: its JSON, as it was written; `sha256` is of these very bytes."""

    year = models.PositiveSmallIntegerField("année")
    version = models.PositiveSmallIntegerField(default=1)
    corrects = models.TextField("ce que cette version corrige", blank=True)
    content = models.TextField("rapport figé (JSON)")
    sha256 = models.CharField(max_length=64)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-year", "-version"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["territory", "year", "version"], name="one_publication_a_version"
            ),
            models.CheckConstraint(
                condition=models.Q(version=1) | ~models.Q(corrects=""), name="a_correction_says_what"
            ),
        ]

    def __str__(self) -> str:
        return f"Rapport {self.year}, version {self.version}"

    @property
    def report(self) -> dict[str, Any]:
        report: dict[str, Any] = json.loads(self.content)
        return report

    @property
    def intact(self) -> bool:
        """Whether the text is still the one whose fingerprint was kept."""
        return text_sha256(self.content) == self.sha256
