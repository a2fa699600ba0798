"""Who works: a worker for each queue, all of one version, and a sweep. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from boeing_data_hub.model.states import Stage
from boeing_data_hub.reporting.checkup.finding import Advice, Finding, well

NO_WORKER = Advice(
    "worker_missing",
    "workers",
    "error",
    "a queue that nobody serves",
    "Start one: `bdh worker {queue}`. If one runs, look at its log, and compare its DATABASE_URL and REDIS_URL.",
)
VERSIONS = Advice(
    "versions_differ",
    "versions",
    "warning",
    "workers of different versions: an upgrade is under way, or a host was forgotten",
    "End the upgrade: restart the older ones with the new version. Work goes on meanwhile.",
)
NO_SWEEP = Advice(
    "scheduler_missing",
    "scheduler",
    "error",
    "no sweep has run of late, so failed calls are not repeated",
    "Start the scheduler: `bdh beat`; and see that a worker serves the queue default.",
)
MANY_HOSTS = Advice(
    "images_on_one_host",
    "images",
    "warning",
    "publishing workers on several hosts, and images in a local folder",
    "Keep images in Supabase Storage (SUPABASE_URL, SUPABASE_SERVICE_ROLE_KEY), or run publishing workers on the "
    "API's host only.",
)


def judge_staff(
    alive: Sequence[Mapping[str, Any]], *, queues: Sequence[str], swept: bool, version: str, local_images: bool
) -> Iterator[Finding]:
    """What the workers' signs of life say.

    Args:
        alive: rows of workers that are alive.
        queues: that must have one.
        swept: whether a sweep has run of late.
        version: of this program.
        local_images: images are kept in a folder of one host.
    """
    served = {queue for worker in alive for queue in worker["queues"]}
    missing = [queue for queue in queues if queue not in served]
    workers = [worker for worker in alive if "sweep" not in worker["queues"]]
    for queue in missing:
        yield NO_WORKER.found(f"No worker serves the queue {queue}.", queue=queue)
    if not missing:
        hosts = sorted({str(worker["host"]) for worker in workers})
        yield well("workers", f"Every queue has a worker: {len(workers)} on {', '.join(hosts)}.")
    versions = sorted({str(worker["version"]) for worker in workers} | {version})
    if len(versions) > 1:
        by = [f"{worker['version']} on {worker['host']} ({', '.join(worker['queues'])})" for worker in workers]
        yield VERSIONS.found(f"Versions differ: this program is {version}; {'; '.join(sorted(set(by)))}.")
    publishers = {str(worker["host"]) for worker in workers if Stage.PUBLISHING.value in worker["queues"]}
    if local_images and len(publishers) > 1:
        yield MANY_HOSTS.found(f"Publishing workers run on {', '.join(sorted(publishers))}; each keeps its own images.")
    if swept:
        yield well("scheduler", "The sweep runs.")
    else:
        yield NO_SWEEP.found("No sweep has run lately.")
