"""URLs that Django serves. asgi.py serves triggers and runs before it."""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

from sinkhub.finding.views import find
from sinkhub.observability.health import healthz, readyz
from sinkhub.observability.metrics import metrics
from sinks.http.signals import signal
from sinks.people.invitation_pages import InvitationView
from sinks.sign_in import oidc_pages
from sinks.sign_in.second_factor_set_up import SetUpView
from sinks.sign_in.second_factor_sign_in import CodeView, PasswordView

admin.site.site_header = admin.site.site_title = "SinkHub"
admin.site.index_title = "Overview"

handler400 = "sinkhub.errors.bad_request"
handler403 = "sinkhub.errors.forbidden"
handler404 = "sinkhub.errors.not_found"
handler500 = "sinkhub.errors.server_error"
urlpatterns = [
    path("favicon.ico", RedirectView.as_view(url=static("sinkhub/favicon.svg"))),
    path("", RedirectView.as_view(url="/admin/")),
    path("admin/invitations/<str:text>/", InvitationView.as_view(), name="invitation"),
    # Before the URLs of the admin site, whose own page would sign in without a code.
    path("admin/login/", PasswordView.as_view(), name="sign_in"),
    path("admin/second-factor/", CodeView.as_view(), name="second_factor"),
    path("admin/second-factor/set-up/", admin.site.admin_view(SetUpView.as_view()), name="second_factor_set_up"),
    path("admin/oidc/", oidc_pages.start, name="oidc"),
    path("admin/oidc/callback", oidc_pages.callback, name="oidc_callback"),
    path("admin/docs/", include("sinkhub.documents.views")),
    path("admin/find/", admin.site.admin_view(find), name="find"),
    path("admin/", admin.site.urls),
    path("api", RedirectView.as_view(url="/api/docs/")),  # `sinkhub.asgi` strips the slash of /api/
    path("api/", include("sinks.api.urls")),
    path("healthz", healthz),
    path("readyz", readyz),
    path("runs/<str:run_id>/signals/<str:name>", signal),
    path("metrics", metrics),
]
