import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sinks", "0029_refusals")]

    operations = [
        migrations.AddField("sink", "awaits_secret_until", models.DateTimeField(editable=False, null=True)),
        migrations.AddField("sink", "secret_received_at", models.DateTimeField(editable=False, null=True)),
        migrations.CreateModel(
            name="Confirmation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("handshake", models.CharField(max_length=30)),
                ("topic", models.CharField(blank=True, max_length=300)),
                ("url", models.CharField(max_length=2000)),
                ("received_at", models.DateTimeField()),
                (
                    "sink",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="confirmations", to="sinks.sink"
                    ),
                ),
            ],
            options={
                "ordering": ["-received_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("sink", "topic"), name="sinks_one_confirmation_per_topic")
                ],
            },
        ),
    ]
