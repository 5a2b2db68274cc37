"""The picture of README.md: Neovim in a terminal with the surprise view, drawn as the terminal would.

python clients/nvim/scripts/picture.py NVIM LM_LINT OUT.png    # wants pexpect, pyte, pillow and DejaVu Sans Mono
"""

import os
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[2]
sys.path.insert(0, str(REPOSITORY / "tests" / "editors"))

from terminal import Terminal  # noqa: E402 - it lives beside the tests of other editors

ROWS, COLUMNS = 26, 114
FONT_SIZE = 20
PADDING = 14
FONTS = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono{}.ttf"
# The text and the background of Neovim's own colours, for cells that have none.
DEFAULTS = {"fg": "#e0e2ea", "bg": "#14161b"}

INIT = """
vim.opt.rtp:prepend({plugin!r})
vim.o.termguicolors, vim.o.number, vim.o.laststatus, vim.o.showmode, vim.o.ruler = true, true, 2, false, false
vim.o.background = "dark"
vim.o.statusline = " %f %m%=%{{v:lua.require'lm_lint'.statusline()}}  %l:%c "
vim.diagnostic.config({{ virtual_text = true, signs = false }})
vim.api.nvim_create_autocmd("FileType", {{ pattern = "c", callback = function() vim.treesitter.start() end }})
vim.lsp.config("lm_lint", {{ cmd = {{ {server!r}, "server" }} }})
vim.lsp.enable("lm_lint")
"""


def shown(nvim: str, server: str) -> Terminal:
    home = tempfile.mkdtemp()
    init = Path(home, "init.lua")
    init.write_text(INIT.format(plugin=str(HERE.parent), server=server), encoding="utf-8")
    source = (REPOSITORY / "examples/missing_paren.c").read_text(encoding="utf-8")
    Path(home, "missing_paren.c").write_text(source, encoding="utf-8")
    os.chdir(home)
    env = {f"XDG_{kind}_HOME": home for kind in ("CONFIG", "DATA", "STATE", "CACHE")}
    terminal = Terminal(
        [nvim, "-n", "-i", "NONE", "-u", str(init), "missing_paren.c"], env, ROWS, COLUMNS
    )
    terminal.until("the model", lambda text: "lm-lint: small" in text)
    terminal.type("16Gzt27G:LmLint surprise on\r")
    terminal.until("the finding", lambda text: "expected before" in text)
    terminal.until("the legend", lambda text: "and more bits" in text)
    terminal.settle()
    return terminal


def colour(name: str, ground: str) -> str:
    return DEFAULTS[ground] if name == "default" else f"#{name}"


def draw(terminal: Terminal) -> Image.Image:
    plain, bold = (ImageFont.truetype(FONTS.format(kind), FONT_SIZE) for kind in ("", "-Bold"))
    wide, high = round(plain.getlength("M")), sum(plain.getmetrics()) + 2
    image = Image.new(
        "RGB", (COLUMNS * wide + 2 * PADDING, ROWS * high + 2 * PADDING), DEFAULTS["bg"]
    )
    pen = ImageDraw.Draw(image)
    for row in range(ROWS):
        for column in range(COLUMNS):
            cell = terminal.screen.buffer[row][column]
            fore, back = colour(cell.fg, "fg"), colour(cell.bg, "bg")
            if cell.reverse:
                fore, back = back, fore
            left, top = PADDING + column * wide, PADDING + row * high
            pen.rectangle((left, top, left + wide - 1, top + high - 1), back)
            pen.text((left, top), cell.data, fore, bold if cell.bold else plain)
            if cell.underscore:
                pen.line((left, top + high - 3, left + wide - 1, top + high - 3), fore, 2)
    return image


def main() -> None:
    nvim, server, out = (os.path.abspath(argument) for argument in sys.argv[1:4])
    terminal = shown(nvim, server)
    draw(terminal).quantize(128).save(out, optimize=True)
    terminal.close()


if __name__ == "__main__":
    main()
