"""POST /api/uploads: a CSV or XLSX file becomes a clean list of part numbers. Nothing is started."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, UploadFile

from boeing_data_hub.intake.spreadsheet import read_upload
from boeing_data_hub.web.access import Searcher, TheHub

router = APIRouter(prefix="/api/uploads", tags=["uploads"])

_SHOWN = 1000


@router.post("")
def upload(file: UploadFile, hub: TheHub, _principal: Searcher) -> dict[str, Any]:
    """Read a spreadsheet: which part numbers it holds, which lines are double, which are not part numbers and why."""
    content = file.file.read()
    found = read_upload(content, file.filename or "", max_parts=hub.intake.rules.max_search)
    return {
        "filename": file.filename,
        "part_numbers": found.part_numbers,
        "total": len(found.part_numbers),
        "duplicate_count": found.duplicate_count,
        "duplicates": [
            {"line": d.line, "part_number": d.part_number, "first_line": d.first_line}
            for d in found.duplicates[:_SHOWN]
        ],
        "rejected_count": found.rejected_count,
        "rejected": [
            {"line": r.line, "text": r.text, "code": r.code, "reason": r.reason} for r in found.rejected[:_SHOWN]
        ],
    }
