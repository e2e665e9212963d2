"""Tables of the continuity room."""

# One line a column.
# fmt: off

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('guides', '0002_rules'),
        ('platform', '0005_safeguards'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ExerciseEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('act', models.CharField(choices=[('start', 'début'), ('pause', 'pause'), ('resume', 'reprise'), ('speed', 'vitesse'), ('send', 'message envoyé en avance'), ('postpone', 'message retardé'), ('skip', 'message écarté'), ('improvise', 'message improvisé'), ('reaction', 'réaction des joueurs'), ('observation', 'observation'), ('end', 'fin')], max_length=11, verbose_name='acte')),
                ('data', models.JSONField(default=dict)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='exercise_events', to='guides.response')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='OutageValidation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hours', models.FloatField(verbose_name="plus longue durée d'arrêt supportable, en heures")),
                ('sha256', models.CharField(max_length=64, verbose_name='empreinte')),
                ('authority', models.JSONField(null=True, verbose_name='au titre de')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='guides.registerentry')),
                ('response', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='guides.response')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='BillingStatement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('service', models.CharField(choices=[('water', 'eau'), ('canteen', 'cantine'), ('after_school', 'accueil périscolaire')], max_length=12, verbose_name='service')),
                ('label', models.CharField(max_length=120, verbose_name='nom')),
                ('first_day', models.DateField(verbose_name='du')),
                ('last_day', models.DateField(verbose_name='au')),
                ('inputs', models.BinaryField(null=True)),
                ('sources', models.JSONField(default=dict)),
                ('result', models.JSONField(default=dict)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('checked_at', models.DateTimeField(null=True)),
                ('check_note', models.CharField(blank=True, max_length=500, verbose_name='ce qui a été contrôlé')),
                ('erased_at', models.DateTimeField(null=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('checked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('replaces', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='continuity.billingstatement')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['-at', '-pk'],
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.CheckConstraint(condition=models.Q(('checked_by', None), models.Q(('checked_by', models.F('by')), _negated=True), _connector='OR'), name='checked_by_a_second_person')],
            },
        ),
        migrations.CreateModel(
            name='PlanEdition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('pra', "plan de reprise d'activité"), ('pca', "plan de continuité d'activité")], max_length=3, verbose_name='plan')),
                ('number', models.PositiveIntegerField(verbose_name='édition')),
                ('document', models.TextField()),
                ('sections', models.JSONField()),
                ('sha256', models.CharField(max_length=64, verbose_name='empreinte')),
                ('authority', models.JSONField(null=True, verbose_name='au titre de')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['kind', '-number'],
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('territory', 'kind', 'number'), name='one_plan_a_number')],
            },
        ),
    ]
