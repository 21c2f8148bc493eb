"""The models of apps and sinks: validation, equality of URLs, and storage of tokens."""

import math
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import override_settings

from sinks.access import encryption
from sinks.models import App, Revision, Sink

pytestmark = pytest.mark.django_db


@pytest.fixture
def app() -> App:
    return App.objects.create(app_id="app_test")


def checked(app: App, **fields: Any) -> Sink:
    """Validate and store a sink."""
    sink = Sink(app=app, **{"path": "/hook", "workflow": "echo"} | fields)
    sink.full_clean()
    sink.save()
    return sink


def faults(app: App, **fields: Any) -> dict[str, list[str]]:
    """Return the validation errors of a sink, by field."""
    with pytest.raises(ValidationError) as refused:
        checked(app, **fields)
    return refused.value.message_dict


def revision() -> int:
    return Revision.objects.values_list("number", flat=True).first() or 0


def test_an_app_without_an_id_gets_one_that_is_its_own() -> None:
    first, second = App.objects.create(), App.objects.create(app_id="")
    assert first.app_id.startswith("app_")
    assert first.app_id != second.app_id
    first.full_clean()


@pytest.mark.parametrize("app_id", ["app_abc123", "a", "A-b_9", "x" * 64, "runs2"])
def test_an_app_id_has_letters_digits_and_two_signs(app_id: str) -> None:
    App(app_id=app_id).full_clean()


@pytest.mark.parametrize("app_id", ["a b", "a/b", "a.b", "ü", "x" * 65, "a\n"])
def test_another_app_id_is_refused(app_id: str) -> None:
    with pytest.raises(ValidationError) as refused:
        App(app_id=app_id).full_clean()
    assert list(refused.value.message_dict) == ["app_id"]


@pytest.mark.parametrize("app_id", ["admin", "api", "healthz", "metrics", "readyz", "runs", "sink", "static"])
def test_the_first_segment_of_another_address_is_no_app_id(app_id: str) -> None:
    with pytest.raises(ValidationError, match="choose another id"):
        App(app_id=app_id).full_clean()


def test_a_sink_whose_workflow_is_gone_can_be_switched_off_and_not_on(app: App) -> None:
    sink = Sink.objects.create(app=app, path="/gone", workflow="no-more")
    sink.active = False
    sink.full_clean()
    sink.save()
    sink.active = True
    with pytest.raises(ValidationError, match="No workflow 'no-more' is installed"):
        sink.full_clean()
    with pytest.raises(ValidationError, match="No workflow 'neither' is installed"):
        Sink(app=app, path="/new", workflow="neither", active=False).full_clean()


def test_an_app_id_is_taken_once(app: App) -> None:
    with pytest.raises(ValidationError, match="An app with this id already exists"):
        App(app_id=app.app_id).full_clean()


def test_a_path_without_a_slash_is_told_how_to_be_written(app: App) -> None:
    assert faults(app, path="hook") == {"path": ["A path must start with '/': write '/hook'."]}


@pytest.mark.parametrize("path", ["/", "/a", "/a/", "//a", "/a/{id}", "/{a}/{b}", "/grüße", "/100%", "/a b", "/a.b~c"])
def test_a_path_that_a_request_can_have_is_stored_as_written(app: App, path: str) -> None:
    sink = checked(app, path=path)
    sink.refresh_from_db()
    assert sink.path == path


@pytest.mark.parametrize(
    "path", ["", "/a?b", "/a#b", "/a%20b", "/a\0", "/a\n", "/{id}/{id}", "/a{id}", "/{}", "/{1a}", "/{a-b}", "/" * 501]
)
def test_a_path_that_no_request_can_have_is_refused(app: App, path: str) -> None:
    assert list(faults(app, path=path)) == ["path"]


@pytest.mark.parametrize(
    ("first", "second"),
    [("/a", "/a"), ("/a", "/a/"), ("/a/b", "//a///b/"), ("/o/{id}", "/o/{other}"), ("/{a}/x/{b}", "/{b}/x/{a}/")],
)
def test_two_sinks_of_an_app_do_not_share_an_address(app: App, first: str, second: str) -> None:
    checked(app, path=first)
    assert faults(app, path=second) == {"path": [f"This app already has a sink for POST {first}."]}


def test_the_case_of_a_method_makes_no_second_address(app: App) -> None:
    assert checked(app, method="put").method == "PUT"
    assert "path" in faults(app, method="PUT")


def test_an_address_taken_in_the_meantime_is_refused_by_the_database(app: App) -> None:
    late = Sink(app=app, path="/hook/", workflow="echo")
    late.full_clean()
    checked(app)
    with pytest.raises(IntegrityError), transaction.atomic():
        late.save()


@pytest.mark.parametrize(
    "fields", [{"method": "GET"}, {"method": "ANY"}, {"path": "/{hook}"}, {"path": "/Hook"}, {"path": "/hook/x"}]
)
def test_another_method_or_path_is_another_address(app: App, fields: dict[str, str]) -> None:
    checked(app)
    checked(app, **fields)
    assert Sink.objects.count() == 2


def test_two_apps_may_have_the_same_path(app: App) -> None:
    checked(app)
    checked(App.objects.create(app_id="app_other"))
    assert Sink.objects.count() == 2


def test_a_sink_does_not_stand_in_its_own_way(app: App) -> None:
    sink = checked(app)
    sink.description = "changed"
    sink.full_clean()


@pytest.mark.parametrize("method", ["get", "PROPFIND", "M-SEARCH", "any"])
def test_a_method_may_be_any_token(app: App, method: str) -> None:
    assert checked(app, method=method).method == method.upper()


@pytest.mark.parametrize("method", ["", "GET POST", "GET,POST", "GÉT", "GET\n", "X" * 33])
def test_a_method_that_is_no_token_is_refused(app: App, method: str) -> None:
    assert list(faults(app, method=method)) == ["method"]


def test_a_workflow_that_is_not_installed_is_refused_with_those_that_are(app: App) -> None:
    [message] = faults(app, workflow="no-such")["workflow"]
    assert "No workflow 'no-such' is installed" in message
    assert "echo" in message


@pytest.mark.parametrize(
    ("workflow", "options", "words"),
    [
        ("echo", {"no_such": 1}, "no_such: unknown option (known are: headers)"),
        ("echo", {"headers": "perhaps"}, "headers: "),
        ("demo", {"steps": 0}, "steps: "),
        ("demo", {"seconds": math.nan}, "seconds: "),
        ("returns", {}, "kind: Field required"),
        ("echo", [], "options must be a JSON object"),
        ("echo", None, "options must be a JSON object"),
    ],
)
def test_options_that_the_workflow_does_not_take_are_refused_by_name(
    app: App, workflow: str, options: Any, words: str
) -> None:
    [message] = faults(app, workflow=workflow, options=options)["options"]
    assert words in message


@pytest.mark.parametrize(
    ("workflow", "options"),
    [
        ("returns", {"kind": "a\0b"}),
        ("returns", {"kind": "\ud800"}),
        ("reports", {"values": [math.nan]}),
        ("reports", {"values": [math.inf]}),
        ("reports", {"values": [{"a\0": 1}]}),
    ],
    ids=["nul", "surrogate", "nan", "infinity", "nul-in-a-name"],
)
def test_options_that_a_database_cannot_keep_are_refused(app: App, workflow: str, options: dict[str, Any]) -> None:
    assert list(faults(app, workflow=workflow, options=options)) == ["options"]


@pytest.mark.parametrize("timeout", [0, -1, 0.001, 7 * 86400 + 1, math.inf, math.nan])
def test_a_timeout_outside_its_limits_is_refused(app: App, timeout: float) -> None:
    assert list(faults(app, timeout=timeout)) == ["timeout"]


def test_all_faults_of_a_sink_are_told_at_once(app: App) -> None:
    checked(app)
    assert set(faults(app, options={"no_such": 1}, timeout=0)) == {"path", "options", "timeout"}


@pytest.mark.parametrize("token", ["secret-api-key", "~!#$%^&*()", "x" * 1000])
def test_a_token_is_stored_encrypted_and_read_back(app: App, token: str) -> None:
    sink = checked(app, auth_token=token)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM sinks_sink WHERE id = %s", [sink.pk])
        assert token not in str(cursor.fetchall())
    assert Sink.objects.get(pk=sink.pk).auth_token == token


@pytest.mark.parametrize("token", [None, ""])
def test_no_token_makes_a_sink_public(app: App, token: str | None) -> None:
    sink = checked(app, auth_token=token)
    assert (sink.auth_token, sink.encrypted_token) == ("", "")


def test_the_same_token_is_encrypted_differently_each_time(app: App) -> None:
    first, second = checked(app, auth_token="same-token"), checked(app, path="/other", auth_token="same-token")
    assert first.encrypted_token != second.encrypted_token


@pytest.mark.parametrize("token", ["two words", "tab\t", "line\n", "tökën", "\x7f", " "])
def test_a_token_that_no_field_can_carry_is_refused_without_being_repeated(token: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Sink().auth_token = f"s3cret{token}"
    assert "s3cret" not in str(refused.value)


def test_a_sink_does_not_name_its_token_when_it_is_printed(app: App) -> None:
    sink = checked(app, auth_token="s3cret-t0ken")
    assert "s3cret-t0ken" not in f"{sink} {sink!r} {vars(sink)}"


def test_a_token_under_another_secret_key_is_unreadable_until_it_is_set_anew(app: App) -> None:
    sink = checked(app, auth_token="old-token")
    with override_settings(SECRET_KEY="another"):
        with pytest.raises(encryption.Unreadable):
            _ = sink.auth_token
        sink.auth_token = "new-token"
        assert sink.auth_token == "new-token"


def test_a_token_stays_readable_when_its_secret_key_becomes_a_fallback(app: App, settings: Any) -> None:
    sink = checked(app, auth_token="kept-token")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    assert sink.auth_token == "kept-token"


def test_deleting_an_app_deletes_its_sinks(app: App) -> None:
    checked(app)
    app.delete()
    assert not Sink.objects.exists()


def test_every_change_moves_the_revision_that_running_servers_ask_for(app: App) -> None:
    numbers = [revision()]

    def changed() -> bool:
        numbers.append(revision())
        return numbers[-1] > numbers[-2]

    sink = checked(app)
    assert changed()
    sink.save()
    assert changed()
    Sink.objects.update(active=False)
    assert changed()
    Sink.objects.bulk_update([sink], ["description"])
    assert changed()
    Sink.objects.bulk_create([Sink(app=app, path="/bulk", shape="/bulk", workflow="echo")])
    assert changed()
    Sink.objects.filter(path="/bulk").delete()
    assert changed()
    sink.delete()
    assert changed()
    app.save()
    assert changed()
    App.objects.update(active=False)
    assert changed()
    app.delete()
    assert changed()


def test_reading_leaves_the_revision_as_it_is(app: App) -> None:
    checked(app)
    before = revision()
    list(Sink.objects.select_related("app"))
    assert revision() == before
