"""Write the file of a new workflow, and a test beside it (`manage.py workflows new`)."""

import importlib.util
import keyword
import sys
from pathlib import Path

_MAX_NAME = 100  # characters; of `Run.workflow`

_WORKFLOW = '''"""The workflow NAME. `manage.py workflows run NAME --data '{"name": "Ada"}'` tries it."""

from runs.workflows import Request, Run, workflow


async def compose(greeting: str, name: str) -> str:
    """Compose the text. This is a step: its result is recorded, and a crash does not execute it again."""
    return f"{greeting}, {name}!"


@workflow(steps=1)
async def NAME(request: Request, run: Run, *, greeting: str = "Hello") -> dict[str, str]:
    """Greet the sender. Its option is the first word."""
    sent = request.json if isinstance(request.json, dict) else {}
    text = await run.step("compose", compose, greeting, str(sent.get("name", "stranger")))
    await run.log(text)
    return {"text": text}
'''

_TEST = '''"""Tests of the workflow NAME: `python -m pytest -p runs.testing FILE`."""

from typing import Any

from NAME import NAME


def test_NAME_greets_the_sender(run_workflow: Any) -> None:
    run = run_workflow(NAME, json={"name": "Ada"})
    assert run.error is None
    assert run.output == {"text": "Hello, Ada!"}


def test_the_greeting_is_an_option(run_workflow: Any) -> None:
    run = run_workflow(NAME, json={}, greeting="Welcome")
    assert run.output == {"text": "Welcome, stranger!"}
'''


class CannotWrite(Exception):
    """The files cannot be written; the message says why."""


def write_workflow(folder: Path, name: str) -> tuple[Path, Path]:
    """
    Write `NAME.py` and `test_NAME.py`.

    Args:
        folder: The folder, which exists.
        name: The workflow's name.

    Returns:
        The paths of the workflow and of its test.

    Raises:
        CannotWrite: The name is no good, a file exists already, or the folder cannot be written.
    """
    if fault := _fault_of(name):
        raise CannotWrite(fault)
    code, test = folder / f"{name}.py", folder / f"test_{name}.py"
    if existing := [path for path in (code, test) if path.exists()]:
        raise CannotWrite(f"{existing[0]} exists already: choose another name, or delete it.")
    if importlib.util.find_spec(name) is not None:  # tests import it under its own name
        raise CannotWrite(f"{name!r} is the name of an installed Python module: choose another.")
    try:
        for path, text in ((code, _WORKFLOW), (test, _TEST)):
            with path.open("x", encoding="utf-8") as file:
                file.write(text.replace("NAME", name).replace("FILE", str(test)))
    except OSError as error:
        raise CannotWrite(f"{error.filename} cannot be written: {error.strerror}.") from None
    return code, test


def _fault_of(name: str) -> str:
    """Return why a name is no good; empty if it is good."""
    if not (name.isascii() and name.isidentifier()) or keyword.iskeyword(name):
        return f"{name!r} is not a name for a function: use letters, digits and '_', such as send_receipt."
    if name.startswith(("_", "test_")) or name == "conftest":
        return f"A file {name}.py is not read: choose a name that begins with neither '_' nor 'test_'."
    if len(name) > _MAX_NAME:
        return f"The name has {len(name)} characters: use at most {_MAX_NAME}."
    if name in sys.stdlib_module_names:
        return f"{name!r} is the name of a Python module: choose another."
    return ""
