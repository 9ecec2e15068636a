"""A name for a device that its owner will recognize, from what its browser says of itself."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=2048)
def device_name(user_agent: str | None) -> str:
    """Such as `Chrome on Linux` or `curl`; `Unknown device` where nothing is known."""
    if not user_agent:
        return "Unknown device"
    from ua_parser import parse  # noqa: PLC0415 - its patterns take memory that only lists of sessions need

    found = parse(user_agent[:512])
    browser = found.user_agent.family if found.user_agent else None
    system = found.os.family if found.os else None
    if browser and system:
        return f"{browser} on {system}"
    if browser or system:
        return browser or system or ""
    # Programs name themselves first: `curl/8.5.0` or `python-httpx/0.28`.
    product = user_agent.split("/", 1)[0].strip()
    return product[:40] if product.isprintable() and product else "Unknown device"
