"""The page of an app's secrets: their names, the workflows that name them, and forms that set them; never a value."""

import inspect
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.options import ModelAdmin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.debug import sensitive_post_parameters

from runs.workflows import registry
from sinks.access import permissions
from sinks.access.app_secrets import MAX_SECRETS, set_secret
from sinks.app_pages.app_page import may_see_secrets
from sinks.models import App, AppSecret


@dataclass(frozen=True, slots=True)
class Row:
    """A secret, and what uses it."""

    secret: AppSecret
    workflows: list[str]  # whose files have its name, among those that the app's sinks and schedules start
    sinks: list[Any]


class SecretViews:
    """The views of an app's secrets, for the admin of apps."""

    def __init__(self, model_admin: "ModelAdmin[Any]") -> None:
        self._admin = model_admin
        self._site = model_admin.admin_site

    def urls(self) -> list[URLPattern]:
        page = self._site.admin_view(sensitive_post_parameters()(self.page_view))
        delete = self._site.admin_view(self.delete_view)
        return [
            path("<path:object_id>/secrets/", page, name="sinks_app_secrets"),
            path("<path:object_id>/secrets/<str:name>/delete/", delete, name="sinks_app_secret_delete"),
        ]

    def page_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the secrets of an app; with POST, set one."""
        app = self._find(request, object_id)
        may_set = self._may(request, "add", app) and self._may(request, "change", app)
        faults: dict[str, str] = {}
        name = request.POST.get("name", "").strip()
        if request.method == "POST":
            if not may_set:
                raise PermissionDenied
            try:
                # Browsers send line ends as CR LF (HTML, constructing the entry list).
                secret, is_new = set_secret(app, name, request.POST.get("value", "").replace("\r\n", "\n"))
            except ValidationError as error:
                faults = {field: " ".join(lines) for field, lines in error.message_dict.items()}
            else:
                done = "Set" if is_new else "Replaced"
                self._admin.log_change(request, app, f"{done} the secret {secret.name}.")
                self._admin.message_user(request, f"{done}: {secret.name}. New runs use the value at once.")
                return redirect("admin:sinks_app_secrets", app.pk)
        context = {
            "title": f"Secrets of {app}",
            "original": app,
            "rows": _rows(app),
            "may_set": may_set,
            "may_delete": self._may(request, "delete", app),
            "faults": faults,
            "name": name or request.GET.get("name", ""),
            "most": MAX_SECRETS,
        }
        return self._shown(request, "admin/sinks/app/secrets.html", context, 400 if faults else 200)

    def delete_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Ask whether to delete a secret; with POST, do it."""
        app = self._find(request, object_id)
        secret = AppSecret.objects.filter(app=app, name=name).first()
        if secret is None:
            raise Http404("No such secret.")
        if not self._may(request, "delete", app):
            raise PermissionDenied
        back = reverse("admin:sinks_app_secrets", args=[app.pk])
        if request.method != "POST":
            users = next(row.workflows for row in _rows(app) if row.secret.pk == secret.pk)
            lines = [f"Runs of {app} that read it fail from then on, and its value is lost."]
            if users:
                lines.append(f"These workflows name it: {', '.join(users)}.")
            context = {"title": f"Delete the secret {name}?", "lines": lines, "action": "Delete", "danger": True}
            return self._shown(request, "admin/confirm.html", {**context, "hidden": [], "back": back}, 200)
        secret.delete()
        self._admin.log_change(request, app, f"Deleted the secret {name}.")
        self._admin.message_user(request, f"Deleted: {name}.")
        return redirect(back)

    def _find(self, request: HttpRequest, object_id: str) -> App:
        app: App | None = self._admin.get_object(request, unquote(object_id))
        if app is None:
            raise Http404("No such app.")
        if not may_see_secrets(request.user, app):
            raise PermissionDenied
        return app

    def _may(self, request: HttpRequest, verb: str, app: App) -> bool:
        return permissions.may(request.user, f"sinks.{verb}_appsecret", app.app_id)

    def _shown(self, request: HttpRequest, template: str, context: dict[str, Any], status: int) -> HttpResponse:
        whole = {**self._site.each_context(request), "opts": self._admin.opts, **context}
        return TemplateResponse(request, template, whole, status=status)


def _rows(app: App) -> list[Row]:
    sinks = list(app.sinks.order_by("path", "method").only("pk", "method", "path", "workflow", "app"))
    started = sorted({sink.workflow for sink in sinks} | set(app.schedules.values_list("workflow", flat=True)))
    texts = {name: text for name in started if (text := _source(name))}
    rows = []
    for secret in app.secrets.order_by("name"):
        users = [name for name, text in texts.items() if f'"{secret.name}"' in text or f"'{secret.name}'" in text]
        rows.append(Row(secret, users, [sink for sink in sinks if sink.workflow in users]))
    return rows


def _source(name: str) -> str:
    """Return the text of the function of a workflow; empty if it is not installed, or cannot be read."""
    workflow = registry.find(name)
    if workflow is None:
        return ""
    try:
        return inspect.getsource(workflow.function)
    except (OSError, TypeError):
        return ""
