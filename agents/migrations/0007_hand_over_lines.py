from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("agents", "0006_ask_person_after"),
    ]

    operations = [
        migrations.AddField(
            model_name="draft",
            name="hand_over_line",
            field=models.CharField(
                blank=True, default="", max_length=300, verbose_name="said when a person takes over"
            ),
        ),
        migrations.AddField(
            model_name="draft",
            name="give_back_line",
            field=models.CharField(blank=True, default="", max_length=300, verbose_name="said when the agent goes on"),
        ),
    ]
