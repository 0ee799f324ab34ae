"""The headers of every page a buyer sees: nothing cached, nothing framed, nothing from elsewhere."""

from flask import Response

from kit.page_headers import PAGE_HEADERS

# No inline script or style, and no other host. `form-action 'self'` is why a payment is answered with a page
# that refreshes to the shop: Chromium would swallow a redirect from the form to another origin.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

HEADERS = PAGE_HEADERS | {"Content-Security-Policy": CONTENT_SECURITY_POLICY}


def protect(response: Response) -> Response:
    """Set the page's headers; the locale and so the page depend on the browser's languages."""
    for name, value in HEADERS.items():
        response.headers[name] = value
    response.vary.add("Accept-Language")
    return response
