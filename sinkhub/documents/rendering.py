"""Documents as HTML, by markdown-it-py. HTML in a document is shown as text."""

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.urls import reverse
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.token import Token

from sinkhub.documents.library import FOLDER, IMAGES, Document, anchored, documents, name_of, setting_names


@cache
def rendered(name: str) -> SafeString:
    """
    Return a document as HTML. Links to other documents lead to their pages; those to files that the admin does not
    serve are text.

    Args:
        name: The document's name.

    Raises:
        KeyError: There is no such document.
    """
    document = documents()[name]
    markdown = _parser()
    tokens = markdown.parse(document.text)
    _prepare(tokens, document)
    html: str = markdown.renderer.render(tokens, markdown.options, {})
    return SafeString(html)  # HTML in the file is escaped


def _parser() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    markdown.add_render_rule("table_open", _open_table)
    markdown.add_render_rule("table_close", _close_table)
    markdown.add_render_rule("fence", _fence)
    return markdown


def _open_table(*arguments: Any) -> str:
    return '<div class="hub-scroll" tabindex="0" role="group" aria-label="Table"><table class="hub-table">\n'


def _close_table(*arguments: Any) -> str:
    return "</table></div>\n"


def _fence(renderer: Any, tokens: Sequence[Token], place: int, options: Any, env: Any) -> str:
    from markdown_it.common.utils import escapeHtml

    return f'<pre class="hub-code" tabindex="0"><code>{escapeHtml(tokens[place].content)}</code></pre>\n'


def _prepare(tokens: list[Token], document: Document) -> None:
    """Give headings and settings anchors, and change links."""
    headings = [place for place, token in enumerate(tokens) if token.type == "heading_open"]
    texts = ["".join(child.content for child in tokens[place + 1].children or ()) for place in headings]
    for place, anchor in zip(headings, anchored(texts), strict=True):
        tokens[place].attrSet("id", anchor)
    for place, token in enumerate(tokens):
        if token.type == "tr_open" and document.name == "settings":
            if names := setting_names(tokens[place + 2].content):
                token.attrSet("id", names[0])
        elif token.type == "inline":
            _change_links(token.children or [], document)


def _change_links(children: list[Token], document: Document) -> None:
    is_text = False
    for child in children:
        if child.type == "link_open":
            address = _address(str(child.attrGet("href") or ""), document)
            is_text = address is None
            if address is None:
                child.attrs = {}
                child.tag = "span"
            else:
                child.attrs = {"href": address}
        elif child.type == "link_close":
            child.tag = "span" if is_text else "a"
        elif child.type == "image":
            path = _path(str(child.attrGet("src") or ""), document)
            child.attrSet("src", reverse("document_image", args=[path.as_posix()]) if path else "")


def _address(target: str, document: Document) -> str | None:
    """Return the URL of a link's target; None if it is a file that the admin does not serve."""
    parts = urlsplit(target)
    if parts.scheme or target.startswith(("#", "/")):
        return target
    path = _path(parts.path, document)
    if path is None:
        return None
    if path.suffix in IMAGES:
        return reverse("document_image", args=[path.as_posix()])
    found = documents().get(name_of(path)) if path.suffix == ".md" else None
    return found.url(parts.fragment) if found else None


def _path(target: str, document: Document) -> Path | None:
    """Return the path in `docs/` of a relative link; None if it leads elsewhere."""
    path = Path(os.path.normpath(document.path.parent / target))
    return None if path.is_absolute() or path.parts[:1] == ("..",) or not (FOLDER / path).exists() else path
