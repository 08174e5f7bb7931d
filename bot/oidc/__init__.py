"""Whether a CI job is who it says: OpenID Connect tokens of GitHub Actions.

GitHub signs a token for a job that asks for one (`permissions: id-token: write`); whoever knows GitHub's
public keys can check it, and no secret is kept anywhere. `verify` and `claims` read a token, `jwks` what an
issuer publishes, `allowed` says which sites a token speaks to, `keys` fetches and remembers keys.
https://docs.github.com/actions/reference/security/oidc
"""

from bot.oidc.allowed import find_names, select_sites, shown_sites
from bot.oidc.claims import Claims
from bot.oidc.issuers import find_issuer
from bot.oidc.keys import KeyRing
from bot.oidc.verify import verify_token

__all__ = ["Claims", "KeyRing", "find_issuer", "find_names", "select_sites", "shown_sites", "verify_token"]
