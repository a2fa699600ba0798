"""Checks that each queue has a worker, all have the same version, and the scheduler runs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from boeing_data_hub.health import conditions
from boeing_data_hub.health.doctor.finding import Advice, Finding, advice_of, finding_of, well
from boeing_data_hub.health.workers_seen import SWEEP, WorkersSeen
from boeing_data_hub.values.states import Stage
from boeing_data_hub.work.workers import Worker

NO_WORKER = advice_of(
    conditions.NO_WORKER,
    "worker_missing",
    "workers",
    "If one is running, check its log, and compare its DATABASE_URL and REDIS_URL.",
)
VERSIONS = Advice(
    "versions_differ",
    "versions",
    "warning",
    "workers of different versions: an upgrade is in progress, or a host was missed",
    "Finish the upgrade: restart the older ones with the new version. Work continues meanwhile.",
)
NO_SCHEDULER = advice_of(conditions.NO_SCHEDULER, "scheduler_missing", "scheduler")
MANY_HOSTS = Advice(
    "images_on_one_host",
    "images",
    "warning",
    "publishing workers on several hosts, and images in a local folder",
    "Keep images in Supabase Storage (SUPABASE_URL, SUPABASE_SECRET_KEY), or run publishing workers on the "
    "API's host only.",
)


def judge_staff(
    alive: Sequence[Worker], *, seen: WorkersSeen, queues: Sequence[str], version: str, local_images: bool
) -> Iterator[Finding]:
    """Findings from the workers' heartbeats.

    Args:
        alive: workers that are alive.
        seen: their heartbeats by queue.
        queues: that must have one.
        version: of this program.
        local_images: True if images are stored in a local folder.
    """
    workers = [worker for worker in alive if SWEEP not in worker.queues]
    missing = seen.missing(queues)
    yield from (finding_of(one, NO_WORKER) for one in missing)
    if not missing:
        hosts = sorted({worker.host for worker in workers})
        yield well("workers", f"Every queue has a worker: {len(workers)} on {', '.join(hosts)}.")
    versions = sorted({worker.version for worker in workers} | {version})
    if len(versions) > 1:
        by = [f"{worker.version} on {worker.host} ({', '.join(worker.queues)})" for worker in workers]
        yield VERSIONS.found(f"Versions differ: this program is {version}; {'; '.join(sorted(set(by)))}.")
    publishers = {worker.host for worker in workers if Stage.PUBLISHING.value in worker.queues}
    if local_images and len(publishers) > 1:
        yield MANY_HOSTS.found(f"Publishing workers run on {', '.join(sorted(publishers))}; each keeps its own images.")
    if nothing_sweeps := seen.no_scheduler():
        yield finding_of(nothing_sweeps, NO_SCHEDULER)
    else:
        yield well("scheduler", "The sweep runs.")
