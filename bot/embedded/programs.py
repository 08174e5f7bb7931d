"""What runs under the supervisor, in the order it starts. No I/O."""

import math
from dataclasses import dataclass
from pathlib import Path

from bot.embedded.supervisor import Program
from bot.embedded.urls import mongo_socket

MARGIN = 15  # seconds beyond what a program gives its own work


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to run on one data directory."""

    data_dir: Path
    python: str
    port: int
    workers: int
    redis_server: Path | None  # None: an external Redis
    embedded_mongo: bool
    sandbox_port: int | None  # None: no sandbox
    worker_grace: float = 45  # seconds that a worker's job may take to end
    web_delay: float = 0  # seconds that the web process takes requests after it was told to stop


def plan_programs(plan: Plan) -> list[Program]:
    """Stores first, then GitHub's stand-in, then those who use them."""
    python, data = plan.python, plan.data_dir
    web_stop = math.ceil(plan.web_delay) + 15 + MARGIN  # the longest request
    worker_stop = math.ceil(plan.worker_grace) + MARGIN
    programs: list[Program] = []
    if plan.redis_server:
        programs.append(Program("redis", (str(plan.redis_server), str(data / "redis.conf")), 30))
    if plan.embedded_mongo:
        mongo = (python, "-m", "bot.embedded.mongo", str(mongo_socket(data)), str(data / "mongo"))
        programs.append(Program("mongo", mongo, 30))
    if plan.sandbox_port is not None:
        programs.append(Program("sandbox", _sandbox(plan, plan.sandbox_port), 15))
    return [
        *programs,
        Program("web", (python, "-m", "bot", "web"), web_stop),
        Program("worker", (python, "-m", "bot", "worker"), worker_stop, plan.workers),
        Program("scheduler", (python, "-m", "bot", "scheduler"), 20),
    ]


def _sandbox(plan: Plan, port: int) -> tuple[str, ...]:
    return (
        plan.python, "-m", "bot.sandbox", "--data", str(plan.data_dir), "--port", str(port),
        "--bot-url", f"http://127.0.0.1:{plan.port}",
    )  # fmt: skip
