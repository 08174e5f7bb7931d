"""`python -m tests.worker [--burst]`: altpress's worker with the jobs of `tests.worker_jobs` for its table.

Which functions a worker calls is a value of its program: no setting and nothing in Redis changes it.
"""

import sys
from typing import ClassVar

from bot.cli.worker import run
from bot.enqueue.work_job import WorkJob
from tests import worker_jobs


class MarkingJob(WorkJob):
    """What the tests' worker does."""

    functions: ClassVar[frozenset[str]] = WorkJob.functions | {
        f"tests.worker_jobs.{name}" for name, found in vars(worker_jobs).items() if hasattr(found, "perform")
    }


if __name__ == "__main__":
    run(burst="--burst" in sys.argv, job_class=MarkingJob)
