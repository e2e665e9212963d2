"""That staff were informed and consulted: written once, by a person, and never taken back in silence."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from beffroi.web.territories.triggers import refuse


class Migration(migrations.Migration):
    dependencies = [
        ("decisions", "0011_offences"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="StaffConsultation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("told_on", models.DateField(verbose_name="personnel informé le")),
                ("consulted_on", models.DateField(verbose_name="instance consultée le")),
                ("body", models.CharField(max_length=200, verbose_name="instance")),
                ("reference", models.CharField(max_length=200, verbose_name="référence du procès-verbal")),
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
            ],
            options={
                "ordering": ["-at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("body", ""), _negated=True)
                        & models.Q(("reference", ""), _negated=True),
                        name="a_consultation_has_its_minutes",
                    )
                ],
            },
        ),
        refuse("consultation_no_update", "UPDATE", "decisions_staffconsultation"),
        refuse("consultation_no_delete", "DELETE", "decisions_staffconsultation"),
    ]
