import django.core.validators
from django.db import migrations, models

import sinks.validators

_PROVIDERS = ("github", "stripe", "slack", "shopify", "standard")
_HMAC = "hmac"


def _to_providers(apps, editor):
    """A named scheme becomes a provider, and a generic HMAC becomes a scheme of the sink's own."""
    sinks_ = apps.get_model("sinks", "Sink").objects
    for name in _PROVIDERS:
        sinks_.filter(signature=name).update(provider=name)
    for sink in sinks_.filter(signature=_HMAC):
        row = {
            "kind": "hmac",
            "signed": "{body}",
            "name": sink.signature_header,
            "algorithm": sink.signature_algorithm,
            "encoding": sink.signature_encoding,
            "prefix": sink.signature_prefix,
        }
        sinks_.filter(pk=sink.pk).update(scheme=row)
    sinks_.filter(tolerance=300).update(tolerance=None)


def _to_signatures(apps, editor):
    sinks_ = apps.get_model("sinks", "Sink").objects
    sinks_.filter(tolerance=None).update(tolerance=300)
    for name in _PROVIDERS:
        sinks_.filter(provider=name).update(signature=name)
    for sink in sinks_.filter(provider="").exclude(scheme=None):
        row = sink.scheme
        sinks_.filter(pk=sink.pk).update(
            signature=_HMAC,
            signature_header=row.get("name", ""),
            signature_algorithm=row.get("algorithm", "sha256"),
            signature_encoding=row.get("encoding", "hex"),
            signature_prefix=row.get("prefix", ""),
        )


class Migration(migrations.Migration):

    dependencies = [
        ('sinks', '0023_deliver_to'),
    ]

    operations = [
        migrations.AddField(
            model_name='sink',
            name='provider',
            field=models.CharField(blank=True, help_text='The provider whose deliveries the sink takes, such as github or stripe. It determines how they are signed. Leave empty to accept unsigned deliveries.', max_length=64),
        ),
        migrations.AddField(
            model_name='sink',
            name='public_url',
            field=models.CharField(blank=True, help_text="The sink's URL exactly as you enter it at the provider, for providers that sign it. Leave empty to use PUBLIC_URL and the path of the request.", max_length=500, validators=[sinks.validators.check_public_url], verbose_name='public URL'),
        ),
        migrations.AddField(
            model_name='sink',
            name='scheme',
            field=models.JSONField(blank=True, help_text='How deliveries are signed, if the provider is not in the list: a JSON object, see docs/providers.', null=True),
        ),
        migrations.AlterField(
            model_name='sink',
            name='tolerance',
            field=models.PositiveIntegerField(blank=True, help_text="For schemes that sign a timestamp: how many seconds it may differ from the server's clock. Leave empty for the provider's own tolerance, which is 300 seconds for most.", null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(86400)]),
        ),
        migrations.RunPython(_to_providers, _to_signatures),
    ]
