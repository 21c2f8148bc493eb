"""The token of a sink in the admin: it is shown on request, and replaced with an overlap."""

import logging
from collections.abc import Collection
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from sinks.access import encryption
from sinks.admin.sink_display import curl_of, url_of
from sinks.audit import entries as audit
from sinks.audit.changes import name_of
from sinks.dashboard import links
from sinks.models import Sink

logger = logging.getLogger(__name__)

# How long a replaced token stays valid: the value of the form, and its text.
OVERLAPS = {"0": "not at all", "3600": "1 hour", "86400": "24 hours", "604800": "7 days"}
DEFAULT_OVERLAP = "86400"


class SinkTokens:
    """The views of tokens, for `SinkAdmin`."""

    if TYPE_CHECKING:
        admin_site: Any
        get_object: Any
        has_change_permission: Any
        log_change: Any
        message_user: Any
        opts: Any

    def token_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Show a sink's token to users who may change the sink, or end its old one. The history records each time."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        sink: Sink | None = self.get_object(request, str(object_id))
        if sink is None:
            raise Http404("No such sink.")
        if not self.has_change_permission(request, sink):
            raise PermissionDenied
        if request.POST.get("do") == "end":
            return self._end_old(request, sink)
        try:
            token = sink.auth_token
        except encryption.Unreadable as error:
            self.message_user(request, str(error), messages.ERROR)
            return redirect(links.sink_page(sink.pk))
        if not token:
            self.message_user(request, "This sink has no token: anyone who knows its URL can use it.")
            return redirect(links.sink_page(sink.pk))
        self.log_change(request, sink, "Viewed the token.")
        audit.record(request, "secret.revealed", app_id=sink.app.app_id, object=name_of(sink), text="its token")
        logger.info("token shown: sink=%d user=%s", sink.pk, request.user.get_username())
        return self._shown(request, "Token", [(sink, token)])

    def give_new_tokens(self, request: HttpRequest, sinks: Collection[Sink], overlap: str) -> HttpResponse:
        """
        Give each of some sinks a new token, and show the tokens, this once.

        Args:
            request: The request.
            sinks: Sinks that the user may change.
            overlap: How long the old tokens stay valid: a key of OVERLAPS.
        """
        seconds = int(overlap if overlap in OVERLAPS else DEFAULT_OVERLAP)
        made = []
        chosen = Sink.objects.filter(pk__in=[sink.pk for sink in sinks])
        with transaction.atomic():
            for sink in chosen.select_related("app").select_for_update(of=("self",)).order_by("pk"):
                made.append((sink, sink.rotate_token(timedelta(seconds=seconds))))
                stays = f" The old one stays valid for {OVERLAPS[str(seconds)]}." if sink.old_token_end else ""
                self.log_change(request, sink, f"Generated a new token.{stays}")
        return self._shown(request, "New token" if len(made) == 1 else "New tokens", made)

    def _end_old(self, request: HttpRequest, sink: Sink) -> HttpResponse:
        with transaction.atomic():
            found = Sink.objects.select_for_update().get(pk=sink.pk)
            if found.end_old_token():
                self.log_change(request, sink, "Ended the old token.")
                self.message_user(request, "The old token is no longer accepted.")
            else:
                self.message_user(request, "The sink has no old token that is still valid.", messages.WARNING)
        return redirect(links.sink_page(sink.pk))

    def _shown(self, request: HttpRequest, title: str, shown: list[tuple[Sink, str]]) -> HttpResponse:
        here = request.build_absolute_uri("/")[:-1]
        rows = [(sink, token, url_of(sink, here=here), curl_of(sink, here, token)) for sink, token in shown]
        context = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, "rows": rows}
        response = TemplateResponse(request, "admin/sinks/sink/tokens.html", context)
        response["Cache-Control"] = "no-store"
        return response
