"""What cells of the recurrence hold after each token of a text.

Any scorer will do, of torch or of numpy; what leaves this module is plain arrays. It knows no properties and no
colours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lm_lint.cells import Cell
from lm_lint.errors import CellUnknown
from lm_lint.reading import Ids
from lm_lint.shape import NetworkConfig
from lm_lint.states import State, Trace
from lm_lint.text import Language
from lm_lint.text_scorer import TextScorer

Floats = npt.NDArray[np.float32]


def recurrences(config: NetworkConfig) -> list[int]:
    """The layers whose mixer is a recurrence; those that attend have no cells."""
    return [layer for layer in range(config.n_layers) if layer not in config.attention_layers]


def every_cell(config: NetworkConfig) -> list[Cell]:
    """All cells, the recurrent layers side by side."""
    return [Cell(layer, unit) for layer in recurrences(config) for unit in range(config.width)]


def check(cells: Sequence[Cell], config: NetworkConfig) -> None:
    """Raises CellUnknown where the network has no such cell."""
    for cell in cells:
        if cell.layer not in recurrences(config) or cell.unit >= config.width:
            layers = ", ".join(map(str, recurrences(config)))
            raise CellUnknown(
                f"this network has no cell {cell}: its recurrent layers are {layers}, of "
                f"{config.width} units each (0 to {config.width - 1})"
            )


def of_trace(trace: Trace[Any], cells: Sequence[Cell]) -> Floats:
    """What the cells hold after each token of a pass over one row. Returns (T, cells) float32."""
    n_tokens = trace.since.shape[1]
    res = np.empty((n_tokens, len(cells)), dtype=np.float32)
    columns: dict[int, list[int]] = defaultdict(list)
    for column, cell in enumerate(cells):
        columns[cell.layer].append(column)
    for layer, own in columns.items():
        h = trace.layers[layer][0][0]  # (T, D)
        found: Any = h[:, [cells[column].unit for column in own]]
        res[:, own] = found if isinstance(found, np.ndarray) else found.float().cpu().numpy()
    return res


def of_ids(
    scorer: TextScorer, ids: Ids, cells: Sequence[Cell], state: State[Any] | None = None
) -> Iterator[Floats]:
    """What the cells hold after each of the ids, chunk by chunk.

    ids    (T,) int64, as TextScorer.sequence gives them
    state  the state before the first id, one row; None: a document begins
    """
    for start in range(0, len(ids), scorer.chunk_tokens):
        _, trace = scorer.trace(ids[None, start : start + scorer.chunk_tokens], state)
        state = trace.last()
        yield of_trace(trace, cells)


def of_text(scorer: TextScorer, text: str, language: Language, cells: Sequence[Cell]) -> Floats:
    """What the cells hold after each token of a text in normal form. Returns (T, cells) float32.

    Raises CellUnknown.
    """
    check(cells, scorer.config)
    ids = scorer.sequence(scorer.tokenizer.encode(text), language)[:-1]
    # The tag of the language is no token of the text.
    return np.concatenate(list(of_ids(scorer, ids, cells)))[1:]
