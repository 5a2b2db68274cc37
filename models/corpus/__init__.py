"""From a manifest of packages to the text that the model learns from: fetch, extract, filter, de-duplicate, count.

manifest   what is taken, for what, and what is never taken
fetch      the ordinary clients, and reading straight from archives
filters    which files are text worth learning from
extract    one package, cached
duplicates over all projects; held-out text wins
build      the corpus folder and its report
"""

from models.corpus.command import command

__all__ = ["command"]
