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
        ('catalogue', '0004_row_corrections'),
        ('guides', '0002_rules'),
        ('platform', '0004_quota'),
        ('studio', '0003_figure_widths'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='KitBuild',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(blank=True, max_length=6, verbose_name='code')),
                ('sha256', models.CharField(blank=True, max_length=64, verbose_name='empreinte')),
                ('size', models.PositiveBigIntegerField(default=0, verbose_name='taille')),
                ('pages', models.PositiveIntegerField(default=0, verbose_name='pages')),
                ('is_sealed', models.BooleanField(default=False, verbose_name='avec partie scellée')),
                ('missing', models.JSONField(default=list, verbose_name='ce qui manque')),
                ('failure', models.CharField(blank=True, max_length=1000, verbose_name='raison')),
                ('cpu_seconds', models.FloatField(default=0, verbose_name='temps de calcul')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['-pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='KitCopy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.CharField(max_length=200, verbose_name='où')),
                ('ok', models.BooleanField(default=True, verbose_name='arrivée entière')),
                ('message', models.CharField(blank=True, max_length=500, verbose_name="ce qui s'est passé")),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('build', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='copies', to='continuity.kitbuild')),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['-pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='KitList',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=120, verbose_name='titre')),
                ('columns', models.JSONField(default=list, verbose_name='colonnes')),
                ('is_personal', models.BooleanField(verbose_name='personnelle')),
                ('added_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('removed_at', models.DateTimeField(null=True)),
                ('added_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('dataset', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.dataset')),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='guides.registerentry')),
                ('processing', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalogue.processing')),
                ('recipe', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='studio.storedrecipe')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='KitListContent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sealed', models.TextField(blank=True)),
                ('at', models.DateTimeField(null=True)),
                ('snapshots', models.JSONField(default=list)),
                ('failure', models.CharField(blank=True, max_length=500, verbose_name='raison')),
                ('failed_at', models.DateTimeField(null=True)),
                ('kit_list', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='content', to='continuity.kitlist')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='KitOpening',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('build', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='openings', to='continuity.kitbuild')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['-pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='KitPhrase',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sealed', models.TextField()),
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
            name='SheetApproval',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sha256', models.CharField(max_length=64, verbose_name='empreinte')),
                ('role', models.CharField(max_length=120, verbose_name='en qualité de')),
                ('authority', models.JSONField(null=True, verbose_name='au titre de')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='guides.registerentry')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='SheetTrial',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sha256', models.CharField(max_length=64, verbose_name='empreinte')),
                ('on', models.DateField(verbose_name='essayée le')),
                ('who', models.CharField(max_length=300, verbose_name='qui a essayé')),
                ('went_wrong', models.CharField(blank=True, max_length=1000, verbose_name="ce qui n'a pas marché")),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='guides.registerentry')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.AddConstraint(
            model_name='kitbuild',
            constraint=models.UniqueConstraint(condition=models.Q(('code', ''), _negated=True), fields=('territory', 'code'), name='one_kit_a_code'),
        ),
        migrations.AddConstraint(
            model_name='kitlist',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('dataset', None), ('processing', None), ('recipe__isnull', False)), models.Q(('dataset__isnull', False), ('processing__isnull', False), ('recipe', None)), _connector='OR'), name='kit_list_of_one_source'),
        ),
    ]
