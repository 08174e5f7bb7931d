"""From a repository's releases and what is inside one file of each group to apps of a catalog. No I/O.

What is inside decides: files with the same bundle ID are one app, however they are named, and files with
different ones are different apps. Several files of one app in one release are variants: one is chosen.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.catalog import App, Prereleases, match_asset, wants_release
from bot.records import Facts, Release
from bot.setup.files import Group, IpaFile, family_of, find_files
from bot.setup.globs import plan_globs, plan_tags

# words of a file's name that mean: not the one that most people want
_SPECIAL = re.compile(
    r"debug|simulator|(?<![a-z])sim(?![a-z])|tvos|visionos|macos|catalyst|trollstore|jailb|rootless|"
    r"nosign|no-sign|test|profile|symbols|(?<![a-z])jb(?![a-z])|armv7|i386|x86",
    re.IGNORECASE,
)
_ID = re.compile(r"[A-Za-z0-9._-]{1,100}\Z")


@dataclass(frozen=True, slots=True)
class Reading:
    """What one file of a group says about itself."""

    file: IpaFile
    facts: Facts
    tint: str | None = None  # `#RRGGBB`, suggested from the icon


Readings = Mapping[Group, Reading]


@dataclass(frozen=True, slots=True)
class AppPlan:
    """One app of the catalog to be, and why it is as it is."""

    repository: str
    bundle_identifier: str
    ipa_name: str  # what the IPA calls itself
    opened: IpaFile  # the file that says so
    assets: tuple[str, ...] = ("*.ipa",)
    tags: str = "*"
    prereleases: Prereleases = "exclude"
    releases: int = 0  # how many of today's feed it
    id: str | None = None  # None: the repository's name will do
    tint: str | None = None  # `#RRGGBB`, suggested from the icon
    notes: tuple[str, ...] = ()  # what was guessed, one line each

    def as_app(self) -> App:
        """As the catalog will have it: what matches is then the catalog's own rule."""
        takes = {"assets": self.assets, "tags": self.tags, "prereleases": self.prereleases}
        return App.model_validate({"repository": self.repository, **takes})


def plan_apps(releases: Sequence[Release], readings: Readings) -> tuple[AppPlan, ...]:
    """The apps of one repository that the readings show, the one with the most releases first."""
    by_bundle: dict[str, list[Group]] = {}
    for group, reading in readings.items():
        by_bundle.setdefault(reading.facts.bundle_identifier.lower(), []).append(group)
    alone = len(by_bundle) == 1
    plans = [_plan_app(releases, groups, readings, alone=alone) for groups in by_bundle.values()]
    return _without_twins(sorted(plans, key=lambda plan: (plan.prereleases == "only", -plan.releases)))


def _without_twins(plans: Sequence[AppPlan]) -> tuple[AppPlan, ...]:
    """A catalog's apps must differ in what they take: one that cannot be told apart is only mentioned."""
    kept: dict[tuple[object, ...], AppPlan] = {}
    for plan in plans:
        takes = (plan.assets, plan.tags, plan.prereleases)
        if (first := kept.get(takes)) is not None:
            note = f"{plan.bundle_identifier} cannot be told apart by its files' names, and is left out"
            plan = replace(first, notes=(*first.notes, note))  # noqa: PLW2901 -- stands for both now
        kept[takes] = plan
    return tuple(kept.values())


def find_strays(plans: Sequence[AppPlan], releases: Sequence[Release]) -> tuple[IpaFile, ...]:
    """Complete IPAs of real releases that no app takes."""
    apps = [plan.as_app() for plan in plans]
    return tuple(
        file
        for file in find_files(release for release in releases if not release.prerelease)
        if not any(wants_release(a, file.release) and match_asset(a, file.asset.name) for a in apps)
    )


def _plan_app(
    releases: Sequence[Release], groups: list[Group], readings: Readings, *, alone: bool
) -> AppPlan:
    """One app: whose releases count, by which tags, which of the files."""
    stable = [group for group in groups if not group.prerelease]
    files = [file for group in stable or groups for file in group.files]
    chosen = _choose_variants(files)
    reading = readings[next(group for group in groups if chosen[0] in group.files)]
    plan = AppPlan(
        repository=chosen[0].release.repository.full_name,
        bundle_identifier=reading.facts.bundle_identifier,
        ipa_name=reading.facts.name,
        opened=reading.file,
        prereleases="exclude" if stable else "include" if alone else "only",
        tint=reading.tint,
    )
    plan = _with_assets(_with_tags(plan, chosen, releases), chosen, releases)
    notes = [_prerelease_note(plan, groups), *plan.notes]
    if len(chosen) < len(files):
        notes.append(
            f"several files of a release are this app; those like {chosen[0].asset.name} were chosen"
        )
    app = plan.as_app()
    fed = sum(wants_release(app, f.release) and match_asset(app, f.asset.name) for f in chosen)
    return replace(plan, releases=fed, notes=tuple(note for note in notes if note))


def _prerelease_note(plan: AppPlan, groups: Sequence[Group]) -> str:
    if plan.prereleases == "only":
        return "this bundle ID is in prereleases only, another app's is in the others"
    if plan.prereleases == "include":
        return "there are only prereleases yet; `exclude` leaves them out once there are others"
    count = len({f.release.id for group in groups if group.prerelease for f in group.files})
    return (
        f"{count} prerelease(s) are left out; `prereleases: include` takes them, `channels` lists them apart"
        if count
        else ""
    )


def _choose_variants(files: Sequence[IpaFile]) -> list[IpaFile]:
    """One file a release, the newest release first."""
    by_release: dict[int, list[IpaFile]] = {}
    for file in files:
        by_release.setdefault(file.release.id, []).append(file)
    chosen = [min(members, key=_rank) for members in by_release.values()]
    return sorted(chosen, key=lambda file: file.moment, reverse=True)


def _rank(file: IpaFile) -> tuple[int, int, str]:
    """The plainest name first."""
    name = file.asset.name
    return len(_SPECIAL.findall(name)), len(name), name


def _with_tags(plan: AppPlan, chosen: Sequence[IpaFile], releases: Sequence[Release]) -> AppPlan:
    """A pattern for tags where other series of tags share the repository."""
    ours = {file.release.id for file in chosen}
    families = {family_of(file.release.tag) for file in chosen}
    app = plan.as_app()
    others = [r.tag for r in releases if r.id not in ours and wants_release(app, r)]
    unwanted = [tag for tag in others if family_of(tag) not in families]
    tags = plan_tags([file.release.tag for file in chosen], unwanted)
    if tags is None:
        return replace(plan, notes=("no pattern tells this app's tags from others: all are taken",))
    note = f"other tags, such as {unwanted[0]}, belong to something else" if unwanted else ""
    return replace(plan, tags=tags, notes=(note,))


def _with_assets(plan: AppPlan, chosen: Sequence[IpaFile], releases: Sequence[Release]) -> AppPlan:
    """A pattern for files; where names have changed too much over time, the newest decide."""
    ours = {file.asset.id for file in chosen}
    app = plan.as_app()
    taken = [release for release in releases if wants_release(app, release)]
    unwanted = [file.asset.name for file in find_files(taken) if file.asset.id not in ours]
    wanted = [file.asset.name for file in chosen]
    for count in (len(wanted), 1):
        globs = plan_globs(wanted[:count], unwanted)
        if globs is not None:
            note = "" if count == len(wanted) else f"only names like {wanted[0]}: older ones differ"
            return replace(plan, assets=globs, notes=(*plan.notes, note))
    return replace(plan, notes=(*plan.notes, "no pattern tells this app's files from others: all are taken"))


def _without_others(plans: Sequence[AppPlan]) -> list[AppPlan]:
    kept: dict[str, AppPlan] = {}
    for plan in plans:
        first = kept.get(bundle := plan.bundle_identifier.lower())
        note = f"{plan.repository} has this bundle ID, too, and is left out"
        kept[bundle] = replace(first, notes=(*first.notes, note)) if first else plan
    return list(kept.values())


def assign_ids(plans: Sequence[AppPlan]) -> tuple[AppPlan, ...]:
    """Each app of a catalog with an `id` of its own; a repository's first keeps its name.

    A document has a bundle ID once: of two repositories with the same one, the second is only mentioned.
    """
    taken, named = set[str](), list[AppPlan]()
    for plan in _without_others(plans):
        owner, _, repository = plan.repository.partition("/")
        parts = plan.bundle_identifier.split(".")
        candidates = [repository, parts[-1], "-".join(parts[-2:]), f"{owner}-{repository}"]
        candidates += [f"{repository}-{n}" for n in range(2, len(plans) + 2)]
        chosen = next(c for c in candidates if _ID.match(c) and c.lower() not in taken)
        taken.add(chosen.lower())
        named.append(replace(plan, id=None if chosen == repository else chosen))
    return tuple(named)
