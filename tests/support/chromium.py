"""
Find or install Chromium, the browser of the tests of pages.

    python -m tests.support.chromium    find Chromium or install it; print one line and exit with 1 if neither works
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

# The headless shell is Chromium without a user interface: its pages cost a third of the processor's time.
_SHELL = "chromium-headless-shell"
_NAMES = (
    *(_SHELL, "chrome-headless-shell"),
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge"),
)
_MACOS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
_DOWNLOAD_TIMEOUT = 300  # seconds


def find_chromium() -> Path | None:
    """
    Find a browser: the value of TEST_CHROMIUM, an installed Chrome or Chromium, or Playwright's own download.

    Returns:
        Its program; None if there is none. If TEST_CHROMIUM is set, no other browser is searched for.
    """
    if named := os.environ.get("TEST_CHROMIUM"):
        return Path(named) if os.access(named, os.X_OK) else None
    return next((path for path in _candidates() if os.access(path, os.X_OK)), None)


def describe_missing() -> str:
    """Return one line that tells what to install, or that TEST_CHROMIUM is wrong."""
    hint = "install it with 'apt-get install chromium', or set TEST_CHROMIUM to the path of a Chrome or Chromium."
    if named := os.environ.get("TEST_CHROMIUM"):
        return f"Tests of pages need Chromium, and there is none at {named}: {hint}"
    return f"Tests of pages need Chromium: {hint}"


def install_chromium() -> Path | None:
    """Install Chromium by Playwright's download or, as root on Debian, from the system's packages. Return its path."""
    steps = [[[sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"]]]
    if shutil.which("apt-get") and os.geteuid() == 0:
        install = ["apt-get", "install", "-qq", "-y", "--no-install-recommends"]
        # Older releases have no separate package for the shell.
        steps += [[["apt-get", "update", "-qq"], [*install, _SHELL]], [[*install, "chromium"]]]
    for commands in steps:
        if all(_run(command) for command in commands) and (found := find_chromium()):
            return found
    return None


def _candidates() -> Iterator[Path]:
    yield from (Path(found) for name in _NAMES if (found := shutil.which(name)))
    yield from map(Path, _MACOS)
    # Playwright's own function for this path starts Node.js, which takes a second.
    browsers = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    caches = [Path(browsers)] if browsers else [Path.home() / ".cache" / "ms-playwright"]
    caches.append(Path.home() / "Library" / "Caches" / "ms-playwright")
    for cache in caches:
        yield from sorted(cache.glob("chromium_headless_shell-*/chrome-*/*headless?shell"), reverse=True)
        yield from sorted(cache.glob("chromium-*/chrome-linux*/chrome"), reverse=True)
        yield from sorted(cache.glob("chromium-*/chrome-mac*/*.app/Contents/MacOS/*"), reverse=True)


def _run(command: list[str]) -> bool:
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=_DOWNLOAD_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def main() -> None:
    """Find or install the browser; exit with 1 if neither works."""
    if find_chromium() is None and (os.environ.get("TEST_CHROMIUM") or install_chromium() is None):
        sys.exit(describe_missing())


if __name__ == "__main__":
    main()
