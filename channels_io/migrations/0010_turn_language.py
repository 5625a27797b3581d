from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("channels_io", "0009_service_costs"),
    ]

    operations = [
        migrations.AddField(
            model_name="turn",
            name="language",
            field=models.CharField(blank=True, db_default="", default="", max_length=12),
        ),
        migrations.AddField(
            model_name="turn",
            name="language_probability",
            field=models.FloatField(blank=True, null=True),
        ),
    ]
