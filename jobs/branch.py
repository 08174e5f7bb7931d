"""A branch of a site at one commit: its files, from the store where they are known."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot import catalog as catalogfile
from bot import decisions, lock
from bot.catalog import CATALOG_PATHS, Catalog, find_catalog
from bot.context import Context
from bot.errors import BadCatalog, BadSource, FileProblem
from bot.github.publisher import SiteTree
from bot.records import HeadCache, Site
from bot.source.site import outputs_folder

MIB = 1024 * 1024
_LARGEST = {
    **dict.fromkeys(CATALOG_PATHS, catalogfile.MAX_BYTES),
    decisions.PATH: decisions.MAX_BYTES,
    lock.PATH: lock.MAX_BYTES,
}
_LARGEST_OUTPUT = 64 * MIB  # bytes; anybody who may push could have a worker load GitHub's 100 MB


@dataclass(frozen=True)
class Branch:
    """`tree` has all paths after a fresh read, else those that concern altpress."""

    ctx: Context
    site: Site
    tree: SiteTree
    left: Mapping[str, str] = field(default_factory=dict)  # outputs as altpress left them: path -> blob id

    def sha(self, path: str) -> str | None:
        return self.tree.blobs.get(path)

    def read(self, path: str) -> bytes | None:
        """The file's bytes; None when it is not there. Too large a one is not even fetched (`check_size`)."""
        sha = self.sha(path)
        check_size(self.tree, path)
        return None if sha is None else self.ctx.github.fetch_blob(self.site, sha, self.ctx.store.blobs)

    def look(self, path: str) -> bytes | str | None:
        """The file's bytes; its blob id where it is too large to be read, which is enough to compare it."""
        return self.sha(path) if self.tree.sizes.get(path, 0) > largest(path) else self.read(path)

    @property
    def catalog_path(self) -> str | None:
        return find_catalog(self.tree.blobs)


def open_branch(ctx: Context, site: Site) -> Branch:
    """The branch at its head: one request when the head is the one that the bot left, else one more."""
    ctx.github.learn(site)
    head = ctx.github.fetch_head(site)
    cached = ctx.store.sites.load_head(site.key)
    left = cached.left if cached is not None else {}
    if cached is not None and cached.commit == head:
        return Branch(ctx, site, SiteTree(cached.commit, cached.tree, cached.blobs, cached.large), left)
    return Branch(ctx, site, ctx.github.fetch_tree(site, head), left)


def save_branch(ctx: Context, site: Site, tree: SiteTree, catalog: Catalog, *, ours: bool = False) -> None:
    """Remember the files of ours, so that the next look at this head needs no tree.

    `ours`: the outputs are as altpress wants them; else what it left is remembered on (`jobs/edits.py`).
    """
    blobs = our_blobs(tree, catalog)
    large = {path: tree.sizes[path] for path in blobs if tree.sizes.get(path, 0) > largest(path)}
    if ours:
        left = {output.path: blobs[output.path] for output in catalog.outputs if output.path in blobs}
    else:
        before = ctx.store.sites.load_head(site.key)
        left = before.left if before is not None else {}
    found = HeadCache(commit=tree.commit, tree=tree.tree, blobs=blobs, left=left, large=large)
    ctx.store.sites.save_head(site.key, found)


def check_size(tree: SiteTree, path: str) -> None:
    """Raise BadCatalog for a file of the maintainer that is too large to be read, BadSource for an output."""
    if tree.sizes.get(path, 0) <= largest(path):
        return
    message = f"is larger than {largest(path) // MIB} MiB"
    if path in _LARGEST:
        raise BadCatalog(f"{path} {message}.", [FileProblem(None, "", message)])
    raise BadSource(f"{path} {message}.")


def largest(path: str) -> int:
    """Bytes."""
    return _LARGEST.get(path, _LARGEST_OUTPUT)


def our_blobs(tree: SiteTree, catalog: Catalog) -> dict[str, str]:
    """The files that concern altpress, by path."""
    icons = icons_folder(catalog)
    ours = {*CATALOG_PATHS, decisions.PATH, lock.PATH, *(output.path for output in catalog.outputs)}
    ours |= {path for path in tree.blobs if path.startswith(icons)}
    return {path: tree.blobs[path] for path in sorted(ours) if path in tree.blobs}


def icons_folder(catalog: Catalog) -> str:
    return f"{outputs_folder(catalog)}icons/"
