"""Giving a run another name."""

from __future__ import annotations

from uuid import UUID

from boeing_data_hub.db import audit
from boeing_data_hub.db.unit_of_work import Work
from boeing_data_hub.errors import BadInput, NotFound
from boeing_data_hub.values.clean_text import line
from boeing_data_hub.work import batches
from boeing_data_hub.work.batch import Batch


def rename(work: Work, batch_id: UUID, name: str, *, actor: str) -> Batch:
    """Give a run another name for its list; the audit log keeps the old one.

    Raises:
        BadInput: the name is empty.
        NotFound: there is no such run.
    """
    wanted = line(name)
    if not wanted:
        raise BadInput("The name is empty. Nothing was changed.", code="bad_name")
    before = batches.get(work, batch_id)
    if before is None:
        raise NotFound("There is no such run.", code="batch_not_found")
    if before.options.source == wanted:
        return before
    details = {"name": {"old": before.options.source, "new": wanted}}
    audit.record(work, actor=actor, action="batch.rename", target=str(batch_id), details=details)
    return batches.rename(work, batch_id, wanted)
