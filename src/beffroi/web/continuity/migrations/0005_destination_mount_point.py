"""Where the stick of a destination is mounted: unplugged, its folder may lie on any other disk of the machine."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("continuity", "0004_exercise_import"),)
    operations = (
        migrations.AddField(
            "destination",
            "mount_point",
            models.CharField("point de montage de la clé", max_length=1000, null=True),
        ),
    )
