"""How the file is laid out: 16 bytes that say what it is, where each of 65,536 buckets ends, then four bytes for each password.

A password's SHA-1 begins with the two bytes that choose its bucket and the four that stand in it. So 48 bits are kept:
of a billion breached passwords, one in 280,000 others is taken for breached by chance, at four bytes each.
"""

from __future__ import annotations

import struct
from typing import Final

MAGIC: Final = b"doorward-breach1"
BUCKETS: Final = 65_536
PREFIX: Final = 2
KEPT: Final = 4
ENDS: Final = struct.Struct(f"<{BUCKETS}Q")
HEADER: Final = len(MAGIC) + ENDS.size
