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
        ('platform', '0004_quota'),
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
    ]
