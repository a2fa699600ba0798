"""Sheets as downloads, for the API and the console."""

from __future__ import annotations

from typing import Final, Literal

from fastapi.responses import FileResponse, StreamingResponse
from starlette.background import BackgroundTask

from boeing_data_hub.web.problems import Responses
from boeing_data_hub.web.sheets import XLSX, Sheet, as_csv, as_xlsx

Kind = Literal["csv", "xlsx"]

AS_FILE: Final[Responses] = {
    200: {
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            XLSX: {"schema": {"type": "string", "contentMediaType": XLSX}},
        }
    }
}
"""The files, for the description of a route that also answers with one."""


def download(sheet: Sheet, kind: Kind, *, name: str) -> StreamingResponse | FileResponse:
    """The sheet as a file of this name. A temporary file is deleted after it has been sent."""
    if kind == "csv":
        return StreamingResponse(
            as_csv(sheet),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
        )
    path = as_xlsx(sheet)
    gone = BackgroundTask(path.unlink, missing_ok=True)
    return FileResponse(path, media_type=XLSX, filename=f"{name}.xlsx", background=gone)
