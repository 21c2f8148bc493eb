from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sinks", "0031_token_overlap")]

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "via",
                    models.CharField(
                        choices=[("admin", "admin"), ("api", "API"), ("command", "command"), ("server", "server")],
                        max_length=8,
                    ),
                ),
                (
                    "user",
                    models.CharField(
                        blank=True,
                        help_text="The user's name; for a command, the name at the operating system.",
                        max_length=150,
                    ),
                ),
                (
                    "program",
                    models.CharField(
                        blank=True, help_text="The name of the API token, if one was used.", max_length=200
                    ),
                ),
                (
                    "address",
                    models.CharField(blank=True, help_text="The network address of the client.", max_length=64),
                ),
                ("kind", models.CharField(max_length=40)),
                ("app_id", models.CharField(blank=True, max_length=64, verbose_name="app id")),
                ("object", models.CharField(blank=True, help_text="The name of the object.", max_length=300)),
                ("text", models.TextField(blank=True, help_text="The changed fields, or other details.")),
            ],
            options={
                "verbose_name": "audit entry",
                "verbose_name_plural": "audit entries",
                "ordering": ["-pk"],
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(fields=["at"], name="audit_by_age"),
                    models.Index(fields=["user", "id"], name="audit_of_user"),
                    models.Index(fields=["kind", "id"], name="audit_of_kind"),
                    models.Index(fields=["app_id", "id"], name="audit_of_app"),
                ],
            },
        ),
    ]
