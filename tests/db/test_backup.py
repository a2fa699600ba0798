"""A backup is whole, and can be restored: in its place, and under another user."""

from __future__ import annotations

import psycopg
import pytest

from boeing_data_hub.db import api_keys, schema
from boeing_data_hub.db.unit_of_work import Database

pytestmark = pytest.mark.services


@pytest.fixture
def kept(owned):
    """A plain user's database, who may not bypass row level security, with something in it."""
    url = owned("bdh_keeper")
    schema.upgrade(url)
    database = Database(url, size=1)
    database.run(lambda work: api_keys.create(work, name="kept", scopes=["read"]))
    database.close()
    return url


def _less_brackets(text: str) -> str:
    """Postgres writes fewer of them each time it reads a check anew."""
    return text.replace("(", "").replace(")", "")


def test_a_plain_user_s_backup_is_whole_and_restores_in_its_place(kept, tools, tmp_path):
    before = _less_brackets(tools.dump(kept))
    tools.back_up(kept, tmp_path / "hub.dump")
    with psycopg.connect(kept, autocommit=True) as connection:
        connection.execute("DELETE FROM hub.api_keys")
    tools.restore(kept, tmp_path / "hub.dump")
    assert _less_brackets(tools.dump(kept)) == before
    schema.upgrade(kept)
    assert _less_brackets(tools.dump(kept)) == before


def test_it_restores_under_another_user_to_whom_the_next_upgrade_opens_it(kept, owned, tools, tmp_path):
    tools.back_up(kept, tmp_path / "hub.dump")
    other = owned("bdh_heir")
    tools.restore(other, tmp_path / "hub.dump", policies=False)
    with psycopg.connect(other) as connection:
        assert connection.execute("SELECT count(*) FROM hub.api_keys").fetchone() == (0,)
    schema.upgrade(other)
    with psycopg.connect(other) as connection:
        assert connection.execute("SELECT name FROM hub.api_keys").fetchall() == [("kept",)]
