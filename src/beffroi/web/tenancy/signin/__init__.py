"""Letting people in: invitation only, single-use links, second factors, sessions, lock-out, the territories' identity providers.

What the rest of the house uses is here; the pages are in `pages`, `provider_pages` and `oidc`.
"""

from .links import LIFETIMES, find_link, make_link, revoke_joining_links, revoke_links, use_link

__all__ = ["LIFETIMES", "find_link", "make_link", "revoke_joining_links", "revoke_links", "use_link"]
