"""Where a host name leads, and whether collectors and senders may go there.

An address is typed in by a person and redirects come from strangers, so every hop is resolved here, checked, and then
connected to by the very address that was checked (a second look-up could answer otherwise).
"""

import asyncio
import ipaddress
import socket

from core.faults import Fault

_CARRIERS = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("::/96"))
"""NAT64, and the obsolete form that is compatible with IPv4: the last 32 bits are the address meant."""
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_public(address: Address) -> bool:
    """Whether an address lies on the open internet: not private, loopback, link-local, shared, multicast or reserved.

    IPv6 forms that carry an IPv4 address (mapped, compatible, 6to4, NAT64) are judged by the address inside.
    """
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and any(address in carrier for carrier in _CARRIERS):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


def permitted(host: str, address: Address, allowed: frozenset[str]) -> bool:
    """Whether that address of that host may be used; `allowed` holds host names, addresses and networks, or `*`."""
    if is_public(address) or "*" in allowed or host.lower() in allowed or str(address) in allowed:
        return True
    return any(address in ipaddress.ip_network(entry, strict=False) for entry in allowed if "/" in entry)


def parse_allowed(text: str) -> frozenset[str]:
    """The comma-separated list of hosts inside the private range. Raises ValueError for a network that is none."""
    entries = frozenset(part.strip().lower().strip("[]") for part in text.split(",") if part.strip())
    for entry in entries:
        if "/" in entry:
            ipaddress.ip_network(entry, strict=False)
    return entries


_INWARD = "网址指向内网或本机地址（{host}），已拒绝访问；确需采集内网来源时，请管理员把该主机加入允许名单"


def refuse_literal(host: str, allowed: frozenset[str]) -> None:
    """For requests through a proxy, which resolves names by itself. Raises Fault STOP where the host is written as an
    address off limits, or is this machine's own name."""
    if host.lower().rstrip(".") == "localhost" and not allowed & {"*", "localhost"}:
        raise Fault("STOP", _INWARD.format(host=host))
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return
    if not permitted(host, address, allowed):
        raise Fault("STOP", _INWARD.format(host=host))


async def resolve(host: str, port: int, allowed: frozenset[str], timeout: float) -> list[str]:
    """The addresses of a host, all of them permitted.

    Raises Fault: RETRY where the name can't be resolved in time, STOP where any address is off limits
    (a name that mixes public and private addresses is refused whole).
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(timeout):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except TimeoutError:
        raise Fault("RETRY", f"域名解析超时（{host}）") from None
    except (OSError, UnicodeError) as error:
        raise Fault("RETRY", f"域名解析失败（{host}），请检查网址和网络") from error
    return _checked(host, found, allowed)


def resolve_now(host: str, port: int, allowed: frozenset[str]) -> list[str]:
    """`resolve` for those who wait: it takes as long as the system's own look-up does."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError) as error:
        raise Fault("RETRY", f"域名解析失败（{host}），请检查网址和网络") from error
    return _checked(host, found, allowed)


def _checked(host: str, found: list, allowed: frozenset[str]) -> list[str]:
    addresses = list(dict.fromkeys(ipaddress.ip_address(item[4][0].partition("%")[0]) for item in found))
    if not addresses:
        raise Fault("RETRY", f"域名解析没有结果（{host}）")
    for address in addresses:
        if not permitted(host, address, allowed):
            raise Fault("STOP", _INWARD.format(host=host))
    return [str(address) for address in addresses]
