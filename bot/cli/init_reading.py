"""What `altpress init` reads from GitHub: releases, and the inside of one file of each group."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from bot.context import Context
from bot.errors import BotError, NotFound, RateLimited, Rejected
from bot.github import GitHub
from bot.ipa import read_ipa
from bot.ipa.tint import suggest_tint_color
from bot.records import Release, RepositoryFacts
from bot.setup.draft import BUNDLE_ID
from bot.setup.files import Group, IpaFile, find_files, group_files
from bot.setup.plan import AppPlan, Reading, find_strays, plan_apps
from bot.source.facts import facts_from_ipa

MOST_RELEASES = 1000  # the newest; older ones change no plan
MOST_OPENED = 12  # groups of which a file is opened
ATTEMPTS = 2  # files of a group, should the first be broken
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads with the installation's credentials where they reach, and as anybody elsewhere."""

    context: Context
    github: GitHub
    public: GitHub
    say: Say

    def plan(self, name: str) -> tuple[RepositoryFacts, tuple[AppPlan, ...]]:
        """The repository's apps. Raises NotFound and Rejected with what to do."""
        github, facts = self._find(name)
        if facts.private:
            raise Rejected(
                f"{facts.full_name} is private: nobody could download from it. Write its app by hand, with a "
                "public `download-url` (docs/catalog.md)."
            )
        releases = tuple(islice(github.stream_releases(facts), MOST_RELEASES))
        files = self._check(facts, releases)
        self.say(f"{facts.full_name}: {len(releases)} release(s), {len(files)} IPA file(s)")
        plans = plan_apps(releases, self._open_groups(github, group_files(files)))
        if not plans:
            raise Rejected(f"{facts.full_name}: none of its IPA files could be read (see above).")
        self._tell_strays(plans, releases)
        return facts, plans

    def _find(self, name: str) -> tuple[GitHub, RepositoryFacts]:
        """Who can see it, and what it is."""
        try:
            return self.github, self.github.fetch_repository(name)
        except NotFound:
            pass
        try:
            return self.public, self.public.fetch_repository(name)
        except NotFound:
            api = self.context.settings.github_api_url
            raise NotFound(
                f"{name} is not there (asked {api}): the name is wrong, or it is private and altpress has no "
                "right to see it."
            ) from None

    def _check(self, facts: RepositoryFacts, releases: tuple[Release, ...]) -> tuple[IpaFile, ...]:
        if not releases:
            raise Rejected(
                f"{facts.full_name} has no published release: publish one with an .ipa "
                f"({facts.html_url}/releases/new), then run this again."
            )
        files = find_files(releases)
        if not files:
            names = ", ".join(a.name for a in releases[0].assets[:5]) or "no files at all"
            raise Rejected(
                f"{facts.full_name}: no release has an .ipa; the newest ({releases[0].tag}) has {names}."
            )
        return files

    def _open_groups(self, github: GitHub, groups: tuple[Group, ...]) -> dict[Group, Reading]:
        readings = {group: self._open_group(github, group) for group in groups[:MOST_OPENED]}
        for group in groups[MOST_OPENED:]:
            self.say(f"  not looked into: {len(group.files)} file(s) like {group.files[0].asset.name}")
        return {group: reading for group, reading in readings.items() if reading is not None}

    def _open_group(self, github: GitHub, group: Group) -> Reading | None:
        """What the newest readable file says."""
        for file in group.files[:ATTEMPTS]:
            where = f"  {file.asset.name} of {file.release.tag}"
            try:
                reading, cost = self._open(github, file)
            except RateLimited:
                raise
            except BotError as problem:  # of this file, or of the host that has it
                self.say(f"{where}: {problem.public}")
            else:
                if not BUNDLE_ID.match(reading.facts.bundle_identifier):
                    self.say(f"{where}: no client takes its bundle ID, {reading.facts.bundle_identifier!r}")
                    continue
                self.say(f"{where}: {reading.facts.bundle_identifier} {reading.facts.version} ({cost})")
                return reading
        return None

    def _open(self, github: GitHub, file: IpaFile) -> tuple[Reading, str]:
        most = self.context.settings.max_ipa_bytes
        with github.open_asset(file.asset, hosts=self.context.asset_hosts, max_bytes=most) as remote:
            info = read_ipa(remote, size=remote.size)
            cost = f"read {remote.transfer.bytes:,} of {remote.size:,} bytes"
        tint = suggest_tint_color(info.icon.png) if info.icon else None
        return Reading(file, facts_from_ipa(info), tint), cost

    def _tell_strays(self, plans: tuple[AppPlan, ...], releases: tuple[Release, ...]) -> None:
        strays = find_strays(plans, releases)
        for stray in strays[:5]:
            self.say(f"  left out: {stray.asset.name} of {stray.release.tag}")
        if len(strays) > 5:
            self.say(f"  … and {len(strays) - 5} more")


def plan_all(
    reader: Reader, names: tuple[str, ...]
) -> tuple[list[RepositoryFacts], list[AppPlan], list[str]]:
    """The apps of all repositories, and what went wrong: one that fails does not hide the others' faults."""
    found, plans, problems = list[RepositoryFacts](), list[AppPlan](), list[str]()
    for name in names:
        try:
            facts, apps = reader.plan(name)
        except RateLimited as problem:
            problems.append(f"{problem.public} With a token the limit is higher (--github-token-stdin).")
        except BotError as problem:
            problems.append(problem.public)
        else:
            found.append(facts)
            plans += apps
    return found, plans, problems
