"""The headers of every page a merchant sees: nothing cached, nothing framed, nothing from elsewhere."""

from flask import Response

from kit.page_headers import PAGE_HEADERS

# No script at all: the dashboard works without one.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

HEADERS = PAGE_HEADERS | {"Content-Security-Policy": CONTENT_SECURITY_POLICY}


def protect(response: Response) -> Response:
    """Set the page's headers."""
    for name, value in HEADERS.items():
        response.headers[name] = value
    return response
