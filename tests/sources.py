"""A page of each language, from which tests train tiny tokenizers."""

SOURCES = {
    "c": (
        "#include <stdio.h>\n\n/* Größe: naïve café, 日本語のコメント. */\nint main(void)\n{\n"
        "    int count = 0, values[100];\n    for (int i = 0; i < 10; i++) {\n"
        '        scanf("%d", &values[i]);\n        count += values[i];\n    }\n'
        '    printf("%d\\n", count);\n    return 0;\n}\n'
        "static size_t max_length(const char *text, size_t length)\n{\n\tif (!text)\n\t\treturn 0;\n"
        "\twhile (length && text[length - 1] == ' ')\n\t\tlength--;\n\treturn length;\n}\n"
    ),
    "html": (
        '<!doctype html>\n<html lang="en">\n  <head>\n    <meta charset="utf-8">\n'
        "    <title>Caf&eacute; — prices “today”</title>\n  </head>\n  <body>\n"
        '    <div class="container">\n      <ul id="list">\n        <li><a href="/one">One</a></li>\n'
        "        {% for item in items %}\n        <li>{{ item.name }}</li>\n        {% endfor %}\n"
        "      </ul>\n      <p>Text and <b>bold</b> text 🙂.</p>\n    </div>\n  </body>\n</html>\n"
    ),
    "python": (
        "from __future__ import annotations\n\nimport os\n\n\ndef read_lines(path: str) -> list[str]:\n"
        '    """The lines of a file, déjà vu."""\n    with open(path, encoding="utf-8") as lines:\n'
        "        return [line.rstrip() for line in lines if line]\n\n\nclass Counter:\n"
        "    def __init__(self, start: int = 0) -> None:\n        self.count = start\n\n"
        "    def add(self, amount: int) -> None:\n        self.count += amount\n"
    ),
}
