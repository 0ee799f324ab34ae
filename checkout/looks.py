"""What the frame of a page shows of its merchant: name, pictures, colours, and where its customers ask."""

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from checkout import images, style
from checkout.ways_out import web_address
from payments.branding import Look

MARK_WITHOUT_NAME = "·"


@dataclass(frozen=True, slots=True)
class Link:
    """A way to reach the merchant: an address, and the words it is shown by."""

    address: str
    words: str


@dataclass(frozen=True, slots=True)
class Face:
    """A merchant as its pages show it; pictures and stylesheet are addresses of our own origin."""

    name: str
    business: str
    mark: str
    style: str | None
    icon: str | None
    logo: str | None
    contact: tuple[Link, ...]
    website: Link | None


def letter_of(name: str) -> str:
    """Return the letter that stands for a name without a picture."""
    return name[0].upper() if name else MARK_WITHOUT_NAME


def face_of(look: Look, *, livemode: bool) -> Face:
    """Return the face of a page that looks so."""
    mark = letter_of(look.name)
    return Face(
        name=look.name,
        business=look.business,
        mark=mark,
        style=style.address_of(look),
        icon=images.address_of(look.icon, livemode=livemode, letter=mark),
        logo=images.address_of(look.logo, livemode=livemode),
        contact=tuple(_contact(look.contact)),
        website=_website(look.contact.get("url")),
    )


def _contact(contact: dict[str, str]) -> list[Link]:
    links = []
    if email := contact.get("support_email"):
        links.append(Link(f"mailto:{quote(email, safe='@')}", email))
    if phone := contact.get("support_phone"):
        links.append(Link(f"tel:{''.join(sign for sign in phone if sign in '+0123456789')}", phone))
    if address := _website(contact.get("support_url")):
        links.append(address)
    return links


def _website(url: str | None) -> Link | None:
    address = web_address(url)
    return Link(address, urlsplit(address).netloc) if address else None
