"""The fixture `page`: which errors fail a test that uses it, and that other tests are unaffected."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil  # type: ignore[import-untyped]
import pytest

from tests.support.hub import PROJECT

pytestmark = pytest.mark.processes


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name, since the browser creates a socket in it."""
    with TemporaryDirectory(prefix="page-") as name:
        yield Path(name)


def run_tests(folder: Path, source: str, **env: str) -> tuple[int, str]:
    """Run tests in a separate process that keeps its files in the folder. Return its exit code and its report."""
    module = folder / "test_inner.py"
    module.write_text(source)
    command = [sys.executable, "-m", "pytest", "-c", os.devnull, "-p", "tests.support.browser", str(module)]
    env["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    done = subprocess.run(
        command,
        cwd=PROJECT,
        env=os.environ | {"TMPDIR": str(folder)} | env,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return done.returncode, done.stdout


def test_without_chromium_a_test_fails_and_says_what_to_install(folder: Path) -> None:
    code, report = run_tests(folder, "def test_it(page): pass", TEST_CHROMIUM="/nowhere/chromium")
    assert code == 1
    assert "there is none at /nowhere/chromium: install it with 'apt-get install chromium'" in report
    assert "skipped" not in report


def test_an_error_in_a_page_fails_the_test(folder: Path) -> None:
    code, report = run_tests(
        folder,
        """
import pytest

@pytest.mark.parametrize(
    "script", ["console.error('broken: 1')", "throw Error('broken: 2')", "Promise.reject(Error('broken: 3'))"]
)
def test_it(page, script):
    page.set_content(f"<script>{script}</script>")
""",
    )
    assert code == 1
    assert len(re.findall("^The page logged errors:", report, re.MULTILINE)) == 3
    assert all(f"broken: {number}" in report for number in (1, 2, 3))
    assert "3 failed" in report


def test_an_error_that_a_test_wants_does_not(folder: Path) -> None:
    code, report = run_tests(
        folder,
        """
def test_it(page, console_errors):
    page.evaluate("console.error('broken: 4711')")
    assert "broken: 4711" in console_errors.pop()
""",
    )
    assert code == 0, report


def test_other_tests_do_not_notice_and_the_browser_ends_with_them(folder: Path) -> None:
    code, report = run_tests(
        folder,
        """
import asyncio, threading

def test_a_page(page):
    page.set_content("<h1>Hello</h1>")
    assert page.inner_text("h1") == "Hello"

def test_no_event_loop_runs():
    assert threading.current_thread() is threading.main_thread()
    asyncio.run(asyncio.sleep(0))

def test_another_page(page):
    assert page.url == "about:blank"
    assert len(page.context.browser.contexts) == 1
""",
    )
    assert code == 0, report
    left = [process.info["cmdline"] for process in psutil.process_iter(["cmdline"]) if process.info["cmdline"]]
    assert not [words for words in left if any(str(folder) in word for word in words)]
