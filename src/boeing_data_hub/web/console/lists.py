"""Part lists in the console: read, and kept as drafts for a day."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from boeing_data_hub.app import Hub
from boeing_data_hub.batches import drafts
from boeing_data_hub.batches.drafts import Draft
from boeing_data_hub.batches.lists import part_list
from boeing_data_hub.batches.lists.mapping import ColumnMapping
from boeing_data_hub.batches.lists.part_list import MAX_ENTRIES, PartList
from boeing_data_hub.batches.lists.spreadsheet import read_upload, read_upload_table
from boeing_data_hub.batches.requests import name_of
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import BadInput, NotFound
from boeing_data_hub.web.console.figures import brief
from boeing_data_hub.web.console.visitors import Visitor

PASTED: Final = "Pasted list"
_SHOWN: Final = 200  # duplicates, and invalid lines, that a draft keeps
_LONGEST_NAME: Final = 120


def run_name(draft: Draft) -> str:
    """The name that a list gives to its run: its file's, or its first part's for a pasted list."""
    return name_of(draft.part_numbers) if draft.source == PASTED else draft.source


def pasted(hub: Hub, visitor: Visitor, text: str, *, most: int) -> Draft:
    """Read a pasted list; its draft."""
    found = part_list.from_request(text, max_parts=most)
    return draft_of(hub, visitor, found, PASTED, content=text.encode("utf-8", "replace"))


def uploaded(hub: Hub, visitor: Visitor, content: bytes, name: str, *, most: int) -> Draft:
    """Read a file in a separate process; its draft."""
    found = read_upload(content, name, max_parts=most)
    return draft_of(hub, visitor, found, brief(Path(name).name, _LONGEST_NAME), content=content)


def read_again(hub: Hub, visitor: Visitor, draft_id: UUID, chosen: ColumnMapping, *, most: int) -> Draft:
    """The same list, read with another choice; its draft.

    Raises:
        NotFound: the draft or its file was deleted.
    """

    def step(work: Work) -> tuple[Draft, bytes | None]:
        return draft_for(work, draft_id, visitor), drafts.content_of(work, draft_id, owner=visitor.owner)

    draft, content = hub.database.run(step)
    if content is None:
        raise NotFound("This list is no longer stored. Upload it again.", code="draft_not_found")
    if draft.source == PASTED:
        found = part_list.from_text(content.decode(), max_parts=most, choice=chosen)
    else:
        found = read_upload(content, draft.source, max_parts=most, choice=chosen)
    return draft_of(hub, visitor, found, draft.source, content=content, chosen=chosen)


def draft_of(
    hub: Hub,
    visitor: Visitor,
    found: PartList,
    source: str,
    *,
    draft_id: UUID | None = None,
    content: bytes | None = None,
    chosen: ColumnMapping | None = None,
) -> Draft:
    """Save a list as a draft. A draft with this id is saved only once.

    Args:
        hub: this process's hub.
        visitor: its owner.
        found: the list.
        source: the name of its source, for people.
        draft_id: its id; a new one if None.
        content: the file or text it was read from.
        chosen: the sheet and column that were chosen.

    Raises:
        BadInput: the list is empty.
    """
    reading = found.reading
    if content is not None and not (found.part_numbers or found.rejected_count or reading.question or reading.remarks):
        raise BadInput("The list has no valid part numbers. Nothing was started.", code="empty_list")
    draft = Draft(
        id=draft_id or uuid4(),
        owner=visitor.owner,
        source=source,
        part_numbers=found.part_numbers,
        duplicates=found.duplicates[:_SHOWN],
        rejected=found.rejected[:_SHOWN],
        duplicate_count=found.duplicate_count,
        rejected_count=found.rejected_count,
        reading=None if content is None else reading,
        flagged=found.flagged,
        chosen=chosen or ColumnMapping(),
    )
    hub.database.run(lambda work: drafts.keep(work, draft, content=content), patience=5)
    return draft


def other_columns(
    hub: Hub, visitor: Visitor, draft: Draft, numbers: Sequence[str]
) -> tuple[list[str], list[list[str]]]:
    """The headers of the other columns of a draft's file, and the cells of these part numbers.

    The file is read again, in a separate process. A list of one column has none.
    """
    content = hub.database.run(lambda work: drafts.content_of(work, draft.id, owner=visitor.owner))
    if content is None or draft.reading is None or draft.reading.column is None:
        return [], []
    table = read_upload_table(
        content,
        draft.source,
        max_parts=MAX_ENTRIES,
        choice=draft.chosen.accepting(),
        is_text=draft.source == PASTED,
    )
    return table.columns, table.of(numbers)


def draft_for(work: Work, draft_id: UUID, visitor: Visitor) -> Draft:
    """A draft of this visitor. Raises NotFound."""
    draft = drafts.get(work, draft_id, owner=visitor.owner)
    if draft is None:
        raise NotFound(
            "This list is no longer stored: lists are kept for a day. Upload it again.", code="draft_not_found"
        )
    return draft


def is_clear(draft: Draft) -> bool:
    """True if nothing was left out or guessed, so that nobody need review it."""
    reading = draft.reading
    if reading is None:
        return True
    told = {remark.code for remark in reading.remarks} - {"duplicates", "read_as_list"}
    return reading.question is None and not told and not draft.rejected_count


def confirmed(draft: Draft, accepted: Sequence[str], *, all_flagged: bool) -> tuple[list[str], str]:
    """The part numbers of a draft with the flagged ones that were confirmed, and a suffix for the idempotency key.

    Raises:
        BadInput: `needs_choice`: the column was never chosen.
    """
    if draft.reading is not None and draft.reading.question:
        raise BadInput(f"{draft.reading.question} Choose one first. Nothing was started.", code="needs_choice")
    wanted = set(draft.flagged) if all_flagged else set(accepted)
    taken = [number for number in draft.flagged if number in wanted]
    if not taken:
        return draft.part_numbers, ""
    word = hashlib.sha256("\n".join(taken).encode()).hexdigest()[:16]
    return [*draft.part_numbers, *taken], f" with {word}"
