# SPDX-License-Identifier: Apache-2.0
"""Where things lie in a protobuf message, to change single bytes of evidence without any library's help."""


def varint(data, at):
    value, shift = 0, 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return value, at


def fields(data, begin=0, end=None):
    """(number, begin, end) of each field's content; of a varint, its bytes."""
    at, end = begin, len(data) if end is None else end
    while at < end:
        key, at = varint(data, at)
        if key & 7 == 0:
            _, after = varint(data, at)
            yield key >> 3, at, after
            at = after
        elif key & 7 == 2:
            size, at = varint(data, at)
            yield key >> 3, at, at + size
            at += size
        else:
            raise ValueError(f"wire type {key & 7} at {at}")


def find(data, *path):
    """All (begin, end) of the fields reached by `path` of field numbers, in order."""
    places = [(0, len(data))]
    for number in path:
        places = [(b, e) for begin, stop in places for n, b, e in fields(data, begin, stop) if n == number]
    return places


def field(number, content):
    """A field as it is written: key, size, content."""
    size, out = len(content), [number << 3 | 2]
    while size >= 0x80:
        out.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes([*out, size]) + content


def flipped(data, at):
    """`data` with the lowest bit of the byte at `at` changed."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]
