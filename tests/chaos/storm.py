"""Releases, kills and hands in the same branch, all at once."""

import random
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from bot.sandbox.make_ipa import make_ipa
from tests.chaos.plan import TARGETS, Release, Site
from tests.chaos.stage import Stage

DEVELOPERS = 3


@dataclass
class Storm:
    """One run's weather. `pace` is releases a second, `calm` the seconds between two kills (from, to)."""

    stage: Stage
    sites: Sequence[Site]
    seed: int
    pace: float = 4.0
    calm: tuple[float, float] = (1.5, 4.0)
    targets: Sequence[str] = TARGETS
    hand_commits: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def blow(self, releases: Sequence[Release]) -> None:
        """Make all releases; returns when the last is out. Kills end with it."""
        threads = [threading.Thread(target=work) for work in (self._kill, self._meddle)]
        for thread in threads:
            thread.start()
        try:
            started = time.monotonic()
            with ThreadPoolExecutor(DEVELOPERS) as developers:
                jobs = []
                for number, release in enumerate(releases):
                    time.sleep(max(0.0, started + number / self.pace - time.monotonic()))
                    jobs.append(developers.submit(self._release, release))
                for job in jobs:
                    job.result()
        finally:
            self.over.set()
            for thread in threads:
                thread.join()

    def _release(self, release: Release) -> None:
        app = release.app
        ipa = make_ipa(
            bundle_identifier=app.bundle_identifier, name=f"App {app.number}", version=release.version
        )
        with self.stage.client() as client:
            notes = f"What is new in {release.version}"
            draft = client.draft(app.repository, tag=release.tag, notes=notes, **{"as": "developer"})
            client.upload(draft["id"], "App.ipa", ipa)
            client.publish(draft["id"], release.late_assets)
            if release.edited:
                client.edit(app.repository, release.tag, notes=f"{notes}, corrected", **{"as": "developer"})

    def _kill(self) -> None:
        dice = random.Random(self.seed)
        while not self.over.wait(dice.uniform(*self.calm)):
            self.stage.kill(dice.choice(self.targets), dice)

    def _meddle(self) -> None:
        """Maintainers commit to their sites by hand, beside the outputs."""
        dice = random.Random(self.seed + 1)
        with self.stage.client() as client:
            while not self.over.wait(dice.uniform(2, 6)):
                self.hand_commits += 1
                site = dice.choice(self.sites)
                client.push(site.repository, {"notes.md": f"Note {self.hand_commits}\n".encode()})
