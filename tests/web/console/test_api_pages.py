"""The documentation of the API in the console: complete, true to the description, and only text."""

from __future__ import annotations

import html
import json
import re
import shlex

import pytest

from boeing_data_hub.web.console import api_reference
from boeing_data_hub.web.console.rendering import fragment

pytestmark = pytest.mark.services


@pytest.fixture
def description(viewer):
    return viewer.get("/console/settings/api/openapi.json").json()


def test_the_list_leads_to_a_page_for_every_operation(viewer, description):
    listed = viewer.get("/console/settings/api").text
    links = set(re.findall(r'href="/console/settings/api/([a-z_]+)"', listed))
    ids = {one["operationId"] for methods in description["paths"].values() for one in methods.values()}
    assert links == ids
    for name in ids:
        answer = viewer.get(f"/console/settings/api/{name}")
        assert answer.status_code == 200, name
        assert "<script>" not in answer.text
        assert " style=" not in answer.text


def test_a_page_names_fields_bounds_responses_and_an_example(viewer, description):
    told = html.unescape(re.sub(r"<[^>]+>", " ", viewer.get("/console/settings/api/bulk_publish").text))
    operation = description["paths"]["/api/bulk-publish"]["post"]
    for name in description["components"]["schemas"]["BulkPublishRequest"]["properties"]:
        assert f" {name} " in told
    for status in operation["responses"]:
        assert f" {status} " in told
    assert "at most 10,000 entries" in told
    assert "Scope: `publish`" in told
    assert "Idempotency-Key" in told
    assert "curl -X POST" in told
    assert "WF338109=K3" in told


def test_the_settings_lead_to_the_documentation(viewer):
    assert 'href="/console/settings/api"' in viewer.get("/console/settings").text


def test_an_unknown_operation_is_not_found(viewer):
    assert viewer.get("/console/settings/api/no_such_operation").status_code == 404


def test_every_example_of_a_body_is_one_command_with_its_json(description):
    for operation in api_reference.operations(description, "https://hub.example").values():
        for example in operation.examples:
            words = shlex.split(example.replace("\\\n", " "))
            assert words[:3] == ["curl", "-X", operation.method]
            assert words[3].startswith("https://hub.example/")
            assert "{" not in words[3], operation.name
            if "-d" in words:
                assert isinstance(json.loads(words[words.index("-d") + 1]), dict | list)


def test_whatever_a_description_says_is_only_text(harmless, hostile):
    for text in hostile:
        raw = {
            "operationId": "odd", "description": text, "responses": {"200": {"description": text}},
            "parameters": [{"name": text, "in": "query", "description": text, "schema": {"const": text}}],
        }  # fmt: skip
        [parameter] = api_reference.operations({"paths": {"/odd": {"get": raw}}}, "https://hub.example")[
            "odd"
        ].parameters
        assert parameter.means == text
        harmless(fragment("widgets/api_fields.html", fields=[parameter], label="Fields", required="Required"))
