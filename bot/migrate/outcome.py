"""What came of migrating, and what stands in its way."""

from dataclasses import asdict, dataclass, field

from bot import __version__
from bot.errors import BadSettings, BotError
from bot.migrate.lease import Held
from bot.migrate.model import Applied, Level, Migration


@dataclass(frozen=True)
class Outcome:
    """What a migration changed, or would change."""

    migration: str
    title: str
    documents: dict[str, int] = field(default_factory=dict)  # by collection
    indexes: tuple[str, ...] = ()  # dropped
    seconds: float = 0.0

    def as_json(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True)
class Report:
    """Everything that `altpress migrate status` shows."""

    known: tuple[Migration, ...]
    applied: tuple[Applied, ...]
    level: Level
    held: Held | None
    is_new: bool


class Failed(BotError):
    """A migration broke off; what it has done stays, and the next try goes on there."""

    code = "migration_failed"


def check_level(level: Level) -> None:
    """Raise BadSettings when this altpress cannot run on what a newer one has made of the database."""
    if level.too_new:
        raise BadSettings(
            f"The database was changed by a newer altpress (migration {', '.join(level.too_new)}) in a way "
            f"that {__version__} cannot read. Start the newer one, or restore a backup of before."
        )
