"""Schedules in the API and in files: one set of rules, for those who may."""

import json
from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from runs.models import Run
from sinks.access import api_tokens
from sinks.config import formats, import_export
from sinks.models import App, Membership, Schedule
from sinks.schedules.times import in_words

pytestmark = pytest.mark.django_db

_PLACE = "/api/v1/schedules"
_WHOLE: dict[str, Any] = {
    "name": "nightly",
    "cron": "30 2 * * MON-FRI",
    "timezone": "Europe/Berlin",
    "workflow": "demo",
    "options": {"steps": 2},
    "payload": {"full": [True, None]},
    "missed": "all",
    "overlap": "skip",
    "engine": "local",
    "active": True,
    "description": "The report.",
}
_SHORT = {"name": "hourly", "cron": "0 * * * *", "workflow": "echo"}


@pytest.fixture
def app() -> App:
    return App.objects.create(app_id="app_test")


class Api:
    """A client of the API with JSON bodies."""

    def __init__(self, user: User, *scopes: str) -> None:
        self.headers = {}
        self.client = Client()
        if scopes:
            _, text = api_tokens.make(user, "test", list(scopes))
            self.headers = {"authorization": f"Bearer {text}"}
        else:
            self.client.force_login(user)

    def send(self, method: str, place: str, status: int, document: Any = None) -> Any:
        """Send a request, check its status, and return the JSON of the answer."""
        data = "" if document is None else json.dumps(document)
        answer = self.client.generic(method.upper(), place, data, "application/json", headers=self.headers)
        assert answer.status_code == status, answer.content
        return json.loads(answer.content) if answer.content else None


@pytest.fixture
def api() -> Api:
    return Api(User.objects.create_superuser("root"))


def member(app: App, role: str) -> User:
    user = User.objects.create_user(role)
    Membership.objects.create(user=user, app=app, role=role)
    return user


def test_a_schedule_is_made_changed_replaced_and_deleted(api: Api, app: App) -> None:
    made = api.send("post", _PLACE, 201, {"app_id": "app_test", **_WHOLE})
    place = f"{_PLACE}/{made['id']}"
    assert {name: made[name] for name in _WHOLE} == _WHOLE
    assert made["in_words"] == "At 02:30 on Monday through Friday"
    assert datetime.fromisoformat(made["next_at"]).tzinfo is not None
    assert (made["last_at"], made["last_run_id"], made["skipped_at"], made["skip_reason"]) == (None, None, None, None)
    assert api.send("get", place, 200) == made
    assert api.send("get", f"{_PLACE}?app_id=app_test", 200) == [made]
    assert api.send("get", f"{_PLACE}?app_id=app_other", 200) == []
    assert api.send("patch", place, 200, {"active": False}) == made | {"active": False, "next_at": None}
    replaced = api.send("put", place, 200, {**_SHORT, "id": 7, "next_at": None})
    assert (replaced["payload"], replaced["options"], replaced["engine"], replaced["missed"]) == (
        None,
        {},
        None,
        "once",
    )
    api.send("delete", place, 204)
    api.send("get", place, 404)


def test_faults_are_reported_by_field(api: Api, app: App) -> None:
    faulty = {"app_id": "app_test", "name": "n", "cron": "* *", "timezone": "Mars", "missed": "no", "retry": 1}
    errors = api.send("post", _PLACE, 400, faulty)["errors"]
    assert errors["cron"][0].startswith("A cron expression has five fields")
    assert errors["timezone"][0].startswith("There is no such time zone")
    assert errors["missed"][-1] == "Choose one of: skip, once, all."
    assert errors["retry"][0].startswith("Unknown field of a schedule.")
    assert errors["workflow"] == ["This field cannot be blank."]
    assert api.send("post", _PLACE, 400, {"app_id": "app_none", **_SHORT})["errors"]["app_id"]
    assert api.send("post", _PLACE, 400, _SHORT)["errors"]["app_id"] == ["Specify the schedule's app."]
    made = api.send("post", _PLACE, 201, {"app_id": "app_test", **_SHORT})
    assert "already has" in api.send("post", _PLACE, 400, {"app_id": "app_test", **_SHORT})["errors"]["name"][0]
    App.objects.create(app_id="app_other")
    moved = api.send("patch", f"{_PLACE}/{made['id']}", 400, {"app_id": "app_other"})
    assert moved["errors"]["app_id"] == ["A schedule cannot move from its app 'app_test' to 'app_other'."]


def test_a_run_is_started_now_unless_it_cannot(api: Api, app: App) -> None:
    made = api.send("post", _PLACE, 201, {"app_id": "app_test", **_SHORT, "overlap": "skip"})
    place = f"{_PLACE}/{made['id']}"
    run = api.send("post", f"{place}/run", 202)
    assert run == {"run_id": run["run_id"], "status": "queued", "events_url": f"/runs/{run['run_id']}/events"}
    assert api.send("get", place, 200)["last_run_id"] == run["run_id"]
    assert "unfinished" in api.send("post", f"{place}/run", 409)["detail"]


def test_the_role_decides_what_a_member_may_do(app: App) -> None:
    other = App.objects.create(app_id="app_other")
    editor, viewer = Api(member(app, "editor")), Api(member(app, "viewer"))
    made = editor.send("post", _PLACE, 201, {"app_id": "app_test", **_SHORT})
    foreign = Schedule.objects.create(app=other, **_SHORT)
    place = f"{_PLACE}/{made['id']}"
    assert viewer.send("get", _PLACE, 200) == [made]
    for method, at, body in (("patch", place, {}), ("delete", place, None), ("post", f"{place}/run", None)):
        viewer.send(method, at, 403, body)
    viewer.send("post", _PLACE, 403, {"app_id": "app_test", **_SHORT, "name": "other"})
    editor.send("get", f"{_PLACE}/{foreign.pk}", 404)
    editor.send("post", f"{_PLACE}/{foreign.pk}/run", 404)
    assert editor.send("post", _PLACE, 400, {"app_id": "app_other", **_SHORT})["errors"].keys() == {"app_id"}
    editor.send("delete", place, 204)
    assert not Run.objects.exists()


def test_a_token_needs_the_scope(app: App) -> None:
    user = User.objects.create_superuser("root")
    reader, writer = Api(user, "sinks:read", "runs:write"), Api(user, "sinks:write")
    starter = Api(user, "runs:start")
    made = writer.send("post", _PLACE, 201, {"app_id": "app_test", **_SHORT})
    assert reader.send("get", _PLACE, 200) == [made]
    reader.send("patch", f"{_PLACE}/{made['id']}", 403, {"active": False})
    reader.send("post", f"{_PLACE}/{made['id']}/run", 403)
    writer.send("get", _PLACE, 403)
    writer.send("post", f"{_PLACE}/{made['id']}/run", 403)
    starter.send("post", f"{_PLACE}/{made['id']}/run", 202)


def test_an_app_is_deleted_with_its_schedules_by_those_who_may_delete_them(app: App) -> None:
    Schedule.objects.create(app=app, **_SHORT)
    Api(member(app, "owner")).send("delete", "/api/v1/apps/app_test", 204)
    assert not Schedule.objects.exists()


def bring(document: Any, **more: Any) -> list[tuple[str, str, list[str]]]:
    changes, _ = import_export.import_apps(import_export.entries(document), **more)
    return [(change.action, change.schedule or change.path, list(change.fields)) for change in changes]


def test_a_file_brings_schedules_and_an_export_brings_no_change() -> None:
    document = {"app_id": "app_shop", "schedules": [_WHOLE, _SHORT]}
    assert bring(document) == [
        ("create", "", []),
        ("create", "nightly", [name for name in _WHOLE if name != "active"]),
        ("create", "hourly", list(_SHORT)),
    ]
    assert bring(document) == []
    [exported] = import_export.export_apps()
    whole = {name: value for name, value in _WHOLE.items() if name != "active"}
    assert exported == {"app_id": "app_shop", "sinks": [], "schedules": [_SHORT, whole]}
    for form in ("json", "yaml"):
        assert bring(formats.parse(formats.dump(exported, form), form)) == []
    changed = {"app_id": "app_shop", "schedules": [_SHORT | {"cron": "5 * * * *", "next_at": None}]}
    assert bring(changed, dry_run=True) == bring(changed) == [("change", "hourly", ["cron"])]
    assert Schedule.objects.get(name="hourly").cron == "5 * * * *"


def test_other_schedules_are_deleted_only_if_the_file_has_a_list_of_them() -> None:
    bring({"app_id": "app_shop", "schedules": [_WHOLE, _SHORT]})
    assert bring({"app_id": "app_shop", "sinks": []}, delete_others=True) == []
    assert bring({"app_id": "app_shop", "schedules": [_SHORT]}) == []
    assert bring({"app_id": "app_shop", "schedules": [_SHORT]}, delete_others=True) == [("delete", "nightly", [])]
    assert [schedule.name for schedule in Schedule.objects.all()] == ["hourly"]


def test_a_faulty_file_is_refused_with_each_place() -> None:
    document = [
        {
            "app_id": "app_shop",
            "sinks": [{"path": "/a"}],
            "schedules": [
                _SHORT,
                {"name": "x", "cron": "x", "workflow": "echo"},
                _SHORT,
                "z",
                _WHOLE | {"app_id": "b"},
            ],
        }
    ]
    with pytest.raises(formats.Refused) as refused:
        bring(document)
    assert [fault.place for fault in refused.value.faults] == [
        "[0].schedules[1].cron",
        "[0].schedules[2].name",
        "[0].schedules[3]",
        "[0].schedules[4].app_id",
    ]
    assert not App.objects.exists()
    with pytest.raises(formats.Refused, match="schedules: This must be a list of schedules"):
        import_export.entries({"app_id": "app_shop", "schedules": {}})


@pytest.mark.parametrize(
    "cron", ["0 0 L * *", "0 0 * * 1#1,5L", "*/5 1-2/3 LW 1,2 *", "1,2,3-9 */7 1 JAN 7", "* * * * *"]
)
def test_every_valid_expression_can_be_said_in_words(cron: str) -> None:
    assert in_words(cron)
