"""When a job that could not be done now comes back, and when it gives up. No I/O."""

from dataclasses import dataclass

from bot.errors import BotError, Conflict, NotReady, RateLimited

DAY = 86_400.0


@dataclass(frozen=True)
class Patience:
    """Waits of `first`, `first * factor`, … up to `longest` seconds, until the job is `lasts` seconds old."""

    first: float
    factor: float
    longest: float
    lasts: float

    def wait(self, attempt: int) -> float:
        """Seconds before the next try; `attempt` counts those that are over, from 0."""
        growth = self.factor ** min(attempt, 64)
        return float(min(self.first * growth, self.longest))


def patience_of(error: BotError, *, quiet_period: float, ready_timeout: float) -> Patience | None:
    """How long to ask again, by the error's class; None: its class says that this changes nothing."""
    if not error.retry:
        return None
    match error:
        case NotReady():  # a CI job uploads the files after the release: quick at first, for a day
            return Patience(max(1.0, quiet_period), 1.5, 300, ready_timeout)
        case Conflict():  # somebody else wrote to the branch: plan again on the new head
            return Patience(1, 2, 60, DAY)
        case RateLimited():
            return Patience(60, 1.5, 900, DAY)
        case _:
            return Patience(2, 2, 300, DAY)


def plan_retry(
    error: BotError, *, attempt: int, age: float, quiet_period: float, ready_timeout: float
) -> float | None:
    """Seconds until the job should come back, or None when its patience is over (or it never had any).

    What the error itself asks for (`retry_after`) counts before the growing wait, and at most an hour of it.
    """
    patience = patience_of(error, quiet_period=quiet_period, ready_timeout=ready_timeout)
    if patience is None or age >= patience.lasts:
        return None
    asked: float | None = getattr(error, "retry_after", None)
    if asked is not None:
        return min(max(asked, 0.0), 3600.0)
    return patience.wait(attempt)
