"""The search of Ctrl+K, the documents in the admin, and the links of each page to them."""

import re
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from runs.models import Run
from sinkhub.admin_site.documents import PAGES
from sinkhub.documents.library import documents, settings_documented
from sinkhub.documents.rendering import rendered
from sinks.models import App, Membership, Sink

pytestmark = pytest.mark.django_db
_RUN = "run_019e00000001" + "ab" * 16


@pytest.fixture
def sink() -> Sink:
    app = App.objects.create(app_id="app_mine", name="Shop")
    fields = {"workflow": "echo", "timeout": 1.0, "executor_id": 1, "created_at": "2026-05-01T00:00:00Z"}
    Run.objects.create(id=_RUN, app_id="app_mine", status="error", **fields)
    return Sink.objects.create(app=app, path="/orders", workflow="echo", description="From the warehouse")


def member(app_id: str) -> Client:
    user = User.objects.create_user(f"of {app_id}", is_staff=True)
    app, _ = App.objects.get_or_create(app_id=app_id)
    Membership.objects.create(user=user, app=app, role="viewer")
    client = Client()
    client.force_login(user)
    return client


def found(client: Client, text: str) -> str:
    answer = client.get("/admin/find/", {"q": text}, headers={"X-Part": "1"})
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    return answer.content.decode()


@pytest.mark.parametrize("text", ["/app_mine/orders", "warehouse", "SHOP post", "run_019e0000", "019e00000001", _RUN])
def test_a_member_finds_what_is_theirs_and_nothing_of_others(sink: Sink, text: str) -> None:
    wanted = f"/admin/runs/run/{_RUN}/change/" if "019e" in text else f"/admin/sinks/sink/{sink.pk}/"
    assert wanted in found(member("app_mine"), text)
    assert wanted not in found(member("app_other"), text)


def test_pages_are_found_only_by_those_who_may_open_them(admin_client: Client) -> None:
    viewer = member("app_mine")
    assert 'href="/admin/runs/run/?status=failed"' in found(viewer, "failed")
    assert 'href="/admin/sinks/sink/add/"' in found(admin_client, "new sink")
    assert 'href="/admin/sinks/sink/add/"' not in found(viewer, "new sink")
    assert 'href="/admin/auth/user/"' not in found(viewer, "users")
    assert Client().get("/admin/find/").status_code == 302


def test_documents_and_settings_are_found_by_title(admin_client: Client) -> None:
    assert 'href="/admin/docs/operations/#backup-and-restore"' in found(admin_client, "backup restore")
    assert 'href="/admin/docs/settings/#KEEP_RUNS_DAYS"' in found(admin_client, "keep_runs_days")
    assert "Nothing has all of these words" in found(admin_client, "<b>nothing-like-this")
    assert "<b>nothing-like-this" not in found(admin_client, "<b>nothing-like-this")


def test_a_search_takes_few_queries_and_has_a_page_of_its_own(
    admin_client: Client, django_assert_max_num_queries: object
) -> None:
    with django_assert_max_num_queries(7):  # type: ignore[operator]
        found(admin_client, "sink")
    page = admin_client.get("/admin/find/", {"q": "sink"}).content.decode()
    assert 'value="sink"' in page
    assert 'aria-label="Documents"' in page


def test_every_page_links_to_its_document_and_its_operation(admin_client: Client, sink: Sink) -> None:
    for path, document, operation in (
        ("/admin/", "/admin/docs/admins/#the-overview", "runs/v1_runs_list"),
        ("/admin/sinks/sink/add/", "/admin/docs/admins/#a-sink", "sinks/v1_sinks_create"),
        ("/admin/runs/run/", "/admin/docs/admins/#runs", "runs/v1_runs_list"),
    ):
        page = admin_client.get(path).content.decode()
        assert f'href="{document}"' in page, path
        assert f'href="/api/docs/#/{operation}"' in page, path


def test_each_linked_document_and_operation_exists() -> None:
    paths = SchemaGenerator().get_schema(public=True)["paths"]  # type: ignore[no-untyped-call]
    operations = {f"{of['tags'][0]}/{of['operationId']}" for methods in paths.values() for of in methods.values()}
    for document, anchor, operation in PAGES.values():
        assert not anchor or f'id="{anchor}"' in rendered(document)
        assert not operation or operation in operations


def test_each_link_within_the_documents_leads_to_a_document_and_its_anchor() -> None:
    by_path = {urlsplit(document.url()).path: name for name, document in documents().items()}
    for name in documents():
        if name.startswith("providers/reference/"):
            continue
        html = rendered(name)
        for path, anchor in re.findall(r'href="(/admin/docs/[^"#]*)(?:#([^"]*))?"', html):
            if "/images/" not in path:
                assert path in by_path, (name, path)
                assert not anchor or f'id="{anchor}"' in rendered(by_path[path]), (name, path, anchor)
    for name, _, link in settings_documented():
        assert f'id="{urlsplit(link).fragment}"' in rendered("settings"), name


def test_a_document_is_a_page_for_all_who_may_sign_in(admin_client: Client) -> None:
    page = admin_client.get("/admin/docs/settings/").content.decode()
    assert '<tr id="KEEP_RUNS_DAYS">' in page
    assert "<code>KEEP_RUNS_DAYS</code>" in page
    assert admin_client.get("/admin/docs/nowhere/").status_code == 404
    for path in ("../sinkhub/settings.py", "%2e%2e/manage.py", "settings.md"):
        assert admin_client.get(f"/admin/docs/images/{path}").status_code == 404, path
    picture = admin_client.get("/admin/docs/images/overview.png")
    assert (picture.status_code, picture["Content-Type"]) == (200, "image/png")
    assert "sandbox" in picture["Content-Security-Policy"]
    assert Client().get("/admin/docs/settings/").status_code == 302
