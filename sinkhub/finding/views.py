"""The page of the search, and its results alone for the dialog of Ctrl+K (static/sinkhub/command.js)."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from sinkhub.finding.results import MAX_CHARACTERS, search


def find(request: HttpRequest) -> HttpResponse:
    """Show the results for the words in the parameter `q`."""
    text = request.GET.get("q", "").strip()[:MAX_CHARACTERS]
    context = {"groups": search(request, text), "text": text}
    if "X-Part" in request.headers:
        return render(request, "admin/found.html", context)
    page = admin.site.each_context(request) | {"title": "Search", "most_characters": MAX_CHARACTERS}
    return render(request, "admin/find.html", page | context)
