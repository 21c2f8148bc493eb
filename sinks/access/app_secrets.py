"""Setting the secrets of apps: one way for the admin, the API, the command and the import."""

from django.core.exceptions import ValidationError
from django.db import transaction

from sinks.models import App, AppSecret
from sinks.validators import check_secret_name, check_secret_value

MAX_SECRETS = 100  # of an app; each process that executes runs keeps all of them in memory


def set_secret(app: App, name: str, value: str) -> tuple[AppSecret, bool]:
    """
    Set a secret of an app, which replaces its value.

    Args:
        app: The app.
        name: The name.
        value: The value.

    Returns:
        The secret, and whether it is new.

    Raises:
        ValidationError: By `name` or `value`: it is invalid, or the app has too many secrets. No message has the value.
        IntegrityError: The app was deleted at the same time.
    """
    faults: dict[str, list[ValidationError]] = {}
    for field, check, content in (("name", check_secret_name, name), ("value", check_secret_value, value)):
        try:
            check(content)
        except ValidationError as error:
            faults[field] = error.error_list
    if faults:
        raise ValidationError(faults)
    with transaction.atomic():
        # One change of an app's secrets at a time: otherwise, two could create the same secret, or one too many.
        list(App.objects.select_for_update().filter(pk=app.pk).order_by().values_list("pk"))
        secret = AppSecret.objects.filter(app=app, name=name).first() or AppSecret(app=app, name=name)
        is_new = secret.pk is None
        if is_new and AppSecret.objects.filter(app=app).count() >= MAX_SECRETS:
            raise ValidationError({"name": f"An app has at most {MAX_SECRETS} secrets: delete one first."})
        secret.set_value(value)
        secret.save()
    return secret, is_new


def document_of(secret: AppSecret) -> dict[str, object]:
    """Return a secret as JSON, without its value, for the API and the command."""
    return {"name": secret.name, "created_at": secret.created_at, "changed_at": secret.changed_at}
