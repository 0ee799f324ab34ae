"""The headers of every page a buyer sees: nothing cached, nothing framed, nothing from elsewhere.

A page's policy allows what the page has: scripts only where its template has asked for one
(checkout/assets.py), a frame only on the site that its session names (`framed_by`).
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

from flask import Response, g

from checkout import assets
from checkout.ways_out import web_address
from kit import urls
from kit.page_headers import PAGE_HEADERS, content_security_policy

_ANCESTOR = "checkout_ancestor"  # in the app context's globals: the origin that may frame the present page


def framed_by(return_url: str | None) -> str | None:
    """Let the present page be shown in a frame on the site of a session's `return_url`, and nowhere else.

    For the pages of embedded sessions. Returns that site's origin, its name in ASCII as browsers write it;
    what is no http or https address with a plain host allows no frame, and is None: it may come from a
    stranger, and would be part of a header.
    """
    try:
        parts = urlsplit(web_address(return_url) or "")
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except ValueError:  # no port, or no name that could be written in ASCII
        return None
    ancestor = f"{parts.scheme}://{f'[{host}]' if ':' in host else host}" + (f":{port}" if port else "")
    if isinstance(urls.parse(ancestor), str):
        return None
    setattr(g, _ANCESTOR, ancestor)
    return ancestor


def protect(response: Response) -> Response:
    """Set the page's headers; the locale and so the page depend on the browser's languages."""
    ancestor = g.get(_ANCESTOR)
    for name, value in headers_of(assets.used(), ancestor).items():
        response.headers[name] = value
    if ancestor is not None:  # which the older header can't name
        del response.headers["X-Frame-Options"]
    response.vary.add("Accept-Language")
    return response


def headers_of(used: Sequence[assets.Asset], ancestor: str | None = None) -> dict[str, str]:
    """Return the headers of a page that has these scripts and sheets, and that an origin may frame."""
    policy = content_security_policy(
        scripts=any(asset.is_script for asset in used),
        connects=any(asset.connects for asset in used),
        ancestor=ancestor,
    )
    return PAGE_HEADERS | {"Content-Security-Policy": policy}
