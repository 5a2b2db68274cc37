"""Bits per token, and the price of other texts from any place in a document, computed by torch.

Torch speaks nats, people read bits: the division by ln 2 is made here (and in light_scorer.py, for numpy) and nowhere
else, and what leaves this module is plain arrays. It knows no repairs and no parsers.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lm_lint import device as devices
from lm_lint.errors import DeviceError
from lm_lint.model import Network, State, Trace
from lm_lint.reading import Bits as Bits
from lm_lint.reading import Ids
from lm_lint.text_scorer import Scores as Scores
from lm_lint.text_scorer import TextScorer
from lm_lint.weights import Release, place

_HEAD_ROWS = 1024  # rows of logits that exist at once


class Scorer(TextScorer):
    """A released model as a function from text to bits, on a GPU or a CPU."""

    def __init__(self, release: Release[Network]) -> None:
        super().__init__(release.tokenizer, release.ranker, release.network.config)
        self.release = release

    @property
    def home(self) -> Hashable:
        network = self.release.network
        return network.device, network.compute_dtype

    @property
    def itemsize(self) -> int:
        return self.release.network.compute_dtype.itemsize

    @property
    def slice_tokens(self) -> int:
        return 256 if self.release.network.device.type == "cpu" else 8192

    def on_device(self, ids: Ids) -> Tensor:
        return torch.from_numpy(ids).to(self.release.network.device)

    def empty_state(self, n_rows: int) -> State[Tensor]:
        with self.device_trouble():
            return self.release.network.empty_state(n_rows)

    @torch.inference_mode()
    def trace(self, ids: Ids, state: State[Any] | None) -> tuple[Tensor, Trace[Tensor]]:
        with self.device_trouble():
            return self.release.network.trace(self.on_device(ids), state)

    @torch.inference_mode()
    def branch(self, document: Trace[Any], positions: Ids, ids: Ids) -> Tensor:
        with self.device_trouble():
            network = self.release.network
            return network.branch(document, self.on_device(positions), self.on_device(ids))

    @torch.inference_mode()
    def surprisal(self, features: Tensor, targets: Ids) -> Bits:
        with self.device_trouble():
            wanted = self.on_device(targets)
            found = [
                self._log_probability(features[start : start + _HEAD_ROWS])
                .gather(1, wanted[start : start + _HEAD_ROWS, None])[:, 0]
                .mul_(-1 / math.log(2))
                for start in range(0, len(features), _HEAD_ROWS)
            ]
            res: Bits = torch.cat(found).clamp_(min=0.0).cpu().numpy()
        return res

    @torch.inference_mode()
    def entropy(self, features: Tensor) -> Bits:
        return self.both(features, np.zeros(len(features), dtype=np.int64))[1]

    @torch.inference_mode()
    def both(self, features: Tensor, targets: Ids) -> tuple[Bits, Bits]:
        found = []
        with self.device_trouble():
            wanted = self.on_device(targets)
            for start in range(0, len(features), _HEAD_ROWS):
                log_probability = self._log_probability(features[start : start + _HEAD_ROWS])
                surprisal = -log_probability.gather(1, wanted[start : start + _HEAD_ROWS, None])
                entropy = -(log_probability.exp() * log_probability).sum(-1)
                found.append(torch.stack([surprisal[:, 0], entropy]))
            bits = torch.cat(found, dim=1).div_(math.log(2)).clamp_(min=0.0).cpu().numpy()
        return bits[0], bits[1]

    @torch.inference_mode()
    def expectations(self, features: Tensor) -> Bits:
        with self.device_trouble():
            bits = self._log_probability(features).mul_(-1 / math.log(2))
            res: Bits = bits.cpu().numpy()
        return res

    @torch.inference_mode()
    def likeliest(self, features: Tensor, k: int) -> tuple[Ids, Bits]:
        ids, bits = [], []
        with self.device_trouble():
            for start in range(0, len(features), _HEAD_ROWS):
                best = self._log_probability(features[start : start + _HEAD_ROWS]).topk(k)
                ids.append(best.indices)
                bits.append(-best.values / math.log(2))
            return torch.cat(ids).cpu().numpy(), torch.cat(bits).cpu().numpy()

    def _log_probability(self, features: Tensor) -> Tensor:
        """(N, D) -> (N, V) float32 nats."""
        return torch.log_softmax(self.release.network.logits(features).float(), -1)

    def use_cpu(self, why: str) -> None:
        """Go on with the CPU, and say so in one sentence on stderr."""
        print(f"lm-lint: {why}; going on with the CPU, which is slower", file=sys.stderr)
        self.forget()
        network = self.release.network
        cpu = torch.device("cpu")
        network.compute_dtype = devices.compute_dtype(cpu)
        place(network, cpu)

    @contextmanager
    def device_trouble(self) -> Iterator[None]:
        """What a GPU fails with, as a DeviceError; on a CPU such errors are our own."""
        try:
            yield
        except RuntimeError as error:
            device = self.release.network.device
            if device.type == "cpu":
                raise
            cause = "is out of memory" if _is_out_of_memory(error) else "does not work"
            raise DeviceError(f"{device} {cause} ({str(error).splitlines()[0]})") from error


def _is_out_of_memory(error: RuntimeError) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or "out of memory" in str(error)
