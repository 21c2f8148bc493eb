from django.db import migrations, models

import sinks.access.encryption


class Migration(migrations.Migration):
    dependencies = [("sinks", "0030_handshakes")]

    operations = [
        migrations.AddField(
            "sink", "encrypted_old_token", sinks.access.encryption.EncryptedField(blank=True, editable=False)
        ),
        migrations.AddField("sink", "old_token_until", models.DateTimeField(editable=False, null=True)),
    ]
