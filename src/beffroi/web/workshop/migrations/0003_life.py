"""The life of a system: its states, its steps, what was answered on the way; and the rules that no writer passes by.

A use begins as an idea. Its state follows the last step, whose path, author and evidence the database judges again. What
served before this version is in a sandbox of six months: the questions are to be answered before it goes on.
"""

# Conditions of our own: no text of a user is in this SQL.
# ruff: noqa: S608

import datetime

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from beffroi.web.territories.triggers import refuse

PATHS = (
    ("idea", "checked"), ("checked", "sandbox"), ("sandbox", "sandbox"), ("sandbox", "production"),
    ("production", "reviewed"), ("reviewed", "reviewed"), ("idea", "stopped"), ("checked", "stopped"),
    ("sandbox", "stopped"), ("production", "stopped"), ("reviewed", "stopped"), ("stopped", "idea"),
)  # fmt: skip
_KNOWN = " OR ".join(f"(NEW.start = '{before}' AND NEW.state = '{after}')" for before, after in PATHS)
_USE = "(SELECT {column} FROM workshop_systemuse WHERE id = NEW.use_id AND territory_id = NEW.territory_id)"
# A membership in force at NEW.at, of an active person.
_IN_FORCE = (
    "SELECT 1 FROM territories_membership m JOIN territories_person p ON p.id = m.person_id"
    " WHERE m.person_id = {person} AND m.territory_id = NEW.territory_id AND p.is_active"
    " AND m.suspended_at IS NULL AND m.waiting_since IS NULL"
    " AND m.since <= NEW.at AND (m.until IS NULL OR m.until > NEW.at) AND m.role IN ({roles})"
)
_DECIDERS, _PREPARERS = "'decider'", "'administrator', 'data_officer', 'supervisor'"
_STOPPERS = f"{_PREPARERS}, 'decider', 'security_officer'"


def _without(roles: str) -> str:
    return f"NOT EXISTS ({_IN_FORCE.format(person='NEW.person_id', roles=roles)})"


STEP_REFUSED = {
    "no such path": f"NOT ({_KNOWN})",
    "a step leaves from where the system is": (
        f"{_USE.format(column='state')} IS NULL OR NEW.start <> {_USE.format(column='state')}"
    ),
    "steps follow each other": (
        "NEW.rank <> 1 + (SELECT count(*) FROM workshop_lifestep s WHERE s.use_id = NEW.use_id)"
    ),
    "a step has a reason": "trim(NEW.reason, ' \t\n\r') = ''",
    "who decides opens this gate": (
        f"NEW.state IN ('sandbox', 'production', 'reviewed') AND ({_without(_DECIDERS)} OR NEW.authority IS NULL)"
    ),
    "who prepares opens this gate": f"NEW.state IN ('checked', 'idea') AND {_without(_PREPARERS)}",
    "who may stop it stops it": f"NEW.state = 'stopped' AND {_without(_STOPPERS)}",
    "a service account carries nothing through a gate": f"NOT ({_without(chr(39) + 'service' + chr(39))})",
    "a supervisor in force answers for it": (
        "NEW.state IN ('sandbox', 'production', 'reviewed') AND NOT EXISTS ("
        + _IN_FORCE.format(person=_USE.format(column="supervisor_id"), roles="'supervisor'")
        + ")"
    ),
    "its supervisor is trained": (
        "NEW.state IN ('sandbox', 'production', 'reviewed') AND NOT EXISTS (SELECT 1 FROM workshop_training t"
        f" WHERE t.person_id = {_USE.format(column='supervisor_id')} AND t.territory_id = NEW.territory_id"
        f" AND t.passed_on <= date(NEW.at) AND t.until >= date(NEW.at)"
        f" AND t.system IN ('', {_USE.format(column='system')}))"
    ),
    "the need was written down": (
        "NEW.state IN ('checked', 'production') AND NOT EXISTS (SELECT 1 FROM workshop_sheetanswer a"
        " WHERE a.use_id = NEW.use_id AND a.territory_id = NEW.territory_id AND a.kind = 'need')"
    ),
    "a way without AI was compared": (
        "NEW.state IN ('checked', 'production') AND NOT (EXISTS (SELECT 1 FROM workshop_option o"
        " WHERE o.use_id = NEW.use_id AND NOT o.with_ai AND o.how <> 'declared')"
        " AND EXISTS (SELECT 1 FROM workshop_option o WHERE o.use_id = NEW.use_id AND o.with_ai))"
    ),
    "its result was measured or counted here": (
        "NEW.state = 'production' AND NOT EXISTS (SELECT 1 FROM workshop_option o"
        " WHERE o.use_id = NEW.use_id AND o.with_ai AND o.how <> 'declared')"
    ),
    "the sandbox has an end": (
        "NEW.state = 'sandbox' AND NOT EXISTS (SELECT 1 FROM workshop_sheetanswer a"
        " WHERE a.use_id = NEW.use_id AND a.territory_id = NEW.territory_id AND a.kind = 'sandbox')"
    ),
    "the review was written down": (
        "NEW.state = 'reviewed' AND NOT EXISTS (SELECT 1 FROM workshop_sheetanswer a"
        " WHERE a.use_id = NEW.use_id AND a.territory_id = NEW.territory_id AND a.kind = 'review'"
        " AND a.at >= (SELECT max(s.at) FROM workshop_lifestep s WHERE s.use_id = NEW.use_id))"
    ),
}

RULES = [
    refuse("lifestep_no_update", "UPDATE", "workshop_lifestep"),
    refuse("lifestep_no_delete", "DELETE", "workshop_lifestep"),
    *(
        refuse(f"lifestep_rule_{n}", "INSERT", "workshop_lifestep", condition=condition, why=why)
        for n, (why, condition) in enumerate(STEP_REFUSED.items())
    ),
    refuse(
        "systemuse_begins_as_an_idea",
        "INSERT",
        "workshop_systemuse",
        condition="NEW.state <> 'idea' OR NEW.sandbox_until IS NOT NULL OR NEW.review_on IS NOT NULL",
        why="a system begins as an idea",
    ),
    refuse(
        "systemuse_state_follows_its_steps",
        "UPDATE OF state",
        "workshop_systemuse",
        condition=(
            "NEW.state <> OLD.state AND NOT EXISTS (SELECT 1 FROM workshop_lifestep s"
            " WHERE s.use_id = NEW.id AND s.start = OLD.state AND s.state = NEW.state"
            " AND s.rank = (SELECT max(l.rank) FROM workshop_lifestep l WHERE l.use_id = NEW.id))"
        ),
        why="a state follows its last step",
    ),
    refuse(
        "systemuse_dates_follow_its_steps",
        "UPDATE OF sandbox_until, review_on",
        "workshop_systemuse",
        condition=(
            "(NEW.sandbox_until IS NOT NULL AND NEW.state NOT IN ('sandbox', 'production', 'reviewed', 'stopped'))"
            " OR (NEW.review_on IS NULL AND NEW.state IN ('production', 'reviewed'))"
        ),
        why="dates follow the steps",
    ),
    refuse("systemuse_no_delete", "DELETE", "workshop_systemuse"),
    refuse(
        "systemuse_stays_where_it_is",
        "UPDATE OF territory_id, system, origin",
        "workshop_systemuse",
        condition=(
            "NEW.territory_id <> OLD.territory_id OR NEW.system <> OLD.system OR NEW.origin <> OLD.origin"
        ),
        why="a system keeps its name and origin",
    ),
    refuse(
        "run_only_where_it_serves",
        "INSERT",
        "workshop_run",
        condition=(
            "NEW.verb = 'run' AND NOT EXISTS (SELECT 1 FROM workshop_systemuse u WHERE u.id = NEW.use_id"
            " AND u.territory_id = NEW.territory_id AND (u.state IN ('production', 'reviewed')"
            " OR (u.state = 'sandbox' AND u.sandbox_until >= date(NEW.at))))"
        ),
        why="this system does not serve here",
    ),
    refuse(
        "no_run_of_a_stopped_system",
        "INSERT",
        "workshop_run",
        condition="EXISTS (SELECT 1 FROM workshop_systemuse u WHERE u.id = NEW.use_id AND u.state = 'stopped')",
        why="this system is stopped",
    ),
    *(
        refuse(f"{table}_no_{verb.lower()}", verb, f"workshop_{table}")
        for table in ("sheetanswer", "option", "training")
        for verb in ("UPDATE", "DELETE")
    ),
]


def keep_what_served(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """What had made forecasts goes on for six months, as in a sandbox."""
    last = (datetime.date.today() + datetime.timedelta(days=183)).isoformat()
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workshop_systemuse SET state = 'sandbox', sandbox_until = %s WHERE EXISTS"
            " (SELECT 1 FROM workshop_run r WHERE r.use_id = workshop_systemuse.id AND r.verb = 'run' AND r.state = 'done')",
            [last],
        )


class Migration(migrations.Migration):
    dependencies = [
        ("territories", "0060_joining"),
        ("workshop", "0002_run_key"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="systemuse",
            name="declaration",
            field=models.JSONField(default=dict, verbose_name="déclaration"),
        ),
        migrations.AddField(
            model_name="systemuse",
            name="origin",
            field=models.CharField(
                choices=[
                    ("ours", "livré avec Beffroi"),
                    ("third_party", "module d'un tiers, installé ici"),
                    ("bought", "acheté, installé chez vous"),
                    ("hosted", "loué, hébergé par son fournisseur"),
                ],
                default="ours",
                max_length=12,
                verbose_name="origine",
            ),
        ),
        migrations.AddField(
            model_name="systemuse",
            name="review_on",
            field=models.DateField(null=True, verbose_name="prochaine revue"),
        ),
        migrations.AddField(
            model_name="systemuse",
            name="sandbox_until",
            field=models.DateField(null=True, verbose_name="dernier jour du bac à sable"),
        ),
        migrations.AddField(
            model_name="systemuse",
            name="state",
            field=models.CharField(
                choices=[
                    ("idea", "idée"),
                    ("checked", "besoin vérifié"),
                    ("sandbox", "bac à sable"),
                    ("production", "en production"),
                    ("reviewed", "en production, revue faite"),
                    ("stopped", "arrêté"),
                ],
                default="idea",
                max_length=10,
                verbose_name="étape",
            ),
        ),
        migrations.CreateModel(
            name="Option",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120, verbose_name="façon de faire")),
                ("with_ai", models.BooleanField(verbose_name="avec une IA")),
                ("value", models.FloatField(verbose_name="résultat")),
                ("sample", models.PositiveIntegerField(verbose_name="nombre de cas comptés")),
                ("period", models.CharField(max_length=300, verbose_name="période")),
                ("method", models.TextField(verbose_name="comment le résultat a été obtenu")),
                (
                    "how",
                    models.CharField(
                        choices=[
                            ("measured", "mesuré par Beffroi sur vos données"),
                            ("observed", "relevé par la collectivité"),
                            ("declared", "déclaré par le fournisseur, non mesuré"),
                        ],
                        max_length=8,
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="workshop.run",
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
                    "use",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="options",
                        to="workshop.systemuse",
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="SheetAnswer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=20)),
                ("answers", models.JSONField(default=dict)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
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
                    "use",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sheets",
                        to="workshop.systemuse",
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Training",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("system", models.SlugField(blank=True, max_length=60)),
                ("title", models.CharField(max_length=200, verbose_name="formation")),
                ("given_by", models.CharField(max_length=200, verbose_name="donnée par")),
                (
                    "proof",
                    models.CharField(
                        max_length=200, verbose_name="preuve : attestation, feuille d'émargement…"
                    ),
                ),
                ("passed_on", models.DateField(verbose_name="suivie le")),
                ("until", models.DateField(verbose_name="valable jusqu'au")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
            ],
            options={
                "ordering": ["-passed_on", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="LifeStep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("rank", models.PositiveIntegerField()),
                (
                    "start",
                    models.CharField(
                        choices=[
                            ("idea", "idée"),
                            ("checked", "besoin vérifié"),
                            ("sandbox", "bac à sable"),
                            ("production", "en production"),
                            ("reviewed", "en production, revue faite"),
                            ("stopped", "arrêté"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("idea", "idée"),
                            ("checked", "besoin vérifié"),
                            ("sandbox", "bac à sable"),
                            ("production", "en production"),
                            ("reviewed", "en production, revue faite"),
                            ("stopped", "arrêté"),
                        ],
                        max_length=10,
                    ),
                ),
                ("authority", models.JSONField(null=True, verbose_name="au titre de")),
                ("reason", models.TextField(verbose_name="motif")),
                ("gates", models.JSONField(default=list, verbose_name="ce que chaque condition disait")),
                ("figures", models.JSONField(default=dict, verbose_name="chiffres de la période, figés")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
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
                    "use",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="steps",
                        to="workshop.systemuse",
                    ),
                ),
            ],
            options={
                "ordering": ["rank"],
                "constraints": [
                    models.UniqueConstraint(fields=("use", "rank"), name="one_step_a_rank"),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="a_step_has_a_reason"
                    ),
                ],
            },
        ),
        migrations.RunPython(keep_what_served, migrations.RunPython.noop, elidable=True),
        *RULES,
    ]
