"""What Postgres, or a pooler before it, says is reported as what it is; nothing is repeated that only does harm."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import errors
from tests.support.patience import Deadline, allow

from boeing_data_hub.app import Hub
from boeing_data_hub.clock import monotonic
from boeing_data_hub.db import schema
from boeing_data_hub.db.outages import Outage, kind_said, outage_of
from boeing_data_hub.db.unit_of_work import Database
from boeing_data_hub.errors import Unavailable
from boeing_data_hub.health.doctor.postgres_refusals import not_connected
from boeing_data_hub.settings import Settings

POOLER_BLOCKS = (
    "FATAL XX000 (ECIRCUITBREAKER) too many authentication failures, new connections are temporarily blocked"
)
SAID = {
    POOLER_BLOCKS: "blocked",
    "FATAL:  server login has been failing, cached error: auth failed (server_login_retry)": "blocked",
    'FATAL:  password authentication failed for user "hub"': "password",
    "fe_sendauth: no password supplied": "password",
    'FATAL:  role "hub" does not exist': "password",
    "FATAL:  Tenant or user not found": "password",
    "FATAL:  (ENOTFOUND) tenant/user postgres.abc not found: user not found": "password",
    "FATAL:  SASL authentication failed": "password",
    "FATAL:  no such user: hub": "password",
    "This RDS proxy has no credentials for the role hub. Check the credentials and try again.": "password",
    'FATAL:  database "parts" does not exist': "database",
    "FATAL:  no such database: parts": "database",
    'FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "hub", database "parts", no encryption': "not_allowed",
    'FATAL:  pg_hba.conf rejects connection for host "10.0.0.1", user "hub"': "not_allowed",
    'FATAL:  role "hub" is not permitted to log in': "not_allowed",
    "FATAL:  (EADDRNOTALLOWED) Address not in tenant allow_list: {10, 0, 0, 1}": "not_allowed",
    'FATAL:  database "parts" is not currently accepting connections': "not_allowed",
    "FATAL:  sorry, too many clients already": "crowded",
    'FATAL:  too many connections for role "hub"': "crowded",
    "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute": "crowded",
    "MaxClientsInSessionMode: max clients reached - in Session mode max clients are limited to pool_size": "crowded",
    "FATAL:  no more connections allowed (max_client_conn)": "crowded",
    "FATAL:  query_wait_timeout": "crowded",
    "(ECHECKOUTTIMEOUT) unable to check out process from the pool due to timeout after 15000ms": "crowded",
    "FATAL:  the database system is starting up": "starting",
    "FATAL:  the database system is not yet accepting connections": "starting",
    "FATAL:  the database system is shutting down": "lost",
    "FATAL:  terminating connection due to administrator command": "lost",
    "FATAL:  pgbouncer cannot connect to server": "pooler",
    "FATAL:  authentication query failed: connection to database not available": "pooler",
    'could not translate host name "nohost" to address': "host",
    "[Errno -2] Name or service not known": "host",
    "server does not support SSL, but SSL was required": "tls",
    "SSL error: certificate verify failed": "tls",
    "FATAL:  SSL connection is required": "tls",
    "could not write init file: No space left on device": "disk_full",
    'connection to server at "127.0.0.1", port 1 failed: Connection refused': "unreachable",
    "connection timeout expired": "unreachable",
    'invalid connection option "colour"': "address",
    "FATAL:  something new": "refused",
}  # fmt: skip


@pytest.mark.parametrize("said", SAID)
def test_messages_of_servers_and_poolers_are_classified(said):
    assert kind_said(said) == SAID[said]


@pytest.mark.parametrize("said", SAID)
def test_the_doctor_says_the_same(said):
    found = not_connected(said, "postgresql://hub:canary@db.example:5432/parts")
    assert found.remedy
    assert "canary" not in found.message + found.remedy
    assert ("max_connections" in found.remedy) == (SAID[said] == "crowded")


def test_a_pooler_s_block_names_the_wrong_password_and_the_other_hosts():
    found = not_connected(POOLER_BLOCKS, "postgresql://hub@db.example/parts")
    assert "wrong password" in found.remedy
    assert "on another host" in found.remedy


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (errors.DiskFull, "disk_full"),
        (errors.OutOfMemory, "out_of_memory"),
        (errors.QueryCanceled, "statement_timeout"),
        (errors.LockNotAvailable, "lock_timeout"),
        (errors.ReadOnlySqlTransaction, "read_only"),
        (errors.InsufficientPrivilege, "rights"),
        (errors.TooManyConnections, "crowded"),
        (errors.InvalidPassword, "password"),
        (errors.AdminShutdown, "lost"),
        (errors.CrashShutdown, "lost"),
        (errors.CannotConnectNow, "starting"),
        (errors.IdleInTransactionSessionTimeout, "lost"),
        (errors.ConnectionFailure, "lost"),
        (errors.IdleSessionTimeout, "lost"),
        (psycopg.OperationalError, "lost"),
        (errors.UniqueViolation, None),
        (errors.UndefinedTable, None),
        (errors.SerializationFailure, None),
        (psycopg.ProgrammingError, None),
    ],
)
def test_only_lost_connections_are_tried_again_at_once(error, kind):
    meant = outage_of(error("x"))
    assert meant == (None if kind is None else Outage(kind))
    if meant is not None:
        assert meant.connection_is_gone == (kind in {"lost", "starting", "read_only"})
        assert meant.sentence


def counted(raising: str, database: Database) -> tuple[int, Unavailable]:
    """How often a step ran that Postgres ends in this way, and what was said."""
    tries = []

    def step(work):
        tries.append(1)
        work.do(raising)

    with pytest.raises(Unavailable) as told:
        database.run(step, patience=0.5)
    return len(tries), told.value


@pytest.mark.services
@pytest.mark.parametrize(
    ("statement", "code", "words"),
    [
        ("SET LOCAL statement_timeout = '20ms'; SELECT pg_sleep(5)", "database_statement_timeout", "took too long"),
        ("DO $$ BEGIN RAISE SQLSTATE '53100'; END $$", "database_disk_full", "disk"),
        ("DO $$ BEGIN RAISE SQLSTATE '53200'; END $$", "database_out_of_memory", "memory"),
        ("DO $$ BEGIN RAISE SQLSTATE '55P03'; END $$", "database_lock_timeout", "lock"),
        ("DO $$ BEGIN RAISE SQLSTATE '53300'; END $$", "database_crowded", "taken"),
    ],
)
def test_a_step_that_the_server_ends_is_run_once_and_named(database, statement, code, words):
    tries, told = counted(statement, database)
    assert tries == 1
    assert told.code == code
    assert words in told.message
    assert "does not answer" not in told.message
    assert database.run(lambda work: work.value("SELECT 1")) == 1


@pytest.mark.services
def test_a_server_that_takes_no_writes_is_named_and_left_for_another(database):
    statement = "SET TRANSACTION READ ONLY; INSERT INTO hub.pacing (line) VALUES ('x')"
    backends = set()

    def step(work):
        backends.add(work.value("SELECT pg_backend_pid()"))
        work.do(statement)

    with pytest.raises(Unavailable, match="accepts no writes") as told:
        database.run(step, patience=0.3)
    assert told.value.code == "database_read_only"
    assert len(backends) > 1  # each try had a new connection: the primary may be another server by now


@pytest.mark.services
def test_a_role_without_a_right_is_named(database):
    code = "DO $$ BEGIN RAISE SQLSTATE '42501'; END $$"
    tries, told = counted(code, database)
    assert (tries, told.code) == (1, "database_rights")


@pytest.mark.services
def test_connections_that_were_all_cut_off_are_opened_again(database, postgres):
    opened = threading.Barrier(6, timeout=allow(10))

    def held(work):
        opened.wait()
        return work.value("SELECT 1")

    threads = [threading.Thread(target=database.run, args=(held,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ours = "SELECT current_database()"  # the tests beside this one keep their connections
    name = database.run(lambda work: work.value(ours))
    with psycopg.connect(postgres.url, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'test' AND datname = %s",
            [name],
        )
    assert database.run(lambda work: work.value("SELECT 1"), patience=0.1) == 1


@dataclass
class RefusingServer:
    """Speaks as much of Postgres's protocol as it takes to refuse, and counts who came."""

    code: str
    words: str
    listening: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    came: list[float] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"postgresql://hub:{quote('canary-word')}@127.0.0.1:{self.listening.getsockname()[1]}/parts"

    def serve(self) -> None:
        while True:
            try:
                visitor, _ = self.listening.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), visitor:
                visitor.settimeout(5)
                while True:
                    (length,) = struct.unpack("!i", visitor.recv(4, socket.MSG_WAITALL))
                    body = visitor.recv(length - 4, socket.MSG_WAITALL)
                    if struct.unpack("!i", body[:4])[0] in {80877103, 80877104}:  # wants encryption
                        visitor.sendall(b"N")
                        continue
                    break
                self.came.append(monotonic())
                text = b"".join(
                    kind + value.encode() + b"\0"
                    for kind, value in ((b"S", "FATAL"), (b"V", "FATAL"), (b"C", self.code), (b"M", self.words))
                )
                visitor.sendall(b"E" + struct.pack("!i", len(text) + 5) + text + b"\0")


@pytest.fixture
def refusing_server() -> Iterator[Callable[[str, str], RefusingServer]]:
    made: list[RefusingServer] = []

    def make(code: str, words: str) -> RefusingServer:
        server = RefusingServer(code, words)
        threading.Thread(target=server.serve, daemon=True).start()
        made.append(server)
        return server

    yield make
    for server in made:
        with contextlib.suppress(OSError):
            server.listening.shutdown(socket.SHUT_RDWR)
        server.listening.close()


@pytest.mark.parametrize(
    ("code", "words", "expected"),
    [
        ("28P01", 'password authentication failed for user "hub"', "database_password"),
        ("XX000", "(ECIRCUITBREAKER) too many authentication failures, new connections are temporarily blocked",
         "database_blocked"),
        ("XX000", "Tenant or user not found", "database_password"),
        ("28000", 'no pg_hba.conf entry for host "127.0.0.1", user "hub"', "database_not_allowed"),
        ("3D000", 'database "parts" does not exist', "database_unknown"),
        ("08P01", "server login has been failing, try again later (server_login_retry)", "database_blocked"),
    ],
)  # fmt: skip
def test_a_rejected_process_tries_a_few_times_a_minute(refusing_server, code, words, expected):
    server = refusing_server(code, words)
    database = Database(server.url, size=8, name="test")
    until = monotonic() + 6
    codes = set()

    def ask() -> None:
        while monotonic() < until:
            with pytest.raises(Unavailable) as told:
                database.run(lambda work: work.value("SELECT 1"), patience=0.2)
            codes.add(told.value.code)
            assert "canary" not in told.value.message

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database.close()
    assert codes == {expected}
    assert len(server.came) == 1  # the next one comes 20 seconds later


@pytest.mark.services
def test_a_corrected_password_is_used_without_a_restart(postgres, direct_url):
    """The server's password was changed back: the hub, which was refused, comes in with the next try."""
    with psycopg.connect(postgres.url, autocommit=True) as admin:
        admin.execute("CREATE ROLE knocker LOGIN PASSWORD 'later'")
        try:
            parts = urlsplit(direct_url)
            url = urlunsplit(parts._replace(netloc=f"knocker:now@{parts.hostname}:{parts.port}"))
            database = Database(url, size=2, name="test", pause=0.5)
            try:
                with pytest.raises(Unavailable) as told:
                    database.run(lambda work: work.value("SELECT 1"), patience=0.2)
                assert told.value.code == "database_password"
                admin.execute("ALTER ROLE knocker PASSWORD 'now'")
                assert _until_answered(database) == 1
            finally:
                database.close()
        finally:
            admin.execute("DROP ROLE knocker")


def _until_answered(database: Database) -> int:
    deadline = Deadline(30)
    while True:
        try:
            return database.run(lambda work: work.value("SELECT 1"), patience=1)
        except Unavailable:
            if deadline.passed:
                raise


@pytest.mark.services
def test_ready_says_why_postgres_does_not_serve_us(refusing_server, redis_url):
    server = refusing_server("28P01", 'password authentication failed for user "hub"')
    hub = Hub(Settings(_env_file=None, database_url=server.url, redis_url=redis_url), name="test")
    try:
        found = hub.readiness()
    finally:
        hub.close()
    assert found.checks == {"postgres": False, "migrations": False, "redis": True, "workers": False}
    assert found.reasons == {"postgres": "database_password"}


def test_an_upgrade_says_why_postgres_does_not_serve_us(refusing_server):
    server = refusing_server("XX000", POOLER_BLOCKS)
    with pytest.raises(Unavailable, match="wrong password was sent too often") as told:
        schema.upgrade(server.url)
    assert told.value.code == "database_blocked"
    assert "canary" not in told.value.message


@pytest.mark.services
def test_a_crowded_pool_is_waited_for_even_in_haste(postgres, database):
    name = database.run(lambda work: work.value("SELECT current_database()"))
    narrow = Database(urlunsplit(urlsplit(postgres.url)._replace(path=f"/{name}")), size=1, name="narrow")
    holds, waited = threading.Event(), threading.Event()

    def held(work):
        work.value("SELECT 1")
        holds.set()
        waited.wait(allow(10))

    holder = threading.Thread(target=narrow.run, args=(held,))
    holder.start()
    assert holds.wait(allow(10))
    threading.Timer(1.5, waited.set).start()
    assert narrow.run(lambda work: work.value("SELECT 1"), patience=0.2, hurry=True) == 1
    holder.join()
    narrow.close()
