"""A filter and base classes for admin pages that are limited to the user's apps, and that several users edit."""

from typing import Any

from django.contrib.admin import RelatedFieldListFilter
from django.contrib.admin.utils import label_for_field
from django.db import IntegrityError, connection
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.admin import ModelAdmin

from sinks.access import permissions


def is_superuser(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


class ByAppFilter(RelatedFieldListFilter):
    """A filter by app that offers only the apps that the user sees."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        apps = permissions.only(request.user)
        among = {} if apps is None else {"app_id__in": apps}
        choices: list[tuple[str, Any]] = field.get_choices(
            include_blank=False, ordering=self.field_admin_ordering(field, request, model_admin), limit_choices_to=among
        )
        return choices


class ByMembersAdmin(ModelAdmin):  # type: ignore[misc]
    """An admin in which users see and change only what sinks/access/permissions.py allows."""

    app_id_field = "app_id"  # a lookup on the model
    app_key_field = "pk"

    def _may(self, request: HttpRequest, verb: str, obj: Any = None) -> bool:
        app = getattr(obj, self.app_key_field) if obj is not None else None
        return permissions.may(request.user, f"{self.opts.app_label}.{verb}_{self.opts.model_name}", app)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        apps = permissions.only(request.user)
        return rows if apps is None else rows.filter(**{f"{self.app_id_field}__in": apps})

    def has_module_permission(self, request: HttpRequest) -> bool:
        return any(self._may(request, verb) for verb in ("view", "add", "change", "delete"))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "view", obj) or self._may(request, "change", obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "delete", obj)


class SharedAdmin(ByMembersAdmin):
    """An admin of objects that several users and commands change. Its form is a `stale_forms.StaleForm`."""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        # Saving writes all columns. Lock the row and read it again, to keep current values such as a new token.
        found = super().get_object(request, object_id, from_field)
        if found is None or request.method != "POST" or not connection.in_atomic_block:
            return found
        list(self.model._default_manager.select_for_update().filter(pk=found.pk).order_by().values_list("pk"))
        return super().get_object(request, object_id, from_field)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change and form.kept:
            names = ", ".join(str(label_for_field(name, self.model, self, form=form)) for name in form.kept)
            self.message_user(request, f"Others have changed these meanwhile, and they stay so: {names}.")

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response: HttpResponse = super().changeform_view(request, *args, **kwargs)
        except IntegrityError:
            # Nothing was written. Now the validation finds the row that the other request saved.
            response = super().changeform_view(request, *args, **kwargs)
        return response
