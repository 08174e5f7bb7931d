"""No I/O. A panel, and the PromQL that panels are made of.

What several processes show is the same: `max` over them, never `sum` (docs/metrics.md).
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["stat", "timeseries", "table"]


@dataclass(frozen=True)
class Panel:
    """One panel; `queries` are PromQL and legend."""

    title: str
    says: str
    unit: str  # Grafana's name
    queries: tuple[tuple[str, str], ...]
    kind: Kind = "timeseries"
    width: int = 8
    bad: tuple[float, float] | None = None  # from where on yellow, and red; the other way round: below
    stacked: bool = False
    below_zero: bool = False  # it may be


def most(metric: str, by: str = "", where: str = "") -> str:
    """A gauge over all processes."""
    labels = ", ".join(filter(None, ['job=~"$job"', where]))
    return f"max by ({', '.join(filter(None, ['job', by]))}) ({metric}{{{labels}}})"


def rate(metric: str, by: str, where: str = "", over: str = "$__rate_interval") -> str:
    """A counter's rate a second, over all processes."""
    labels = ", ".join(filter(None, ['job=~"$job"', where]))
    return f"max by ({by}) (rate({metric}{{{labels}}}[{over}]))"


def rise(metric: str, by: str, where: str = "", over: str = "$__range") -> str:
    return rate(metric, by, where, over).replace("(rate(", "(increase(")


def share(part: float, metric: str, by: str = "", over: str = "$__range") -> str:
    """A quantile of a histogram."""
    labels = f"{by}, le" if by else "le"
    return f"histogram_quantile({part}, {rise(f'{metric}_bucket', labels, '', over)})"
