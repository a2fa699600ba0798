"""A row that cannot be written, as if a bug of ours met it."""

from __future__ import annotations

from boeing_data_hub.db.unit_of_work import Database

_TRIGGER = """
CREATE FUNCTION hub.poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a bug'; END $$;
CREATE TRIGGER poison BEFORE INSERT OR UPDATE ON hub.{table} FOR EACH ROW WHEN (NEW.{column} = '{value}')
EXECUTE FUNCTION hub.poison()
"""


def poison(database: Database, table: str, column: str, value: str) -> None:
    """Let every insert and update of the rows with this value fail."""
    database.run(lambda work: work.do(_TRIGGER.format(table=table, column=column, value=value)))
