"""Text from Boeing, from lists and from people is hostile: nothing of it runs, hides, or breaks a page."""

from __future__ import annotations

import io
from urllib.parse import quote

import pytest
from openpyxl import load_workbook

pytestmark = [
    pytest.mark.services,
    pytest.mark.filterwarnings("ignore:.*SpooledTemporaryFile:pytest.PytestUnraisableExceptionWarning"),
]


def test_what_boeing_says_is_only_text(admin, stages, boeing, hostile, harmless):
    skus = []
    for number, text in enumerate(hostile):
        fields = dict.fromkeys(("name", "description", "manufacturerName", "countryOfOrigin", "eccn", "uom"), text)
        items = boeing.set_part(f"H-{number}", unknown=False, listPrice=10.0, **fields, locations={text[:200]: 5})
        skus.extend(item["aviallPartNumber"] for item in items)
    draft = admin.send("/console/search/paste", parts="\n".join(f"H-{n}" for n in range(len(hostile))))
    run = admin.send(f"{draft.headers['location']}/start").headers["location"].partition("?")[0]
    stages.settle()
    for path in ("/console/parts?q=h", run, "/console", *(f"/console/part/{quote(sku, safe='')}" for sku in skus)):
        answer = admin.get(path)
        assert answer.status_code == 200, (path, answer.text[:2000])
        harmless(answer.text)


def test_what_people_type_is_only_text(admin, hostile, harmless):
    for text in hostile:
        asked = quote(text[:90].replace("\0", ""), safe="")
        for path in (f"/console/parts?q={asked}", f"/console/part/{asked}", f"/console/runs?outcome={asked}"):
            answer = admin.get(path)
            assert answer.status_code in {200, 404, 422}
            harmless(answer.text)
        draft = admin.send("/console/search/paste", parts=f"AN3-43A\n{text}\u20ac")
        harmless(admin.get(draft.headers["location"]).text)
        made = admin.send("/console/settings/keys", name=text[:100].replace("\0", ""), scope=["read"])
        assert made.status_code == 200
        harmless(made.text)
    harmless(admin.get("/console/settings/audit").text)


def test_a_nul_in_an_address_or_a_form_is_rejected_in_words(admin):
    assert admin.get("/console/parts?q=%00").status_code == 422
    assert admin.get("/console/part/a%00b").status_code == 404
    assert admin.send("/console/settings/keys", name="a\0b", scope=["read"]).status_code == 422


def test_a_file_s_name_is_only_text(operator, harmless):
    for name in ("<script>alert(1)</script>.csv", "\u202egnp.csv", "x" * 300 + ".csv", "a\r\nb.csv"):
        draft = operator.send("/console/search/upload", files={"file": (name, b"AN3-43A\n")})
        harmless(operator.get(draft.headers["location"]).text)


def test_no_cell_of_a_download_is_a_formula(operator, hub, stages, boeing):
    parts = ["=1+1", "+SUM", "-3/8", "@X"]
    for part in parts:
        boeing.set_part(part, unknown=True)
    draft = operator.send("/console/search/paste", parts="\n".join(parts))
    run = operator.send(f"{draft.headers['location']}/start", accept_all="true").headers["location"].partition("?")[0]
    stages.settle()
    sheet = load_workbook(io.BytesIO(operator.get(f"{run}/failures.xlsx").content)).active
    found = {cell.value: cell for cell in sheet["A"][1:]}
    assert set(found) == set(parts)
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in found.values())
    rows = operator.get(f"{run}/failures.csv").text.splitlines()[1:]
    assert all(row.startswith(("'", "\"'")) for row in rows)


def test_no_page_tells_a_secret(admin, hub):
    admin.send("/console/settings/test")
    pages = "".join(
        admin.get(f"/console{path}").text for path in ("", "/settings", "/settings/keys", "/settings/audit")
    )
    for secret in (
        hub.settings.postgres_url,
        hub.settings.boeing_client_secret.get_secret_value(),
        hub.settings.boeing_password.get_secret_value(),
        admin.browser.cookies.get("bdh_session"),
    ):
        assert secret
        assert secret not in pages
