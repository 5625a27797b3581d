from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("agents", "0005_after_call"),
    ]

    operations = [
        migrations.AddField(
            model_name="draft",
            name="ask_person_after",
            field=models.PositiveSmallIntegerField(default=0, verbose_name="ask for a person after"),
        ),
    ]
