"""Addresses that Django answers. Triggers and runs are answered before it: see asgi.py."""

from django.contrib import admin
from django.urls import path
from django.views.generic import RedirectView

from sinkhub.health import healthz, readyz
from sinkhub.metrics import metrics
from sinks.api import CancelRun, ReplayRun

admin.site.site_header = admin.site.site_title = "SinkHub"

urlpatterns = [
    path("", RedirectView.as_view(url="/admin/")),
    path("admin/", admin.site.urls),
    path("api/v1/runs/<str:run_id>/cancel", CancelRun.as_view()),
    path("api/v1/runs/<str:run_id>/replay", ReplayRun.as_view()),
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
]
