from __future__ import annotations

import signal
import socket
import threading
from uuid import uuid4

import httpx2
import psycopg
import pytest
import xlsxwriter
from tests.support.patience import allow

from boeing_data_hub.cli.start import local_key
from boeing_data_hub_sandbox.system import System, SystemPlan

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def system(postgres, as_hubs_see_it, redis, services_dir):
    """One hub for all tests of this file."""
    name = f"test_{uuid4().hex[:12]}"
    url = as_hubs_see_it(f"{postgres.url.rpartition('/')[0]}/{name}")
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template_hub STRATEGY FILE_COPY")
    settings = {
        "DATABASE_URL": url,
        "REDIS_URL": redis.url,
        "BOEING_API_RATE_LIMIT": "unlimited",
        "HUB_SWEEP_SECONDS": "0.5",
        "SHOPIFY_UNMAPPED_LOCATIONS": "sell_from_default",
    }
    plan = SystemPlan(data_dir=services_dir / name, settings=settings, sandbox=("--limit", "0"))
    with System(plan) as running:
        running.wait_until_ready()
        yield running
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def at(bdh, system):
    """`bdh` with that hub; everything that a test changes at Boeing is undone."""
    key, _ = local_key(system.environment["DATABASE_URL"], system.plan.data_dir)
    bdh.environment |= {"HUB_API_URL": system.url, "HUB_API_KEY": key}
    yield bdh
    system.boeing.restore_settings(limit=0)
    system.boeing.forget_part()


@pytest.fixture
def slow(at, system):
    """The id of a batch that takes a while: Boeing is slow."""
    system.boeing.settings(latency_ms=500)
    started = at("search", "--no-wait", "-", stdin="\n".join(f"SLOW-{uuid4().hex[:6]}-{n}" for n in range(400)))
    assert started.code == 0, started.err
    return started.out.strip()


def _outcome(at, batch_id):
    return at("batches", "show", batch_id, "--json").json["outcome"]


def test_part_numbers_are_searched_and_waited_for(at):
    ended = at("search", "ARG-1", "arg-1", "ARG-2", "--json")
    assert ended.code == 0, ended.err
    assert ended.json["outcome"] == "succeeded"
    assert ended.json["normalized_count"] == ended.json["total_items"] == 2
    shown = at("batches", "show", ended.json["id"])
    assert shown.code == 0
    assert ended.json["id"] in at("batches", "list", "--limit", "100").out
    assert at("batches", "list", "--status", "cancelled", "--json").json["batches"] == []
    assert at("batches", "watch", ended.json["id"]).out == ended.json["message"] + "\n"


@pytest.mark.parametrize("kind", ["csv", "xlsx", "stdin"])
def test_a_list_is_read_from_a_file_or_from_stdin(at, tmp_path, kind):
    parts = [f"READ-{kind}-{n}" for n in range(12)]
    path = tmp_path / f"parts.{kind}"
    if kind == "xlsx":
        with xlsxwriter.Workbook(path) as book:
            book.add_worksheet().write_column(0, 0, ["Part Number", *parts])
    elif kind == "csv":
        path.write_text("Part Number\n" + "\n".join(parts))
    else:
        path = "-"
    ended = at("search", path, "--json", stdin="\ufeff" + "\n".join(parts))
    assert ended.code == (3 if ended.json["failed_count"] else 0)  # the stand-in does not know every number
    assert ended.json["total_items"] == 12
    assert ended.json["pending_count"] == 0


def test_invalid_lines_are_listed_and_nothing_is_started(at, tmp_path):
    before = at("batches", "list", "--json").json["total"]
    path = tmp_path / "parts.csv"
    path.write_text(f"Part Number,Remark\nRJ-1,x\n{'x' * 200},y\nRJ-2,z\n")
    refused = at("search", path)
    assert refused.code == 2
    assert "  line 3: " in refused.err
    assert "--skip-rejected" in refused.err
    told = at("search", path, "--json")
    assert [one["line"] for one in told.json["error"]["rejected"]] == [3]
    typed = at("search", "-", stdin="RJ-1\n" + "x" * 200)
    assert typed.code == 2
    assert "  line 2: " in typed.err
    assert at("batches", "list", "--json").json["total"] == before
    assert at("search", path, "--skip-rejected", "--json").json["total_items"] == 2


@pytest.mark.parametrize("stdin", [b"", b"\xff\xfe\xff", b"PK\x03\x04\x00"])
def test_stdin_without_a_list_is_rejected(at, stdin):
    assert at("search", "-", stdin=stdin).code == 2


def test_a_file_that_is_not_there_is_no_part_number(at, tmp_path):
    for name in ("parts.csv", tmp_path / "parts", tmp_path):
        refused = at("search", name)
        assert refused.code == 2
        assert str(name) in refused.err


def test_failed_parts_end_it_with_their_own_code_and_are_exported_searched_again_and_retried(at, system, tmp_path):
    for part in ("GONE-1", "GONE-2"):
        system.boeing.set_part(part, unknown=True)
    ended = at("search", "GONE-1", "GONE-2", "HERE-1")
    assert ended.code == 3
    assert "not_found" in ended.out
    assert "GONE-1" in ended.out
    batch_id = at("batches", "list", "--limit", "1", "--json").json["batches"][0]["id"]
    assert at("batches", "watch", batch_id).code == 3
    assert at("batches", "show", batch_id, "--json").json["failures"]["groups"][0]["count"] == 2

    path = tmp_path / "failures.csv"
    assert at("batches", "export", batch_id, "--to", path).code == 0
    assert at("batches", "export", batch_id).out == path.read_bytes().decode("utf-8-sig")
    system.boeing.forget_part()
    again = at("search", path, "--force-refresh", "--json")
    assert again.code == 0, again.err
    assert again.json["total_items"] == 2

    retried = at("batches", "retry", batch_id, "--json")
    assert retried.code == 0, retried.err
    assert retried.json["normalized_count"] == 2
    twice = at("batches", "retry", batch_id, "--no-wait")
    assert twice.out.strip() == retried.json["id"]


def test_a_failed_export_leaves_an_earlier_file_unchanged(at, tmp_path):
    path = tmp_path / "failures.csv"
    path.write_text("mine")
    assert at("batches", "export", str(uuid4()), "--to", path).code == 5
    assert path.read_text() == "mine"
    done = at("search", "EXP-1", "--json").json["id"]
    refused = at("batches", "export", done, "--to", tmp_path / "nowhere" / "failures.csv")
    assert refused.code == 2
    assert "nowhere" in refused.err


@pytest.mark.parametrize("command", ["show", "watch", "cancel", "retry", "export"])
@pytest.mark.parametrize("batch_id", ["00000000-0000-4000-8000-000000000000", "nonsense", "../uploads?x#y", "a/b"])
def test_an_unknown_batch_is_not_found(at, command, batch_id):
    ended = at("batches", command, batch_id)
    assert ended.code == 5
    assert ended.err.startswith(("No run ", "This run does not exist"))


def test_the_same_idempotency_key_gives_the_same_batch(at):
    given = ["search", "IDEM-1", "--idempotency-key", uuid4().hex, "--no-wait"]
    assert at(*given).out == at(*given).out


def test_a_batch_is_cancelled_once(at, slow):
    cancelled = at("batches", "cancel", slow, "--json")
    assert cancelled.code == 0
    assert cancelled.json["status"] == "cancelled"
    assert at("batches", "watch", slow).code == 0
    assert at("batches", "cancel", slow).code == 0


def test_a_finished_batch_cannot_be_cancelled(at):
    done = at("search", "DONE-1", "--json").json["id"]
    refused = at("batches", "cancel", done, "--json")
    assert refused.code == 6
    assert refused.json["error"]["code"] == "batch_finished"


def test_ctrl_c_stops_watching_and_the_batch_continues(at, slow, started, system, wait):
    watching = started(at.start("batches", "watch", slow))
    assert b" of 400 parts" in watching.stderr.readline()
    watching.send_signal(signal.SIGINT)
    out, err = watching.communicate(timeout=allow(10))
    assert watching.returncode == 130
    assert f"bdh batches watch {slow}".encode() in err
    assert b"Traceback" not in err
    assert out == b""
    assert _outcome(at, slow) is None
    system.boeing.settings(latency_ms=0)
    wait.until(lambda: _outcome(at, slow), what="the batch's end")


@pytest.fixture
def stranger():
    """A server that is not a hub."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(allow(20))
        yield server


def _url(server):
    return f"http://127.0.0.1:{server.getsockname()[1]}"


def test_ctrl_c_while_nothing_answers_ends_without_a_word_of_python(bdh, stranger, started):
    process = started(bdh.start("batches", "list", HUB_API_URL=_url(stranger), HUB_API_KEY="bdh_x"))
    connection, _ = stranger.accept()
    with connection:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=allow(10))
    assert process.returncode == 130
    assert b"Traceback" not in err


@pytest.mark.parametrize(("status", "code"), [("200 OK", 8), ("302 Found", 8), ("502 Bad Gateway", 8)])
def test_a_server_that_is_not_a_hub_is_reported(bdh, stranger, status, code):
    def answer():
        connection, _ = stranger.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[}}".encode())

    thread = threading.Thread(target=answer)
    thread.start()
    ended = bdh("batches", "list", HUB_API_URL=_url(stranger), HUB_API_KEY="bdh_x")
    thread.join()
    assert ended.code == code
    assert "hub" in ended.err


def test_a_wrong_key_and_one_without_the_scope_are_rejected(at, system):
    for key in ("bdh_wrong", "", "ключ"):
        refused = at("search", "KEY-1", "--json", HUB_API_KEY=key)
        assert refused.code == 4, refused.out
    own = {"DATABASE_URL": system.environment["DATABASE_URL"]}
    reader = at("keys", "create", "reader", "--scope", "read", **own).out.strip()
    refused = at("search", "KEY-1", HUB_API_KEY=reader)
    assert refused.code == 4
    assert "`search`" in refused.err
    assert at("batches", "list", HUB_API_KEY=reader).code == 0


def test_without_any_key_it_says_how_to_make_one(bdh, data_dir):
    refused = bdh("search", "A-1", HUB_DATA_DIR=str(data_dir))
    assert refused.code == 4
    assert "bdh keys create" in refused.err


def test_a_missing_hub_is_unreachable_and_an_invalid_address_is_reported(bdh):
    bdh.environment["HUB_API_KEY"] = "bdh_x"
    assert bdh("search", "A-1", HUB_API_URL="http://127.0.0.1:1").code == 8
    assert bdh("search", "A-1", HUB_API_URL="127.0.0.1:1").code == 8
    refused = bdh("search", "A-1", HUB_API_URL="http://[::")
    assert refused.code == 2
    assert "HUB_API_URL" in refused.err


# --- Quotes ---


def test_a_quote_is_asked_for_by_hand_and_waited_for(at, system, tmp_path):
    number, part = f"RFQ/{uuid4().hex[:8]}", f"QT-{uuid4().hex[:6].upper()}=K3"
    system.boeing.set_part(part, unknown=False, listPrice=10.0, quantity=4)
    asked = at("quotes", "ask", "--rfq", number, "--company", "Example Air", f"{part}=5", "--json")
    assert asked.code == 0, asked.err
    [line] = asked.json["quote_details"]["items"]
    assert (asked.json["status"], line["price_usd"], line["requested_qty"]) == ("quoted", "11.00", 5)
    again = at("quotes", "ask", "--rfq", number, "--company", "Example Air", f"{part}=5", "--json")
    assert again.json["id"] == asked.json["id"]
    shown = at("quotes", "show", number)
    assert shown.code == 0
    assert f"{part}\t5\tquoted\t11.00\t4\tboeing\t4 of 5" in shown.out
    assert at("quotes", "show", number, "--json").json["id"] == asked.json["id"]
    listed = at("quotes", "list", "--search", number, "--state", "quoted")
    assert listed.out.startswith(f"{number}\tquoted\t1\t1\tExample Air")
    path = tmp_path / "quote.csv"
    assert at("quotes", "export", number, "--to", path).code == 0
    assert path.read_bytes().decode("utf-8-sig") == at("quotes", "export", number).out
    assert at("quotes", "retry", number).code == 6


@pytest.mark.parametrize("line", ["AN3-43A", "AN3-43A=", "=5", "WF338109=K3", "A,B=5", "A=0", "A\u20ac=5"])
def test_a_line_that_is_no_part_and_quantity_is_a_mistake_of_usage(at, line):
    ended = at("quotes", "ask", "--rfq", "RFQ-bad", line)
    assert ended.code == 2, ended.err
    assert "Nothing was stored" in ended.err
    assert at("quotes", "show", "RFQ-bad").code == 5


def test_a_number_that_is_taken_is_a_conflict(at):
    number = f"RFQ-{uuid4().hex[:8]}"
    assert at("quotes", "ask", "--rfq", number, "--no-wait", "AN3-43A=1").code == 0
    ended = at("quotes", "ask", "--rfq", number, "--json", "AN3-43A=2")
    assert (ended.code, ended.json["error"]["code"]) == (6, "rfq_number_taken")


def test_a_quote_with_unanswered_lines_has_its_own_exit_code(at, system):
    number, part = f"RFQ-{uuid4().hex[:8]}", f"QC-{uuid4().hex[:6].upper()}=K3"
    system.boeing.settings(latency_ms=6000)
    asked = at("quotes", "ask", "--rfq", number, "--no-wait", f"{part}=1", "--json").json
    assert asked["status"] == "pending"
    [batch] = at("batches", "list", "--json", "--limit", "1").json["batches"]
    assert at("batches", "cancel", batch["id"]).code == 0
    ended = at("quotes", "ask", "--rfq", number, f"{part}=1")
    assert ended.code == 3
    assert "was cancelled before Boeing" in ended.out
    system.boeing.restore_settings(limit=0)
    assert at("quotes", "retry", number).code == 0


def test_the_first_digits_of_an_id_are_enough(at):
    whole = at("search", "SHORT-1", "--json").json["id"]
    assert at("batches", "show", whole[:8], "--json").json["id"] == whole
    assert at("batches", "show", whole[:13].upper(), "--json").json["id"] == whole
    for odd in (whole[:3], "ffffffff", "zzzzzzzz", "../keys", ""):
        assert at("batches", "show", odd).code == 5, odd


def test_an_id_that_could_be_several_is_refused_with_those_it_could_be(at, system):
    ids = [f"abcdef01-0000-4000-8000-00000000000{digit}" for digit in (1, 2)]
    with psycopg.connect(system.environment["DATABASE_URL"]) as connection:
        for each in ids:
            connection.execute(
                "INSERT INTO hub.batches (id, batch_type, status, total_items, cancelled_count, owner, request_hash,"
                " completed_at) VALUES (%s, 'search', 'cancelled', 1, 1, 'test', 'x', now())",
                [each],
            )
    refused = at("batches", "show", "abcdef01")
    assert refused.code == 2
    assert all(each in refused.err for each in ids)
    assert at("batches", "show", ids[0], "--json").json["id"] == ids[0]


def test_a_run_carries_the_name_of_its_list_or_the_one_it_is_given(at, tmp_path):
    listed = tmp_path / "Monday list.csv"
    listed.write_text("Part\nNAMED-1\nNAMED-2\n")
    assert at("search", listed, "--json").json["name"] == "Monday list.csv"
    assert at("search", listed, "--name", "Quote for\tACME", "--json").json["name"] == "Quote for ACME"
    assert at("search", "NAMED-1", "NAMED-2", "--json").json["name"] == "NAMED-1 and 1 more"
    assert "Quote for ACME" in at("batches", "list").out
    assert at("search", "NAMED-1", "--name", "x" * 201).code == 2


def test_a_list_that_is_cut_says_so(at):
    at("search", "CUT-1", "--json")
    at("search", "CUT-2", "--json")
    shown = at("batches", "list", "--limit", "1")
    assert "Showing 1 of " in shown.err
    assert shown.out.count("\n") == 1


def test_a_csv_in_a_pipe_begins_with_its_heading(at, system):
    system.boeing.set_part("GONE-1", unknown=True)
    ended = at("search", "GONE-1", "--json")
    assert at("batches", "export", ended.json["id"]).out.startswith('"part_number"')


def test_a_new_sign_in_link_is_made_at_any_time(at, system):
    at.environment |= {"DATABASE_URL": system.environment["DATABASE_URL"]}
    links = [at("console", "--no-browser").out.strip() for _ in range(2)]
    assert links[0] != links[1]
    for link in links:
        assert link.startswith(f"{system.url}/sign-in/")
        signed_in = httpx2.post(link, headers={"Origin": system.url}, trust_env=False)
        assert (signed_in.status_code, signed_in.headers["location"]) == (303, "/console")
    assert at("console", "--no-browser", HUB_API_KEY="bdh_unknown").code == 4


def test_work_is_paused_by_hand_and_resumed(at):
    assert at("pause").out == "Nothing is paused by hand.\n"
    paused = at("pause", "sync", "--for", "2h", "--reason", "Stocktaking")
    assert paused.code == 0, paused.err
    assert paused.out.startswith("sync: ")
    assert "Stocktaking" in at("pause").out
    [one] = at("pause", "--json").json["pauses"]
    assert (one["what"], one["reason"]) == ("sync", "Stocktaking")
    assert one["until"] is not None
    assert at("pause", "boeing", "--for", "2h", "--until", "14:00").code == 2
    assert at("pause", "boeing", "--for", "2 hours").code == 2
    assert at("pause", "boeing", "--until", "soon").code == 2
    assert at("pause", "everything").code == 2
    assert at("resume", "sync").out == "Resumed: sync.\n"
    assert at("resume", "sync").out == "Nobody has paused sync. Nothing was changed.\n"
    assert at("pause", "--json").json == {"pauses": []}


def test_failures_of_all_runs_are_listed_ignored_reopened_and_exported(at, system, tmp_path):
    part = f"FAIL-{uuid4().hex[:8].upper()}=K3"
    system.boeing.set_part(part, unknown=True)
    assert at("search", part).code == 3
    listed = at("failures", "list", "--kind", "search", "--code", "not_found")
    assert f"{part}\tsearch\tnot_found" in listed.out
    assert at("failures", "ignore", "search", "--reason", "Old").code == 2
    done = at("failures", "ignore", "search", "--part", part, "--reason", "Old")
    assert done.out == "1 failure ignored.\n"
    assert part not in at("failures", "list").out
    assert part in at("failures", "list", "--ignored").out
    assert at("failures", "reopen", "search", "--part", part).out == "1 failure reopened.\n"
    file = tmp_path / "open.csv"
    assert at("failures", "export", "--kind", "search", "--to", file).code == 0
    assert part in file.read_text()
    system.boeing.set_part(part, unknown=False, listPrice=10.0, quantity=1)
    retried = at("failures", "retry", "search", "--part", part, "--json").json
    assert retried["parts"] == 1
    assert at("batches", "watch", retried["batch_id"]).code == 0
    assert part not in at("failures", "list").out
    assert at("batches", "cancel", "--all", "publish").out.startswith("0 runs cancelled.")
    assert at("batches", "cancel").code == 2


def test_one_text_finds_parts_and_runs(at):
    started = at("search", "--name", "Found it.csv", "FOUND-1", "FOUND-2")
    assert started.code == 0, started.err
    shown = at("find", "found")
    assert shown.code == 0
    kinds = [line.split("\t")[0] for line in shown.out.splitlines()]
    assert kinds == ["part", "part", "run"]
    assert "bdh part ID" in shown.err
    [hit] = at("find", "found it", "--json").json["hits"]
    assert (hit["kind"], hit["name"]) == ("run", "Found it.csv")
    nothing = at("find", "nowhere-at-all")
    assert (nothing.code, nothing.out) == (5, "")
    assert "Nothing matches" in nothing.err
