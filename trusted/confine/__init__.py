"""Kernel locks that a process puts on itself: no new privileges, limits, Landlock, seccomp. Pure ctypes.

Read `profiles` first, which has the profiles side by side. `lock` puts them on, by means of the other modules. A lock
that cannot be put on raises; one that the kernel does not have (Landlock before 5.13) is reported.
"""
