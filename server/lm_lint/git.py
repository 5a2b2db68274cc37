"""The one door to the `git` command.

What a person or a repository has configured for reading diffs is kept out of the way. Nothing here knows what is
asked, nor why.
"""

from __future__ import annotations

import os
import subprocess

from lm_lint.errors import GitError

# What would change the form of an answer. All else stays: a hook's GIT_INDEX_FILE is the index that is committed.
_UNWANTED = ("GIT_DIFF_OPTS", "GIT_EXTERNAL_DIFF", "GIT_LITERAL_PATHSPECS", "GIT_TRACE")
_DISTRUST = "dubious ownership"


def answer(folder: str, *arguments: str) -> bytes:
    """What git prints when it is asked in a folder. Raises GitError."""
    status, printed, complaint = _asked(folder, arguments)
    if status:
        raise GitError(_sentence(folder, arguments, complaint))
    return printed


def answer_or_none(folder: str, *arguments: str) -> bytes | None:
    """The same; None where git says no. Raises GitError where there is no git."""
    status, printed, _ = _asked(folder, arguments)
    return None if status else printed


def top_of(folder: str) -> str:
    """The top of the working tree that a folder belongs to. Raises GitError."""
    return os.path.realpath(os.fsdecode(answer(folder, "rev-parse", "--show-toplevel")[:-1]))


def _asked(folder: str, arguments: tuple[str, ...]) -> tuple[int, bytes, str]:
    environment = {key: value for key, value in os.environ.items() if key not in _UNWANTED}
    # Complaints are read below; an answer must not write into the repository.
    environment |= {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(
            ["git", "-C", folder, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environment,
        )
    except FileNotFoundError as error:
        raise GitError("git was not found; install it, or put it into the PATH") from error
    except OSError as error:
        raise GitError(f"git cannot be run ({error.strerror or error})") from error
    return done.returncode, done.stdout, done.stderr.decode("utf-8", "replace").strip()


def _sentence(folder: str, arguments: tuple[str, ...], complaint: str) -> str:
    shown = os.fsencode(os.path.abspath(folder)).decode("utf-8", "replace")
    if "not a git repository" in complaint:
        return f"{shown}: this is no git repository, nor inside of one"
    if _DISTRUST in complaint:
        return (
            f"{shown}: git does not trust a repository that belongs to somebody else; if you do, run "
            f"`git config --global --add safe.directory {shown}`"
        )
    if "must be run in a work tree" in complaint:
        return f"{shown}: this git repository has no working tree here"
    return f"git {arguments[0]} failed: {complaint or 'it does not say why'}"
