"""lm-lint finds syntax errors by surprise, in C, HTML and Python.

This file stays almost empty, so that `lm-lint --help` loads nothing heavy. Start reading at `engine.py`.
"""

__version__ = "0.1.0"
