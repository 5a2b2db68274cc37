"""Small heads that say what each token of a text is: inside a string, how deeply nested, text or markup, in a link.

The network is not touched: heads read what its recurrent layers hold after each token, through a small recurrence of
their own. They are fitted ahead of time (`python -m models heads`) and lie in a file beside the weights, which says
for which weights that was. This module reads that file and computes in numpy; it knows no training and no colours.

    r = N x + c               (R,)   x: the cells of all recurrent layers, standardized by N and c
    z, f = split(U r + d)     (H,)   each
    h = f h' + (1 - f) z      (H,)   f through a sigmoid: fo-pooling (Bradbury et al. 2016, arXiv 1611.01576)
    y = V silu(W [r, h] + e) + g     one number for each yes or no, DEEPEST + 1 for each depth
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from lm_lint import activations, packing
from lm_lint.errors import HeadsMissing, ModelDamaged
from lm_lint.light import scan, sigmoid, silu
from lm_lint.model_folder import HEADS, read_config
from lm_lint.text import LANGUAGES, Language
from lm_lint.text_scorer import TextScorer

FORMAT = 1
Floats = npt.NDArray[np.float32]
Bounds = npt.NDArray[np.int64]
Objective = Literal["depth", "string", "comment", "open-tags", "text", "link", "href", "bold"]
OBJECTIVES: tuple[Objective, ...] = get_args(Objective)
# "Inside" begins behind the whole of what opens and ends with the last character of what closes, so that every token
# can be told when it has been read; a depth is the one behind the token.
SAID: dict[Objective, str] = {
    "depth": "how many brackets are open",
    "string": "inside a string",
    "comment": "inside a comment",
    "open-tags": "how many elements are open",
    "text": "text that a reader of the page sees",
    "link": "inside an `a` element that has a href",
    "href": "the address of a link, without its quotes",
    "bold": "inside a `b` or `strong` element",
}
IN_LANGUAGE: dict[Language, tuple[Objective, ...]] = {
    "c": ("depth", "string", "comment"),
    "html": ("text", "link", "href", "bold", "comment", "open-tags"),
    "python": ("string", "comment", "depth"),
}
YES_OR_NO: frozenset[Objective] = frozenset(("string", "comment", "text", "link", "href", "bold"))
DEEPEST = 15  # what is deeper counts as so deep
# Of a language's tensors, by their names behind the language's.
TENSORS = (
    "narrow", "narrow_bias", "gates", "gates_bias", "mix", "mix_bias", "out", "out_bias",
)  # fmt: skip


@dataclass(frozen=True)
class Said:
    """What the heads say of a text.

    bounds  (T + 1,) int64, token t covers text[bounds[t]:bounds[t + 1]], as Tokenizer.encode gives them
    of      (T,) float32 each: how probable a yes is, from 0 to 1, or the depth that is expected, from 0 to DEEPEST
    """

    bounds: Bounds
    of: dict[Objective, Floats]


def n_answers(objective: Objective) -> int:
    """How many numbers a head gives for an objective."""
    return 1 if objective in YES_OR_NO else DEEPEST + 1


class Head:
    """The heads of one language, which share all but their last matrix. Its arrays are never written to."""

    def __init__(self, objectives: Sequence[Objective], tensors: Mapping[str, Floats]) -> None:
        """tensors: by the names of TENSORS. Raises ValueError, KeyError where they do not fit each other."""
        found = {name: tensors[name] for name in TENSORS}
        rank, n_cells = _matrix(found["narrow"])
        width, mixed = _matrix(found["gates"])[0] // 2, _matrix(found["mix"])[0]
        answers = sum(map(n_answers, objectives))
        expected = (
            (rank, n_cells), (rank,), (2 * width, rank), (2 * width,),
            (mixed, rank + width), (mixed,), (answers, mixed), (answers,),
        )  # fmt: skip
        for (name, tensor), shape in zip(found.items(), expected, strict=True):
            if tensor.shape != shape:
                raise ValueError(f"{name} has the shape {tensor.shape}, {shape} was expected")
            if not np.isfinite(tensor).all():
                raise ValueError(f"{name} holds what is no number")
        self.objectives: tuple[Objective, ...] = tuple(objectives)
        self.n_cells, self.width = n_cells, width
        self._of = found

    def initial(self) -> Floats:
        """What the recurrence holds before a text. (H,)"""
        return np.zeros(self.width, dtype=np.float32)

    def answers(self, x: Floats, before: Floats) -> tuple[Floats, Floats]:
        """x (T, cells) of consecutive tokens, before (H,) -> (T, answers) logits in nats, and (H,) for what follows."""
        of = self._of
        narrow = x @ of["narrow"].T + of["narrow_bias"]
        z, f = np.split(narrow @ of["gates"].T + of["gates_bias"], 2, axis=-1)
        forget = sigmoid(f)
        h = scan(forget[None], ((1.0 - forget) * z)[None], before[None])[0]
        mixed = silu(np.concatenate([narrow, h], axis=-1) @ of["mix"].T + of["mix_bias"])
        res: Floats = mixed @ of["out"].T + of["out_bias"]
        return res, h[-1] if len(h) else before

    def said(self, answers: Floats) -> dict[Objective, Floats]:
        """(T, answers) logits -> (T,) for each objective, as Said tells it."""
        res: dict[Objective, Floats] = {}
        at = 0
        for objective in self.objectives:
            own = answers[:, at : at + n_answers(objective)]
            at += own.shape[1]
            if objective in YES_OR_NO:
                res[objective] = sigmoid(own[:, 0])
            else:
                weights = np.exp(own - own.max(axis=1, keepdims=True))
                depths = np.arange(DEEPEST + 1, dtype=np.float32)
                res[objective] = weights @ depths / weights.sum(axis=1)
        return res


class Heads:
    """The heads of a model, for any scorer of its weights."""

    def __init__(self, of: Mapping[Language, Head]) -> None:
        self._of = dict(of)

    def objectives(self, language: Language) -> tuple[Objective, ...]:
        """What can be said in a language; nothing where no head was fitted to it."""
        head = self._of.get(language)
        return () if head is None else head.objectives

    def of_text(self, scorer: TextScorer, text: str, language: Language) -> Said:
        """What the heads say of a text in normal form.

        Raises HeadsMissing where the model has none for the language.
        """
        head = self._of.get(language)
        if head is None:
            raise HeadsMissing(
                f"this model has no heads for {language}; `python -m models heads` fits them"
            )
        cells = activations.every_cell(scorer.config)
        if len(cells) != head.n_cells:
            raise ModelDamaged(
                f"the heads read {head.n_cells} cells, and the network has {len(cells)}. "
                "Install the model again."
            )
        tokens = scorer.tokenizer.encode(text)
        ids = scorer.sequence(tokens, language)[:-1]
        skip, before = 1, head.initial()  # the tag of the language is no token of the text
        answers: list[Floats] = []
        for x in activations.of_ids(scorer, ids, cells):
            found, before = head.answers(x[skip:], before)
            answers.append(found)
            skip = 0
        return Said(tokens.bounds, head.said(np.concatenate(answers)))


def load(folder: Path) -> Heads:
    """The heads of a released folder. Raises ModelMissing, ModelDamaged, HeadsMissing."""
    path = folder / HEADS
    config = read_config(folder)
    if not path.is_file():
        raise HeadsMissing(
            f"{folder}: this model has no {HEADS}; `python -m models heads {folder}` fits heads to it, or name another "
            "model with --model"
        )
    try:
        data = path.read_bytes()
        tensors = packing.dense(data)
        facts = packing.metadata(data)
        if facts["format"] != str(FORMAT):
            raise ValueError(f"format {FORMAT} was expected, {facts['format']} found")
        of = {
            _language(name): _head(name, objectives, tensors)
            for name, objectives in json.loads(facts["objectives"]).items()
        }
        fitted_to = facts["model_sha256"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelDamaged(f"{path} cannot be read: {error!r}. Install the model again.") from error
    expected = str(config.get("sha256", {}).get("model.safetensors"))
    if fitted_to != expected:
        raise ModelDamaged(
            f"{path} was fitted to the model with SHA-256 {fitted_to[:12]}…, and this one has {expected[:12]}…. "
            "Install the model again, or fit its heads with `python -m models heads`."
        )
    return Heads(of)


def metadata(of: Mapping[Language, Sequence[Objective]], model_sha256: str) -> dict[str, str]:
    """What the file says of itself beside its tensors, which are called LANGUAGE.NAME."""
    return {
        "format": str(FORMAT),
        "model_sha256": model_sha256,
        "objectives": json.dumps(dict(of)),
    }


def refitted(data: bytes, model_sha256: str) -> bytes:
    """The same file for other weights in which the cells hold nearly the same, as rounded ones do."""
    n_header = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + n_header])
    header["__metadata__"]["model_sha256"] = model_sha256
    head = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)  # the numbers behind it stay aligned
    return len(head).to_bytes(8, "little") + head + data[8 + n_header :]


def _head(language: str, objectives: Any, tensors: Mapping[str, Floats]) -> Head:
    """Raises ValueError, KeyError, TypeError."""
    if not objectives or not set(objectives) <= set(OBJECTIVES):
        raise ValueError(f"{objectives!r:.80} are no objectives")
    return Head(objectives, {name: tensors[f"{language}.{name}"] for name in TENSORS})


def _language(name: str) -> Language:
    for language in LANGUAGES:
        if language == name:
            return language
    raise ValueError(f"{name!r:.40} is no language")


def _matrix(tensor: Floats) -> tuple[int, int]:
    if tensor.ndim != 2:
        raise ValueError(f"a matrix was expected, and {tensor.shape} found")
    return tensor.shape[0], tensor.shape[1]
