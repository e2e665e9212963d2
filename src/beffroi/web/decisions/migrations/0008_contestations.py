"""Contestations, answered by people, and the corrections of cases: frozen once written, erased in time."""

# Conditions of our own: no text of a user is in this SQL.
# ruff: noqa: S608

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from beffroi.web.territories.triggers import refuse

TEXTS = ("about", "contested", "asked", "name", "contact", "reference")
FACTS = ("territory_id", "digest", "channel", "received_at", "due_on")


def _differ(names: tuple[str, ...]) -> str:
    return " OR ".join(f"NEW.{name} <> OLD.{name}" for name in names)


# Texts go once, all together, after the answer; facts never change.
ERASED = "OLD.state = 'answered' AND NEW.erased_at IS NOT NULL AND " + " AND ".join(
    f"NEW.{name} = ''" for name in (*TEXTS, "answer")
)
ANSWERS = "m.role IN ('administrator', 'data_officer', 'supervisor', 'decider')"
BY_A_PERSON = (
    "EXISTS (SELECT 1 FROM territories_membership m JOIN territories_person p ON p.id = m.person_id"
    f" WHERE m.person_id = NEW.answered_by_id AND m.territory_id = NEW.territory_id AND {ANSWERS}"
    " AND p.kind = 'human' AND p.is_active AND m.suspended_at IS NULL AND m.waiting_since IS NULL"
    " AND m.since <= NEW.answered_at AND (m.until IS NULL OR m.until > NEW.answered_at))"
)
CONTESTATION = (
    ("no_delete", "DELETE", "append-only: decisions_contestation", ""),
    ("comes_first", "INSERT", "a contestation is received before it is answered", "NEW.state = 'answered'"),
    ("facts", "UPDATE", "what was received is frozen", _differ(FACTS)),
    ("texts", "UPDATE", "what was written is frozen", f"({_differ(TEXTS)}) AND NOT ({ERASED})"),
    (
        "erased",
        "UPDATE",
        "what is erased is erased whole, after the answer",
        f"OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL AND NOT ({ERASED})",
    ),
    (
        "final",
        "UPDATE",
        "an answer is final",
        f"OLD.state = 'answered' AND ({_differ(('state', 'outcome', 'learned', 'answered_by_id', 'answered_at'))}"
        f" OR (NEW.answer <> OLD.answer AND NOT ({ERASED})))",
    ),
    (
        "person",
        "UPDATE",
        "a person who may answer answers, in words",
        f"OLD.state <> 'answered' AND NEW.state = 'answered' AND (length(trim(NEW.answer)) < 50 OR NOT {BY_A_PERSON})",
    ),
)
CASE = "SELECT 1 FROM decisions_decision d JOIN decisions_proposal p ON p.id = d.proposal_id WHERE d.id = NEW.decision_id"
CORRECTION = {
    "no such decision here": f"NOT EXISTS ({CASE} AND d.territory_id = NEW.territory_id)",
    "a correction takes nothing from the person": (
        f"EXISTS ({CASE} AND coalesce(p.case_file, '') <> ''"
        " AND ((NEW.verdict = 'accept' AND p.effect = 'unfavourable')"
        " OR (NEW.verdict = 'refuse' AND p.effect = 'favourable')))"
    ),
    "this mandate is not in force": (
        "NOT EXISTS (SELECT 1 FROM territories_membership m JOIN territories_person p ON p.id = m.person_id"
        " WHERE m.id = NEW.mandate_id AND m.person_id = NEW.person_id AND m.territory_id = NEW.territory_id"
        f" AND m.role = CASE WHEN EXISTS ({CASE} AND p.offence IS TRUE) THEN 'authorised_agent' ELSE 'decider' END"
        " AND p.is_active AND p.kind = 'human' AND m.suspended_at IS NULL AND m.waiting_since IS NULL"
        " AND m.since <= NEW.at AND (m.until IS NULL OR m.until > NEW.at)"
        " AND (m.delegation_id IS NULL OR EXISTS (SELECT 1 FROM territories_delegation g"
        " JOIN territories_membership e ON e.person_id = g.delegator_id WHERE g.id = m.delegation_id"
        " AND g.revoked_at IS NULL AND g.since <= NEW.at AND (g.until IS NULL OR g.until > NEW.at)"
        " AND e.territory_id = NEW.territory_id AND e.role = 'decider' AND e.delegation_id IS NULL"
        " AND e.suspended_at IS NULL AND e.waiting_since IS NULL AND e.since <= NEW.at"
        " AND (e.until IS NULL OR e.until > NEW.at))))"
    ),
    "a correction has a reason": "trim(NEW.reason, ' \t\n\r') = ''",
}


class Migration(migrations.Migration):
    dependencies = [
        ("decisions", "0007_second_reading"),
        ("territories", "0060_joining"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Contestation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(max_length=64, verbose_name="empreinte du code de suivi")),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("web", "par le site"),
                            ("letter", "par courrier"),
                            ("desk", "au guichet"),
                            ("phone", "par téléphone"),
                        ],
                        max_length=8,
                        verbose_name="reçue",
                    ),
                ),
                ("system", models.CharField(blank=True, max_length=60, verbose_name="service d'IA")),
                ("reference", models.CharField(blank=True, max_length=60, verbose_name="référence donnée")),
                ("about", models.CharField(max_length=300, verbose_name="objet")),
                ("contested", models.TextField(verbose_name="ce qui est contesté")),
                ("asked", models.TextField(blank=True, verbose_name="ce qui est demandé")),
                ("name", models.CharField(blank=True, max_length=120, verbose_name="nom")),
                (
                    "answer_by",
                    models.CharField(
                        choices=[
                            ("tracking", "sur la page de suivi, avec mon code"),
                            ("post", "par courrier"),
                            ("email", "par courriel"),
                            ("phone", "par téléphone"),
                            ("desk", "au guichet"),
                        ],
                        default="tracking",
                        max_length=10,
                        verbose_name="réponse voulue",
                    ),
                ),
                ("contact", models.CharField(blank=True, max_length=300, verbose_name="coordonnées")),
                (
                    "received_at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="reçue le"),
                ),
                ("due_on", models.DateField(verbose_name="réponse attendue le")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("received", "reçue"),
                            ("in_hand", "en cours d'examen"),
                            ("answered", "répondue"),
                        ],
                        default="received",
                        max_length=8,
                    ),
                ),
                ("taken_at", models.DateTimeField(null=True)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("confirmed", "erreur confirmée"),
                            ("partly", "erreur confirmée en partie"),
                            ("not", "erreur non confirmée"),
                        ],
                        max_length=9,
                        verbose_name="issue",
                    ),
                ),
                ("answer", models.TextField(blank=True, verbose_name="réponse")),
                ("learned", models.TextField(blank=True, verbose_name="ce que nous en apprenons")),
                ("answered_at", models.DateTimeField(null=True, verbose_name="répondue le")),
                ("erased_at", models.DateTimeField(null=True, verbose_name="textes effacés le")),
                (
                    "answered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "handler",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "proposal",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contestations",
                        to="decisions.proposal",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "territory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="territories.territory",
                    ),
                ),
            ],
            options={
                "ordering": ["due_on", "pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("territory", "digest"), name="one_contestation_a_code"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "answered"), _negated=True),
                            models.Q(
                                ("answered_at__isnull", False),
                                ("answered_by__isnull", False),
                                models.Q(("outcome", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="an_answer_is_a_persons",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CaseCorrection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "verdict",
                    models.CharField(
                        choices=[("accept", "acceptée"), ("change", "modifiée"), ("refuse", "refusée")],
                        max_length=8,
                    ),
                ),
                ("value", models.FloatField(null=True, verbose_name="valeur corrigée")),
                ("reason", models.TextField(verbose_name="motif")),
                ("authority", models.JSONField(verbose_name="au titre de")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "decision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="decisions.decision",
                    ),
                ),
                (
                    "mandate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="territories.membership",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "territory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="territories.territory",
                    ),
                ),
                (
                    "contestation",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="decisions.contestation",
                    ),
                ),
            ],
            options={
                "ordering": ["at", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="a_correction_has_a_reason"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("value__isnull", True), ("verdict", "refuse")),
                            models.Q(("value__isnull", False), ("verdict__in", ["accept", "change"])),
                            _connector="OR",
                        ),
                        name="a_corrected_refusal_has_no_value",
                    ),
                ],
            },
        ),
        *(
            refuse(f"contestation_{name}", when, "decisions_contestation", condition=condition, why=why)
            for name, when, why, condition in CONTESTATION
        ),
        refuse("case_correction_no_update", "UPDATE", "decisions_casecorrection"),
        refuse("case_correction_no_delete", "DELETE", "decisions_casecorrection"),
        *(
            refuse(f"case_correction_{n}", "INSERT", "decisions_casecorrection", condition=condition, why=why)
            for n, (why, condition) in enumerate(CORRECTION.items())
        ),
    ]
