"""Which terminals make links of OSC 8 clickable. Others mostly ignore them, but some print rubbish, so these are listed."""

from __future__ import annotations

from collections.abc import Mapping

_PROGRAMS = ("iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "rio", "Tabby", "WarpTerminal")
_TERMS = ("xterm-kitty", "xterm-ghostty", "alacritty", "foot", "contour")
_VARIABLES = ("WT_SESSION", "KITTY_WINDOW_ID", "KONSOLE_VERSION", "DOMTERM")


def understood(environment: Mapping[str, str]) -> bool:
    """Whether the terminal that these variables describe knows links; FORCE_HYPERLINK decides for it."""
    if forced := environment.get("FORCE_HYPERLINK"):
        return forced not in ("0", "false")
    if environment.get("TERM", "dumb") == "dumb" or "CI" in environment:
        return False
    if environment.get("TMUX") or environment["TERM"].startswith(("screen", "tmux")):
        return False  # passes them on since 3.4 only, and does not say which it is
    vte = environment.get("VTE_VERSION", "")
    return (
        (vte.isdecimal() and int(vte) >= 5000)
        or environment.get("TERM_PROGRAM") in _PROGRAMS
        or environment["TERM"].startswith(_TERMS)
        or any(name in environment for name in _VARIABLES)
    )
