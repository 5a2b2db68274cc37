"""Exit statuses; a shell script may rely on them."""

CLEAN, FOUND, FAILED = 0, 1, 2
INTERRUPTED, BROKEN_PIPE = 130, 141  # 128 + the signal's number, as shells count
