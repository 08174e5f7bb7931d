"""Assets that become whole some time after their release was published, without any event: a slow CI.

Until then they are `starter`, empty and without a digest, as GitHub shows an upload that is not finished.
What is still to come is kept in the state, so that a restart forgets nothing.
"""

import threading
from dataclasses import asdict, dataclass

from bot.sandbox.model import Release
from bot.sandbox.world import World

_FACT = "late_assets"


@dataclass(frozen=True, slots=True)
class LateAsset:
    """An asset row, what it will be, and when (seconds since 1970)."""

    asset: int
    blob: str
    size: int
    digest: str | None
    due: float


def hold_back(world: World, release: Release, seconds: float) -> None:
    """Make the release's assets `starter` now, and whole after these seconds."""
    due = world.state.clock() + seconds
    with world.state.transaction():
        late = _load(world)
        for asset in world.state.assets.select(release=release.id, state="uploaded"):
            late.append(LateAsset(asset.id, asset.blob, asset.size, asset.digest, due))
            world.state.assets.update(asset.id, state="starter", size=0, digest=None, blob="")
        _save(world, late)
    _wake(world, seconds)


def resume(world: World) -> None:
    """Take up what a stopped sandbox left open."""
    for late in _load(world):
        _wake(world, late.due - world.state.clock())


def complete_due(world: World) -> int:
    """Make whole what is due; how many of them. An asset that was deleted meanwhile takes its file along."""
    now, count = world.state.clock(), 0
    with world.state.transaction():
        late = _load(world)
        for one in (one for one in late if one.due <= now):
            count += 1
            try:
                world.state.assets.update(
                    one.asset, state="uploaded", size=one.size, digest=one.digest, blob=one.blob,
                    updated_at=world.state.now(),
                )  # fmt: skip
            except KeyError:
                world.files.remove(one.blob)
        _save(world, [one for one in late if one.due > now])
    return count


def _wake(world: World, seconds: float) -> None:
    # a little late on purpose: a timer may fire early by less than the clock's resolution
    timer = threading.Timer(max(seconds, 0) + 0.01, complete_due, (world,))
    timer.daemon = True
    timer.start()


def _load(world: World) -> list[LateAsset]:
    return [LateAsset(**row) for row in world.state.load_fact(_FACT) or ()]


def _save(world: World, late: list[LateAsset]) -> None:
    world.state.save_fact(_FACT, [asdict(one) for one in late])
