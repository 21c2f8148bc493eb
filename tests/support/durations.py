"""
Write tests/support/durations.json, which lets the longest modules start first, from a report of the whole suite:

    make test PYTEST_ARGS=--junit-xml=report.xml
    .venv/bin/python -m tests.support.durations report.xml
"""

import json
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

from tests.conftest import DATABASES

FILE = Path(__file__).parent / "durations.json"


def main(report: str) -> None:
    """
    Write the seconds of each module on each database.

    Args:
        report: The path of a JUnit report.
    """
    seconds: Counter[str] = Counter()
    for case in ElementTree.parse(report).iter("testcase"):
        module = next((part for part in case.get("classname", "").split(".") if part.startswith("test_")), "")
        database = next((name for name in DATABASES if f"[{name}" in case.get("name", "")), "")
        seconds[f"{module} {database}".strip()] += float(case.get("time", "0"))  # type: ignore[assignment]
    rounded = {name: round(value, 1) for name, value in sorted(seconds.items()) if name and value >= 0.05}
    FILE.write_text(json.dumps(rounded, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
