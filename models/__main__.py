"""`python -m models COMMAND`: the pipeline from a list of packages to a released folder, one command a step.

Each command lives in the module of its name and is loaded only when it is called, so that `--help` is quick and
a step can be run where the libraries of the others are missing.
"""

from __future__ import annotations

import importlib

import click

# In the order in which they are run.
STEPS = {
    "corpus": "Fetch the packages of the manifest and keep the text worth learning from.",
    "tokenizer": "Train the byte-level BPE on a balanced sample of the corpus.",
    "tokenize": "Pack the corpus into shards of token ids.",
    "train": "Train a network on the shards.",
    "study": "Train many networks that differ in one thing, and compare them.",
    "scaling": "Fit a curve to a study of sizes, and say which size a time is best spent on.",
    "evaluate": "Measure bits per byte on the held-out projects, beside compressors.",
    "ngram": "Train and measure the Kneser-Ney yardstick.",
    "mine": "Find slips that commits mended, for the calibration.",
    "calibrate": "Fit the detector's weights to slips and to correct text.",
    "export": "Write the released folder: weights, tokenizer, config and card.",
    "cells": "Find the cells that follow nesting, strings, comments and lines.",
    "heads": "Fit the heads that say what is a string, a link, text, and how deep it is nested.",
    "gates": "Learn how far to trust what a text repeats (evaluate --adapt, compress).",
    "average": "Write the mean of the weights of released folders.",
    "quantize": "Write a released folder again, with weights of few bits.",
}


class Pipeline(click.Group):
    """Knows the steps by name and one line of help; loads the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(STEPS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in STEPS:
            return None
        command: click.Command = importlib.import_module(f"models.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Steps"):
            formatter.write_dl(list(STEPS.items()))


@click.command(cls=Pipeline, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """From a list of packages to a released model. Every step can be stopped and called again."""


if __name__ == "__main__":
    main(prog_name="python -m models")
