"""The admin's pages that export and import apps as files."""

from typing import Any

from django.contrib import messages
from django.contrib.admin.options import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.views.decorators.debug import sensitive_post_parameters

from sinks.access import encryption, permissions
from sinks.access.encryption import Encrypted
from sinks.config import formats, import_export
from sinks.config.documents import of_sink, without_defaults
from sinks.config.formats import Fault, Refused
from sinks.models import App, Sink
from sinks.transfer.lines import line_of
from sinks.transfer.plan import message_of, object_of, run_import, steps_of

_MAX_BYTES = 2 * 1024 * 1024  # of a file
_SEAL = "import of the user "  # so that no other encrypted text is taken for a file
_TYPES = {"yaml": "application/yaml", "json": "application/json"}


class TransferViews:
    """The views of export and import, for the admin of apps."""

    def __init__(self, model_admin: "ModelAdmin[Any]") -> None:
        self._admin = model_admin
        self._site = model_admin.admin_site

    def urls(self) -> list[URLPattern]:
        return [
            path("export/", self._site.admin_view(self.export_view), name="sinks_app_export"),
            path(
                "import/", self._site.admin_view(sensitive_post_parameters()(self.import_view)), name="sinks_app_import"
            ),
        ]

    def export_view(self, request: HttpRequest) -> HttpResponse:
        """Offer the apps that the user sees, or the selected sinks; with POST, return them as a file."""
        apps = self._visible_apps(request)
        if not permissions.may(request.user, "sinks.view_sink"):
            raise PermissionDenied
        values = request.POST if request.method == "POST" else request.GET
        sinks = self._sinks(request, values.getlist("sink"))
        chosen = [app_id for app_id in values.getlist("app") if app_id in apps]
        fault = ""
        if request.method == "POST":
            if sinks or chosen:
                try:
                    return self._file(request, chosen, sinks)
                except Refused as error:
                    fault = str(error)
            else:
                fault = "Select an app."
        context = {
            "title": "Export",
            "apps": [(app_id, app_id in chosen) for app_id in sorted(apps)],
            "sinks": sinks,
            "fault": fault,
            "may_have_secrets": request.user.is_superuser,
        }
        return self._shown(request, "admin/sinks/app/export.html", context)

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Take a file; show the plan of its import, and with the button on the plan, import it."""
        may = any(permissions.may(request.user, f"sinks.{name}") for name in ("add_app", "add_sink", "change_sink"))
        if not may:
            raise PermissionDenied
        if request.method != "POST":
            return self._form(request, "")
        is_confirmed = request.POST.get("do") == "import"
        text = ""
        try:
            text = self._unsealed(request) if is_confirmed else self._submitted(request)
            entries = import_export.entries(formats.parse(text), request.POST.get("app", "").strip())
            changes, unchanged = run_import(entries, request.user, dry_run=not is_confirmed)
        except Refused as error:
            return self._form(request, text, [(line_of(text, fault.place), fault) for fault in error.faults])
        if not is_confirmed:
            context = {
                "title": "Import: the plan",
                "steps": steps_of(changes),
                "unchanged": unchanged,
                "sealed": str(Encrypted.of(f"{_SEAL}{request.user.pk}:{text}")),
                "app": request.POST.get("app", "").strip(),
            }
            return self._shown(request, "admin/sinks/app/plan.html", context)
        for change in changes:
            if (thing := object_of(change)) is not None:
                log = self._admin.log_addition if change.action == "create" else self._admin.log_change
                log(request, thing, message_of(change))
        created = sum(change.action == "create" for change in changes)
        text = f"Imported. Created: {created}, changed: {len(changes) - created}, unchanged: {unchanged}."
        self._admin.message_user(request, text)
        return redirect("admin:sinks_app_changelist")

    def _file(self, request: HttpRequest, app_ids: list[str], sinks: list[Sink]) -> HttpResponse:
        """
        Return the file of an export.

        Raises:
            Refused: A secret cannot be decrypted.
        """
        form: formats.Format = "json" if request.POST.get("format") == "json" else "yaml"
        secrets = request.POST.get("secrets") == "on"
        if secrets and not request.user.is_superuser:
            raise PermissionDenied
        if sinks:
            try:
                documents: list[dict[str, Any]] = [
                    {"app_id": sink.app.app_id, **without_defaults(of_sink(sink, secrets=secrets))} for sink in sinks
                ]
            except encryption.Unreadable as error:
                raise Refused([Fault("", str(error))]) from None
            name = "sinks"
        else:
            documents = import_export.export_apps(app_ids, secrets=secrets)
            name = app_ids[0] if len(app_ids) == 1 else "apps"
        if secrets:
            for thing in sinks or App.objects.filter(app_id__in=app_ids):
                self._admin.log_change(request, thing, "Exported with its secrets.")
        text = formats.dump(documents[0] if len(documents) == 1 else documents, form)
        return HttpResponse(
            text,
            content_type=f"{_TYPES[form]}; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}.{form}"', "Cache-Control": "no-store"},
        )

    def _visible_apps(self, request: HttpRequest) -> set[str]:
        allowed = permissions.apps(request.user, "sinks.view_sink")
        apps = App.objects.all() if allowed is None else App.objects.filter(app_id__in=allowed)
        return set(apps.values_list("app_id", flat=True))

    def _sinks(self, request: HttpRequest, keys: list[str]) -> list[Sink]:
        allowed = permissions.apps(request.user, "sinks.view_sink")
        numbers = [int(key) for key in keys if key.isascii() and key.isdigit() and len(key) < 19]
        sinks = Sink.objects.select_related("app").filter(pk__in=numbers)
        return list(sinks if allowed is None else sinks.filter(app__app_id__in=allowed))

    def _submitted(self, request: HttpRequest) -> str:
        """
        Return the text of the uploaded file, or else of the field.

        Raises:
            Refused: There is none, or it is no text.
        """
        file = request.FILES.get("file")
        if file is None:
            text = request.POST.get("text", "")
            if not text.strip():
                raise Refused([Fault("", "Choose a file, or paste its text.")])
            return text.replace("\r\n", "\n")
        if (file.size or 0) > _MAX_BYTES:
            raise Refused([Fault("", f"The file is larger than {_MAX_BYTES // 1024 // 1024} MiB.")])
        try:
            return bytes(file.read()).decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError:
            raise Refused([Fault("", "The file is not UTF-8 text.")]) from None

    def _unsealed(self, request: HttpRequest) -> str:
        # The plan's page has the file encrypted, since it may have secrets.
        seal = f"{_SEAL}{request.user.pk}:"
        try:
            sealed = Encrypted(request.POST.get("sealed", "")).reveal()
        except encryption.Unreadable:
            sealed = ""
        if not sealed.startswith(seal):
            raise Refused([Fault("", "The plan is no longer valid: choose the file again.")])
        return sealed.removeprefix(seal)

    def _form(
        self, request: HttpRequest, text: str, faults: list[tuple[int | None, Fault]] | None = None
    ) -> HttpResponse:
        # A file that was uploaded is not shown, since it may have secrets; a text that was pasted is to be corrected.
        pasted = "" if request.FILES or request.POST.get("do") == "import" else text
        context = {"title": "Import", "text": pasted, "faults": faults or [], "app": request.POST.get("app", "")}
        return self._shown(request, "admin/sinks/app/import.html", context, 400 if faults else 200)

    def _shown(self, request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
        whole = {**self._site.each_context(request), "opts": self._admin.opts, **context}
        response = TemplateResponse(request, template, whole, status=status, headers={"Cache-Control": "no-store"})
        if status == 400:
            self._admin.message_user(request, "Nothing was changed.", messages.ERROR)
        return response
