from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("channels_io", "0008_workers"),
    ]

    # The database has the defaults too: web processes of the version before go on writing meanwhile.
    operations = [
        migrations.AddField(
            model_name="turn",
            name="used",
            field=models.JSONField(blank=True, db_default=[], default=list),
        ),
        migrations.AddField(
            model_name="turn",
            name="used_seq",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="costline",
            name="model",
            field=models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
        migrations.AddField(
            model_name="costline",
            name="service",
            field=models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
        migrations.AddField(
            model_name="costline",
            name="service_name",
            field=models.CharField(blank=True, db_default="", default="", max_length=60),
        ),
        migrations.RemoveConstraint(
            model_name="costline",
            name="channels_io_cost_once",
        ),
        migrations.AddConstraint(
            model_name="costline",
            constraint=models.UniqueConstraint(
                fields=("conversation", "component", "unit", "service", "model"), name="channels_io_cost_once"
            ),
        ),
    ]
