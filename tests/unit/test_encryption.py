"""Encryption of sinks' tokens and secrets, and of apps' secrets, with SECRET_KEY: rotated and lost keys."""

import json
import re
from collections.abc import Callable

import pytest
from django.apps import apps
from django.test import override_settings

from sinks.access.encryption import Encrypted, EncryptedField, Unreadable
from tests.support.hub import Hub, Server
from tests.support.web import web

OLD, NEW, OTHER = "old" * 12, "new" * 12, "other" * 12
TOKEN, SECRET = "t0ken-4711-abcdef", "s3cret-4711-abcdef"
# Their values are digests, names, counters or expressions.
_NO_SECRETS = {
    "sinks.ApiToken.digest",
    "sinks.Revision.secrets",
    "sinks.Sink.awaits_secret_until",
    "sinks.Sink.old_token_until",
    "sinks.Sink.secret_received_at",
    "sinks.Sink.deliver_key",
    "runs.Run.idempotency_key",
    "runs.Signal.key",
    "runs.SignalledDelivery.idempotency_key",
    "runs.StepRecord.key",
    "runs.Wait.key",
}


def test_no_column_for_a_secret_is_kept_readable() -> None:
    columns = [
        field
        for app in ("runs", "sinks")
        for model in apps.get_app_config(app).get_models()
        for field in model._meta.local_fields
        if re.search("token|secret|password|credential|key", field.name) and not field.is_relation
    ]
    assert {str(column) for column in columns if not isinstance(column, EncryptedField)} <= {
        *_NO_SECRETS,
        "runs.Run.key_expires_at",
    }
    assert sum(isinstance(column, EncryptedField) for column in columns) >= 4


def test_whether_there_is_a_value_is_known_without_its_key() -> None:
    value = Encrypted.of("a text")
    assert "a text" not in value
    assert not Encrypted.of("") and Encrypted.of("").reveal() == ""
    with override_settings(SECRET_KEY=OTHER):
        assert value
        with pytest.raises(Unreadable, match="SECRET_KEY_FALLBACKS"):
            value.reveal()
        with pytest.raises(Unreadable):
            value.renewed()


def test_a_value_is_renewed_only_where_its_key_is_a_former_one() -> None:
    value = Encrypted.of("a text")
    assert value.renewed() is value
    with override_settings(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=[OTHER]), pytest.raises(Unreadable):
        value.renewed()


@pytest.fixture
def hub(make_hub: Callable[[str], Hub]) -> Hub:
    """A hub whose sinks' tokens and secrets are encrypted with OLD."""
    hub = make_hub("sqlite")
    hub.environment["SECRET_KEY"] = OLD
    hub.add_sinks(
        [
            {"path": "/token", "auth_token": TOKEN},
            {"path": "/signed", "signature": "github", "secrets": [SECRET]},
            {"path": "/public"},
            {"path": "/off", "auth_token": TOKEN, "active": False},
        ]
    )
    hub.manage("secrets", "set", "app_test", "STRIPE_KEY", stdin=SECRET)
    return hub


def statuses(server: Server) -> list[int]:
    """Send the token and a wrong signature to sinks with a token, a signature, and neither. Return the statuses."""
    sent = {"Authorization": f"Bearer {TOKEN}", "X-Hub-Signature-256": "sha256=" + "0" * 64}
    return [
        web.post(f"{server.url}/app_test/{path}", headers=sent).status_code for path in ("token", "signed", "public")
    ]


def test_a_key_is_rotated_while_sinks_stay_readable(hub: Hub) -> None:
    server = hub.start(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=f"{OTHER},{OLD}")
    assert statuses(server) == [200, 401, 200]
    done = hub.manage("sinks", "reencrypt", SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=OLD)
    assert done.stdout == (
        "Encrypted with SECRET_KEY: the tokens and secrets of sinks (4), the secrets of apps (1), and the second "
        "factors of users (0).\n"
    )
    alone = hub.start(SECRET_KEY=NEW)
    assert statuses(alone) == [200, 401, 200]
    assert "another SECRET_KEY" not in alone.log()
    again = hub.query("SELECT encrypted_token, encrypted_secrets FROM sinks_sink ORDER BY id")
    hub.manage("sinks", "reencrypt", SECRET_KEY=NEW)
    assert hub.query("SELECT encrypted_token, encrypted_secrets FROM sinks_sink ORDER BY id") == again
    assert json.loads(hub.manage("sinks", "export", "--secrets", SECRET_KEY=NEW).stdout)["secrets"] == {
        "STRIPE_KEY": SECRET
    }
    hub.close()


def test_a_key_that_is_lost_is_said_at_the_start_and_changes_nothing(hub: Hub) -> None:
    server = hub.start(SECRET_KEY=OTHER)
    assert statuses(server) == [500, 500, 200]
    message = (
        "secrets unreadable: sinks=2 (POST /app_test/token, POST /app_test/signed). They were encrypted under another"
        " SECRET_KEY, and the sinks answer 500. Add that key to SECRET_KEY_FALLBACKS, or set the secrets again."
    )
    assert message in server.log()
    assert "secrets of apps unreadable: secrets=1 (STRIPE_KEY of app_test)" in server.log()
    before = hub.query("SELECT * FROM sinks_sink ORDER BY id")
    done = hub.manage("sinks", "reencrypt", check=False, SECRET_KEY=OTHER)
    assert done.returncode == 1
    for name in ("/app_test/token: token", "/app_test/signed: secrets", "/app_test/off: token"):
        assert f"POST {name}\n" in done.stderr
    assert "/app_test: secret STRIPE_KEY\n" in done.stderr
    assert hub.query("SELECT * FROM sinks_sink ORDER BY id") == before
    hub.close()
    assert statuses(hub.start()) == [200, 401, 200]
    hub.close()
