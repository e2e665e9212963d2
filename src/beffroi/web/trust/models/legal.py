"""What people answered to the questions of law on a system, and the papers that a high-risk one must have.

Append-only: one corrects by answering again; what was answered, by whom and by which rules stays as it was.
"""

import json
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from beffroi.systems.law import CLASSES, LegalResult
from beffroi.web.platform.models import Person, TerritoryOwned
from beffroi.web.workshop.models import SystemUse


class LegalAnswer(TerritoryOwned):
    """All the answers of a day, each with its justification, and what the rules of that day made of them."""

    use = models.ForeignKey(SystemUse, on_delete=models.PROTECT, related_name="legal_answers")
    answers = models.JSONField("question → réponse et justification")
    as_of = models.DateField("droit au")
    rules_version = models.CharField(max_length=16)
    risk_class = models.CharField("classe", max_length=12, choices=tuple(CLASSES.items()))
    refused = models.BooleanField("usage refusé en France")
    settled = models.BooleanField("toutes les questions répondues")
    result = models.JSONField("résultat figé")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    signed_role = models.CharField("en qualité de", max_length=120)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=models.Q(risk_class__in=list(CLASSES)), name="a_legal_class_is_known"
            ),
            models.CheckConstraint(condition=~models.Q(signed_role=""), name="legal_answers_are_signed"),
        ]

    def __str__(self) -> str:
        return f"{self.use.system} : {self.get_risk_class_display()} ({self.as_of:%d/%m/%Y})"

    @property
    def frozen(self) -> LegalResult:
        """The result as it was given that day."""
        return LegalResult.model_validate_json(json.dumps(self.result))


class ImpactAssessment(TerritoryOwned):
    """The fundamental-rights impact assessment: one text for each of the six points of article 27, paragraph 1."""

    use = models.ForeignKey(SystemUse, on_delete=models.PROTECT, related_name="impact_assessments")
    answers = models.JSONField("point → texte")
    rules_version = models.CharField(max_length=16)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"Analyse d'impact de {self.use.system} ({self.at:%d/%m/%Y})"


class Certificate(TerritoryOwned):
    """The reference of a certificate, an attestation or an audit of the system by somebody outside."""

    use = models.ForeignKey(SystemUse, on_delete=models.PROTECT, related_name="certificates")
    text = models.CharField("référence", max_length=300)
    body = models.CharField("délivré par", max_length=200)
    date = models.DateField("délivré le")
    url = models.URLField("adresse", max_length=500, blank=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-date", "-pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=~models.Q(text="") & ~models.Q(body=""), name="a_certificate_has_its_reference"
            )
        ]

    def __str__(self) -> str:
        return f"{self.text}, {self.body}"
