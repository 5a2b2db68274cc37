"""The network of model.py in numpy and float32: token ids and a state in, features and the next states out.

For processes that read a text or two and end: importing torch takes ten times as long as such a reading. Only the
forward pass, only on a CPU, and one thing of each: where model.py and this module differ, model.py is right
(tests/unit/test_light.py holds them against each other).

B batch, T tokens, V vocabulary, D width, W window, H heads.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lm_lint.packing import Compact, Packed, as_floats
from lm_lint.shape import NetworkConfig
from lm_lint.states import State, Trace

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]
Layer = tuple[Floats, Floats]

_NEVER = np.float32(
    -1e9
)  # what a weight of attention is before the softmax where one must not look


class Device(NamedTuple):
    """Where it computes, named as torch names it."""

    type: str = "cpu"


class LightNetwork:
    """The language model on a CPU. Its arrays are never written to."""

    device = Device()

    def __init__(self, config: NetworkConfig, tensors: Mapping[str, Floats | Compact]) -> None:
        """tensors: by the names of model.py's parameters; float32, or compact ones, which stay so. Raises ValueError
        where these are not the parameters of this shape.

        To widen a matrix each time that it is multiplied by costs a tenth of the multiplication with 256
        tokens, and saves half of the process's own memory.
        """
        found = {name: tensor.shape for name, tensor in tensors.items()}
        if found != (expected := config.parameters()):
            unlike = sorted(set(found.items()) ^ set(expected.items()))
            raise ValueError(f"{unlike[0][0]} has an unexpected shape, or is too much or missing")
        self.config = config
        self._tensors = {
            name: tensor.bytewise() if isinstance(tensor, Packed) else tensor
            for name, tensor in tensors.items()
        }
        # But for this one, which is looked up and multiplied by in between.
        self._embedding = as_floats(tensors["embedding"])
        self._tensors["embedding"] = self._embedding

    @property
    def embedding(self) -> Floats:
        """What each token is looked up as. (V, D)"""
        return self._embedding

    def empty_state(self, n_rows: int) -> State[Any]:
        """The state before a document. Returns n_rows rows."""
        config = self.config
        layers: list[Layer] = []
        for layer in range(config.n_layers):
            attends = layer in config.attention_layers
            kept = config.window if attends else config.conv_width - 1
            cache = np.zeros((n_rows, kept, config.width), dtype=np.float32)
            first = np.zeros((n_rows, config.width), dtype=np.float32)
            layers.append((cache, cache) if attends else (first, cache))
        none = np.zeros(n_rows, dtype=np.int64)
        return State(none, none, layers)

    def trace(self, ids: Ids, state: State[Any] | None = None) -> tuple[Floats, Trace[Any]]:
        """What the head reads at each token, and all states.

        ids      (B, T) int64
        state    the state before the first token, B rows; None: a document begins
        returns  (B, T, D) float32 features, and a Trace
        """
        if state is None:
            state = self.empty_state(ids.shape[0])
        since = self._since(ids, state.since)
        x = self._embedded(ids, since, state.latest)
        sequences: list[Layer] = []
        kept: list[int] = []
        for layer, memory in enumerate(state.layers):
            attends = layer in self.config.attention_layers
            mixer = self._attention if attends else self._recurrence
            x, sequence = mixer(layer, x, since, memory)
            x = self._mlp(layer, x)
            sequences.append(sequence)
            kept.append(self.config.window if attends else self.config.conv_width - 1)
        return rms_norm(x), Trace(since, ids, sequences, kept)

    def branch(self, document: Trace[Any], positions: Ids, ids: Ids) -> Floats:
        """What the head reads at each token of texts that leave a document at different places.

        document   the trace of one document (B = 1) of n tokens
        positions  (N,) int64 in [0, n), the document's token that each text follows
        ids        (N, T) int64
        returns    (N, T, D) float32

        The same features as `trace` from the states at these positions.
        """
        since = self._since(ids, document.since[0, positions])
        x = self._embedded(ids, since, document.ids[0, positions])
        for layer, (first, second) in enumerate(document.layers):
            if layer in self.config.attention_layers:
                x = self._branched_attention(layer, x, since, (first, second), positions)
            else:
                reach = positions[:, None] + np.arange(1, self.config.conv_width)
                x, _ = self._recurrence(layer, x, since, (first[0, positions], second[0, reach]))
            x = self._mlp(layer, x)
        return rms_norm(x)

    def logits(self, features: Floats) -> Floats:
        """(N, D) features -> (N, V) logits, nats up to a constant."""
        return self.linear(features, "embedding")

    def linear(self, x: Floats, name: str) -> Floats:
        """`x @ weight.T`: (..., columns) -> (..., rows)."""
        weight = self._float(name)
        flat: Floats = x.reshape(-1, x.shape[-1]) @ weight.T
        return flat.reshape(*x.shape[:-1], weight.shape[0])

    def _float(self, name: str) -> Floats:
        return as_floats(self._tensors[name])

    def _embedded(self, ids: Ids, since: Ids, latest: Ids) -> Floats:
        """(B, T) -> (B, T, D), at unit size."""
        x = self._embedding[ids]
        if self.config.bigram_buckets:
            at, table = self._buckets(ids, since, latest), self._tensors["bigrams"]
            x += table[at] if isinstance(table, np.ndarray) else table.rows(at)
        return rms_norm(x)

    def _recurrence(self, layer: int, x: Floats, since: Ids, state: Layer) -> tuple[Floats, Layer]:
        name, n_tokens, kept = f"mixers.{layer}", x.shape[1], self.config.conv_width - 1
        conv = self._float(f"{name}.conv")
        normed = rms_norm(x)
        padded = np.concatenate([state[1], normed], axis=1)  # (B, kept + T, D)
        mixed = normed * conv[-1]
        for back in range(1, kept + 1):
            # What stands before the document does not exist for it.
            start = kept - back
            earlier = padded[:, start : start + n_tokens] * conv[-1 - back]
            if since.min() <= back:
                earlier *= (since > back)[:, :, None]
            mixed += earlier
        z, f, o = np.split(self.linear(mixed, f"{name}.w_in"), 3, axis=-1)
        forget = sigmoid(f + self._float(f"{name}.forget_bias"))
        inputs = (1.0 - forget) * z
        if since.min() <= 1:
            forget *= (since > 1)[:, :, None]
        h = scan(forget, inputs, state[0])
        return x + self.linear(h * silu(o), f"{name}.w_out"), (h, padded)

    def _attention(self, layer: int, x: Floats, since: Ids, state: Layer) -> tuple[Floats, Layer]:
        n_rows, n_tokens, width = x.shape
        window = self.config.window
        q, k, v = self._queries(layer, x)
        keys = np.concatenate([state[0], k.reshape(n_rows, n_tokens, width)], axis=1)
        values = np.concatenate([state[1], v], axis=1)
        query_at = np.arange(n_tokens) + window
        key_at = np.arange(n_tokens + window)
        q = self._rotated(q.swapaxes(1, 2), query_at)  # (B, H, T, D / H)
        rotated = self._rotated(self._heads(keys), key_at)
        distance = query_at[:, None] - key_at  # (T, W + T)
        hidden = (distance < 0) | (distance >= window) | (distance >= since[:, :, None])
        weights = q @ rotated.swapaxes(-1, -2)
        weights = self._softmax(weights, hidden[:, None])
        y = weights @ self._heads(values)
        y = y.swapaxes(1, 2).reshape(n_rows, n_tokens, width)
        return x + self.linear(y, f"mixers.{layer}.w_out"), (keys, values)

    def _branched_attention(
        self, layer: int, x: Floats, since: Ids, document: Layer, positions: Ids
    ) -> Floats:
        """As _attention, for N texts that leave one document at different places.

        x          (N, T, D) the texts
        document   keys and values (1, W + n, D) of the document, as in its Trace
        positions  (N,) int64, the document's token that each text follows
        returns    (N, T, D)

        The document's keys are shared and not gathered for each text.
        """
        n_rows, n_tokens, width = x.shape
        window, n_heads = self.config.window, self.config.n_heads
        q, k, v = self._queries(layer, x)
        low, high = int(positions.min()) + 1, int(positions.max()) + window + 1
        shared_at = np.arange(high - low)
        # Counted from `low`: a text's first token stands W + 1 behind its position.
        own_at = (positions - low + window + 1)[:, None] + np.arange(n_tokens)  # (N, T)
        q = self._rotated(q.swapaxes(1, 2), own_at[:, None])  # (N, H, T, D / H)
        k = self._rotated(k.swapaxes(1, 2), own_at[:, None])
        shared_k = self._rotated(self._heads(document[0][:, low:high]), shared_at)[0]
        shared_v = self._heads(document[1][:, low:high])[0]  # (H, S, D / H)
        distance = own_at[:, :, None] - shared_at  # (N, T, S)
        hidden = (distance >= window) | (distance >= since[:, :, None])
        hidden |= shared_at > own_at[:, :1, None] - 1
        by_head = q.swapaxes(0, 1).reshape(n_heads, n_rows * n_tokens, -1)
        to_shared = (by_head @ shared_k.swapaxes(-1, -2)).reshape(n_heads, n_rows, n_tokens, -1)
        among = own_at[:, :, None] - own_at[:, None, :]  # (N, T, T)
        unseen = (among < 0) | (among >= window) | (among >= since[:, :, None])
        to_own = q @ k.swapaxes(-1, -2)  # (N, H, T, T)
        weights = self._softmax(
            np.concatenate([to_shared.swapaxes(0, 1), to_own], axis=-1),
            np.concatenate([hidden, unseen], axis=-1)[:, None],
        )
        n_shared = len(shared_at)
        from_shared = np.ascontiguousarray(weights[..., :n_shared].swapaxes(0, 1))
        y = from_shared.reshape(n_heads, n_rows * n_tokens, n_shared) @ shared_v
        y = y.reshape(n_heads, n_rows, n_tokens, -1).transpose(1, 2, 0, 3)
        own = weights[..., n_shared:] @ self._heads(v)  # (N, H, T, D / H)
        y = (y + own.swapaxes(1, 2)).reshape(n_rows, n_tokens, width)
        return x + self.linear(y, f"mixers.{layer}.w_out")

    def _queries(self, layer: int, x: Floats) -> tuple[Floats, Floats, Floats]:
        """Normed queries and keys (B, T, H, D / H), and values (B, T, D); no rotation yet."""
        q, k, v = np.split(self.linear(rms_norm(x), f"mixers.{layer}.w_in"), 3, axis=-1)
        sharpness = self._float(f"mixers.{layer}.sharpness")
        return rms_norm(self._split(q)) * sharpness[:, None], rms_norm(self._split(k)), v

    def _softmax(self, scores: Floats, hidden: npt.NDArray[np.bool_]) -> Floats:
        """Weights of attention, in place of the scores. (..., keys)"""
        scores *= np.float32((self.config.width // self.config.n_heads) ** -0.5)
        np.copyto(scores, _NEVER, where=hidden)
        scores -= scores.max(axis=-1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=-1, keepdims=True)
        return scores

    def _mlp(self, layer: int, x: Floats) -> Floats:
        gate, up = np.split(self.linear(rms_norm(x), f"mlps.{layer}.w_in"), 2, axis=-1)
        return x + self.linear(silu(gate) * up, f"mlps.{layer}.w_out")

    def _heads(self, x: Floats) -> Floats:
        res: Floats = self._split(x).swapaxes(1, 2)  # (B, H, T, D / H)
        return res

    def _split(self, x: Floats) -> Floats:
        """(B, T, D) -> (B, T, H, D / H)."""
        n_heads = self.config.n_heads
        return x.reshape(*x.shape[:-1], n_heads, x.shape[-1] // n_heads)

    def _rotated(self, x: Floats, at: Ids) -> Floats:
        """Rotary embedding. x (B, H, T, D / H), at (..., T)."""
        half = x.shape[-1] // 2
        steps = np.arange(half, dtype=np.float32)
        speed = np.exp(steps * np.float32(-math.log(4.0 * self.config.window) / half))
        angle = at[..., None].astype(np.float32) * speed  # (..., T, D / H / 2)
        cos, sin = np.cos(angle), np.sin(angle)
        a, b = x[..., :half], x[..., half:]
        return np.concatenate([a * cos - b * sin, a * sin + b * cos], axis=-1)

    def _buckets(self, ids: Ids, since: Ids, latest: Ids) -> Ids:
        """Where each pair of neighbours is looked up. (B, T) int64, 0 where a document begins."""
        previous = np.concatenate([latest[:, None], ids[:, :-1]], axis=1)
        mixed = (previous * 36313 + ids * 27191) % 1_000_003
        return np.where(since > 1, mixed % (self.config.bigram_buckets - 1) + 1, 0)

    def _since(self, ids: Ids, before: Ids) -> Ids:
        """Tokens since the document began, counted at each token. (B, T) int64, from 1."""
        at = np.arange(ids.shape[1])
        begins = (ids >= self.config.first_tag) & (ids <= self.config.last_tag)
        latest = np.maximum.accumulate(np.where(begins, at, -1), axis=1)
        return np.where(latest >= 0, at - latest + 1, before[:, None] + at + 1)


def rms_norm(x: Floats) -> Floats:
    """x (..., D) -> (..., D) of unit mean square."""
    mean = np.einsum("...d,...d->...", x, x) / np.float32(x.shape[-1])
    res: Floats = x * (1.0 / np.sqrt(mean + np.float32(1e-6)))[..., None]
    return res


def sigmoid(x: Floats) -> Floats:
    res = np.negative(x)
    with np.errstate(over="ignore"):  # exp(-x) may be infinite, and its inverse is 0
        np.exp(res, out=res)
    res += 1.0
    return np.reciprocal(res, out=res)


def silu(x: Floats) -> Floats:
    res = np.negative(x)
    with np.errstate(over="ignore"):
        np.exp(res, out=res)
    res += 1.0
    return np.divide(x, res, out=res)


def scan(forget: Floats, inputs: Floats, initial: Floats) -> Floats:
    """`h[t] = forget[t] * h[t-1] + inputs[t]`; shapes as in scan.py: (B, T, D), (B, T, D), (B, D).

    In blocks of about sqrt(T) tokens where the batch is narrow, as `scan.blocked_scan`.
    """
    n_rows, n_tokens, width = inputs.shape
    block = math.isqrt(n_tokens)
    if block < 4 or n_rows * width >= _WIDE_ENOUGH_FOR_LOOP:
        return _loop(forget, inputs, initial)
    n_whole = n_tokens // block * block
    shape = (n_rows, n_whole // block, block, width)
    gates = forget[:, :n_whole].reshape(shape)
    decay = np.empty(shape, dtype=np.float32)
    local = np.empty(shape, dtype=np.float32)
    into = inputs[:, :n_whole].reshape(shape)
    decay[:, :, 0], local[:, :, 0] = gates[:, :, 0], into[:, :, 0]
    for t in range(1, block):
        np.multiply(gates[:, :, t], decay[:, :, t - 1], out=decay[:, :, t])
        np.multiply(gates[:, :, t], local[:, :, t - 1], out=local[:, :, t])
        local[:, :, t] += into[:, :, t]
    borders = _loop(decay[:, :, -1], local[:, :, -1], initial)
    carried = np.concatenate([initial[:, None], borders[:, :-1]], axis=1)
    decay *= carried[:, :, None]
    local += decay
    res = local.reshape(n_rows, n_whole, width)
    if n_whole == n_tokens:
        return res
    rest = _loop(forget[:, n_whole:], inputs[:, n_whole:], res[:, -1])
    return np.concatenate([res, rest], axis=1)


_WIDE_ENOUGH_FOR_LOOP = 4096  # B * D from which one step of the loop is worth its call


def _loop(forget: Floats, inputs: Floats, initial: Floats) -> Floats:
    res = np.empty_like(inputs)
    previous = initial
    for t in range(inputs.shape[1]):
        step = np.multiply(forget[:, t], previous, out=res[:, t])
        step += inputs[:, t]
        previous = step
    return res
