"""Addresses that Django answers. Triggers and runs are answered before it: see asgi.py."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from sinkhub.health import healthz, readyz
from sinkhub.metrics import metrics

admin.site.site_header = admin.site.site_title = "SinkHub"

urlpatterns = [
    path("", RedirectView.as_view(url="/admin/")),
    path("admin/", admin.site.urls),
    path("api/", include("sinks.api.urls")),
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
]
