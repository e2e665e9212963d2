"""The ethics committee: who sits in it, what interests they declared, its sessions, its opinions, and what an elected body
decided against one. Written once; only the end of a seat and the publication of an opinion are added later.
"""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from beffroi.web.platform.models import Person, TerritoryOwned
from beffroi.web.workshop.models import SystemUse


class Seat(TerritoryOwned):
    """One member of the committee, from a day to another. `person`: their account, where they have one."""

    class Quality(models.TextChoices):
        EXPERT = "expert", "expert"
        INDEPENDENT = "independent", "personnalité indépendante"
        CITIZEN = "citizen", "citoyen"
        ELECTED = "elected", "élu"
        AGENT = "agent", "agent de la collectivité"

    name = models.CharField("nom", max_length=120)
    name_public = models.BooleanField("accepte que son nom soit public", default=False)
    function = models.CharField("métier ou fonction", max_length=200)
    quality = models.CharField("siège en qualité de", max_length=12, choices=Quality)
    chosen = models.CharField("comment ce membre a été choisi", max_length=300)
    interests = models.TextField("intérêts déclarés en entrant")
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    since = models.DateField("depuis le")
    until = models.DateField("jusqu'au", null=True)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["quality", "name", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def public_name(self) -> str:
        """What the public site says of this member."""
        return self.name if self.name_public else self.function


class Interest(TerritoryOwned):
    """What a member declared about one system before its opinion: a conflict, or none. The last one counts."""

    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="declared")
    use = models.ForeignKey(SystemUse, on_delete=models.PROTECT, related_name="+")
    conflict = models.BooleanField("conflit d'intérêts")
    words = models.TextField("ce qui a été déclaré")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.seat} : {'conflit' if self.conflict else 'aucun conflit'}"


class Session(TerritoryOwned):
    """A meeting: its day, its place, the seats that were there, its minutes."""

    session_date = models.DateField("tenue le")
    place = models.CharField("lieu", max_length=200)
    present = models.JSONField("sièges présents", default=list)
    minutes = models.TextField("compte rendu")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-session_date", "-pk"]

    def __str__(self) -> str:
        return f"Séance du {self.session_date:%d/%m/%Y}"


class Opinion(TerritoryOwned):
    """What the committee thinks of a system before its production. `seen` freezes what it had before its eyes."""

    class Verdict(models.TextChoices):
        FAVOURABLE = "favourable", "favorable"
        RESERVED = "reserved", "favorable avec réserves"
        UNFAVOURABLE = "unfavourable", "défavorable"

    use = models.ForeignKey(SystemUse, on_delete=models.PROTECT, related_name="opinions")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="opinions")
    verdict = models.CharField("avis", max_length=12, choices=Verdict)
    text = models.TextField("motifs")
    reserves = models.JSONField("réserves", default=list)
    votes_for = models.PositiveIntegerField("pour")
    votes_against = models.PositiveIntegerField("contre")
    votes_none = models.PositiveIntegerField("abstentions")
    seen = models.JSONField("ce que le comité avait sous les yeux", default=dict)
    version = models.CharField("version du système", max_length=30)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    published_at = models.DateTimeField("publié le", null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(condition=~models.Q(text=""), name="an_opinion_has_its_reasons"),
            # By expressions: named by fields, SQLite would make the table anew, without its rules.
            models.UniqueConstraint("session", "use", name="one_opinion_a_session_and_system"),
        ]

    def __str__(self) -> str:
        return f"Avis {self.get_verdict_display()} sur {self.use.system}"


class BodyDecision(TerritoryOwned):
    """The elected body goes on against an unfavourable opinion: by a published decision, with its reasons."""

    opinion = models.OneToOneField(Opinion, on_delete=models.PROTECT, related_name="overruled")
    body = models.CharField("assemblée", max_length=200)
    reference = models.CharField("délibération", max_length=200)
    day = models.DateField("prise le")
    published_on = models.DateField("publiée le")
    reason = models.TextField("motifs")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.CheckConstraint(
                condition=~models.Q(reason="") & ~models.Q(reference=""), name="a_body_decides_with_reasons"
            )
        ]

    def __str__(self) -> str:
        return f"{self.body}, {self.reference}"
