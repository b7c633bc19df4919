# SPDX-License-Identifier: Apache-2.0
"""The smallest EFI images that firmware would measure."""
import struct


def image(content):
    """A PE32+ image for x86-64 whose only section is `content`; PE/COFF 11.0, sections 2 to 4."""
    size = (len(content) + 511) // 512 * 512
    coff = struct.pack("<HHIIIHH", 0x8664, 1, 0, 0, 0, 240, 0x22E)
    optional = struct.pack("<HBBIIIII", 0x20B, 14, 0, size, 0, 0, 0x1000, 0x1000)
    optional += struct.pack("<QIIHHHHHHIIIIHH", 0x140000000, 0x1000, 512, 0, 0, 0, 0, 0, 0, 0, 0x1000 + size, 512, 0, 10, 0)
    optional += struct.pack("<QQQQII", 0, 0, 0, 0, 0, 16) + bytes(16 * 8)
    section = struct.pack("<8sIIIIIIHHI", b".text", len(content), 0x1000, size, 512, 0, 0, 0, 0, 0x60000020)
    head = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + coff + optional + section
    return head.ljust(512, b"\0") + content.ljust(size, b"\0")
