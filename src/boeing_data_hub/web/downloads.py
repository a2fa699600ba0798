"""Sheets as downloads, for the API and the console."""

from __future__ import annotations

from typing import Final, Literal

from fastapi.responses import FileResponse, StreamingResponse
from starlette.background import BackgroundTask

from boeing_data_hub.web import exports
from boeing_data_hub.web.exports import Sheet
from boeing_data_hub.web.problems import Responses

Kind = Literal["csv", "xlsx"]

AS_FILE: Final[Responses] = {
    200: {
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            exports.XLSX: {"schema": {"type": "string", "contentMediaType": exports.XLSX}},
        }
    }
}
"""The files, for the description of a route that also answers with one."""


def download(sheet: Sheet, kind: Kind, *, name: str) -> StreamingResponse | FileResponse:
    """The sheet as a file of this name. A temporary file is deleted after it has been sent."""
    if kind == "csv":
        return StreamingResponse(
            exports.as_csv(sheet),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
        )
    path = exports.as_xlsx(sheet)
    gone = BackgroundTask(path.unlink, missing_ok=True)
    return FileResponse(path, media_type=exports.XLSX, filename=f"{name}.xlsx", background=gone)
