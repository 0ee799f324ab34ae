"""Every script and stylesheet of the customers' pages: why it is there, and the hash it is held to.

This is the inventory that PCI DSS 6.4.3 asks for; `./run florin scripts` prints it, and compares it with what
a server really sends (11.6.1). A file without a reason here can't be put on a page.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from flask import Flask, g, url_for
from markupsafe import Markup

from checkout import style

FOLDER = Path(__file__).parent.parent / "static"
_USED = "checkout_assets"  # in the app context's globals: what the present page has asked for

SCRIPTS = {
    "checkout/checkout.js": "Checks what is typed, lists mistakes, shows progress, sends the form once.",
    "checkout/card.js": "What checkout.js knows of cards: brands, check digit, dates. Pure functions.",
    "checkout/fields.js": "What is wrong with what was typed, in the server's words. Pure functions.",
    "checkout/waiting.js": "Asks whether the bank has answered, and goes on once it has.",
    "checkout/countdown.js": "Counts down on a page whose time is running out, and says so at a few marks.",
    "checkout/frame.js": "Tells the page of the shop around it how high it is, and when it is paid.",
    "embed/florin.js": "The loader that a shop's page takes from us (docs/embedded.md). On no page of ours.",
    "checkout/email.js": "Guesses what a mistyped e-mail address was to be. Pure functions.",
}
STYLESHEETS = {
    "checkout/checkout.css": "How the customers' pages look.",
    "checkout/framed.css": "How a page looks in a shop's frame.",
    "checkout/receipt.css": "How a receipt looks, and how it is printed.",
}
# Scripts that ask our own origin for something while the page is open.
CONNECTING = frozenset(("checkout/waiting.js",))

IMPORT = re.compile(r'^(?:import|export)\b[^;"\']*?\bfrom\s*["\'](\./[\w./-]+)["\']', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its name below static/, why it is there, its hash, and the modules that it imports."""

    name: str
    reason: str
    integrity: str
    is_script: bool
    connects: bool
    imports: tuple[str, ...] = ()


_known: dict[str, Asset] = {}


def register(app: Flask) -> None:
    """Take the hashes of the files as they stand now, and let templates put them on pages."""
    _known.clear()
    _known.update((asset.name, asset) for asset in inventory(FOLDER))
    app.jinja_env.globals.update(script=script, stylesheet=stylesheet, branding=branding)


def inventory(folder: Path) -> list[Asset]:
    """Return every script and stylesheet of the pages, read from the folder of static files."""
    return [
        *(_read(folder, name, reason, is_script=True) for name, reason in SCRIPTS.items()),
        *(_read(folder, name, reason, is_script=False) for name, reason in STYLESHEETS.items()),
    ]


def integrity_of(content: bytes) -> str:
    """Return the hash of a file, as an `integrity` attribute has it."""
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()


def script(name: str) -> Markup:
    """Return the tags of a module and of all that it imports, each held to its hash.

    A module that is only imported has no other tag to name its hash than the one that loads it early.
    """
    asset = _used(name)
    loaded = Markup("").join(
        Markup('<link rel="modulepreload" href="{}" integrity="{}">').format(
            _address(imported), _used(imported).integrity
        )
        for imported in _imports(asset)
    )
    return loaded + Markup('<script type="module" src="{}" integrity="{}"></script>').format(
        _address(name), asset.integrity
    )


def stylesheet(name: str) -> Markup:
    """Return the tag of a stylesheet, held to its hash."""
    return Markup('<link rel="stylesheet" href="{}" integrity="{}">').format(
        _address(name), _used(name).integrity
    )


def branding(address: str) -> Markup:
    """Return the tag of a merchant's own stylesheet (checkout/style.py), held to its hash."""
    return Markup('<link rel="stylesheet" href="{}" integrity="{}">').format(
        address, branding_integrity(address) or ""
    )


@lru_cache(maxsize=1024)
def branding_integrity(path: str) -> str | None:
    """Return the hash of the stylesheet at an address of checkout/style.py; None for another address."""
    found = style.ADDRESS.fullmatch(path.rpartition("/")[2])
    return integrity_of(style.sheet(*found.groups()).encode()) if found else None


def used() -> list[Asset]:
    """Return what the present page has asked for."""
    found: list[Asset] = g.get(_USED, [])
    return found


def use_again(found: Sequence[Asset]) -> None:
    """Take in what a page has that was made before."""
    setattr(g, _USED, list(found))


def _used(name: str) -> Asset:
    if name not in _known:
        raise LookupError(f"{name} has no reason in checkout/assets.py, so it is on no page")
    found = g.setdefault(_USED, [])
    if _known[name] not in found:
        found.append(_known[name])
    return _known[name]


def _imports(asset: Asset) -> list[str]:
    """Return all that a module imports, and what that imports, each once."""
    found: list[str] = []
    for name in asset.imports:
        found += [one for one in (name, *_imports(_known[name])) if one not in found]
    return found


def _address(name: str) -> str:
    return url_for("static", filename=name)


def _read(folder: Path, name: str, reason: str, *, is_script: bool) -> Asset:
    content = (folder / name).read_bytes()
    imported = IMPORT.findall(content.decode()) if is_script else []
    here = name.rpartition("/")[0]
    return Asset(
        name=name,
        reason=reason,
        integrity=integrity_of(content),
        is_script=is_script,
        connects=name in CONNECTING,
        imports=tuple(f"{here}/{path.removeprefix('./')}" for path in imported),
    )
