"""What was seen of this machine and its stores -> findings. No I/O."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches

from bot.setup.findings import Finding, error, ok, warning

MOST_SKEW = 60.0  # seconds; GitHub refuses an App's JWT that was issued in its future, or that has ended
SEEN_LATELY = 60.0  # seconds; a worker is heard of every five
SHORTEST_SECRET = 16  # characters
MOST_STORE_SKEW = 5.0  # seconds
MOST_PENDING = 60.0  # seconds; the dispatcher takes a delivery within one
BACKUP_LATE = 2  # intervals
LEAST_ROOM = 200 * 1024**2  # bytes
LITTLE_ROOM = 1024**3
SOON_DAYS = 14
LEAST_MONGODB = (4, 4)  # what PyMongo still speaks to
LEAST_REDIS = (5,)  # what RQ asks for; Valkey calls itself 7.2
PREFIX = "ALTPRESS_"


def check_clock(skew: float) -> Finding:
    """`skew` in seconds: positive when this machine is ahead of GitHub."""
    told = f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} GitHub"
    if abs(skew) > MOST_SKEW:
        return error(
            "clock", "clock", f"{told}: signing in as an App fails", "set this machine's clock (NTP)"
        )
    return ok("clock", "clock", told if abs(skew) >= 2 else "agrees with GitHub")


def check_store_clock(code: str, name: str, skew: float) -> Iterator[Finding]:
    """`skew` in seconds, positive when this machine is ahead of the store's; nothing where they agree."""
    if abs(skew) > MOST_STORE_SKEW:
        told = f"this machine is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} its clock"
        yield warning(code, name, told, "set both machines' clocks (NTP)")


def check_version(code: str, name: str, found: str, least: tuple[int, ...]) -> Finding:
    """A server's version, as it says itself."""
    wanted = ".".join(map(str, least))
    if not (numbers := _numbers(found)):
        return warning(code, name, f"it does not say its version: {wanted} is needed", "look by hand")
    if numbers < least:
        return error(code, name, f"it is version {found}, {wanted} is needed", f"run {wanted} or newer")
    return ok(code, name, f"version {found}")


def check_room(path: str, free: int) -> Finding:
    """`free` bytes on the disk that holds the path."""
    told = f"{free / 1024**3:.1f} GiB are free for {path}"
    if free < LEAST_ROOM:
        return error("files.room", "disk", told, "make room, or move it to another disk")
    if free < LITTLE_ROOM:
        return warning("files.room", "disk", told, "make room before it is full")
    return ok("files.room", "disk", told)


def check_migrations(pending: Sequence[str], too_new: Sequence[str], *, is_new: bool) -> Finding:
    """Numbers of migrations: still to be applied, and those of a newer altpress that this one cannot read."""
    code, subject = "migrations", "migrations"
    if too_new:
        told = f"the database is of a newer altpress (migration {', '.join(too_new)})"
        return error(code, subject, told, "start the newer altpress, or restore a backup of before")
    if pending and not is_new:
        told = f"to be applied: {', '.join(pending)}"
        return error(code, subject, told, "run `altpress migrate` (docs/migrations.md)")
    return ok(code, subject, "the database is new" if pending else "all are applied")


def check_backup(age: float | None, interval: float, failure: str | None) -> Finding:
    """`age` of the last good one and the `interval` between two in seconds; why one `failed` since."""
    code, subject = "backup", "backup"
    told = "none was made yet" if age is None else f"the last one was made {age / 3600:.1f} h ago"
    if failure is not None:
        return error(code, subject, f"{told}; one has failed since: {failure}", "see docs/backup.md")
    if age is not None and age > BACKUP_LATE * interval:
        return error(code, subject, told, "see what scheduler's and workers' lines say")
    return ok(code, subject, told)


def check_pending(age: float | None) -> Finding:
    """`age` in seconds of the oldest delivery that nobody has routed yet."""
    if age is not None and age > MOST_PENDING:
        told = f"one has waited {age:.0f} s to be routed"
        return error("deliveries.pending", "deliveries", told, "see what scheduler's and Redis's lines say")
    return ok("deliveries.pending", "deliveries", "none waits long to be routed")


def check_certificate(host: str, days: float) -> Finding:
    """`days` until the certificate at the public address ends."""
    code, told = "public.certificate", f"the certificate of {host} ends in {days:.0f} days"
    fix = "renew it; see why that does not happen by itself"
    if days <= 0:
        return error(code, "public address", f"the certificate of {host} has ended", fix)
    if days < SOON_DAYS:
        return warning(code, "public address", told, fix)
    return ok(code, "public address", told)


def check_variables(names: Iterable[str], fields: Iterable[str], secrets: Iterable[str]) -> Iterator[Finding]:
    """Names of `ALTPRESS_…` variables that no setting has: typing errors, mostly."""
    known = {f"{PREFIX}{name.upper()}" for name in fields}
    known |= {f"{PREFIX}{name.upper()}_FILE" for name in secrets} | {f"{PREFIX}RELOAD"}
    for name in sorted(set(names) - known):
        if name.startswith(PREFIX) and not name.startswith(f"{PREFIX}TEST_"):
            near = get_close_matches(name, known, n=1)
            meant = f"did you mean {near[0]}?" if near else "see .env.example"
            yield warning("settings.unknown", "settings", f"{name} is no setting and does nothing", meant)


def check_secrets(lengths: Sequence[int]) -> Iterator[Finding]:
    """`lengths` of the webhook secrets, which must not be guessed."""
    if any(length < SHORTEST_SECRET for length in lengths):
        yield warning(
            "settings.secrets",
            "settings",
            f"a webhook secret has fewer than {SHORTEST_SECRET} characters",
            "make one with `openssl rand -hex 32`, put it in front of the old one, then set it at GitHub",
        )


def check_keys(lengths: Mapping[str, Sequence[int]]) -> Iterator[Finding]:
    """Characters of what opens the dashboard and `/metrics` by itself, by variable."""
    for name, found in lengths.items():
        if any(length < SHORTEST_SECRET for length in found):
            told = f"{name} has fewer than {SHORTEST_SECRET} characters: it can be guessed"
            fix = "make one with `openssl rand -hex 32`, and put it in front of the old one"
            yield warning("settings.secrets", "settings", told, fix)


def check_open_metrics(*, is_open: bool, has_token: bool, public: bool) -> Iterator[Finding]:
    """What is open to everybody who reaches the port is open to all at a public address."""
    if is_open and public and not has_token:
        told = "ALTPRESS_METRICS_OPEN shows /metrics to whoever finds the public address"
        fix = "set ALTPRESS_METRICS_TOKEN, or let the proxy pass neither of them on"
        yield warning("settings.secrets", "settings", told, fix)


def check_password_hash(text: str) -> Iterator[Finding]:
    """What a shell or compose has left of it, which took its dollar signs for variables, opens nothing."""
    if not text.startswith("$argon2"):
        told = "ALTPRESS_DASHBOARD_PASSWORD_HASH holds no hash of `altpress password`: nobody can sign in"
        fix = "put it between single quotes, for its dollar signs, or into a file (docs/dashboard.md)"
        yield error("settings.values", "settings", told, fix)


def check_modes(modes: Mapping[str, int], folder: str) -> Iterator[Finding]:
    """Permission bits by path; `folder` is the data directory, the others hold secrets.

    Elsewhere a group may read: it is how Kubernetes gives a mounted secret to whom it is for (0440).
    """
    closed = {path: 0o077 if f"{path}/".startswith(f"{folder}/") else 0o037 for path in modes}
    open_ones = {path: mode & 0o777 for path, mode in modes.items() if mode & closed[path]}
    for path, mode in sorted(open_ones.items()):
        wanted = "700" if path == folder else "600"
        yield error(
            "files.modes",
            "data directory",
            f"{path} can be read by others (mode {mode:o})",
            f"chmod {wanted} {path}",
        )
    if not open_ones and folder in modes:
        yield ok("files.modes", "data directory", f"{folder} is readable by its owner alone")


def check_workers(ages: Sequence[float]) -> Finding:
    """Seconds since each worker was heard of."""
    fresh = [age for age in ages if age <= SEEN_LATELY]
    if fresh:
        return ok("workers", "workers", f"{len(fresh)} seen in the last {SEEN_LATELY:.0f} s")
    seen = f"the last one {min(ages):.0f} s ago" if ages else "none"
    return error(
        "workers", "workers", f"no worker is running ({seen})", "start `altpress up`, or `altpress worker`"
    )


def check_scheduler(*, led: bool) -> Finding:
    if led:
        return ok("scheduler", "scheduler", "one leads")
    return error(
        "scheduler",
        "scheduler",
        "none is running: webhooks are stored, and nothing follows",
        "start `altpress up`, or `altpress scheduler`",
    )


def check_packages(requirements: Sequence[str], installed: Mapping[str, str]) -> Iterator[Finding]:
    """`requirements` as package metadata has them (`redis>=6.4`) against what is there."""
    wrong = list(_too_old(requirements, installed))
    for name, wanted, found in wrong:
        yield error(
            "versions",
            "versions",
            f"{name} is {found or 'missing'}, {wanted} is needed",
            "install altpress again",
        )
    if not wrong and requirements:
        yield ok("versions", "versions", f"{len(requirements)} packages as needed")


def _too_old(
    requirements: Sequence[str], installed: Mapping[str, str]
) -> Iterator[tuple[str, str, str | None]]:
    for requirement in requirements:
        name, _, least = requirement.partition(";")[0].strip().partition(">=")
        found = installed.get(name.strip().lower())
        if found is None or _numbers(found) < _numbers(least.partition(",")[0]):
            yield name.strip(), least.strip(), found


def _numbers(version: str) -> tuple[int, ...]:
    """`6.4.0rc1` -> (6, 4, 0): good enough to compare with a least version."""
    parts = []
    for part in version.strip().split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        parts.append(int(digits))
    return tuple(parts)
