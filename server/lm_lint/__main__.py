"""`python -m lm_lint` is the `lm-lint` command."""

from lm_lint.cli import main

if __name__ == "__main__":
    main()
