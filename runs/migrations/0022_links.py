from django.db import migrations, models


class Migration(migrations.Migration):
    """Find the replays of a run by an index."""

    dependencies = [("runs", "0021_code")]

    operations = [
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("replay_of__gt", "")), fields=["replay_of", "id"], name="runs_replays"
            ),
        ),
    ]
