"""What hands and eyes take for one another in C, Python and HTML: tables, and nothing else."""

from __future__ import annotations

import re

from lm_lint.text import Language

# Signs that are tried in every gap, however little the model expects them there.
SIGNS: dict[Language, tuple[str, ...]] = {
    "c": tuple(";)(}{][,\"'=:+*&<>-.\\#"),
    "python": (*":)(][}{,\"'=.#+-*%\\", '"""', "'''"),
    "html": tuple("<>/=\"'"),
}
# What hands and eyes take for one another.
CONFUSED: dict[str, tuple[str, ...]] = {
    ",": (";", ".", ":", ")"),
    ";": (",", ":", ")"),
    ":": (";", "=", ",", "."),
    "::": (":",),
    ".": (",", "_"),
    "(": ("[", "{", "<", ")"),
    ")": ("]", "}", "(", ">"),
    "[": ("(", "{", "]"),
    "]": (")", "}", "["),
    "{": ("(", "[", "}"),
    "}": (")", "]", "{"),
    "=": ("==", "-", "+=", ":", "!="),
    "==": ("=",),
    "'": ('"', "`"),
    '"': ("'", '"""'),
    "`": ("'", '"'),
    "<": ("(", "<=", ",", ">"),
    ">": (")", ">=", ",", "."),
    "&&": ("and", "&"),
    "||": ("or", "|"),
    "!": ("not", "1"),
    "//": ("#", "/"),
    "/": ("\\", "//"),
    "\\": ("/",),
    "&": ("&&", "and", "*", "7"),
    "|": ("||", "or", "1"),
    "+": ("=", "+=", "++", ","),
    "-": ("_", "=", "->", "--"),
    "*": ("&", "8"),
    "$": ("",),
    "”": ('"',),
    "“": ('"',),
    "‘": ("'",),
    "’": ("'",),
    "else": ("except", "elif"),
    "elif": ("if",),
    "catch": ("except",),
    "elseif": ("elif",),
    "elsif": ("elif",),
    "function": ("def",),
    "import": ("from",),
    "from": ("import",),
    "null": ("None",),
    "foreach": ("for",),
    "for": ("if", "while"),
    "if": ("for", "while"),
}
# What takes two edits to mend, and is one slip all the same.
TOGETHER: dict[Language, tuple[tuple[re.Pattern[str], str], ...]] = {
    "c": (
        (re.compile(r"\bfor(\s*\([^;,()]*),([^;,()]*),([^;,]*)"), r"for\1;\2;\3"),
        (re.compile(r"=<"), "<="),
        (re.compile(r"=>"), ">="),
        (re.compile(r"\belse(\s*\([^()]*\))(?=\s*\{)"), r"else if\1"),
        (re.compile(r"\(\(([^()]*)\)\{"), r"((\1)) {"),
        (re.compile(r"([-+*/%&|^=!<>])[ \t]+=(?!=)"), r"\1="),
        (re.compile(r"&[ \t]+&"), "&&"),
        (re.compile(r"\|[ \t]+\|"), "||"),
        (re.compile(r"-[ \t]+>"), "->"),
        (re.compile(r"=!"), "!="),
    ),
    "python": (
        (re.compile(r"\belse[ \t]+if\b"), "elif"),
        (re.compile(r"\bprint[ \t]+((?!\()[^\n#]*[^\s#])"), r"print(\1)"),
        (re.compile(r"(?<=[\w\])])[ \t]*\+\+"), " += 1"),
        (re.compile(r"(?<=[\w\])])[ \t]*--(?=[ \t]*$)", re.MULTILINE), " -= 1"),
        (re.compile(r"=<"), "<="),
        (re.compile(r"=>"), ">="),
        (re.compile(r"<>"), "!="),
        (re.compile(r"!(?=[\w(])"), "not "),
        (re.compile(r"([-+*/%&|^=!<>])[ \t]+=(?!=)"), r"\1="),
        (re.compile(r"=!"), "!="),
        (re.compile(r"[ \t]*&&[ \t]*"), " and "),
        (re.compile(r"[ \t]*\|\|[ \t]*"), " or "),
    ),
    "html": (),
}
# Words that are written together with what follows them.
SPLIT_WORDS: dict[Language, tuple[str, ...]] = {
    "c": ("int", "char", "float", "double", "return", "else", "void", "case", "long"),
    "python": ("def", "for", "if", "import", "return", "in", "not", "class", "else", "while"),
    "html": (),
}
