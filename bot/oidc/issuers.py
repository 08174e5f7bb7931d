"""No I/O. Who signs the tokens of a GitHub's jobs."""

from urllib.parse import urlsplit

PUBLIC = "https://token.actions.githubusercontent.com"


def find_issuer(api_url: str) -> str:
    """The issuer that belongs to a REST address: a job of another GitHub is a stranger, whatever its name.

    github.com has one of its own, as each GHE.com has (`api.SUB.ghe.com` -> `token.actions.SUB.ghe.com`);
    Enterprise Server signs below its own address: `https://HOST/_services/token`.
    """
    parts = urlsplit(api_url)
    host = parts.hostname or ""
    if host == "api.github.com":
        return PUBLIC
    if host.startswith("api.") and host.endswith(".ghe.com"):
        return f"https://token.actions.{host.removeprefix('api.')}"
    return f"{parts.scheme}://{parts.netloc}/_services/token"
