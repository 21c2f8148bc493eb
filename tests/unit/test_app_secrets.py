"""Secrets of apps: they can be set in the admin, by the API, a command and a file, and are never shown."""

import io
import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client, override_settings

from runs import ports
from runs.workflows import SecretMissing, SecretUnreadable
from runs.workflows.secrets import Secrets
from sinks.access import api_tokens, app_secrets
from sinks.access.app_secrets import set_secret
from sinks.config import import_export
from sinks.config.documents import MASK
from sinks.config.formats import Refused
from sinks.models import App, AppSecret, Membership, Revision

pytestmark = pytest.mark.one_database

VALUE, OTHER = "sk_live_4711-abc", "sk_live_0815-xyz"
PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg4711\n-----END PRIVATE KEY-----"


@pytest.fixture
def app(db: None) -> App:
    return App.objects.create(app_id="app_mine")


@pytest.fixture
def other(db: None) -> App:
    return App.objects.create(app_id="app_other")


@pytest.fixture
def secrets(app: App) -> Secrets:
    """The secrets as a process keeps them, with one of app_mine."""
    set_secret(app, "STRIPE_KEY", VALUE)
    secrets = Secrets()
    secrets.load()
    return secrets


def value_of(app: App, name: str = "STRIPE_KEY") -> str:
    return str(AppSecret.objects.get(app=app, name=name).encrypted_secret.reveal())


def user_of(role: str, *apps: App) -> User:
    user = User.objects.create_user("-".join((role, *map(str, apps))), password="pw", is_staff=True)
    for app in apps:
        Membership.objects.create(user=user, app=app, role=role)
    return user


def signed_in(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


# What a process knows.


@pytest.mark.parametrize("name", ["stripe_key", "4KEY", "A-B", "", "K" * 65, "\u00c4", "KEY\n"])
def test_a_name_is_spelled_like_an_environment_variable(app: App, name: str) -> None:
    with pytest.raises(ValidationError, match="capital letters"):
        set_secret(app, name, VALUE)


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("", "8 to 16384 characters, not 0"),
        ("s3cret7", "not 7"),
        ("x" * 16_385, "not 16385"),
        (f" {VALUE}", "white space"),
        (f"{VALUE}\n", "white space"),
        (f"{VALUE}\0{VALUE}", "NUL"),
        (f"{VALUE}\ud800{VALUE}", "surrogate"),
        (MASK, "mask"),
    ],
)
def test_a_value_that_cannot_be_kept_is_refused_without_showing_it(app: App, value: str, fault: str) -> None:
    with pytest.raises(ValidationError, match=fault) as refused:
        set_secret(app, "STRIPE_KEY", value)
    assert VALUE not in str(refused.value)
    assert not AppSecret.objects.exists()


def test_an_app_has_a_limited_number_of_secrets(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_secrets, "MAX_SECRETS", 2)
    set_secret(app, "ONE", VALUE)
    set_secret(app, "TWO", VALUE)
    with pytest.raises(ValidationError, match="at most 2 secrets"):
        set_secret(app, "THREE", VALUE)
    assert set_secret(app, "TWO", OTHER)[1] is False


def test_the_memory_of_a_process_follows_every_kind_of_change(app: App, secrets: Secrets) -> None:
    assert secrets.value("app_mine", "STRIPE_KEY") == VALUE
    set_secret(app, "STRIPE_KEY", OTHER)
    assert secrets.value("app_mine", "STRIPE_KEY") == VALUE, "it was read from the database"
    secrets.refresh()
    assert secrets.value("app_mine", "STRIPE_KEY") == OTHER
    AppSecret.objects.all().update(name="RENAMED")
    secrets.refresh()
    assert secrets.value("app_mine", "RENAMED") == OTHER
    app.delete()
    secrets.refresh()
    with pytest.raises(SecretMissing):
        secrets.value("app_mine", "RENAMED")


def test_nothing_is_read_again_unless_a_secret_has_changed(app: App, secrets: Secrets) -> None:
    App.objects.create(app_id="app_third")
    revision = Revision.objects.get().secrets
    assert ports.read_secrets(revision) is None
    before = Revision.objects.get().number
    set_secret(app, "STRIPE_KEY", OTHER)
    assert ports.read_secrets(revision) is not None
    assert Revision.objects.get().number == before, "servers would read all sinks again"


@pytest.mark.parametrize(("app_id", "name"), [("app_mine", "OTHER"), ("app_other", "STRIPE_KEY"), ("", "STRIPE_KEY")])
def test_a_missing_secret_is_named_with_how_to_set_it(secrets: Secrets, app_id: str, name: str) -> None:
    with pytest.raises(SecretMissing, match=f"{app_id} has no secret '{name}'.*manage.py secrets set {app_id} {name}"):
        secrets.value(app_id, name)


def test_a_name_that_is_no_text_is_refused(secrets: Secrets) -> None:
    with pytest.raises(TypeError, match="must be text, not int"):
        secrets.value("app_mine", 7)  # type: ignore[arg-type]


def test_a_secret_under_a_lost_key_is_logged_at_the_start_and_fails_alone(
    app: App, secrets: Secrets, caplog: pytest.LogCaptureFixture
) -> None:
    with override_settings(SECRET_KEY="another" * 6):
        set_secret(app, "FRESH", OTHER)
        secrets.load()
        assert secrets.value("app_mine", "FRESH") == OTHER
        with pytest.raises(SecretUnreadable, match=r"'STRIPE_KEY' of the app app_mine cannot be read.*FALLBACKS"):
            secrets.value("app_mine", "STRIPE_KEY")
    assert "secrets of apps unreadable: secrets=1 (STRIPE_KEY of app_mine)" in caplog.text


def test_secrets_are_encrypted_again_under_a_new_key(app: App, secrets: Secrets) -> None:
    before = AppSecret.objects.get()
    with override_settings(SECRET_KEY="another" * 6, SECRET_KEY_FALLBACKS=[settings.SECRET_KEY]):
        out = io.StringIO()
        call_command("sinks", "reencrypt", stdout=out)
    assert "the secrets of apps (1)" in out.getvalue()
    after = AppSecret.objects.get()
    assert after.encrypted_secret != before.encrypted_secret
    assert after.changed_at == before.changed_at
    with override_settings(SECRET_KEY="another" * 6):
        secrets.refresh()
        assert secrets.value("app_mine", "STRIPE_KEY") == VALUE
    with pytest.raises(CommandError, match="/app_mine: secret STRIPE_KEY"):
        call_command("sinks", "reencrypt")


# The admin.


def page_of(app: App) -> str:
    return f"/admin/sinks/app/{app.pk}/change/"


def form_of(app: App, *rows: dict[str, Any], existing: int = 0) -> dict[str, Any]:
    """Return the form of an app with these rows of secrets, of which the first `existing` are stored already."""
    form: dict[str, Any] = {"name": app.name, "active": "on"}
    form |= {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}
    form |= {"secrets-TOTAL_FORMS": len(rows), "secrets-INITIAL_FORMS": existing}
    for place, row in enumerate(rows):
        form |= {f"secrets-{place}-{name}": value for name, value in row.items()}
        form[f"secrets-{place}-app"] = app.pk
    return form


def test_an_owner_sets_replaces_and_deletes_a_secret_that_is_never_shown(
    app: App, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    browser = signed_in(user_of("owner", app))
    row = {"name": "STRIPE_KEY", "new_value": VALUE}
    answers = [browser.post(page_of(app), form_of(app, row), follow=True)]
    secret = AppSecret.objects.get()
    stored = secret.encrypted_secret
    assert (secret.app, value_of(app)) == (app, VALUE)
    kept = {"id": secret.pk, "new_value": ""}
    answers.append(browser.post(page_of(app), form_of(app, kept, existing=1), follow=True))
    assert AppSecret.objects.get().encrypted_secret == stored
    replaced = {"id": secret.pk, "name": "RENAMED", "new_value": PEM.replace("\n", "\r\n") + "\r\n"}
    answers.append(browser.post(page_of(app), form_of(app, replaced, existing=1), follow=True))
    assert value_of(app) == PEM
    answers += [browser.get(page_of(app)), browser.get(f"/admin/sinks/app/{app.pk}/delete/")]
    deleted = {"id": secret.pk, "new_value": "", "DELETE": "on"}
    answers.append(browser.post(page_of(app), form_of(app, deleted, existing=1), follow=True))
    assert not AppSecret.objects.exists()
    answers.append(browser.get(f"/admin/sinks/app/{app.pk}/history/"))
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    assert b"STRIPE_KEY" in answers[3].content, "the page of the app does not list it"
    entries = " ".join(entry.change_message for entry in LogEntry.objects.order_by("pk"))
    assert entries.count("STRIPE_KEY") == 3
    everything = entries + caplog.text + "".join(answer.content.decode() for answer in answers)
    for text in (VALUE, "MIIEvQIBADANBg4711", stored):
        assert text not in everything


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ({"name": "STRIPE_KEY", "new_value": ""}, "This field is required."),
        ({"name": "STRIPE_KEY", "new_value": "s3cret7"}, "A secret must have 8 to 16384 characters, not 7."),
        ({"name": "stripe", "new_value": VALUE}, "capital letters"),
        ({"name": "TAKEN_KEY", "new_value": VALUE}, "The app has a secret with this name"),
    ],
)
def test_the_admin_names_the_fault_of_a_secret_and_does_not_show_what_was_typed(
    app: App, row: dict[str, Any], fault: str
) -> None:
    set_secret(app, "TAKEN_KEY", OTHER)
    browser = signed_in(user_of("owner", app))
    stored = {"id": AppSecret.objects.get().pk, "new_value": ""}
    answer = browser.post(page_of(app), form_of(app, stored, row, existing=1))
    assert answer.status_code == 200
    assert fault in answer.content.decode()
    assert VALUE not in answer.content.decode() and "s3cret7" not in answer.content.decode()
    assert AppSecret.objects.count() == 1


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_other_members_see_the_names_alone_and_set_nothing(app: App, role: str) -> None:
    set_secret(app, "STRIPE_KEY", VALUE)
    browser = signed_in(user_of(role, app))
    shown = browser.get(page_of(app)).content.decode()
    assert "STRIPE_KEY" in shown
    assert "new_value" not in shown and VALUE not in shown
    form = form_of(app, {"id": AppSecret.objects.get().pk, "new_value": OTHER}, existing=1)
    assert browser.post(page_of(app), form).status_code == 403
    assert value_of(app) == VALUE


def test_the_permission_for_apps_does_not_give_their_secrets(app: App) -> None:
    set_secret(app, "STRIPE_KEY", VALUE)
    user = User.objects.create_user("old", password="pw", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_app", "change_app", "delete_app"]))
    browser = signed_in(user)
    assert "STRIPE_KEY" not in browser.get(page_of(app)).content.decode()
    form = form_of(app, {"id": AppSecret.objects.get().pk, "new_value": OTHER}, existing=1)
    browser.post(page_of(app), form)
    assert value_of(app) == VALUE


# The API.


@dataclass
class Api:
    """The API with a token of a user."""

    client: Client
    header: str

    def ask(self, method: str, path: str, document: Any = None) -> tuple[int, Any]:
        body = "" if document is None else json.dumps(document)
        answer = self.client.generic(
            method, f"/api/v1/{path}", body, "application/json", headers={"Authorization": self.header}
        )
        return answer.status_code, json.loads(answer.content or b"null")


def api_of(user: User, *scopes: str, app: App | None = None) -> Api:
    _, text = api_tokens.make(user, "test", scopes, app=app)
    return Api(Client(), f"Bearer {text}")


@pytest.fixture
def owners(app: App) -> Api:
    return api_of(user_of("owner", app), "sinks:read", "app-secrets:write")


def test_the_api_sets_lists_and_deletes_secrets_without_their_values(app: App, owners: Api) -> None:
    address = "apps/app_mine/secrets/STRIPE_KEY"
    created, first = owners.ask("PUT", address, {"value": VALUE})
    replaced, second = owners.ask("PUT", address, {"value": OTHER})
    assert (created, replaced) == (201, 200)
    assert set(first) == {"name", "created_at", "changed_at"}
    assert (second["created_at"], second["changed_at"] > first["changed_at"]) == (first["created_at"], True)
    assert value_of(app) == OTHER
    assert owners.ask("GET", "apps/app_mine/secrets") == (200, [second])
    assert owners.ask("GET", address)[0] == 405
    assert owners.ask("DELETE", address) == (204, None)
    assert owners.ask("GET", "apps/app_mine/secrets") == (200, [])
    status, problem = owners.ask("DELETE", address)
    assert (status, problem["detail"]) == (404, "The app has no such secret.")


@pytest.mark.parametrize(
    ("name", "document", "place"),
    [
        ("STRIPE_KEY", {"value": "s3cret7"}, "value"),
        ("STRIPE_KEY", {"value": 47_110_815}, "value"),
        ("STRIPE_KEY", {}, "value"),
        ("STRIPE_KEY", {"value": VALUE, "secret": VALUE}, "secret"),
        ("stripe", {"value": VALUE}, "name"),
    ],
)
def test_the_api_names_the_place_of_a_fault(owners: Api, name: str, document: Any, place: str) -> None:
    status, problem = owners.ask("PUT", f"apps/app_mine/secrets/{name}", document)
    assert (status, list(problem["errors"])) == (400, [place])
    assert VALUE not in json.dumps(problem)
    assert not AppSecret.objects.exists()


def test_only_owners_with_the_scope_set_secrets(app: App, other: App) -> None:
    set_secret(app, "STRIPE_KEY", VALUE)
    put = ("PUT", "apps/app_mine/secrets/STRIPE_KEY", {"value": OTHER})
    delete = ("DELETE", "apps/app_mine/secrets/STRIPE_KEY")
    read = ("GET", "apps/app_mine/secrets")
    everything = ("sinks:read", "sinks:write", "app-secrets:write")
    without = api_of(user_of("owner", app), "sinks:read", "sinks:write")
    assert [without.ask(*asked)[0] for asked in (put, delete, read)] == [403, 403, 200]
    assert "app-secrets:write" in without.ask(*put)[1]["detail"]
    for role in ("editor", "viewer"):
        member = api_of(user_of(role, app), *everything)
        assert [member.ask(*asked)[0] for asked in (put, delete, read)] == [403, 403, 200], role
    stranger = api_of(user_of("owner", other), *everything)
    assert [stranger.ask(*asked)[0] for asked in (put, delete, read)] == [404, 404, 404]
    limited = api_of(User.objects.create_superuser("root"), *everything, app=other)
    assert [limited.ask(*asked)[0] for asked in (put, delete, read)] == [404, 404, 404]
    old = User.objects.create_user("old")
    old.user_permissions.set(Permission.objects.filter(codename__in=["view_app", "change_app", "change_sink"]))
    upgraded = api_of(old, *everything)
    assert [upgraded.ask(*asked)[0] for asked in (put, delete, read)] == [403, 403, 403]
    assert value_of(app) == VALUE


# Commands and files.


class _Input(io.StringIO):
    """Standard input with a buffer of bytes."""

    def __init__(self, text: str, *, terminal: bool = False) -> None:
        super().__init__(text)
        self.buffer = io.BytesIO(text.encode())  # type: ignore[misc]
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def manage(*args: str) -> str:
    out = io.StringIO()
    call_command(*args, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("sent", "value"), [(VALUE, VALUE), (f"{VALUE}\n", VALUE), (f"{VALUE}\r\n", VALUE), (f"{PEM}\n", PEM)]
)
def test_the_command_reads_a_value_from_standard_input(
    app: App, monkeypatch: pytest.MonkeyPatch, sent: str, value: str
) -> None:
    monkeypatch.setattr("sys.stdin", _Input(sent))
    assert manage("secrets", "set", "app_mine", "STRIPE_KEY") == "The secret STRIPE_KEY of app_mine is set.\n"
    assert value_of(app) == value


def test_the_command_asks_for_a_value_at_a_terminal(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", _Input("", terminal=True))
    monkeypatch.setattr("sinks.management.commands.secrets.getpass", lambda prompt: VALUE)
    manage("secrets", "set", "app_mine", "STRIPE_KEY")
    assert value_of(app) == VALUE


def test_the_command_lists_and_deletes_without_values(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    set_secret(app, "STRIPE_KEY", VALUE)
    listed, as_json = manage("secrets", "list"), manage("secrets", "list", "--app", "app_mine", "--json")
    assert "app_mine" in listed and "STRIPE_KEY" in listed
    assert set(json.loads(as_json)) == {"app_id", "name", "created_at", "changed_at"}
    monkeypatch.setattr("sys.stdin", _Input(""))
    with pytest.raises(CommandError, match="--yes"):
        manage("secrets", "delete", "app_mine", "STRIPE_KEY")
    monkeypatch.setattr("sys.stdin", _Input("", terminal=True))
    monkeypatch.setattr("builtins.input", lambda prompt: "n")
    with pytest.raises(CommandError, match="Nothing was deleted"):
        manage("secrets", "delete", "app_mine", "STRIPE_KEY")
    deleted = manage("secrets", "delete", "app_mine", "STRIPE_KEY", "--yes")
    assert deleted == "The secret STRIPE_KEY of app_mine is deleted.\n"
    assert VALUE not in listed + as_json + deleted
    with pytest.raises(CommandError, match="app_mine has no secret 'STRIPE_KEY'"):
        manage("secrets", "delete", "app_mine", "STRIPE_KEY", "--yes")


@pytest.mark.parametrize(
    ("args", "fault"),
    [(("app_gone", "STRIPE_KEY"), "no app 'app_gone'"), (("app_mine", "stripe"), "name: .*capital"), ((), "value: ")],
)
def test_the_command_says_what_is_wrong(
    app: App, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...], fault: str
) -> None:
    monkeypatch.setattr("sys.stdin", _Input(VALUE if args else "s3cret7"))
    with pytest.raises(CommandError, match=fault) as refused:
        manage("secrets", "set", *(args or ("app_mine", "STRIPE_KEY")))
    assert VALUE not in str(refused.value) and "s3cret7" not in str(refused.value)


def bring(document: Any, **more: Any) -> list[tuple[str, dict[str, Any]]]:
    changes, _ = import_export.import_apps(import_export.entries(document), **more)
    return [(change.action, change.fields) for change in changes]


def test_a_file_has_the_values_only_if_asked(app: App) -> None:
    set_secret(app, "STRIPE_KEY", VALUE)
    [masked], [whole] = import_export.export_apps(), import_export.export_apps(secrets=True)
    assert (masked["secrets"], whole["secrets"]) == ({"STRIPE_KEY": MASK}, {"STRIPE_KEY": VALUE})
    assert bring(masked) == bring(whole) == []
    app.delete()
    assert bring(whole) == [("create", {"secrets.STRIPE_KEY": (None, MASK)})]
    assert value_of(App.objects.get()) == VALUE


def test_a_file_sets_the_secrets_that_it_names_and_keeps_others(app: App) -> None:
    set_secret(app, "KEPT", VALUE)
    set_secret(app, "CHANGED", VALUE)
    document = {"app_id": "app_mine", "secrets": {"CHANGED": OTHER, "FRESH": OTHER, "KEPT": MASK}, "sinks": []}
    fields = {"secrets.CHANGED": (MASK, MASK), "secrets.FRESH": (None, MASK)}
    assert bring(document, dry_run=True) == [("change", fields)]
    assert value_of(app, "CHANGED") == VALUE
    assert bring(document) == [("change", fields)]
    assert [value_of(app, name) for name in ("KEPT", "CHANGED", "FRESH")] == [VALUE, OTHER, OTHER]
    assert bring({"app_id": "app_mine", "sinks": []}, delete_others=True) == []
    assert AppSecret.objects.count() == 3


@pytest.mark.parametrize(
    ("secrets", "place"),
    [
        ({"STRIPE_KEY": MASK}, "secrets.STRIPE_KEY"),
        ({"STRIPE_KEY": 47_110_815}, "secrets.STRIPE_KEY"),
        ({"STRIPE_KEY": "s3cret7"}, "secrets.STRIPE_KEY"),
        ({"stripe": VALUE}, "secrets.stripe"),
        ([VALUE], "secrets"),
    ],
)
def test_a_file_with_a_wrong_secret_is_refused_whole(app: App, secrets: Any, place: str) -> None:
    document: dict[str, Any] = {"app_id": "app_mine", "name": "New", "secrets": {"FINE": VALUE}, "sinks": []}
    document["secrets"] = document["secrets"] | secrets if isinstance(secrets, dict) else secrets
    with pytest.raises(Refused, match=rf"^{place}: ") as refused:
        bring(document)
    assert VALUE not in str(refused.value)
    assert not AppSecret.objects.exists()
    assert App.objects.get().name == ""
