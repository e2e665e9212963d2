"""Model of a publication request: one row a request, whose steps are written once."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from beffroi.web.platform.models import Person, TerritoryOwned

from .grounds import Category, categories


class PublicationRequest(TerritoryOwned):
    """Request to publish a dataset of personal data. Open until it ends: refused, withdrawn, or its publication closed."""

    class Ground(models.TextChoices):
        ANONYMISED = "anonymised", "résultat anonymisé"
        TEXT = "text", "un texte permet de le publier"
        CONSENT = "consent", "accord des personnes"
        LIFTED = "lifted", "la raison de la fermeture a disparu"

    class Opinion(models.TextChoices):
        FAVOURABLE = "favourable", "favorable"
        RESERVED = "reserved", "favorable avec réserves"
        UNFAVOURABLE = "unfavourable", "défavorable"

    class Outcome(models.TextChoices):
        AUTHORISED = "authorised", "autorisée"
        REFUSED = "refused", "refusée"

    class State(models.TextChoices):
        ADVICE = "advice", "attend l'avis du DPO"
        DECISION = "decision", "attend la décision"
        AUTHORISED = "authorised", "publiée"
        REFUSED = "refused", "refusée"
        CLOSED = "closed", "close"

    dataset = models.ForeignKey("Dataset", on_delete=models.PROTECT, related_name="publication_requests")
    ground = models.CharField("motif", max_length=10, choices=Ground)
    category = models.CharField("catégorie du texte", max_length=40, blank=True)
    evidence = models.TextField("ce qui le prouve")
    columns = models.JSONField("colonnes à publier", default=list)
    reason = models.TextField("pourquoi publier")
    requested_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    opinion = models.CharField("avis", max_length=12, choices=Opinion, blank=True)
    opinion_words = models.TextField("motifs de l'avis", blank=True)
    advised_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    advised_at = models.DateTimeField(null=True)
    outcome = models.CharField("décision", max_length=10, choices=Outcome, blank=True)
    decision_reason = models.TextField("motifs de la décision", blank=True)
    decided_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    decided_as = models.CharField("titre pour décider", max_length=300, blank=True)
    decided_by_requester = models.BooleanField("décidée par qui l'a demandée", default=False)
    decided_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    end_reason = models.TextField("pourquoi elle est close", blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-requested_at", "-pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(
                fields=["dataset"],
                condition=models.Q(ended_at__isnull=True),
                name="one_open_request_a_dataset",
            )
        ]

    def __str__(self) -> str:
        return f"Publication de {self.dataset}"

    @property
    def rights_key(self) -> str:
        return f"dataset:{self.dataset_id}"

    @property
    def state(self) -> State:
        if self.outcome == self.Outcome.REFUSED:
            return self.State.REFUSED
        if self.ended_at is not None:
            return self.State.CLOSED
        if self.outcome:
            return self.State.AUTHORISED
        return self.State.DECISION if self.opinion else self.State.ADVICE

    @property
    def text_category(self) -> Category | None:
        return categories().get(self.category)

    @property
    def ground_label(self) -> str:
        """The ground in words, with the text or the analysis."""
        if (category := self.text_category) is not None:
            return f"{category.reference} : {category.label[0].lower()}{category.label[1:]}"
        if self.ground == self.Ground.ANONYMISED:
            return f"résultat anonymisé ({self.evidence[:1].lower()}{self.evidence[1:]})"
        return self.get_ground_display()

    @property
    def public_title(self) -> str:
        if self.ground == self.Ground.LIFTED:
            return "La publication de ces données s'était fermée"
        return "Ces données viennent de fichiers sur des personnes"

    @property
    def public_reason(self) -> str:
        """Why these data are public, in the words of the public page."""
        return {
            self.Ground.ANONYMISED: "elles sont anonymisées : des groupes, jamais une personne",
            self.Ground.TEXT: f"un texte le permet ({self.ground_label})",
            self.Ground.CONSENT: "les personnes ont donné leur accord",
            self.Ground.LIFTED: "la raison qui les avait fermées a disparu",
        }[self.Ground(self.ground)]

    @property
    def against_opinion(self) -> bool:
        """Whether the decision goes against the DPO's opinion."""
        refused_by_dpo = self.opinion == self.Opinion.UNFAVOURABLE
        return bool(self.outcome) and (self.outcome == self.Outcome.AUTHORISED) == refused_by_dpo
