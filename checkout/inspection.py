"""What a browser is given on a customer's page, compared with the inventory: PCI DSS 6.4.3 and 11.6.1.

Reads a page as a browser would and reports every script, stylesheet, frame and header that is not as this
house would send it. Run it from another machine than the one that serves: whoever can change what is
served there could change the inventory, too.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from checkout.assets import Asset, branding_integrity, integrity_of
from kit.http import Failure, Response
from kit.page_headers import PAGE_HEADERS, content_security_policy, transport_headers

Fetch = Callable[[str], Response | Failure]

# Static files stand under a hash of all of them, which a page of another version of Florin has not.
STATIC = re.compile(r"/static/(?:[0-9a-f]{12}/)?(.+)")
BRANDING = "/c/style/"  # stylesheets made of a merchant's colours; they hold no script and no address
# What runs, loads or redirects by itself and is on no page of ours, whatever it holds.
STRANGE = frozenset(("iframe", "frame", "object", "embed", "applet", "base", "portal"))


@dataclass(frozen=True, slots=True)
class Loaded:
    """One file that a page asks for."""

    kind: str  # script or stylesheet
    address: str
    integrity: str


@dataclass
class _Page(HTMLParser):
    loaded: list[Loaded] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        integrity = given.get("integrity", "")
        if tag == "script" and "src" in given:
            self.loaded.append(Loaded("script", given["src"], integrity))
        elif tag == "link" and given.get("rel") == "modulepreload":
            self.loaded.append(Loaded("script", given.get("href", ""), integrity))
        elif tag == "link" and "stylesheet" in given.get("rel", ""):
            self.loaded.append(Loaded("stylesheet", given.get("href", ""), integrity))
        elif tag in ("script", "style"):
            self.strange.append(f"an inline {tag}")
        elif tag in STRANGE:
            self.strange.append(f"<{tag}>")
        self.strange += [f"{name}= on <{tag}>" for name in given if name.startswith("on") or name == "style"]


def differences(url: str, known: list[Asset], fetch: Fetch) -> Iterator[str]:
    """Yield what is not as it should be on a page, in a sentence each; nothing where all is well."""
    answer = fetch(url)
    if isinstance(answer, Failure):
        yield f"the page can't be read: {answer.kind}, {answer.detail}"
        return
    if 300 <= answer.status < 400:
        onward = answer.headers.get("location", "nowhere")
        yield f"this is no customer's page, it sends on to {onward}; an open session's is /c/pay/cs_..."
        return
    if answer.truncated:
        yield "the page is longer than this check reads"
    page = _Page()
    page.feed(answer.body.decode(errors="replace"))
    yield from (f"the page has {strange}, which is not ours" for strange in page.strange)
    yield from _headers(url, answer.headers, page, known)
    by_name = {asset.name: asset for asset in known}
    for loaded in page.loaded:
        yield from _file(url, loaded, by_name, fetch)


def _headers(url: str, served: Mapping[str, str], page: _Page, known: list[Asset]) -> Iterator[str]:
    connecting = {asset.name for asset in known if asset.connects}
    scripts = [loaded for loaded in page.loaded if loaded.kind == "script"]
    policy = content_security_policy(
        scripts=bool(scripts),
        connects=any(_name(urlsplit(one.address).path) in connecting for one in scripts),
    )
    wanted = PAGE_HEADERS | transport_headers(url) | {"Content-Security-Policy": policy}
    for name, value in wanted.items():
        said = served.get(name.lower())
        if said != value:
            yield f"the header {name} is {said!r}, not {value!r}"


def _file(url: str, loaded: Loaded, known: Mapping[str, Asset], fetch: Fetch) -> Iterator[str]:
    address = urljoin(url, loaded.address)
    parts, own = urlsplit(address), urlsplit(url)
    what = f"the {loaded.kind} {address}"
    if (parts.scheme, parts.netloc) != (own.scheme, own.netloc):
        yield f"{what} is of another origin"
        return
    asset = known.get(_name(parts.path))
    if asset is None and not (loaded.kind == "stylesheet" and parts.path.startswith(BRANDING)):
        yield f"{what} is not in the inventory"
        return
    wanted = asset.integrity if asset else branding_integrity(parts.path)
    if loaded.integrity != wanted:
        yield f"{what} is to be held to {loaded.integrity or 'no hash'}, not to {wanted}"
    answer = fetch(address)
    if isinstance(answer, Failure):
        yield f"{what} can't be read: {answer.kind}, {answer.detail}"
    elif answer.status != 200:
        yield f"{what} is answered with {answer.status}"
    elif wanted and integrity_of(answer.body) != wanted:
        yield f"{what} is another file: {integrity_of(answer.body)}, not {wanted}"


def _name(path: str) -> str:
    """Return the name of the static file at a path, as the inventory has it; empty for any other path."""
    found = STATIC.fullmatch(path)
    return found[1] if found else ""
