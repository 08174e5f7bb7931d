"""What happens in one chaos run, decided from its seed alone. No I/O."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

SITES, APPS_A_SITE = 5, 10
TARGETS = ("web", "worker", "worker", "scheduler", "redis", "mongo", "horse")
SHARES = {"calls": 0.04, "dropped": 0.08, "doubled": 0.08, "late": 0.2, "late_seconds": 4.0}


@dataclass(frozen=True, slots=True)
class App:
    number: int

    @property
    def repository(self) -> str:
        return f"acme/app-{self.number:02d}"

    @property
    def bundle_identifier(self) -> str:
        return f"com.acme.app{self.number:02d}"


@dataclass(frozen=True, slots=True)
class Site:
    number: int
    apps: tuple[App, ...]

    @property
    def repository(self) -> str:
        return f"acme/site-{self.number}"

    @property
    def catalog(self) -> str:
        lines = [f"name: Site {self.number}", "apps:"]
        lines += [f"  - repository: {app.repository}" for app in self.apps]
        return "\n".join([*lines, ""])


@dataclass(frozen=True, slots=True)
class Release:
    """One release as a developer makes it."""

    app: App
    version: str
    late_assets: float | None = None  # seconds after publishing that its file is complete
    edited: bool = False  # its notes are changed right afterwards

    @property
    def tag(self) -> str:
        return f"v{self.version}"


def plan_sites(count: int = SITES, apps: int = APPS_A_SITE) -> tuple[Site, ...]:
    return tuple(Site(n, tuple(App(n * apps + i) for i in range(apps))) for n in range(count))


def plan_releases(seed: int, count: int, sites: Sequence[Site]) -> list[Release]:
    """In the order they are made; an app's versions go up by one."""
    dice = random.Random(seed)
    apps = [app for site in sites for app in site.apps]
    made: dict[App, int] = dict.fromkeys(apps, 0)
    releases = []
    for number in range(count):
        app = apps[number % len(apps)] if number < len(apps) else dice.choice(apps)
        made[app] += 1
        late = dice.uniform(0.5, 4) if dice.random() < 0.1 else None
        releases.append(Release(app, f"1.{made[app]}", late, dice.random() < 0.1))
    return releases
