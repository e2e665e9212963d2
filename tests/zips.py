"""ZIP files as no honest program writes them, made from one that Python wrote: names, flags and checksums changed in place."""

LOCAL, CENTRAL = b"PK\3\4", b"PK\1\2"


def renamed(archive: bytes, name: bytes, other: bytes) -> bytes:
    """An entry has another name, of the same length, in its header and in the directory."""
    assert len(name) == len(other) and archive.count(name) == 2
    return archive.replace(name, other)


def flagged(archive: bytes, bits: int) -> bytes:
    """Each entry bears these flags: 1, as if a password protected it."""
    out = bytearray(archive)
    for signature, at in ((LOCAL, 6), (CENTRAL, 8)):
        start = archive.find(signature)
        while start >= 0:
            out[start + at] |= bits
            start = archive.find(signature, start + 4)
    return bytes(out)


def with_wrong_checksum(archive: bytes) -> bytes:
    """The directory says another checksum of its first entry."""
    at = archive.index(CENTRAL) + 16
    return archive[:at] + bytes([archive[at] ^ 0xFF]) + archive[at + 1 :]
