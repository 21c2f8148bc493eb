"""The Markdown files of `docs/`: their names in URLs, titles, sections and settings."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.urls import reverse

FOLDER: Path = settings.PROJECT / "docs"
IMAGES = {".png": "image/png", ".svg": "image/svg+xml"}  # the suffixes of pictures, and their media types
_INDEX = "README.md"
_FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#{1,6}) +(.*?)\s*$", re.MULTILINE)
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_SETTING = re.compile(r"^\| (`[A-Z][A-Z_]+`(?:, `[A-Z_]+`)*) \|[^|]*\| (.*?) \|$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, or a setting."""

    title: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Document:
    """A file of `docs/`."""

    name: str  # its path in URLs, without a suffix; empty for the first page
    path: Path  # relative to `docs/`
    title: str
    text: str
    sections: tuple[Section, ...]

    def url(self, anchor: str = "") -> str:
        """Return the document's URL."""
        address = reverse("document", args=[self.name]) if self.name else reverse("documents")
        return f"{address}#{anchor}" if anchor else address


@cache
def documents() -> dict[str, Document]:
    """Return all documents by name. They are read once, since an upgrade restarts the server."""
    found = [_read(path) for path in sorted(FOLDER.rglob("*.md"))]
    return {document.name: document for document in found}


def name_of(path: Path) -> str:
    """Return the name of the document at a path in `docs/`; an index has the name of its folder."""
    parent = path.parent.as_posix().removeprefix(".")
    return parent if path.name == _INDEX else path.with_suffix("").as_posix()


def slug(heading: str) -> str:
    """Return the anchor of a heading, as GitHub generates it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def anchored(headings: list[str]) -> list[str]:
    """Return the anchor of each heading of a document; a number tells equal headings apart, as on GitHub."""
    seen: Counter[str] = Counter()
    anchors = []
    for heading in headings:
        anchor = slug(heading)
        anchors.append(f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor)
        seen[anchor] += 1
    return anchors


def setting_names(cell: str) -> list[str]:
    """Return the settings that the first cell of a row of `settings.md` names."""
    return re.findall(r"`?([A-Z][A-Z_]+)`?", cell)


def settings_documented() -> Iterator[tuple[str, str, str]]:
    """Yield the name of each setting, its meaning, and the URL of its description."""
    document = documents().get("settings")
    if document is None:
        return
    for cell, meaning in _SETTING.findall(document.text):
        names = setting_names(cell)
        for name in names:
            yield name, _plain(meaning), document.url(names[0])


def _read(path: Path) -> Document:
    text = path.read_text(encoding="utf-8")
    headings = [(len(marks), _plain(title)) for marks, title in _HEADING.findall(_FENCE.sub("", text))]
    title = next((title for level, title in headings if level == 1), path.stem)
    anchors = anchored([heading for _, heading in headings])
    sections = tuple(
        Section(heading, anchor) for (level, heading), anchor in zip(headings, anchors, strict=True) if level > 1
    )
    relative = path.relative_to(FOLDER)
    return Document(name_of(relative), relative, title, text, sections)


def _plain(text: str) -> str:
    return _LINK.sub(r"\1", text).replace("`", "").replace("*", "")
