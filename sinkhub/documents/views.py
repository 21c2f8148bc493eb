"""The pages of documents in the admin, for all who may sign in to it."""

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from sinkhub.documents.library import FOLDER, IMAGES, documents
from sinkhub.documents.rendering import rendered

_LISTED = ("tutorial", "admins", "workflows", "operations", "settings", "commands", "api", "glossary")


def document(request: HttpRequest, name: str = "") -> HttpResponse:
    """Show a document."""
    found = documents().get(name)
    if found is None:
        raise Http404("There is no such document.")
    context = admin.site.each_context(request) | {
        "title": found.title,
        "document": found,
        "html": rendered(name),
        "listed": [documents()[each] for each in ("", *_LISTED) if each in documents()],
    }
    return render(request, "admin/document.html", context)


def image(request: HttpRequest, name: str) -> HttpResponse:
    """Return a picture of a document."""
    file = (FOLDER / name).resolve()
    if file.suffix not in IMAGES or not file.is_relative_to(FOLDER) or not file.is_file():
        raise Http404("There is no such picture.")
    response = HttpResponse(file.read_bytes(), content_type=IMAGES[file.suffix])
    response["Cache-Control"] = "private, max-age=3600"
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response


_view, _image = admin.site.admin_view(document), admin.site.admin_view(image)
urlpatterns = [
    path("", _view, name="documents"),
    path("images/<path:name>", _image, name="document_image"),
    path("<path:name>/", _view, name="document"),
]
