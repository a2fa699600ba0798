"""Faults that the system replaced by this one had, each as an edit of the present code; M1 to M24.

A fault is worth nothing as a list: `make mutants` builds each into a copy of the source and expects named tests to turn
red. `test_faults.py` checks in every run of the tests that each edit still has its place. Code that has changed its
shape gets its fault in the new shape.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Edit:
    """`old`, which occurs once in `path` (below the package), becomes `new`."""

    path: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutant:
    """A fault.

    Attributes:
        name: M and a number; a letter where a fault has several sides.
        fault: what it does, in one sentence.
        edits: build it in.
        tests: what must turn red: arguments of pytest.
    """

    name: str
    fault: str
    edits: tuple[Edit, ...]
    tests: tuple[str, ...]


DECISIVE = "tests/actors/test_publishing.py::test_at_the_decisive_points"
REQUESTS = "tests/actors/test_requests.py::test_at_every_point"

MUTANTS = (
    Mutant(
        "M1",
        "Counts are added for each result that is saved, whether or not its part was still open.",
        (
            Edit(
                "shopify/publish_items.py",
                '        for row in work.rows(_SQL["settle"], _columns(ended)):\n'
                '            counted[row["batch_id"]][row["state"]] = row["items"]\n',
                '        work.rows(_SQL["settle"], _columns(ended))\n'
                "        for one in ended:\n"
                "            counted[one.batch_id][one.state] = counted[one.batch_id].get(one.state, 0) + 1\n",
            ),
            Edit(
                "shopify/settlement.py",
                "    leases.release(work, claim.lease)\n",
                "    leases.let_go(work, claim.lease)\n",
            ),
        ),
        (f"{DECISIVE}[a new and a changed part, and another worker]",),
    ),
    Mutant(
        "M2",
        "The messages of all attempts are kept in one field that grows with each.",
        (
            Edit(
                "work/items.sql",
                "  call_group = a.call_group, error_code = a.code, error = a.sentence,\n",
                "  call_group = a.call_group, error_code = a.code, error = coalesce(i.error, '') || a.sentence,\n",
            ),
            Edit(
                "work/items.sql",
                "state = 'failed', error_code = a.code, error = a.sentence,\n    not_before = NULL,\n    call_group",
                "state = 'failed', error_code = a.code, error = coalesce(i.error, '') || a.sentence,\n"
                "    not_before = NULL,\n    call_group",
            ),
        ),
        ("tests/boeing/extraction/test_saving.py",),
    ),
    Mutant(
        "M3",
        "Ending a run is a separate task, done later: losing it leaves the run open.",
        (
            Edit(
                "work/batches.py",
                '    if settled := [row["id"] for row in rows if row["is_settled"]]:\n'
                "        finish_settled(work, settled)\n",
                "",
            ),
        ),
        ("tests/boeing/extraction/test_saving.py", "tests/boeing/extraction/test_odd_answers.py"),
    ),
    Mutant(
        "M4",
        "An idempotency key is looked up first, and written afterwards.",
        (
            Edit("work/batches.sql", "\nON CONFLICT ON CONSTRAINT batches_idempotency DO NOTHING", ""),
            Edit(
                "batches/run.py",
                "        made = batches.insert(\n",
                "        if request.idempotency_key and batches.by_key(work, request.owner, request.idempotency_key):\n"
                "            return self._replayed(work, request, fingerprint)\n"
                "        made = batches.insert(\n",
            ),
        ),
        (f"{REQUESTS}[the same request twice]",),
    ),
    Mutant(
        "M5",
        "Workers are woken once, when a run is accepted: a process that dies before leaves the run waiting forever.",
        (Edit("batches/recovery.py", "        if due.calls:\n", "        if due.calls < 0:\n"),),
        ("tests/batches/test_recovery.py",),
    ),
    Mutant(
        "M6",
        "An idempotency key matches any request that is sent with it.",
        (Edit("batches/run.py", "known is None or known.request_hash != fingerprint", "known is None"),),
        ("tests/web/test_bulk_search.py",),
    ),
    Mutant(
        "M7",
        "The length of an idempotency key is limited only by the table.",
        (Edit("web/api/bulk.py", "len(key) > LONGEST_KEY or ", ""),),
        ("tests/web/test_bulk_search.py",),
    ),
    Mutant(
        "M8",
        "A product is created first, and recorded afterwards.",
        (Edit("shopify/claims.py", "    intents.write(work, facts.shop, sending)\n", ""),),
        (f"{DECISIVE}[a new and a changed part, and a cancel, and death]",),
    ),
    Mutant(
        "M9",
        "Only the process that created a product knows that it must be deleted.",
        (
            Edit(
                "shopify/settlement.py",
                "    for part in orphaned:\n        assert",
                "    for part in orphaned[:0]:\n        assert",
            ),
        ),
        ("tests/shopify/publishing/test_refusals.py", "tests/shopify/publishing/test_orphans.py"),
    ),
    Mutant(
        "M10",
        "The code that handles a failure uses a variable that does not exist.",
        (
            Edit(
                "shopify/sending.py",
                "        except HubError as refused:\n            return outcomes.failed(part, refused, self._rules)\n",
                "        except HubError:\n            return outcomes.failed(part, refused, self._rules)\n",
            ),
        ),
        ("tests/shopify/publishing/test_refusals.py",),
    ),
    Mutant(
        "M11a",
        "A cancel reads and writes in two transactions, and overwrites what happened to the run in between.",
        (
            Edit(
                "work/batches.sql",
                "\nWHERE id = %s AND status IN ('pending', 'processing')\n"
                "   AND {states.settled_count} < total_items RETURNING id",
                "\nWHERE id = %s RETURNING id",
            ),
            Edit(
                "batches/run.py",
                "        def step(work: Work) -> Batch:\n            batches.hold_ledger(work, alone=True)\n"
                "            batch = batches.get(work, batch_id)\n",
                "        looked = self._database.run(lambda work: batches.get(work, batch_id), patience=5)\n\n"
                "        def step(work: Work) -> Batch:\n            batch = looked\n",
            ),
        ),
        (f"{REQUESTS}[a cancel, and a worker]",),
    ),
    Mutant(
        "M11b",
        "A worker that has claimed parts never checks whether their run was cancelled.",
        (
            Edit("shopify/claims.py", "return Dropped() if part.item.batch_id in self._gone else None", "return None"),
            Edit(
                "shopify/claims.py",
                "    gone = publish_items.cancelled_among(work, claim.batch_ids)\n",
                "    gone = set()\n",
            ),
        ),
        ("tests/shopify/publishing/test_cancel.py",),
    ),
    Mutant(
        "M11c",
        "The end of the last part overwrites the run's cancel.",
        (Edit("work/batches.sql", "CASE WHEN status = 'cancelled' THEN status\n           WHEN", "CASE WHEN"),),
        ("tests/shopify/publishing/test_cancel.py",),
    ),
    Mutant(
        "M12",
        "An error in our own code is retried forever.",
        (
            Edit(
                "shopify/outcomes.py",
                "    if retry.gives_up(tries):\n",
                '    if retry.gives_up(tries) and error.code != "internal_error":\n',
            ),
        ),
        ("tests/shopify/publishing/test_rules.py",),
    ),
    Mutant(
        "M13",
        "The broker gets one message for each call of a list, however long the list is.",
        (
            Edit(
                "batches/run.py",
                "self._wake_ups.send(Stage.EXTRACTION, min(calls, _HINTS_AT_ONCE))",
                "self._wake_ups.send(Stage.EXTRACTION, calls)",
            ),
        ),
        ("tests/batches/test_recovery.py",),
    ),
    Mutant(
        "M14a",
        "Part numbers keep the case in which they were typed.",
        (Edit("values/part_numbers.py", "        return text.upper()\n", "        return text\n"),),
        ("tests/values/test_part_numbers.py",),
    ),
    Mutant(
        "M14b",
        "Boeing's own spelling of a number is compared letter by letter.",
        (Edit("boeing/matching.py", "            text = clean(value)\n", "            text = value\n"),),
        ("tests/boeing/extraction/test_matching.py",),
    ),
    Mutant(
        "M15",
        "A part number that is listed twice counts twice.",
        (
            Edit(
                "batches/lists/gathering.py",
                "        numbers = list(self._first_lines)\n",
                "        numbers = [*self._first_lines, *(one.part_number for one in self._duplicates)]\n",
            ),
        ),
        ("tests/batches/test_part_list.py",),
    ),
    Mutant(
        "M16",
        "The length of a part number is checked before the spaces around it are removed.",
        (
            Edit(
                "values/part_numbers.py",
                "    text = text.strip()\n    if len(text) > _MAX_TYPED:\n        raise _too_long(len(text))\n",
                "    if len(text) > MAX_LENGTH:\n        raise _too_long(len(text))\n    text = text.strip()\n",
            ),
        ),
        ("tests/values/test_part_numbers.py",),
    ),
    Mutant(
        "M17",
        "Each process keeps its own rate limit.",
        (
            Edit(
                "work/pacing.py",
                "            after, grant = rates.reserve(pace, self.limit, now, wanted=wanted, horizon=horizon)\n"
                "            if after != pace:\n"
                "                upstreams.save(work, self._upstream, after)\n",
                "            _, grant = rates.reserve(pace, self.limit, now, wanted=wanted, horizon=horizon)\n",
            ),
        ),
        ("tests/work/test_shared_pace.py",),
    ),
    Mutant(
        "M18",
        "Results of tasks are kept in the broker's own database.",
        (
            Edit("work/wake_ups.py", "        result_backend=None,", "        result_backend=address.url,"),
            Edit("work/wake_ups.py", "        task_ignore_result=True,\n", "        task_ignore_result=False,\n"),
        ),
        ("tests/work/test_queue.py",),
    ),
    Mutant(
        "M19a",
        "Every Boeing call logs in.",
        (
            Edit(
                "boeing/client.py",
                "        pair = self._tokens.current()\n",
                "        pair = self._tokens.renew(10**9, insist=True)\n",
            ),
        ),
        ("tests/boeing/test_client.py",),
    ),
    Mutant(
        "M19b",
        "A token that Boeing has rejected is used again.",
        (Edit("boeing/client.py", "        self._tokens.refused(pair)\n", ""),),
        ("tests/boeing/test_client.py",),
    ),
    Mutant(
        "M20",
        "The body of an upstream's error is passed on to the caller.",
        (
            Edit(
                "boeing/failures.py",
                'f"Boeing rejected the request (status {status})."',
                'f"Boeing rejected the request (status {status}): {body!r}"',
            ),
        ),
        ("tests/boeing/test_failures.py",),
    ),
    Mutant(
        "M21a",
        "An image's address in the storage is a name, not its content.",
        (
            Edit(
                "images/image_store.py",
                'f"parts/{image.sha256[:2]}/{image.sha256}{image.suffix}"',
                'f"parts/{image.width}x{image.height}{image.suffix}"',
            ),
        ),
        ("tests/images/test_storage_keys.py", "tests/images/test_stores.py"),
    ),
    Mutant(
        "M21b",
        "An image is read whatever its size.",
        (Edit("images/fetch.py", "        if received > most or len(body) > most:\n", "        if not most:\n"),),
        ("tests/images/test_fetch.py",),
    ),
    Mutant(
        "M21c",
        "A host is allowed if an allowed name occurs in it.",
        (Edit("images/guards.py", 'host == domain or host.endswith(f".{domain}")', "domain in host"),),
        ("tests/images/test_forbidden_addresses.py", "tests/images/test_guards.py"),
    ),
    Mutant(
        "M22a",
        "Any key is accepted.",
        (
            Edit(
                "web/access.py",
                "        if record is None:\n            raise Unauthorized(",
                '        if record is None:\n            return Principal(UUID(int=0), "anybody", granted(["admin"]))\n'
                "        if record is None:\n            raise Unauthorized(",
            ),
        ),
        ("tests/web/test_access.py",),
    ),
    Mutant(
        "M22b",
        "Tables are open to every role that can connect to the database.",
        (
            Edit(
                "db/migrations/closing.py",
                "EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', it.place);",
                "NULL;",
            ),
            Edit(
                "db/migrations/closing.py",
                "EXECUTE format('REVOKE ALL ON %s %s FROM %s', it.kind, it.name, it.grantee);",
                "NULL;",
            ),
        ),
        ("tests/db/test_closed.py",),
    ),
    Mutant(
        "M22c",
        "The system reports that it is ready whatever it finds.",
        (
            Edit(
                "web/api/health.py",
                "    if found is None or not all(found.checks.values()):\n",
                "    if found is None:\n",
            ),
            Edit("web/api/health.py", "    is_ready = all(found.checks.values())\n", "    is_ready = True\n"),
        ),
        ("tests/web/test_ready.py",),
    ),
    Mutant(
        "M23",
        "Prices are computed in binary fractions.",
        (
            Edit(
                "values/money.py",
                "    return to_cents_half_up(_EXACT.multiply(base, markup))\n",
                "    return Decimal(str(round(float(base) * float(markup), 2)))\n",
            ),
        ),
        ("tests/values/test_money.py", "tests/catalogue/test_pricing.py"),
    ),
    Mutant(
        "M24",
        "Condition and certificate are constants in the code, not the owner's settings.",
        (
            Edit("boeing/line_item.py", "        condition=rules.condition,\n", '        condition="NE",\n'),
            Edit("boeing/line_item.py", "        cert=rules.cert,\n", '        cert="FAA 8130-3",\n'),
        ),
        ("tests/boeing/normalization",),
    ),
)
