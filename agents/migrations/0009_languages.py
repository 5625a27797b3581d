from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("agents", "0008_services"),
    ]

    operations = [
        migrations.AddField(
            model_name="draft",
            name="languages",
            field=models.JSONField(blank=True, default=list, verbose_name="other languages"),
        ),
        migrations.AddField(
            model_name="draft",
            name="notices_language",
            field=models.BooleanField(default=False, verbose_name="notice the caller's language"),
        ),
    ]
