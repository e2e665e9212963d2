"""Tables of guides: editions, responses, entries of registers, followed actions, evidence, offers, contributions."""

# One line a column.
# fmt: off

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('platform', '0004_quota'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ContributionLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('guide', models.CharField(max_length=60, verbose_name='guide')),
                ('name', models.CharField(max_length=120, verbose_name='pour qui')),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('until', models.DateField(verbose_name="jusqu'au")),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ended_at', models.DateTimeField(null=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['-at', '-pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Contribution',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('values', models.JSONField()),
                ('note', models.CharField(blank=True, max_length=500, verbose_name='remarque')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('state', models.CharField(choices=[('waiting', 'à vérifier'), ('taken', 'retenu'), ('refused', 'écarté')], default='waiting', max_length=7, verbose_name='état')),
                ('reason', models.CharField(blank=True, max_length=500, verbose_name='raison')),
                ('reviewed_at', models.DateTimeField(null=True)),
                ('reviewed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
                ('link', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contributions', to='guides.contributionlink')),
            ],
            options={
                'ordering': ['-pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='FollowedAction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('plan', models.CharField(max_length=60, verbose_name='plan')),
                ('key', models.CharField(max_length=120, verbose_name='clé')),
                ('content', models.JSONField()),
                ('state', models.CharField(choices=[('proposed', 'proposée'), ('accepted', 'retenue'), ('begun', 'commencée'), ('done', 'faite'), ('refused', 'écartée')], default='proposed', max_length=8, verbose_name='état')),
                ('owner', models.CharField(blank=True, max_length=120, verbose_name="qui s'en occupe")),
                ('due_on', models.DateField(null=True, verbose_name='pour le')),
                ('spent', models.DecimalField(decimal_places=2, default=0, max_digits=12, verbose_name='dépensé')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.AddField(
            model_name='contributionlink',
            name='action',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='guides.followedaction'),
        ),
        migrations.CreateModel(
            name='ActionMove',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('proposed', 'proposée'), ('accepted', 'retenue'), ('begun', 'commencée'), ('done', 'faite'), ('refused', 'écartée')], max_length=8, verbose_name='état')),
                ('note', models.CharField(blank=True, max_length=500, verbose_name='remarque')),
                ('authority', models.JSONField(null=True, verbose_name='au titre de')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
                ('action', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='moves', to='guides.followedaction')),
            ],
            options={
                'ordering': ['pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='GuideEdition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('guide', models.CharField(max_length=60, verbose_name='guide')),
                ('kind', models.CharField(max_length=13, verbose_name='sorte')),
                ('edition', models.CharField(max_length=40, verbose_name='édition')),
                ('version', models.CharField(max_length=16, verbose_name='empreinte')),
                ('content', models.BinaryField()),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Offer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('batch', models.UUIDField(default=uuid.uuid4)),
                ('kind', models.CharField(choices=[('guide', 'questionnaire, registre, plan ou document'), ('reminder', 'rappel'), ('letter', 'courrier')], max_length=8, verbose_name='sorte')),
                ('guide', models.CharField(blank=True, max_length=60, verbose_name='guide')),
                ('title', models.CharField(max_length=200, verbose_name='titre')),
                ('text', models.TextField(blank=True, verbose_name='texte')),
                ('due_on', models.DateField(null=True, verbose_name='pour le')),
                ('helper', models.CharField(max_length=200, verbose_name='proposé par')),
                ('proposed_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('state', models.CharField(choices=[('proposed', 'à regarder'), ('accepted', 'retenu'), ('adapted', 'retenu, adapté'), ('refused', 'écarté')], default='proposed', max_length=8, verbose_name='état')),
                ('adapted', models.TextField(blank=True, verbose_name='texte adapté')),
                ('reason', models.CharField(blank=True, max_length=500, verbose_name='raison')),
                ('answered_at', models.DateTimeField(null=True)),
                ('done_at', models.DateTimeField(null=True, verbose_name='fait le')),
                ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('proposed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['-proposed_at', '-pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='ProgressShare',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('domain', models.CharField(max_length=30, verbose_name='sujet')),
                ('level', models.CharField(choices=[('progress', "l'avancement : étapes, nombre d'actions, retards"), ('answers', "l'avancement et les réponses")], default='progress', max_length=8, verbose_name='ce qui est montré')),
                ('figures', models.JSONField(default=dict, verbose_name='chiffres')),
                ('figures_at', models.DateTimeField(null=True)),
                ('since', models.DateTimeField(default=django.utils.timezone.now)),
                ('until', models.DateTimeField(null=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='RegisterEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('register', models.CharField(max_length=60, verbose_name='registre')),
                ('identity', models.CharField(max_length=300, verbose_name='clé')),
                ('values', models.JSONField()),
                ('origin', models.CharField(choices=[('typed', 'saisie'), ('file', 'fichier'), ('guide', 'liste de départ'), ('machine', 'remontée automatique'), ('offer', 'proposée par votre accompagnant')], default='typed', max_length=8, verbose_name='origine')),
                ('revision', models.PositiveIntegerField(default=1, verbose_name='révision')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('removed_at', models.DateTimeField(null=True)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['identity', 'pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='EntryRevision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('revision', models.PositiveIntegerField(verbose_name='révision')),
                ('values', models.JSONField(null=True)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='guides.registerentry')),
            ],
            options={
                'ordering': ['-revision'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Response',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('guide', models.CharField(max_length=60, verbose_name='guide')),
                ('label', models.CharField(blank=True, max_length=120, verbose_name='nom')),
                ('is_exercise', models.BooleanField(default=False, verbose_name='exercice')),
                ('opened_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('closed_at', models.DateTimeField(null=True)),
                ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('edition', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='guides.guideedition')),
                ('entry', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='guides.registerentry')),
                ('opened_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('previous', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='guides.response')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['-opened_at', '-pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.AddField(
            model_name='followedaction',
            name='source',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='guides.response'),
        ),
        migrations.CreateModel(
            name='Evidence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.CharField(blank=True, max_length=120, verbose_name='question, champ ou étape')),
                ('name', models.CharField(max_length=200, verbose_name='nom')),
                ('sha256', models.CharField(max_length=64, verbose_name='empreinte')),
                ('size', models.PositiveBigIntegerField(verbose_name='taille')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('contribution', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='evidence', to='guides.contribution')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
                ('action', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='evidence', to='guides.followedaction')),
                ('entry', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='evidence', to='guides.registerentry')),
                ('response', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='evidence', to='guides.response')),
            ],
            options={
                'ordering': ['pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.AddField(
            model_name='contributionlink',
            name='response',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='guides.response'),
        ),
        migrations.CreateModel(
            name='Arbitration',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('decision', models.CharField(choices=[('accepted', 'accepté'), ('conditions', 'accepté, à des conditions'), ('deferred', 'reporté'), ('refused', 'refusé')], max_length=10, verbose_name='décision')),
                ('reason', models.CharField(max_length=1000, verbose_name='raison')),
                ('until', models.DateField(null=True, verbose_name='à revoir le')),
                ('sha256', models.CharField(max_length=64, verbose_name='empreinte')),
                ('authority', models.JSONField(null=True, verbose_name='au titre de')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
                ('entry', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='arbitrations', to='guides.registerentry')),
                ('response', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='arbitrations', to='guides.response')),
            ],
            options={
                'ordering': ['-pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Answer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('question', models.CharField(max_length=120)),
                ('value', models.JSONField(null=True)),
                ('note', models.CharField(blank=True, max_length=500, verbose_name='remarque')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
                ('response', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='guides.response')),
            ],
            options={
                'ordering': ['pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='StageAcceptance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('plan', models.CharField(max_length=60, verbose_name='plan')),
                ('stage', models.CharField(max_length=120, verbose_name='étape')),
                ('note', models.CharField(blank=True, max_length=500, verbose_name='remarque')),
                ('authority', models.JSONField(null=True, verbose_name='au titre de')),
                ('summary', models.JSONField(default=dict, verbose_name='ce qui est accepté')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='StepNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('step', models.CharField(max_length=120)),
                ('done', models.BooleanField(default=True)),
                ('notes', models.JSONField(default=dict)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('response', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='guides.response')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.AddConstraint(
            model_name='guideedition',
            constraint=models.UniqueConstraint(fields=('territory', 'guide', 'version'), name='one_content_a_version'),
        ),
        migrations.AddIndex(
            model_name='offer',
            index=models.Index(fields=['batch'], name='offers_by_batch'),
        ),
        migrations.AddConstraint(
            model_name='offer',
            constraint=models.UniqueConstraint(fields=('territory', 'batch'), name='one_offer_a_batch'),
        ),
        migrations.AddConstraint(
            model_name='progressshare',
            constraint=models.UniqueConstraint(condition=models.Q(('until', None)), fields=('territory', 'domain'), name='one_open_share_a_domain'),
        ),
        migrations.AddConstraint(
            model_name='registerentry',
            constraint=models.UniqueConstraint(condition=models.Q(('removed_at', None)), fields=('territory', 'register', 'identity'), name='one_live_entry_an_identity'),
        ),
        migrations.AddConstraint(
            model_name='entryrevision',
            constraint=models.UniqueConstraint(fields=('entry', 'revision'), name='one_row_a_revision'),
        ),
        migrations.AddIndex(
            model_name='response',
            index=models.Index(fields=['territory', 'guide', '-opened_at'], name='guides_resp_territo_f822bc_idx'),
        ),
        migrations.AddConstraint(
            model_name='followedaction',
            constraint=models.UniqueConstraint(fields=('territory', 'plan', 'key'), name='one_action_a_key'),
        ),
        migrations.AddConstraint(
            model_name='evidence',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('action', None), ('contribution', None), ('entry', None), ('response__isnull', False)), models.Q(('action', None), ('contribution', None), ('entry__isnull', False), ('response', None)), models.Q(('action__isnull', False), ('contribution', None), ('entry', None), ('response', None)), models.Q(('action', None), ('contribution__isnull', False), ('entry', None), ('response', None)), _connector='OR'), name='evidence_of_one_thing'),
        ),
        migrations.AddConstraint(
            model_name='evidence',
            constraint=models.CheckConstraint(condition=models.Q(('by__isnull', False), ('contribution__isnull', False), _connector='OR'), name='evidence_has_its_author'),
        ),
        migrations.AddConstraint(
            model_name='arbitration',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('entry', None), ('response__isnull', False)), models.Q(('entry__isnull', False), ('response', None)), _connector='OR'), name='arbitration_of_one_thing'),
        ),
        migrations.AddConstraint(
            model_name='stageacceptance',
            constraint=models.UniqueConstraint(fields=('territory', 'plan', 'stage'), name='a_stage_is_accepted_once'),
        ),
    ]
