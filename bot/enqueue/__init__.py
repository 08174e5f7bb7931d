"""Jobs into RQ: by dotted name from one table, with JSON arguments, under ids that make twice harmless."""

from bot.enqueue.alive import SignsOfLife
from bot.enqueue.bucket import Bucket, Limits, Spent
from bot.enqueue.connect import connect
from bot.enqueue.lease import Lease
from bot.enqueue.maintenance import WorkQueue
from bot.enqueue.outcomes import Outcome, Outcomes
from bot.enqueue.queue import QUEUE, Depth, JobState, Queue
from bot.enqueue.table import JOBS

__all__ = [
    "JOBS",
    "QUEUE",
    "Bucket",
    "Depth",
    "JobState",
    "Lease",
    "Limits",
    "Outcome",
    "Outcomes",
    "Queue",
    "SignsOfLife",
    "Spent",
    "WorkQueue",
    "connect",
]
