"""Which network addresses a webhook may call: those of the open internet, and no other.

Judged at the moment of connecting, on the address that the socket is made for. So neither the
spelling (`0x7f000001`, `2130706433`, `127.1`, circled digits), nor a name that resolves to a
private address, nor one that resolves differently the second time gets past it.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from yarl import URL

#: Python's own `is_private` and `is_global` differ between versions and leave several open.
#: Source: IANA IPv4 and IPv6 special-purpose address registries (RFC 6890).
DENIED_IPV4 = tuple(
    ip_network(network)
    for network in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24"),
        *("192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15"),
        *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    )
)
#: Global unicast; everything outside is local, multicast, mapped or reserved.
PUBLIC_IPV6 = ip_network("2000::/3")
#: Tunnels and examples inside of it: Teredo and its neighbours, documentation, 6to4, SRv6.
DENIED_IPV6 = tuple(
    ip_network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)


def is_public(address: str) -> bool:
    """Tell whether a numeric address belongs to the open internet."""
    try:
        numeric = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(numeric, IPv4Address):
        return not any(numeric in network for network in DENIED_IPV4)
    return numeric in PUBLIC_IPV6 and not any(numeric in network for network in DENIED_IPV6)


def is_loopback(address: str) -> bool:
    """Tell whether a numeric address is this machine itself, written plainly."""
    try:
        numeric: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return False
    return numeric.is_loopback


def problem_with_url(text: str, ports: frozenset[int], *, loopback: bool) -> str | None:
    """Tell why a webhook must not go to this URL, before anything is resolved; None if it may.

    With `loopback`, which tests switch on, plain http and any port of this machine are allowed.
    """
    try:
        url = URL(text)
        host, port = url.host, url.port
    except (ValueError, TypeError, UnicodeError):
        return "the address is not a URL"
    if any(mark.isspace() or not mark.isprintable() for mark in text) or "\\" in text:
        return "the address is not a URL"
    if not host:
        return "the address names no host"
    if url.user is not None or url.password is not None:
        return "the address holds a user name or password"
    if loopback and is_loopback(host) and url.scheme in {"http", "https"}:
        return None
    if url.scheme != "https":
        return "the address is not https"
    if port not in ports:
        return f"the port {port} is not among the allowed ones"
    return None
