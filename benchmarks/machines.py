"""Machines for several processes: network namespaces joined by a bridge (as root), else this one alone.

In a namespace there is no loopback address of its own: 127.0.0.1 is the machine called `hub`, where the
sandbox listens (it knows only 127.0.0.1, and so do the settings for plain http). Everything else has an
address of 10.78.0.0/24; nothing leaves this computer.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.processes import ROOT

BRIDGE, PREFIX = "apbr0", "ap-"
HUB = "hub"


@dataclass(frozen=True)
class Machine:
    name: str
    address: str
    namespace: str | None = None

    def start(
        self, words: Sequence[str], log: Path, environment: Mapping[str, str]
    ) -> "subprocess.Popen[bytes]":
        """A process there, in a session of its own."""
        inside = ["ip", "netns", "exec", self.namespace] if self.namespace else []
        with log.open("ab") as output:
            return subprocess.Popen(
                [*inside, *words], cwd=ROOT, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip


def can_be_apart() -> bool:
    if os.getuid() != 0 or shutil.which("ip") is None:
        return False
    made = subprocess.run(["ip", "netns", "add", f"{PREFIX}try"], capture_output=True, check=False)
    subprocess.run(["ip", "netns", "del", f"{PREFIX}try"], capture_output=True, check=False)
    return made.returncode == 0


@contextmanager
def lay_out(names: Sequence[str], *, apart: bool) -> Iterator[dict[str, Machine]]:
    """The machines by name; `hub` must be the first."""
    if not apart:
        yield {name: Machine(name, "127.0.0.1") for name in names}
        return
    machines = {
        name: Machine(name, f"10.78.0.{n}", f"{PREFIX}{name}") for n, name in enumerate(names, start=2)
    }
    try:
        _ip("link", "add", BRIDGE, "type", "bridge")
        _ip("addr", "add", "10.78.0.1/24", "dev", BRIDGE)
        _ip("link", "set", BRIDGE, "up")
        for machine in machines.values():
            _connect(machine, machines[HUB].address)
        yield machines
    finally:
        for machine in machines.values():
            subprocess.run(["ip", "netns", "del", str(machine.namespace)], capture_output=True, check=False)
        subprocess.run(["ip", "link", "del", BRIDGE], capture_output=True, check=False)


def _connect(machine: Machine, hub: str) -> None:
    space = str(machine.namespace)
    _ip("netns", "add", space)
    _ip("link", "add", f"v{machine.name}", "type", "veth", "peer", "name", "eth0", "netns", space)
    _ip("link", "set", f"v{machine.name}", "master", BRIDGE, "up")
    _ip("-n", space, "addr", "add", f"{machine.address}/24", "dev", "eth0")
    for device in ("eth0", "lo"):
        _ip("-n", space, "link", "set", device, "up")
    for device in ("all", "eth0"):
        _ip("netns", "exec", space, "sysctl", "-qw", f"net.ipv4.conf.{device}.route_localnet=1")
    if machine.name != HUB:
        _ip("-n", space, "addr", "del", "127.0.0.1/8", "dev", "lo")
        _ip("-n", space, "route", "add", "127.0.0.1/32", "via", hub, "src", machine.address)


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"ip {' '.join(words)}: {done.stderr.strip()}")
