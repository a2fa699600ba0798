"""The child process that reads one uploaded file: bytes on standard input, a JSON document on standard output.

Started by `spreadsheet.py`. A malicious file can harm only this process, within its limits.
"""

from __future__ import annotations

import contextlib
import json
import resource
import sys
from dataclasses import asdict, replace
from typing import Any, Final

MEMORY: Final = 600_000_000
CPU_SECONDS: Final = 10
OPEN_FILES: Final = 64


def main() -> None:
    """Reads `workbook MAX_PARTS MAPPING KEEP` or `text ...` from the command line, and answers.

    KEEP is `others` to return the file's other columns, too.
    """
    _limit()
    kind, max_parts, choice = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
    answer = _answer(sys.stdin.buffer.read(), kind, max_parts, choice, with_others=sys.argv[4] == "others")
    sys.stdout.write(json.dumps(answer, separators=(",", ":")))


def _limit() -> None:
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):  # a stricter limit applies already, or the system has none
            resource.setrlimit(what, (most, most))


def _answer(content: bytes, kind: str, max_parts: int, chosen: dict[str, Any], *, with_others: bool) -> dict[str, Any]:
    from boeing_data_hub.batches.lists.mapping import ColumnMapping  # noqa: PLC0415 - same
    from boeing_data_hub.errors import Refused  # noqa: PLC0415 - nothing is loaded before the limits are in force

    choice = ColumnMapping(**chosen)
    try:
        if kind == "workbook":
            from boeing_data_hub.batches.lists.workbook import read_workbook_table  # noqa: PLC0415 - same

            return {
                "table": asdict(
                    read_workbook_table(content, max_parts=max_parts, choice=choice, with_others=with_others)
                )
            }
        from boeing_data_hub.batches.lists.decoding import decode  # noqa: PLC0415 - same
        from boeing_data_hub.batches.lists.part_list import from_text, table_from_text  # noqa: PLC0415 - same
        from boeing_data_hub.batches.lists.table import ListTable  # noqa: PLC0415 - same

        text, encoding = decode(content, choice.encoding)
        found = (
            table_from_text(text, max_parts=max_parts, choice=choice)
            if with_others
            else ListTable(from_text(text, max_parts=max_parts, choice=choice))
        )
        reading = replace(found.parts.reading, encoding=encoding)
        return {"table": asdict(replace(found, parts=replace(found.parts, reading=reading)))}
    except Refused as refused:
        problem = {
            "status": refused.status,
            "message": refused.message,
            "code": refused.code,
            "details": refused.details,
        }
        return {"refused": problem}
    except MemoryError:
        return {"failed": "memory"}
    except BaseException as error:  # noqa: BLE001 - a panic of the Rust parser is no Exception, and must be answered too
        return {"failed": type(error).__name__}


if __name__ == "__main__":
    main()
