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
            name='BackupCopy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='nom')),
                ('kind', models.CharField(choices=[('restic', 'dépôt restic'), ('borg', 'dépôt borg'), ('own', 'sauvegarde de Beffroi'), ('report', "compte rendu d'une machine"), ('attestation', "attestation d'une personne")], max_length=11, verbose_name='nature')),
                ('medium', models.CharField(choices=[('disk', "disque d'un serveur"), ('nas', 'NAS'), ('tape', 'bande'), ('cloud', 'espace en ligne'), ('usb', 'disque ou clé USB')], max_length=5, verbose_name='support')),
                ('place', models.CharField(choices=[('same', 'sur le même site'), ('off-site', 'ailleurs')], max_length=9, verbose_name='lieu')),
                ('offline', models.BooleanField(default=False, verbose_name='hors ligne')),
                ('address', models.CharField(blank=True, max_length=500, verbose_name='adresse')),
                ('series', models.CharField(blank=True, max_length=120, verbose_name='série')),
                ('limit_hours', models.PositiveIntegerField(null=True, verbose_name='âge à ne pas dépasser, en heures')),
                ('declared_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('withdrawn_at', models.DateTimeField(null=True, verbose_name='retirée le')),
                ('next_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='prochaine lecture')),
                ('read_at', models.DateTimeField(null=True, verbose_name='lue le')),
                ('last_backup_at', models.DateTimeField(null=True, verbose_name='dernière sauvegarde')),
                ('size', models.BigIntegerField(null=True, verbose_name='taille')),
                ('snapshots', models.PositiveIntegerField(default=0, verbose_name='sauvegardes gardées')),
                ('trouble', models.CharField(blank=True, max_length=600, verbose_name="pourquoi elle n'a pas été lue")),
                ('trouble_since', models.DateTimeField(null=True)),
                ('failed_since', models.DateTimeField(null=True, verbose_name='abîmée depuis')),
                ('stale_since', models.DateTimeField(null=True, verbose_name='trop vieille depuis')),
                ('part', models.PositiveIntegerField(default=0)),
                ('parts', models.PositiveIntegerField(default=1)),
                ('job_key', models.CharField(blank=True, max_length=120)),
                ('declared_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='backup_copies', to='guides.registerentry')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
                ('withdrawn_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['name', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='BackupKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('last_used', models.DateField(null=True, verbose_name='dernier usage')),
                ('revoked_at', models.DateTimeField(null=True, verbose_name='révoquée le')),
                ('copy', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='keys', to='continuity.backupcopy')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['-created_at', '-pk'],
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
            },
        ),
        migrations.CreateModel(
            name='CopyReading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('origin', models.CharField(choices=[('read', 'lue par Beffroi'), ('report', 'rapportée par une machine'), ('person', 'dite par une personne')], max_length=6, verbose_name='origine')),
                ('ok', models.BooleanField(verbose_name='réussie')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='dernière sauvegarde')),
                ('snapshots', models.PositiveIntegerField(default=0, verbose_name='sauvegardes gardées')),
                ('size', models.BigIntegerField(null=True, verbose_name='taille')),
                ('message', models.CharField(blank=True, max_length=600, verbose_name='ce qui a été dit')),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('copy', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='readings', to='continuity.backupcopy')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['-at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='CopySecret',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sealed', models.TextField()),
                ('copy', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='secret', to='continuity.backupcopy')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
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
            name='ExpectedFiles',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('files', models.JSONField(verbose_name='empreintes')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('copy', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='expected', to='continuity.backupcopy')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['-at', '-pk'],
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
            },
        ),
        migrations.CreateModel(
            name='RememberedFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('path', models.TextField()),
                ('size', models.BigIntegerField()),
                ('mtime', models.CharField(max_length=40)),
                ('sha256', models.CharField(max_length=64)),
                ('seen_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('copy', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='remembered', to='continuity.backupcopy')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
        ),
        migrations.CreateModel(
            name='RestoreProof',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('origin', models.CharField(choices=[('read', 'essayée par Beffroi'), ('report', 'rapportée par une machine'), ('person', 'attestée par une personne')], max_length=6, verbose_name='origine')),
                ('ok', models.BooleanField(verbose_name='réussie')),
                ('snapshot', models.CharField(blank=True, max_length=120, verbose_name='sauvegarde restaurée')),
                ('files', models.PositiveIntegerField(default=0, verbose_name='fichiers restaurés')),
                ('bytes', models.BigIntegerField(default=0, verbose_name='octets restaurés')),
                ('compared', models.PositiveIntegerField(default=0, verbose_name="fichiers comparés à une empreinte d'avant")),
                ('share', models.FloatField(default=0, verbose_name='part du dépôt relue')),
                ('part', models.PositiveIntegerField(default=0)),
                ('parts', models.PositiveIntegerField(default=1)),
                ('faults', models.JSONField(default=list, verbose_name='défauts')),
                ('seed', models.CharField(blank=True, max_length=32, verbose_name='graine du tirage')),
                ('seconds', models.FloatField(default=0, verbose_name='durée')),
                ('how', models.TextField(blank=True, verbose_name='comment')),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('copy', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='proofs', to='continuity.backupcopy')),
                ('evidence', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='guides.evidence')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['-at', '-pk'],
            },
        ),
        migrations.AddIndex(
            model_name='backupcopy',
            index=models.Index(fields=['withdrawn_at', 'next_at'], name='continuity_copy_due'),
        ),
        migrations.AddConstraint(
            model_name='billingstatement',
            constraint=models.CheckConstraint(condition=models.Q(('checked_by', None), models.Q(('checked_by', models.F('by')), _negated=True), _connector='OR'), name='checked_by_a_second_person'),
        ),
        migrations.AddIndex(
            model_name='copyreading',
            index=models.Index(fields=['copy', 'at'], name='continuity_copy_readings'),
        ),
        migrations.AddConstraint(
            model_name='planedition',
            constraint=models.UniqueConstraint(fields=('territory', 'kind', 'number'), name='one_plan_a_number'),
        ),
        migrations.AddConstraint(
            model_name='rememberedfile',
            constraint=models.UniqueConstraint(fields=('copy', 'path'), name='one_remembered_file_a_path'),
        ),
        migrations.AddIndex(
            model_name='restoreproof',
            index=models.Index(fields=['copy', 'at'], name='continuity_copy_proofs'),
        ),
        migrations.AddConstraint(
            model_name='restoreproof',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('origin', 'person'), _negated=True), ('by__isnull', False), _connector='OR'), name='an_attestation_has_its_person'),
        ),
    ]
