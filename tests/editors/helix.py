"""lm-lint in Helix, run for real in a terminal: `run.sh helix`. The settings are those of docs/editors.md, word for word."""

import os
import re
import shutil
from pathlib import Path

from terminal import Terminal

REPAIRED = "    while (count < MAX_READINGS && fgets(line, sizeof line, input) != NULL) {"


def settings_of(page: Path) -> str:
    """The first block of TOML in the section about Helix."""
    section = page.read_text(encoding="utf-8").split("\n## Helix")[1]
    found = re.search(r"```toml\n(.*?)```", section, re.DOTALL)
    assert found, f"{page} shows no settings for Helix"
    return found[1]


def main() -> None:
    server = Path(os.environ["LM_LINT"])
    folder = Path(os.environ["XDG_CONFIG_HOME"], "helix")
    folder.mkdir(parents=True)
    Path(folder, "languages.toml").write_text(
        settings_of(Path(os.environ["LM_LINT_PAGE"])), encoding="utf-8"
    )
    program = shutil.which(os.environ.get("HX", "hx"))
    assert program, "there is no hx"
    path = f"{server.parent}:{os.environ['PATH']}"
    terminal = Terminal([program, "missing_paren.c"], {"PATH": path}, columns=160)
    try:
        repair(terminal)
    finally:
        terminal.close()
    print("ok     helix missing_paren.c")


def repair(terminal: Terminal) -> None:
    terminal.until("the file", lambda text: "Reads temperatures" in text)
    terminal.type(":27\r")
    terminal.until("the finding", lambda text: "expected before `{`" in text)
    terminal.type("glh a")  # to the blank before the bracket, then the menu
    terminal.until(
        "the menu of repairs",
        lambda text: "Insert `)` here" in text and "Ignore this finding" in text,
    )
    terminal.type("\r")
    terminal.until("the repair", lambda text: REPAIRED.strip() in text)
    terminal.until("no finding", lambda text: "expected before `{`" not in text)
    terminal.type("u")
    terminal.until(
        "the slip is found again, after a pause", lambda text: "expected before `{`" in text
    )
    terminal.type("U")
    terminal.until("no finding", lambda text: "expected before `{`" not in text)
    terminal.type(":write\r")
    terminal.until("the file is written", lambda text: "written" in text)
    assert REPAIRED in Path("missing_paren.c").read_text(encoding="utf-8").splitlines()


if __name__ == "__main__":
    main()
