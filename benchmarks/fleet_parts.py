"""The parts of an installation on several machines, started and stopped one by one."""

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis
from pymongo import MongoClient

from benchmarks.machines import HUB, Machine
from bot.sandbox.prepare import prepare
from tests.processes import free_port

WEBS, WORKERS, SCHEDULERS = ("web1", "web2"), ("worker1", "worker2", "worker3"), ("scheduler1", "scheduler2")
MACHINES = (HUB, "redis", "mongo", *WEBS, *WORKERS, *SCHEDULERS)
TICKS = os.sysconf("SC_CLK_TCK")
SETTINGS = {
    "quiet_period": 0, "publish_interval": 5, "sweep_interval": 86_400, "writes_per_minute": 0,
    "writes_per_hour": 0, "live_timeout": 0, "log_level": "INFO",
}  # fmt: skip


@dataclass
class Fleet:
    """What runs, by name; a program's name is its machine's. Logs are in `place`."""

    place: Path
    machines: Mapping[str, Machine]
    settings: dict[str, object] = field(default_factory=dict)
    delay: float = 0.0  # seconds that GitHub takes for an answer, besides its work
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    password: str = field(default_factory=lambda: secrets.token_hex(16))
    niceness: int = 0
    own: dict[str, dict[str, object]] = field(default_factory=dict)  # settings of one program

    def __post_init__(self) -> None:
        for name in ("hub", "balancer", "redis", "mongo", *WEBS):
            self.ports[name] = free_port()

    @property
    def data(self) -> Path:
        """All that is kept: sandbox, Redis, MongoDB."""
        return self.place / "data"

    def log(self, name: str) -> Path:
        return self.place / "logs" / f"{name}.log"

    def address(self, name: str) -> str:
        return f"{self.machines[name].address}:{self.ports[name]}"

    @property
    def redis_url(self) -> str:
        return f"redis://:{self.password}@{self.address('redis')}/0"

    @property
    def mongo_url(self) -> str:
        return f"mongodb://{self.address('mongo')}/?directConnection=true&journal=true"

    def start(self, name: str) -> None:
        machine = self.machines[HUB if name == "balancer" else name]
        self.log(name).parent.mkdir(parents=True, exist_ok=True)
        words = ["nice", "-n", str(self.niceness), *self._words(name)]
        self.running[name] = machine.start(words, self.log(name), self._environment(name))

    def start_stores(self) -> None:
        for name in ("redis", "mongo", HUB):
            (self.data / name).mkdir(parents=True, exist_ok=True)
            self.start(name)
        wait_for(lambda: bool(self.redis().ping()), "Redis")
        wait_for(lambda: bool(self.mongo().admin.command("ping")), "MongoDB")
        wait_for((self.data / HUB / "sandbox.json").exists, "the sandbox")

    def stop(self, name: str, number: int = signal.SIGTERM) -> float:
        """Seconds until it has ended."""
        process = self.running.pop(name)
        began = time.monotonic()
        process.send_signal(number)
        try:
            process.wait(120)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        return time.monotonic() - began

    def stop_all(self) -> None:
        order = (*SCHEDULERS, *WORKERS, "balancer", *WEBS, HUB, "mongo", "redis")
        for name in [name for name in order if name in self.running]:
            self.stop(name)

    def redis(self) -> "redis.Redis":
        return redis.Redis.from_url(self.redis_url)

    def mongo(self) -> "MongoClient[dict[str, Any]]":
        return MongoClient(self.mongo_url, serverSelectionTimeoutMS=1000)

    def hub(self, *words: str) -> str:
        """A command of `benchmarks.fleet_hub`, where the sandbox is; what it printed."""
        return self.ask_hub(*words)()

    def ask_hub(self, command: str, *more: str) -> Callable[[], str]:
        """The same; what is called waits for its end."""
        output = self.place / f"hub-{command}.out"
        output.write_bytes(b"")
        asked = [sys.executable, "-m", "benchmarks.fleet_hub", command, str(self.data / HUB), *more]
        started = self.machines[HUB].start(asked, output, os.environ)

        def wait() -> str:
            if started.wait():
                raise SystemExit(output.read_text())
            return output.read_text()

        return wait

    def ask_balancer(self) -> str:
        """Its counts, as JSON."""
        url = f"http://127.0.0.1:{self.ports['balancer']}/_balancer"
        words = [
            sys.executable,
            "-c",
            f"import urllib.request as r; print(r.urlopen('{url}').read().decode())",
        ]
        output = self.place / "balancer.json"
        output.write_bytes(b"")
        self.machines[HUB].start(words, output, os.environ).wait()
        return output.read_text()

    def lines(self, name: str, event: str | None = None) -> list[dict[str, Any]]:
        """Of a program's log, the JSON."""
        found = [json.loads(line) for line in self.log(name).read_text().splitlines() if line.startswith("{")]
        return [line for line in found if event in (None, line["event"])]

    def cpu(self, name: str) -> float:
        """Seconds of processor time of a program and its children, ended or not."""
        leader, ticks = self.running[name].pid, 0
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(") ")[2].split()
            except OSError:
                continue
            if int(fields[3]) == leader:  # its session
                ticks += sum(int(number) for number in fields[11:15])
        return ticks / TICKS

    def _words(self, name: str) -> list[str]:
        python, machine = sys.executable, self.machines.get(name)
        if name == "redis":
            assert machine is not None
            return [
                "redis-server", "--port", str(self.ports[name]), "--bind", machine.address,
                "--requirepass", self.password, "--dir", str(self.data / "redis"),
                "--appendonly", "yes", "--save", "", "--loglevel", "warning",
            ]  # fmt: skip
        if name == "mongo":
            host, _, port = self.address(name).rpartition(":")
            return [python, "-m", "benchmarks.fleet_mongo", host, port, str(self.data / "mongo")]
        if name == HUB:
            bot = f"http://127.0.0.1:{self.ports['balancer']}"
            hub = ["serve", str(self.data / HUB), str(self.ports[HUB]), bot, str(self.delay)]
            return [python, "-m", "benchmarks.fleet_hub", *hub]
        if name == "balancer":
            backends = [self.address(web) for web in WEBS]
            return [python, "-m", "benchmarks.balancer", f"127.0.0.1:{self.ports[name]}", *backends]
        return [python, "-m", "bot", name.rstrip("0123456789")]

    def _environment(self, name: str) -> dict[str, str]:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("ALTPRESS_")}
        if name in self.ports and name not in WEBS:
            return environment
        keys = prepare(self.data / HUB)
        api = f"http://127.0.0.1:{self.ports[HUB]}"
        given: dict[str, object] = {
            **SETTINGS, "redis_url": self.redis_url, "mongo_url": self.mongo_url,
            "github_api_url": f"{api}/api/v3", "oidc_issuer": f"{api}/oidc", "github_app_id": keys.app_id,
            "github_app_private_key_file": keys.private_key_file,
            "webhook_secrets_file": keys.webhook_secret_file, "asset_hosts": "127.0.0.1,localhost",
            "host": self.machines[name].address, "port": self.ports.get(name, 0), **self.settings,
            **self.own.get(name, {}),
        }  # fmt: skip
        return environment | {f"ALTPRESS_{key.upper()}": str(value) for key, value in given.items()}


def wait_for(true: Callable[[], object], what: str, seconds: float = 60) -> None:
    """Until it is; errors of a connection count as not yet."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if true():
                return
        except Exception as error:  # noqa: BLE001 - stores that are not there yet raise errors of their own
            last = error
        else:
            last = None
        if time.monotonic() > deadline:
            raise SystemExit(f"{what} does not come: {last}")
        time.sleep(0.1)
