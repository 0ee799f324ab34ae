"""Where a request to somebody else's address may go: a deny list of our own, over resolved addresses.

`ipaddress.is_global` calls NAT64, 6to4 and mapped forms of private addresses public. Here an address is
refused when any row of the tables holds it, and an IPv6 address also when it is no global unicast at all.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from typing import Literal

Reach = Literal["public", "loopback", "private"]
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

# How far each reach goes beyond the public internet. Link-local addresses, where clouds keep their
# metadata, are in none of them.
LOOPBACK = ("127.0.0.0/8", "::1/128")
PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
BEYOND_PUBLIC: dict[Reach, tuple[str, ...]] = {
    "public": (),
    "loopback": LOOPBACK,
    "private": (*LOOPBACK, *PRIVATE),
}

# What lies in an allowed network and yet answers as a cloud's metadata service.
METADATA = (
    "fd00:ec2::254/128",  # Amazon
    "fd20:ce::254/128",  # Google
    "fd00:c1::a9fe:a9fe/128",  # Oracle
)

# IANA's special-purpose registries, and what has been found to be no place for a webhook besides.
DENIED: tuple[tuple[str, str], ...] = (
    ("0.0.0.0/8", "unspecified"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "shared by a carrier's customers"),
    ("127.0.0.0/8", "loopback"),
    ("168.63.129.16/32", "Azure's metadata"),
    ("169.254.0.0/16", "link-local"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "reserved for protocols"),
    ("192.0.2.0/24", "for documentation"),
    ("192.31.196.0/24", "AS112"),
    ("192.52.193.0/24", "AMT"),
    ("192.88.99.0/24", "6to4 relays"),
    ("192.168.0.0/16", "private"),
    ("192.175.48.0/24", "AS112"),
    ("198.18.0.0/15", "for benchmarks"),
    ("198.51.100.0/24", "for documentation"),
    ("203.0.113.0/24", "for documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
    ("::/128", "unspecified"),
    ("::1/128", "loopback"),
    ("::/96", "IPv4-compatible"),
    ("::ffff:0:0/96", "IPv4-mapped"),
    ("::ffff:0:0:0/96", "IPv4-translated"),
    ("64:ff9b::/96", "NAT64"),
    ("64:ff9b:1::/48", "NAT64"),
    ("100::/64", "discarded"),
    ("2001::/32", "Teredo"),
    ("2001::/23", "reserved for protocols"),
    ("2001:db8::/32", "for documentation"),
    ("2002::/16", "6to4"),
    ("2620:4f:8000::/48", "AS112"),
    ("3fff::/20", "for documentation"),
    ("5f00::/16", "segment routing"),
    ("fc00::/7", "private"),
    ("fe80::/10", "link-local"),
    ("fec0::/10", "site-local"),
    ("ff00::/8", "multicast"),
)
GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
# An interface identifier that carries an IPv4 address, under whatever prefix (RFC 5214).
ISATAP = (0x00005EFE, 0x02005EFE)

# Names that mean something only on one machine or in one network (RFC 6761, 6762, 8375, ICANN's .internal).
LOCAL_NAMES = re.compile(r"(?:.*\.)?(?:localhost|local|localdomain|internal|home\.arpa)|[^.:]*")

_DENIED = tuple((ipaddress.ip_network(network), reason) for network, reason in DENIED)
_METADATA = tuple(ipaddress.ip_network(network) for network in METADATA)
_BEYOND = {
    reach: tuple(ipaddress.ip_network(network) for network in networks)
    for reach, networks in BEYOND_PUBLIC.items()
}


def refusal(address: str, reach: Reach) -> str | None:
    """Say why nothing is sent to a resolved address; None where it may be."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return f"{address} is no address"
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.scope_id is not None:
        return f"{address} is of one network's own zone"
    if _within(parsed, _METADATA):
        return f"{address} is a cloud's metadata"
    if _within(parsed, _BEYOND[reach]):
        return None
    for network, reason in _DENIED:
        if parsed.version == network.version and parsed in network:
            return f"{address} is {reason}"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed not in GLOBAL_UNICAST:
            return f"{address} is no global unicast address"
        if int(parsed) >> 32 & 0xFFFFFFFF in ISATAP:
            return f"{address} is ISATAP"
    return None


def first_refusal(addresses: Sequence[str], reach: Reach) -> str | None:
    """Say why nothing is sent to a host of these addresses: one bad address among good ones is enough."""
    return next((why for address in addresses if (why := refusal(address, reach)) is not None), None)


def is_local_name(host: str) -> bool:
    """Tell whether a host's name means something only within a network, or on one machine."""
    return LOCAL_NAMES.fullmatch(host.lower()) is not None


def _within(address: ipaddress.IPv4Address | ipaddress.IPv6Address, networks: Sequence[IPNetwork]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
