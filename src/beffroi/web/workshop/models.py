"""The AI systems that a territory uses: how each is bound to its data, its runs and its measured results."""

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from beffroi.web.catalogue.models import Processing
from beffroi.web.catalogue.sources.fetch_schedules import Schedule
from beffroi.web.platform.models import Person, TerritoryOwned

from .life.states import SERVING, State


class Origin(models.TextChoices):
    """Who made the system, and where it runs: the same gates for all, other evidence."""

    OURS = "ours", "livré avec Beffroi"
    THIRD_PARTY = "third_party", "module d'un tiers, installé ici"
    BOUGHT = "bought", "acheté, installé chez vous"
    HOSTED = "hosted", "loué, hébergé par son fournisseur"


class SystemUse(TerritoryOwned):
    """One system in one territory: its supervisor, its binding, its settings and its rhythm."""

    host_reads = True  # the clock looks for what is due in every territory
    system = models.SlugField(max_length=60)
    supervisor = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    processing = models.ForeignKey(Processing, on_delete=models.PROTECT, related_name="+")
    binding = models.JSONField("entrée → jeu de données et colonnes", default=dict)
    settings = models.JSONField(default=dict)
    public = models.BooleanField("fiche montrée sur le site public", default=True)
    created_at = models.DateTimeField(default=timezone.now)
    state = models.CharField("étape", max_length=10, choices=State, default=State.IDEA)
    origin = models.CharField("origine", max_length=12, choices=Origin, default=Origin.OURS)
    # What a person declared of a system that Beffroi does not run; empty for an installed one.
    declaration = models.JSONField("déclaration", default=dict)
    sandbox_until = models.DateField("dernier jour du bac à sable", null=True)
    review_on = models.DateField("prochaine revue", null=True)
    # Null: forecasts are asked for by hand. A column with a default would have SQLite make the table anew, without its rules.
    rhythm = models.JSONField("rythme des calculs", null=True)
    next_at = models.DateTimeField("prochain calcul", null=True)
    schedule_failure = models.TextField("pourquoi la dernière n'a pas eu lieu", null=True)  # noqa: DJ001

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["territory", "system"], name="one_use_a_system")
        ]

    def __str__(self) -> str:
        return f"{self.system} ({self.territory})"

    @property
    def rights_key(self) -> str:
        """How a role names it when it is held to this system."""
        return f"system:{self.system}"

    @property
    def declared(self) -> bool:
        """Whether Beffroi only knows what a person declared of it, and cannot run it."""
        return bool(self.declaration)

    @property
    def serving(self) -> bool:
        """Whether what it proposes may reach people, dates apart."""
        return self.state in SERVING

    @property
    def schedule(self) -> Schedule:
        """When its forecasts are made by the clock."""
        return Schedule.from_dict(self.rhythm) if self.rhythm else Schedule()

    @property
    def bound(self) -> bool:
        return any(entry.get("dataset") for entry in self.binding.values())


class Run(TerritoryOwned):
    """One execution, forecast or backtest: what it read, what it gave, what it cost."""

    class Verb(models.TextChoices):
        RUN = "run", "calcul"
        BACKTEST = "backtest", "épreuve sur le passé"

    class State(models.TextChoices):
        RUNNING = "running", "en cours"
        DONE = "done", "terminée"
        FAILED = "failed", "en échec"

    use = models.ForeignKey(SystemUse, on_delete=models.PROTECT, related_name="runs")
    key = models.CharField(max_length=60)
    verb = models.CharField(max_length=8, choices=Verb)
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    version = models.CharField(max_length=30)
    seed = models.PositiveIntegerField()
    settings = models.JSONField(default=dict)
    binding = models.JSONField("liaison au moment de l'exécution", default=dict)
    snapshots = models.JSONField("livraisons lues", default=dict)
    against_advice = models.TextField("motif d'utilisation malgré l'avis défavorable", blank=True)
    outcome = models.JSONField("résultats et notes", default=dict)
    score = models.JSONField("résultat mesuré", default=dict)
    footprint = models.JSONField("empreinte", default=dict)
    isolation = models.CharField(max_length=200, blank=True)
    # Null on runs of before; a column with a default would have SQLite make the table anew, without its rules.
    corrections = models.JSONField("numéros des corrections appliquées", null=True)
    erasure = models.JSONField("certificat d'effacement, signé", null=True)
    # What the data read allow, by setting: [at least, at most].
    setting_bounds = models.JSONField("bornes des réglages, d'après les données", null=True)
    message = models.TextField(blank=True)
    by = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at"]
        # A key comes from a form: whether another territory has the same must not be felt.
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["territory", "key"], name="one_run_a_key")
        ]

    def __str__(self) -> str:
        return f"{self.use.system} {self.get_verb_display()} {self.at:%d/%m/%Y}"


class LifeStep(TerritoryOwned):
    """One passage of a system from a state to another: who, why, under which title, and what each gate said. Append-only."""

    use = models.ForeignKey(SystemUse, on_delete=models.PROTECT, related_name="steps")
    rank = models.PositiveIntegerField()
    start = models.CharField(max_length=10, choices=State)
    state = models.CharField(max_length=10, choices=State)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    authority = models.JSONField("au titre de", null=True)
    reason = models.TextField("motif")
    gates = models.JSONField("ce que chaque condition disait", default=list)
    figures = models.JSONField("chiffres de la période, figés", default=dict)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["rank"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["use", "rank"], name="one_step_a_rank"),
            models.CheckConstraint(condition=~models.Q(reason=""), name="a_step_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.use} : {self.get_start_display()} → {self.get_state_display()}"


class SheetAnswer(TerritoryOwned):
    """The answers that a person gave to one questionnaire about a system; the last one is in force. Append-only."""

    use = models.ForeignKey(SystemUse, on_delete=models.PROTECT, related_name="sheets")
    kind = models.CharField(max_length=20)
    answers = models.JSONField(default=dict)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.use} : {self.kind}"


class Option(TerritoryOwned):
    """One way of doing, with or without AI, and what it gave: the options among which a territory chose. Append-only."""

    class How(models.TextChoices):
        MEASURED = "measured", "mesuré par Beffroi sur vos données"
        OBSERVED = "observed", "relevé par la collectivité"
        DECLARED = "declared", "déclaré par le fournisseur, non mesuré"

    use = models.ForeignKey(SystemUse, on_delete=models.PROTECT, related_name="options")
    name = models.CharField("façon de faire", max_length=120)
    with_ai = models.BooleanField("avec une IA")
    value = models.FloatField("résultat")
    sample = models.PositiveIntegerField("nombre de cas comptés")
    period = models.CharField("période", max_length=300)
    method = models.TextField("comment le résultat a été obtenu")
    how = models.CharField(max_length=8, choices=How)
    run = models.ForeignKey("Run", null=True, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.name} : {self.value}"


class Training(TerritoryOwned):
    """A person was trained to supervise AI systems, one of them (`system`) or any: who says so, and until when. Append-only."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    system = models.SlugField(max_length=60, blank=True)
    title = models.CharField("formation", max_length=200)
    trainer = models.CharField("donnée par", max_length=200)
    proof = models.CharField("preuve : attestation, feuille d'émargement…", max_length=200)
    passed_on = models.DateField("suivie le")
    until = models.DateField("valable jusqu'au")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-passed_on", "-pk"]

    def __str__(self) -> str:
        return f"{self.person} : {self.title}"


class Examination(TerritoryOwned):
    """What `beffroi check` found of a version of an installed system: its tier and every point. Append-only."""

    use = models.ForeignKey(SystemUse, on_delete=models.PROTECT, related_name="examinations")
    version = models.CharField(max_length=30)
    tier = models.CharField("niveau", max_length=10, blank=True)
    report = models.JSONField(default=dict)
    key = models.CharField(max_length=80)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["territory", "key"], name="one_examination_a_key")
        ]

    def __str__(self) -> str:
        return f"{self.use.system} {self.version} : {self.tier or 'sous le bronze'}"


class Regression(TerritoryOwned):
    """The regression cases of a system, computed again with a version and corrections: which came out right. Append-only."""

    use = models.ForeignKey(SystemUse, on_delete=models.PROTECT, related_name="regressions")
    version = models.CharField(max_length=30)
    corrections = models.JSONField(default=list)
    cases = models.JSONField("cas → tenu, manqué ou non rejouable", default=list)
    passed = models.BooleanField()
    by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.use.system} {self.version} : {len(self.cases)} cas"
