from __future__ import annotations

from django.db import migrations, models

import agents.default_after_call


class Migration(migrations.Migration):
    dependencies = [
        ("agents", "0004_test_case"),
    ]

    operations = [
        migrations.AddField(
            model_name="draft",
            name="after_call",
            field=models.JSONField(
                blank=True, default=agents.default_after_call.default_after_call, verbose_name="after the conversation"
            ),
        ),
    ]
