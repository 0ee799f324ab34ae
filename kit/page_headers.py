"""What every page of ours tells the browser: nothing cached, nothing framed, nothing from elsewhere."""

PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # An address may hold a session's id: it is for this house alone. Our own forms still send their Origin.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Of what browsers know by name, all that a page of ours never needs.
    "Permissions-Policy": ", ".join(
        f"{feature}=()"
        for feature in (
            "accelerometer", "autoplay", "camera", "display-capture", "geolocation", "gyroscope",
            "hid", "magnetometer", "microphone", "midi", "payment", "serial", "usb", "xr-spatial-tracking",
        )
    ),
}  # fmt: skip

# What goes with every other answer of the house, as pictures and stylesheets.
FILE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    # An SVG opened by itself is a document, and could hold a script.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
}

# Two years, as browsers' preload lists ask for; of this host alone, whose neighbours may be another's.
TRANSPORT_SECURITY = "max-age=63072000"


def transport_headers(public_url: str) -> dict[str, str]:
    """Return what holds browsers to TLS; nothing where customers reach the house without it."""
    return {"Strict-Transport-Security": TRANSPORT_SECURITY} if public_url.startswith("https://") else {}


def content_security_policy(
    *,
    scripts: bool = False,
    connects: bool = False,
    ancestor: str | None = None,
) -> str:
    """Return the policy of a page: files of our own origin alone, nothing inline, nothing evaluated.

    `scripts` is for a page that has one, `connects` for one whose script asks our own origin; `ancestor` is
    the one origin that may show the page in a frame. `form-action 'self'` is why a payment is answered with a
    page that refreshes to the shop: Chromium would swallow a redirect from the form to another origin.
    """
    rules = ["default-src 'none'", "style-src 'self'", "img-src 'self'"]
    if scripts:
        rules.append("script-src 'self'")
    if connects:
        rules.append("connect-src 'self'")
    return "; ".join(
        [
            *rules,
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors " + (ancestor or "'none'"),
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        ]
    )
