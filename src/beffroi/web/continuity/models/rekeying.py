"""Re-keying: batches of sheets, what was typed of each and by whom, what was refused, and scanned pages."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from beffroi.web.guides.models import GuideEdition
from beffroi.web.platform.models import Person, TerritoryOwned

from .paper_forms import NumberRange


class RekeyingBatch(TerritoryOwned):
    """Sheets of one form, one counter and one day, typed together. `announced_*`: what was counted on the paper before."""

    form = models.CharField("formulaire", max_length=60)
    edition = models.ForeignKey(GuideEdition, on_delete=models.PROTECT, related_name="+")
    rows_edition = models.ForeignKey(GuideEdition, null=True, on_delete=models.PROTECT, related_name="+")
    mark = models.CharField("marque", max_length=5)
    counter = models.CharField("lettre du guichet", max_length=3)
    day = models.DateField("jour")
    announced_count = models.PositiveIntegerField("feuilles annoncées")
    announced_total = models.DecimalField("total annoncé", max_digits=14, decimal_places=2, null=True)
    is_exercise = models.BooleanField("exercice", default=False)
    opened_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    closed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closing_note = models.CharField("écart expliqué", max_length=500, blank=True)
    erased_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    erased_at = models.DateTimeField(null=True)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["-day", "-pk"]

    def __str__(self) -> str:
        return f"{self.mark}-{self.counter}, {self.day:%d/%m/%Y}"


class RekeyedForm(TerritoryOwned):
    """One sheet that was typed. `answers`: what counts, null until it is settled and once it was erased; the number stays."""

    class State(models.TextChoices):
        SECOND = "second", "attend une seconde saisie"
        DIFFERS = "differs", "deux saisies diffèrent"
        DONE = "done", "saisie"

    batch = models.ForeignKey(RekeyingBatch, on_delete=models.PROTECT, related_name="forms")
    range = models.ForeignKey(NumberRange, on_delete=models.PROTECT, related_name="+")
    rank = models.PositiveIntegerField("rang")
    number = models.CharField("numéro", max_length=24)
    state = models.CharField("état", max_length=7, choices=State)
    answers = models.JSONField("réponses", null=True)
    at = models.DateTimeField(default=timezone.now)
    erased_at = models.DateTimeField(null=True)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["rank", "pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["range", "rank"], name="a_sheet_is_entered_once")
        ]

    def __str__(self) -> str:
        return self.number


class FormEntry(TerritoryOwned):
    """What one person typed of a sheet: the first time, the second, the look that settled, then corrections."""

    class Turn(models.TextChoices):
        FIRST = "first", "première saisie"
        SECOND = "second", "seconde saisie"
        SETTLED = "settled", "écart tranché"
        CORRECTED = "corrected", "correction"

    form = models.ForeignKey(RekeyedForm, on_delete=models.PROTECT, related_name="entries")
    turn = models.CharField("tour", max_length=9, choices=Turn)
    answers = models.JSONField("réponses", null=True)
    reason = models.CharField("raison", max_length=500, blank=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return f"{self.form} : {self.get_turn_display()}"


class RefusedEntry(TerritoryOwned):
    """A draft: what was typed and refused, with its faults, until it is taken up again or set aside."""

    batch = models.ForeignKey(RekeyingBatch, on_delete=models.PROTECT, related_name="refused")
    number = models.CharField("numéro tapé", max_length=200, blank=True)
    values = models.JSONField("ce qui a été tapé")
    faults = models.JSONField("ce qui ne va pas")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["pk"]

    def __str__(self) -> str:
        return self.number or f"brouillon {self.pk}"


class ScannedPage(TerritoryOwned):
    """One scanned page, made again as a picture of ours. `range`: null until it is filed under its number.

    The picture is in the territory's folder, under its SHA-256; `erased_at`: it was taken away.
    """

    range = models.ForeignKey(NumberRange, null=True, on_delete=models.PROTECT, related_name="+")
    rank = models.PositiveIntegerField("rang", null=True)
    name = models.CharField("fichier", max_length=200)
    page = models.PositiveIntegerField("page")
    read_code = models.CharField("ce qui a été lu", max_length=200, blank=True)
    sha256 = models.CharField("empreinte", max_length=64)
    size = models.PositiveIntegerField("taille")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    erased_at = models.DateTimeField(null=True)

    class Meta(TerritoryOwned.Meta):
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(range=None, rank=None) | models.Q(range__isnull=False, rank__isnull=False),
                name="a_filed_page_has_its_number",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}, page {self.page}"
