"""A decoy in a post box cannot be told from a grant by looking at the bytes."""

from __future__ import annotations

from trusted.crypto.grants import GRANT_BYTES, decoy_grant

P = 2**255 - 19
A = 486662


def is_on_the_curve(x_bytes: bytes) -> bool:
    """Whether some y has y² = x³ + 486662x² + x (RFC 7748): Euler's criterion."""
    x = int.from_bytes(x_bytes, "little") % P
    right = (pow(x, 3, P) + A * x * x + x) % P
    return right == 0 or pow(right, (P - 1) // 2, P) == 1


def test_every_decoy_starts_with_a_point_of_the_curve_as_every_grant_does() -> None:
    decoys = [decoy_grant() for _ in range(64)]

    assert {len(decoy) for decoy in decoys} == {GRANT_BYTES}
    # Bare random bytes would pass 64 times in a row once in 2**64 tries.
    assert all(is_on_the_curve(decoy[:32]) for decoy in decoys)
