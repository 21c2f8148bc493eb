"""The OpenAPI description: the rules of Spectral's set `oas` that a change of a view can break."""

from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

pytestmark = pytest.mark.one_database

_METHODS = {"get", "put", "post", "delete", "patch"}


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    generator: Any = SchemaGenerator
    return dict(generator().get_schema(request=None, public=True))


def test_it_names_its_server_contact_and_license(description: dict[str, Any]) -> None:
    assert description["servers"][0]["url"] == "/"
    assert description["info"]["contact"]["name"]
    assert description["info"]["license"]["name"]


def test_each_operation_has_one_described_tag_an_id_of_its_own_and_a_description(description: dict[str, Any]) -> None:
    tags = {tag["name"]: tag["description"] for tag in description["tags"]}
    assert all(tags.values())
    used, ids = set(), []
    for path, operations in description["paths"].items():
        for method in _METHODS & set(operations):
            operation = operations[method]
            [tag] = operation["tags"]
            assert tag in tags, f"{method} {path} has the undescribed tag {tag}"
            assert operation["description"], f"{method} {path}"
            assert operation["summary"], f"{method} {path}"
            used.add(tag)
            ids.append(operation["operationId"])
    assert used == set(tags)
    assert len(ids) == len(set(ids))


def test_each_component_is_used_and_defaults_fit_their_schema(description: dict[str, Any]) -> None:
    whole = str(description)
    for name, schema in description["components"]["schemas"].items():
        assert f"'#/components/schemas/{name}'" in whole, f"{name} is not used"
        for field, rules in schema.get("properties", {}).items():
            if isinstance(rules.get("default"), str):
                assert len(rules["default"]) >= rules.get("minLength", 0), f"{name}.{field}"
