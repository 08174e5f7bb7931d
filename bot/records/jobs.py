"""A piece of work. No I/O."""

from bot.records.base import Value


class Job(Value):
    """Work for a worker: a name from `bot.enqueue.JOBS` and JSON arguments (ids and strings only)."""

    name: str
    args: tuple[str | int | None, ...] = ()
    site: str | None = None
    delivery: str | None = None

    @property
    def token(self) -> str:
        """How the ledger knows this piece of work among those of its delivery."""
        return ":".join([self.name, *(str(a) for a in self.args)])
