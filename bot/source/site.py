"""Where a source lives: what the builder needs to know about the hosting repository. No I/O."""

from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from pydantic import Field

from bot.catalog import Catalog
from bot.records import IconFile, RepositoryFacts, Value


class SiteContext(Value):
    """The site that is built for."""

    repository: RepositoryFacts | None  # None when a source is built with no site around it
    branch: str  # of the outputs
    base_url: str  # public address of that branch's files, with a slash at the end
    app_repositories: Mapping[str, RepositoryFacts] = Field(default_factory=dict)  # by full name, lower case

    def facts_of(self, full_name: str) -> RepositoryFacts | None:
        return self.app_repositories.get(full_name.lower())


def default_identifier(full_name: str) -> str:
    """The source's, where neither the catalog nor a hand-made source gives one."""
    return f"com.github.{full_name.lower().replace('/', '.')}"


def outputs_folder(catalog: Catalog) -> str:
    """The folder of the first output, "" for the top, else with a slash at the end; icons lie below it."""
    folder, slash, _ = catalog.outputs[0].path.rpartition("/")
    return folder + slash


def icon_path(catalog: Catalog, icon: IconFile) -> str:
    """Where an icon lies in the repository."""
    return outputs_folder(catalog) + icon.path


def icon_url(catalog: Catalog, site: SiteContext, icon: IconFile) -> str | None:
    """The icon's public address, None without any; `base-url` is that of the outputs' folder."""
    if catalog.base_url is not None:
        return catalog.base_url.rstrip("/") + "/" + icon.path
    return site.base_url.rstrip("/") + "/" + icon_path(catalog, icon) if site.base_url else None


def output_url(catalog: Catalog, base_url: str, path: str) -> str | None:
    """An output's public address; None for one that lies beside the folder that `base-url` leads to.

    `base_url` is that of the branch's files.
    """
    if catalog.base_url is None:
        return f"{base_url.rstrip('/')}/{quote(path)}"
    folder = outputs_folder(catalog)
    if not path.startswith(folder):
        return None
    return f"{catalog.base_url.rstrip('/')}/{quote(path.removeprefix(folder))}"


def avatar_url(facts: RepositoryFacts) -> str:
    """The owner's picture: on GitHub, `/<owner>.png` on the site that shows the repository."""
    parts = urlsplit(facts.html_url)
    return f"{parts.scheme}://{parts.netloc}/{facts.owner}.png"
