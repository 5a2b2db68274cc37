"""Exit statuses; a shell script may rely on them."""

CLEAN, FOUND, FAILED = 0, 1, 2
SIGNALLED = 128  # and the signal's number, as shells count
INTERRUPTED, BROKEN_PIPE = SIGNALLED + 2, SIGNALLED + 13
