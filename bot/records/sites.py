"""What is known about one site. No I/O."""

from pydantic import Field

from bot.records.base import Value
from bot.records.deliveries import Cause
from bot.records.places import RepositoryFacts, Site


class Proposal(Value):
    """The pull request in which a site's next commit waits for somebody to merge it."""

    number: int | None = None  # None: none is open
    url: str = ""
    base: str = ""  # the branch that it is to go into
    parent: str = ""  # the commit there that it was made on
    digest: str = ""  # names what is proposed (`bot/source/proposal.py`)
    files: dict[str, str] = Field(default_factory=dict)  # path -> git blob id, as proposed
    partial: bool = False  # the lock alone: the outputs follow on another branch
    subject: str = ""
    changes: tuple[str, ...] = ()
    causes: tuple[Cause, ...] = ()
    declined: bool = False  # somebody closed it: not proposed again as it is
    at_ms: int = 0


class SiteState(Value):
    """A site as altpress last saw it, and what is to be published there."""

    site: Site
    repository: RepositoryFacts
    head: str | None = None  # the branch's head when the catalog was read
    catalog_sha: str | None = None  # git blob id of the last valid catalog
    catalog: str | None = None  # text of the last VALID catalog; None when there has been none
    problems: tuple[str, ...] = ()  # of the catalog at `head`; one public sentence each
    apps: tuple[str, ...] = ()  # full names of the app repositories, lower case
    renamed: dict[str, str] = Field(
        default_factory=dict
    )  # of these, those called otherwise now: the new name
    identifier: str | None = None  # the source's, as it followed from the name before the site was renamed
    generation: int = 0  # goes up with each trigger
    published_generation: int = 0
    causes: tuple[Cause, ...] = ()  # why it is to be published, oldest first
    last_publish_ms: int | None = None
    success_ms: int | None = None  # published, or looked at with nothing to publish
    due_ms: int | None = 0  # when time alone changes what is published; None: never, 0: nobody has looked
    proposal: Proposal | None = None  # None: not known; GitHub is to be asked

    def feeds(self, full_name: str) -> bool:
        """Whether a repository, by its name in the catalog or the one of today, feeds an app of the site."""
        name = full_name.lower()
        return name in self.apps or any(name == new.lower() for new in self.renamed.values())


class HeadCache(Value):
    """The files of a site's branch as the bot left it: saves reading them again."""

    commit: str
    tree: str
    blobs: dict[str, str]  # path -> git blob id
    left: dict[str, str] = Field(default_factory=dict)  # the outputs among them, as the bot committed them
    large: dict[str, int] = Field(default_factory=dict)  # bytes of those that are too large to be read
