from django.db import migrations, models

import sinks.validators


class Migration(migrations.Migration):
    dependencies = [("sinks", "0033_invitations")]

    operations = [
        migrations.AddField(
            model_name="sink",
            name="search_values",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="Values by which runs are found, as a JSON object of names and JMESPath expressions, such as "
                '{"order": "body.order.id"}: then the search order:1042 finds the run.',
                validators=[sinks.validators.check_search_values],
                verbose_name="search values",
            ),
        ),
    ]
