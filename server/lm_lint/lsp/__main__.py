"""`python -m lm_lint.lsp`: the server over standard input and output, with all defaults."""

import sys

from lm_lint.lsp.server import serve
from lm_lint.settings import Settings

sys.exit(serve(tcp=None, ws=None, log_file=None, log_level="info", settings=Settings()))
