"""
The admin's static files: hashed, compressed and served with long lifetimes by WhiteNoise.

`manage.py serve` collects them when they have changed, so that nobody has to run `collectstatic`. Where they are not
collected, as in other servers and in tests, the files of the packages are served as they are.
"""

import fcntl
import hashlib
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import HashedFilesMixin
from django.core.management import call_command
from django.http import HttpRequest, HttpResponse
from whitenoise.compress import Compressor  # type: ignore[import-untyped]
from whitenoise.middleware import WhiteNoiseMiddleware  # type: ignore[import-untyped]
from whitenoise.responders import StaticFile  # type: ignore[import-untyped]
from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]

logger = logging.getLogger(__name__)

_IGNORED = ["*.map", "LICENSE*", "redoc*"]
_FINGERPRINT = "fingerprint.json"  # beside the collected files: of which files they were made


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Names with hashes for the files that were collected, and plain names for all others."""

    # Not the source maps of scripts and styles, which are not collected.
    patterns = tuple(
        (kind, tuple(each for each in of if "sourceMapping" not in str(each)))
        for kind, of in HashedFilesMixin.patterns
        if kind == "*.css"
    )

    def read_manifest(self) -> str | None:
        if not is_collected():
            return None
        manifest: str | None = super().read_manifest()
        return manifest

    def stored_name(self, name: str) -> str:
        stored: str = self.hashed_files.get(self.hash_key(self.clean_name(name)), name)
        return stored

    def create_compressor(self, **kwargs: Any) -> Compressor:
        return Compressor(**kwargs, use_brotli=False)  # which takes 12 s for all files

    def post_process(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        yield from super().post_process(*args, **kwargs)
        if not kwargs.get("dry_run"):
            (Path(self.location) / _FINGERPRINT).write_text(json.dumps(_fingerprint()))


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]
    """
    Serve each static file as one piece.

    WhiteNoise streams from a synchronous iterator. On ASGI, Django reads such an iterator to its end before it sends
    anything, and warns about it for each file.
    """

    def add_files(self, root: str, prefix: str | None = None) -> None:
        if is_collected():
            super().add_files(root, prefix)

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        found = static_file.get_response(request.method, request.META)
        content = b""
        if found.file is not None:
            with found.file:
                content = found.file.read()
        response = HttpResponse(content, status=int(found.status))
        del response["Content-Type"]
        for name, value in found.headers:
            response[name] = value
        return response


def collect() -> None:
    """Collect the static files if they have changed since. Without a directory to write to, log it and go on."""
    try:
        with _lock():
            if not is_collected():
                call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=_IGNORED)
    except OSError as error:
        logger.warning("static files are served without compression: %s", error)


def is_collected() -> bool:
    """Return whether STATIC_ROOT has the static files of the packages that are installed now."""
    try:
        found = json.loads((Path(settings.STATIC_ROOT) / _FINGERPRINT).read_text())
    except (OSError, ValueError):
        return False
    return bool(found == _fingerprint())


def _fingerprint() -> str:
    """Return a hash over names, sizes and times of all static files."""
    digest = hashlib.sha256()
    for finder in finders.get_finders():
        for name, storage in sorted(finder.list(_IGNORED), key=lambda each: each[0]):
            stat = Path(storage.path(name)).stat()
            digest.update(f"{name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


@contextmanager
def _lock() -> Iterator[None]:
    """Let one process at a time collect."""
    root = Path(settings.STATIC_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    with (root / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
