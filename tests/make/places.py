"""Small files of places by address, written by the MaxMind DB format 2.0."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Any

_MARKER = b"\xab\xcd\xefMaxMind.com"
_RECORD_BITS = 24
_SEPARATOR = 16


def write_places(path: Path, network: str, what: dict[str, Any]) -> Path:
    """Writes a file that knows of one IPv4 network."""
    known = ip_network(network)
    bits = [int(bit) for bit in f"{int(known.network_address):032b}"[: known.prefixlen]]
    count = len(bits)
    tree = b""
    for depth, bit in enumerate(bits):
        # A record is the next node, "not there" (the number of nodes), or a place in the data behind the tree.
        onward = depth + 1 if depth + 1 < count else count + _SEPARATOR
        pair = (onward, count) if bit == 0 else (count, onward)
        tree += b"".join(record.to_bytes(3, "big") for record in pair)
    about = {
        "node_count": count,
        "record_size": _RECORD_BITS,
        "ip_version": 4,
        "database_type": "Test",
        "binary_format_major_version": 2,
        "binary_format_minor_version": 0,
        "build_epoch": 1,
        "description": {"en": "Places in tests"},
        "languages": ["en"],
    }
    path.write_bytes(tree + bytes(_SEPARATOR) + _encoded(what) + _MARKER + _encoded(about))
    return path


def _encoded(value: Any) -> bytes:
    match value:
        case dict():
            return _head(7, len(value)) + b"".join(_encoded(key) + _encoded(each) for key, each in value.items())
        case list():
            # An extended kind: its number less seven follows the head.
            return bytes([len(value), 11 - 7]) + b"".join(_encoded(each) for each in value)
        case str():
            return _head(2, len(value.encode())) + value.encode()
        case int():
            digits = value.to_bytes((value.bit_length() + 7) // 8, "big")
            return _head(6, len(digits)) + digits
    raise TypeError(type(value))


def _head(kind: int, size: int) -> bytes:
    if size >= 29:
        raise ValueError("longer values are not needed here")
    return bytes([kind << 5 | size])
