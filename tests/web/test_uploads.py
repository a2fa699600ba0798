"""POST /api/uploads: a file as people have them becomes part numbers; any other is refused with the reason."""

from __future__ import annotations

import io

import pytest
import xlsxwriter

pytestmark = [
    pytest.mark.services,
    # Starlette leaves the file of a form that breaks off to the garbage collector.
    pytest.mark.filterwarnings("ignore:.*SpooledTemporaryFile:pytest.PytestUnraisableExceptionWarning"),
]

PARTS = ["AN3-43A", "MS29513-220", "WF338109"]


@pytest.fixture
def upload(api):
    def send(content, name="list.csv", kind="text/csv"):
        return api.post("/api/uploads", files={"file": (name, content, kind)})

    return send


def workbook(rows):
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()
    return out.getvalue()


def test_a_csv_with_headings_becomes_part_numbers(upload):
    answer = upload(
        b'Description,Part Number,Qty\r\nBolt,an3-43a,1\r\nO-ring,MS29513-220,2\r\n"Filter, big",WF338109,3'
    )
    assert answer.status_code == 200
    body = answer.json()
    assert body.pop("read")["said"][0] == "Read from column B, headed “Part Number” on line 1."
    assert body == {
        "filename": "list.csv",
        "part_numbers": PARTS,
        "total": 3,
        "duplicate_count": 0,
        "duplicates": [],
        "rejected_count": 0,
        "aside_count": 0,
        "flagged_count": 0,
        "rejected": [],
    }


def test_a_workbook_becomes_part_numbers(upload):
    content = workbook([["Qty", "P/N"], [1, "AN3-43A"], [2, "MS29513-220"], [3, "WF338109"]])
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert upload(content, "list.xlsx", kind).json()["part_numbers"] == PARTS


def test_duplicates_and_what_is_no_part_number_are_reported_with_their_lines(upload):
    body = upload(f"Part Number\nAN3-43A\nan3-43a\n{'X' * 51}\n#N/A\nWF338109\n".encode()).json()
    assert body["part_numbers"] == ["AN3-43A", "WF338109"]
    assert body["duplicates"] == [{"line": 3, "part_number": "AN3-43A", "first_line": 2}]
    assert body["duplicate_count"] == 1
    assert [r["line"] for r in body["rejected"]] == [4, 5]
    assert body["rejected_count"] == 2
    assert all(r["reason"] and r["code"] for r in body["rejected"])


def test_every_encoding_a_spreadsheet_saves_in_is_read(upload):
    text = "Bezeichnung;Teilenummer;Part Number\nSchraube für Größe 3;x;AN3-43A\nDichtung – groß;y;MS29513-220\n"
    for encoding in ("utf-8", "utf-8-sig", "cp1252", "utf-16"):
        answer = upload(text.encode(encoding))
        assert answer.json()["part_numbers"] == PARTS[:2], encoding
    latin = text.replace("–", "-").encode("latin-1")
    assert upload(latin).json()["part_numbers"] == PARTS[:2]


def test_the_content_counts_and_not_the_name_or_declared_type(upload):
    assert upload(workbook([["SKU"], ["AN3-43A"]]), "list.csv", "text/plain").json()["part_numbers"] == ["AN3-43A"]
    assert upload(b"AN3-43A\n", "list.xlsx", "image/png").json()["part_numbers"] == ["AN3-43A"]
    assert upload(b"AN3-43A\n", "../../etc/passwd").json()["part_numbers"] == ["AN3-43A"]


def test_a_file_that_cannot_be_read_is_rejected_with_the_reason(upload):
    whole = workbook([["SKU"], ["AN3-43A"]])
    bad = {
        "empty_file": b"",
        "not_a_spreadsheet": b"%PDF-1.7 and so on",
        "damaged_file": whole[: len(whole) // 2],
        "old_or_protected_workbook": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
    }
    for code, content in bad.items():
        answer = upload(content, "list.xlsx")
        assert answer.status_code == 422, code
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == code
        assert answer.json()["filename"] == "list.xlsx"
        assert answer.json()["detail"].endswith(".")


def test_more_part_numbers_than_a_search_takes_are_rejected_with_the_figures(upload):
    answer = upload("\n".join(f"P{n}" for n in range(50_001)).encode())
    assert (answer.status_code, answer.json()["code"]) == (422, "too_many_parts")
    assert "50,001" in answer.json()["detail"]
    assert "50,000" in answer.json()["detail"]


def test_no_file_is_rejected(api):
    for arguments in ({}, {"data": {"file": "AN3-43A"}}, {"files": {"list": ("list.csv", b"AN3-43A")}}):
        answer = api.post("/api/uploads", **arguments)
        assert answer.status_code == 422, arguments
        assert "file" in answer.json()["detail"]


def test_a_body_that_is_not_a_form_is_rejected(api):
    for kind in ("application/json", "text/csv", "application/octet-stream", "multipart/form-data"):
        answer = api.post("/api/uploads", content=b'{"file": "AN3-43A"}', headers={"Content-Type": kind})
        assert 400 <= answer.status_code < 500, kind
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"]


def test_an_incomplete_form_is_rejected(api):
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nAN3-43A'
    for content in (body, b"--y\r\n\r\n--y--", b"\xff" * 100):
        answer = api.post("/api/uploads", content=content, headers=headers)
        assert 400 <= answer.status_code < 500
        assert answer.headers["content-type"] == "application/problem+json"


def test_an_upload_starts_nothing(api, upload):
    upload(b"AN3-43A")
    assert api.get("/api/batches").json()["total"] == 0


def test_reading_does_not_allow_uploading(anonymous, make_key):
    headers = {"X-API-Key": make_key("read")}
    assert anonymous.post("/api/uploads", files={"file": b"A"}, headers=headers).status_code == 403


class TestWithASmallLimit:
    @pytest.fixture
    def settings(self):
        return {"hub_max_upload_bytes": 1000, "hub_max_body_bytes": 100_000}

    def test_a_file_that_is_too_large_is_rejected_by_size_declared_or_counted(self, api, upload):
        assert upload(b"AN3-43A\n" * 50).status_code == 200
        large = b"AN3-43A\n" * 1000
        form = (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n' + large + b"\r\n--x--\r\n"
        )
        arriving = api.post(
            "/api/uploads",
            content=(form[n : n + 500] for n in range(0, len(form), 500)),
            headers={"Content-Type": "multipart/form-data; boundary=x"},
        )
        for answer in (upload(large), arriving):
            assert answer.status_code == 413
            assert answer.json()["code"] == "body_too_large"
            assert "1,000 bytes" in answer.json()["detail"]
