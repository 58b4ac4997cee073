"""Memory that is freed goes back to the system, where training is to take little of it."""

import ctypes
import sys

# Of glibc's malloc.h. Pieces from 1 MiB on get pages of their own. Left to itself, glibc serves all
# up to 32 MiB from one heap, in whose holes the next step's tensors do not fit: three steps of
# CLIP-ViP B/32 then held 1.2 GB more than they used.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
OWN_PAGES = 1 << 20


def give_back_freed_memory() -> None:
    """Ask glibc to return what is freed to the system at once; elsewhere, do nothing."""
    if not sys.platform.startswith("linux"):
        return
    setting = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if setting is not None:
        setting(M_MMAP_THRESHOLD, OWN_PAGES)
        setting(M_TRIM_THRESHOLD, OWN_PAGES)
