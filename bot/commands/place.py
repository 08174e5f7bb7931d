"""Where a command stands, and what it may touch from there. No I/O."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reach:
    """The part of one site that a command may touch."""

    site: str  # Site.key
    apps: tuple[str, ...]  # the apps' ids in the catalog
    whole: bool  # the site's own repository: everything of it

    def chosen(self, app: str | None) -> tuple[str, ...]:
        """All apps in reach, or the one that is named, if it is among them."""
        return self.apps if app is None else tuple(a for a in self.apps if a == app)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a comment stands: a site's repository reaches all of it, an app's that app alone."""

    repository: str
    reaches: tuple[Reach, ...]

    @property
    def apps(self) -> tuple[str, ...]:
        return tuple(sorted({app for reach in self.reaches for app in reach.apps}))

    @property
    def is_site(self) -> bool:
        return any(reach.whole for reach in self.reaches)
