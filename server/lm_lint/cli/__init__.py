"""The `lm-lint` command: findings on stdout, trouble on stderr, status 0 clean, 1 findings, 2 could not run."""

from lm_lint.cli.main import main

__all__ = ["main"]
