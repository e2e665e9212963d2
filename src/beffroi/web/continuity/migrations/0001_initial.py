"""Tables of the continuity room."""

# One line a column.
# fmt: off

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import beffroi.web.continuity.models.crisis


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('guides', '0002_rules'),
        ('platform', '0004_quota'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Crisis',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, unique=True)),
                ('device', models.CharField(default=beffroi.web.continuity.models.crisis.new_device, max_length=8)),
                ('label', models.CharField(max_length=120, verbose_name='nom')),
                ('known', models.TextField(blank=True, verbose_name="ce que l'on sait")),
                ('is_exercise', models.BooleanField(default=False, verbose_name='exercice')),
                ('activated_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('closed_at', models.DateTimeField(null=True)),
                ('next_point_at', models.DateTimeField(null=True)),
                ('day_limit', models.PositiveSmallIntegerField(default=10, verbose_name='heures par jour')),
                ('week_limit', models.PositiveSmallIntegerField(default=48, verbose_name='heures par semaine')),
                ('activated_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('debrief', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='guides.response')),
                ('facts', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='guides.response')),
                ('run', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='guides.response')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['-activated_at', '-pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='CrisisMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('model', models.CharField(max_length=60, verbose_name='modèle')),
                ('subject', models.CharField(max_length=200, verbose_name='objet')),
                ('text', models.TextField(verbose_name='texte')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('crisis', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='continuity.crisis')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='JournalMerge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('device', models.CharField(max_length=8)),
                ('sha256', models.CharField(max_length=64, verbose_name='empreinte')),
                ('added', models.PositiveIntegerField()),
                ('known', models.PositiveIntegerField()),
                ('refused', models.JSONField(default=list)),
                ('faults', models.JSONField(default=list)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('crisis', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='merges', to='continuity.crisis')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='MessageValidation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('authority', models.JSONField(null=True, verbose_name='au titre de')),
                ('sha256', models.CharField(max_length=64, verbose_name='empreinte')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('message', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='validation', to='continuity.crisismessage')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='RoleAssignment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(max_length=60, verbose_name='rôle')),
                ('is_deputy', models.BooleanField(default=False, verbose_name='suppléant')),
                ('name', models.CharField(blank=True, max_length=120, verbose_name='nom')),
                ('since', models.DateTimeField(verbose_name='depuis')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('crisis', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assignments', to='continuity.crisis')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='SupportCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('item', models.CharField(max_length=60)),
                ('done', models.BooleanField()),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('crisis', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='support', to='continuity.crisis')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='DutyShift',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4)),
                ('name', models.CharField(max_length=120, verbose_name='qui')),
                ('begins_at', models.DateTimeField(verbose_name='de')),
                ('ends_at', models.DateTimeField(verbose_name='à')),
                ('state', models.CharField(choices=[('planned', 'prévu'), ('done', 'fait'), ('cancelled', 'annulé')], max_length=9, verbose_name='état')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('crisis', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shifts', to='continuity.crisis')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['pk'],
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('begins_at'))), name='a_shift_ends_after_it_begins')],
            },
        ),
        migrations.CreateModel(
            name='JournalLine',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('is_exercise', models.BooleanField()),
                ('uuid', models.UUIDField()),
                ('device', models.CharField(max_length=8)),
                ('n', models.PositiveIntegerField()),
                ('fact_at', models.DateTimeField(verbose_name='heure du fait')),
                ('entered_at', models.DateTimeField(verbose_name='heure de saisie')),
                ('author', models.CharField(max_length=200, verbose_name='auteur')),
                ('role', models.CharField(blank=True, max_length=200, verbose_name='rôle')),
                ('kind', models.CharField(choices=[('fact', 'fait'), ('decision', 'décision'), ('message', 'message'), ('correction', 'correction')], max_length=10, verbose_name='sorte')),
                ('text', models.TextField(verbose_name='texte')),
                ('corrects', models.UUIDField(null=True)),
                ('previous', models.CharField(blank=True, max_length=64)),
                ('hash', models.CharField(max_length=64)),
                ('content', models.JSONField()),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='inscrite le')),
                ('crisis', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='continuity.crisis')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
                ('merge', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='continuity.journalmerge')),
            ],
            options={
                'ordering': ['fact_at', 'entered_at', 'device', 'n', 'pk'],
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('crisis', 'uuid'), name='one_line_an_identifier'), models.CheckConstraint(condition=models.Q(models.Q(('merge', None), ('person__isnull', False)), models.Q(('merge__isnull', False), ('person', None)), _connector='OR'), name='a_line_is_entered_or_merged')],
            },
        ),
        migrations.CreateModel(
            name='SituationPoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(verbose_name='numéro')),
                ('content', models.JSONField()),
                ('sha256', models.CharField(max_length=64, verbose_name='empreinte')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('crisis', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='points', to='continuity.crisis')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['-number'],
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('crisis', 'number'), name='one_point_a_number')],
            },
        ),
    ]
