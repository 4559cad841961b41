"""What one job may use, as both sides of the jail know it: the one that sets the limits, and the one that waits."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class JobLimits:
    """What one job may use."""

    address_space_bytes: int
    cpu_seconds: int
    wall_seconds: int
    written_bytes: int
