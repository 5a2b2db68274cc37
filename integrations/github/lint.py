"""What the GitHub Action runs: lm-lint for people, then again for the SARIF file.

The second run takes what the first one found from the cache. Findings do not end this script with an error, so that
they can still be saved and uploaded; what could not be linted does. It refuses to know how lm-lint came here and what
becomes of the findings. Only Python's own library is used; every input is an environment variable (see action.yml).
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

CLEAN, FOUND, FAILED = 0, 1, 2


def main() -> int:
    lm_lint, inputs = sys.argv[1], os.environ
    sarif = Path(inputs["LM_LINT_SARIF"])
    sarif.unlink(missing_ok=True)
    try:
        command = [lm_lint, "check", *options(inputs)]
        files = words("files", inputs["LM_LINT_FILES"])
    except ValueError as error:
        print(f"lm-lint: {error}", file=sys.stderr)
        return FAILED
    status = run([*command, "--format", inputs["LM_LINT_FORMAT"], "--", *files])
    # What there was to say about files was said by the first run.
    to_file = ["--format", "sarif", "--output-file", str(sarif)]
    again = run([*command, *to_file, "--", *files], is_quiet=True)
    status = again if status in (CLEAN, FOUND) else status
    if sarif.exists():
        tell(inputs, status, count(sarif), sarif)
    return 0 if status in (CLEAN, FOUND) else status


def options(inputs: Mapping[str, str]) -> list[str]:
    """The options of both runs; those of the action come last, so that they count."""
    res = words("args", inputs["LM_LINT_ARGS"])
    if since := inputs["LM_LINT_CHANGED_SINCE"].strip():
        res += ["--changed-since", since]
    return [*res, "--cache-dir", inputs["LM_LINT_RESULTS"], "--no-progress"]


def words(name: str, text: str) -> list[str]:
    """The words of an input, as a shell would see them; nothing in them is run or expanded."""
    try:
        return shlex.split(text)
    except ValueError as error:
        raise ValueError(
            f"the input `{name}` cannot be split into words ({error}): {text!r}"
        ) from error


def run(command: list[str], *, is_quiet: bool = False) -> int:
    """The exit status (negative: a signal ended it); output goes to the log."""
    sys.stdout.flush()
    stderr = subprocess.DEVNULL if is_quiet else None
    return subprocess.run(command, check=False, stderr=stderr).returncode


def count(sarif: Path) -> int:
    """The results of a SARIF file that nobody has suppressed."""
    runs = json.loads(sarif.read_text(encoding="utf-8"))["runs"]
    results = [result for run in runs for result in run.get("results", ())]
    return sum(not result.get("suppressions") for result in results)


def tell(inputs: Mapping[str, str], status: int, n_findings: int, sarif: Path) -> None:
    """The outputs of the action, and a line for the page of the run."""
    outputs = {"status": status, "findings": n_findings, "sarif-file": sarif}
    append(inputs.get("GITHUB_OUTPUT"), "".join(f"{key}={outputs[key]}\n" for key in outputs))
    number = {0: "no findings", 1: "1 finding"}.get(n_findings, f"{n_findings} findings")
    append(inputs.get("GITHUB_STEP_SUMMARY"), f"**lm-lint**: {number}\n")


def append(file: str | None, text: str) -> None:
    if file:
        with open(file, "a", encoding="utf-8") as stream:
            stream.write(text)


if __name__ == "__main__":
    sys.exit(main())
