"""The network: token ids and a state in, logits and the next state out.

It sees integers only and does not know what a character is. Everything it remembers is in an
explicit `State`, so that scoring can stop and go on at any token, and so that thousands of
continuations can be tried in one batch from states gathered out of one `Trace`.

Most layers are gated linear recurrences (fo-pooling of QRNN, Bradbury et al. 2016, arXiv
1611.01576) behind a short causal convolution (as in Griffin, De et al. 2024, arXiv 2402.19427);
a few attend over a sliding window, because names must be copied from further up (SHA-RNN,
Merity 2019, arXiv 1911.11423). Each is followed by a gated MLP (SwiGLU, Shazeer 2020, arXiv
2002.05202). RMS norms, rotary positions relative to the window, tied embeddings.

B batch, T tokens, V vocabulary, D width, W window, H heads.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lm_lint.scan import scan
from lm_lint.shape import NetworkConfig as NetworkConfig
from lm_lint.states import State as State
from lm_lint.states import Trace as Trace


def rms_norm(x: Tensor) -> Tensor:
    """Root mean square norm (Zhang, Sennrich 2019, arXiv 1910.07467). x (..., D) -> (..., D).

    It has no gain: the matrix that follows can learn it.
    """
    return F.rms_norm(x, (x.shape[-1],), None, 1e-6)


def linear(x: Tensor, weight: Tensor) -> Tensor:
    """`x @ weight.T` in the type of x; weights may be kept in float32 while training."""
    return F.linear(x, weight.to(x.dtype))


class Recurrence(nn.Module):
    """Convolution over the last tokens, then h = f * h + (1 - f) * z, read through a gate."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        width = config.width
        self.kept = config.conv_width - 1
        self.conv = nn.Parameter(torch.zeros(config.conv_width, width))
        self.w_in = nn.Parameter(torch.empty(3 * width, width))
        self.forget_bias = nn.Parameter(torch.empty(width))
        self.w_out = nn.Parameter(torch.empty(width, width))
        with torch.no_grad():
            self.conv[-1] = 1.0

    def forward(
        self, x: Tensor, since: Tensor, state: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        n_tokens = x.shape[1]
        normed = rms_norm(x)
        padded = torch.cat([state[1].to(x.dtype), normed], dim=1)  # (B, kept + T, D)
        conv = self.conv.to(x.dtype)
        mixed = normed * conv[-1]
        for back in range(1, self.kept + 1):
            # What stands before the document does not exist for it.
            inside = (since > back).to(x.dtype)[:, :, None]
            start = self.kept - back
            mixed = mixed + padded[:, start : start + n_tokens] * inside * conv[-1 - back]
        z, f, o = linear(mixed, self.w_in).chunk(3, dim=-1)
        forget = torch.sigmoid(f.float() + self.forget_bias.float())
        inputs = (1.0 - forget) * z.float()
        forget = forget * (since > 1).float()[:, :, None]
        h = scan(forget, inputs, state[0])
        y = linear(h.to(x.dtype) * F.silu(o), self.w_out)
        return x + y, (h, padded)


class Attention(nn.Module):
    """Causal attention over the last W tokens, rotary positions counted within the window."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        width = config.width
        self.kept = config.window
        self.n_heads = config.n_heads
        self.w_in = nn.Parameter(torch.empty(3 * width, width))
        # With normed queries and keys the sharpness of each head is learned here.
        self.sharpness = nn.Parameter(torch.full((config.n_heads,), 1.5))
        self.w_out = nn.Parameter(torch.empty(width, width))

    def forward(
        self, x: Tensor, since: Tensor, state: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        n_rows, n_tokens, width = x.shape
        q, k, v = linear(rms_norm(x), self.w_in).chunk(3, dim=-1)
        k = rms_norm(self._split(k)).flatten(-2)
        keys = torch.cat([state[0].to(x.dtype), k], dim=1)  # (B, W + T, D)
        values = torch.cat([state[1].to(x.dtype), v], dim=1)
        q = rms_norm(self._split(q))
        q = (q * self.sharpness.to(x.dtype)[:, None]).flatten(-2)
        y = self._attend(q, keys, values, since)
        y = linear(y.transpose(1, 2).reshape(n_rows, n_tokens, width), self.w_out)
        return x + y, (keys, values)

    def branch(
        self, x: Tensor, since: Tensor, document: tuple[Tensor, Tensor], positions: Tensor
    ) -> Tensor:
        """As forward, for N texts that leave one document at different places.

        Their windows overlap, so the document's keys are shared and not gathered for each: a
        window's copy would weigh as much as a hundred tokens' matrix products.

        x          (N, T, D) the texts
        document   keys and values (1, W + n, D) of the document, as in its Trace
        positions  (N,) int64, the document's token that each text follows
        returns    (N, T, D)
        """
        n_rows, n_tokens, width = x.shape
        q, k, v = linear(rms_norm(x), self.w_in).chunk(3, dim=-1)
        q = rms_norm(self._split(q)) * self.sharpness.to(x.dtype)[:, None]
        k = rms_norm(self._split(k))
        low, high = int(positions.min()) + 1, int(positions.max()) + self.kept + 1
        shared_at = torch.arange(high - low, device=x.device)
        # Counted from `low`: a text's first token stands W + 1 behind its position.
        own_at = (positions - low + self.kept + 1)[:, None] + torch.arange(
            n_tokens, device=x.device
        )  # (N, T)
        q = self._rotated(q.transpose(1, 2), own_at[:, None])  # (N, H, T, D / H)
        k = self._rotated(k.transpose(1, 2), own_at[:, None])
        shared_k = self._rotated(self._heads(document[0][:, low:high].to(x.dtype)), shared_at)
        shared_v = self._heads(document[1][:, low:high].to(x.dtype))
        distance = own_at[:, :, None] - shared_at  # (N, T, S)
        visible = (shared_at <= own_at[:, :1, None] - 1) & (distance < self.kept)
        visible &= distance < since[:, :, None]
        by_head = q.transpose(0, 1).reshape(1, self.n_heads, n_rows * n_tokens, -1)
        to_shared = (by_head @ shared_k.mT).view(self.n_heads, n_rows, n_tokens, -1)
        to_shared = to_shared.transpose(0, 1).float()  # (N, H, T, S)
        to_shared = to_shared.masked_fill(~visible[:, None], float("-inf"))
        among = own_at[:, :, None] - own_at[:, None, :]  # (N, T, T)
        causal = (among >= 0) & (among < self.kept) & (among < since[:, :, None])
        to_own = (q @ k.mT).float().masked_fill(~causal[:, None], float("-inf"))
        scale = (width // self.n_heads) ** -0.5
        weights = torch.softmax(torch.cat([to_shared, to_own], dim=-1) * scale, dim=-1)
        weights = weights.to(x.dtype)
        n_shared = to_shared.shape[-1]
        from_shared = weights[..., :n_shared].transpose(0, 1)
        from_shared = from_shared.reshape(1, self.n_heads, n_rows * n_tokens, n_shared) @ shared_v
        y = from_shared.view(self.n_heads, n_rows, n_tokens, -1).permute(1, 2, 0, 3)
        own = weights[..., n_shared:] @ self._heads(v)  # (N, H, T, D / H)
        y = (y + own.transpose(1, 2)).reshape(n_rows, n_tokens, width)
        return x + linear(y, self.w_out)

    def _attend(self, q: Tensor, keys: Tensor, values: Tensor, since: Tensor) -> Tensor:
        n_tokens, window = q.shape[1], self.kept
        query_at = torch.arange(n_tokens, device=q.device) + window
        key_at = torch.arange(n_tokens + window, device=q.device)
        distance = query_at[:, None] - key_at[None, :]  # (T, W + T)
        near = (distance >= 0) & (distance < window)
        mask = near & (distance < since[:, :, None])  # (B, T, W + T)
        return F.scaled_dot_product_attention(
            self._rotated(self._heads(q), query_at),
            self._rotated(self._heads(keys), key_at),
            self._heads(values),
            attn_mask=mask[:, None],
        )

    def _heads(self, x: Tensor) -> Tensor:
        return self._split(x).transpose(1, 2)  # (B, H, T, D / H)

    def _split(self, x: Tensor) -> Tensor:
        """(B, T, D) -> (B, T, H, D / H)."""
        return x.reshape(*x.shape[:-1], self.n_heads, x.shape[-1] // self.n_heads)

    def _rotated(self, x: Tensor, at: Tensor) -> Tensor:
        """Rotary embedding (Su et al. 2021, arXiv 2104.09864). x (B, H, T, D / H), at (..., T)."""
        half = x.shape[-1] // 2
        speed = torch.exp(torch.arange(half, device=x.device) * (-math.log(4.0 * self.kept) / half))
        angle = at[..., None].float() * speed  # (..., T, D / H / 2)
        cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
        a, b = x[..., :half], x[..., half:]
        return torch.cat([a * cos - b * sin, a * sin + b * cos], dim=-1)


class GatedMlp(nn.Module):
    """SwiGLU: down(silu(gate(x)) * up(x)). (B, T, D) -> (B, T, D)."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.w_in = nn.Parameter(torch.empty(2 * config.mlp_width, config.width))
        self.w_out = nn.Parameter(torch.empty(config.width, config.mlp_width))

    def forward(self, x: Tensor) -> Tensor:
        gate, up = linear(rms_norm(x), self.w_in).chunk(2, dim=-1)
        return x + linear(F.silu(gate) * up, self.w_out)


class Network(nn.Module):
    """The language model. Computes in `compute_dtype`; the recurrent state is float32 always."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.compute_dtype = torch.float32
        self.embedding = nn.Parameter(torch.empty(config.vocab_size, config.width))
        self.bigrams = nn.Parameter(torch.zeros(config.bigram_buckets, config.width))
        self.mixers = nn.ModuleList(
            Attention(config) if layer in config.attention_layers else Recurrence(config)
            for layer in range(config.n_layers)
        )
        self.mlps = nn.ModuleList(GatedMlp(config) for _ in range(config.n_layers))

    def initialize(self, seed: int) -> None:
        """Fresh weights: matrices scaled by fan-in, what writes to the stream scaled by depth."""
        generator = torch.Generator().manual_seed(seed)
        for name, parameter in self.named_parameters():
            if name.endswith("forget_bias"):
                # Spread over time scales from one token to some four hundred.
                with torch.no_grad():
                    parameter.copy_(torch.linspace(0.0, 6.0, len(parameter)))
            if parameter.ndim != 2 or name.endswith(("conv", "bigrams")):
                continue
            deviation = 0.02 if name == "embedding" else parameter.shape[1] ** -0.5
            if name.endswith("w_out"):
                deviation /= math.sqrt(2 * self.config.n_layers)
            with torch.no_grad():
                parameter.normal_(0.0, deviation, generator=generator)

    @property
    def device(self) -> torch.device:
        return self.embedding.device

    def empty_state(self, n_rows: int) -> State[Tensor]:
        """The state before a document. Returns n_rows rows."""
        config, device = self.config, self.embedding.device
        layers: list[tuple[Tensor, Tensor]] = []
        for layer in range(config.n_layers):
            attends = layer in config.attention_layers
            kept = config.window if attends else config.conv_width - 1
            cache = torch.zeros(n_rows, kept, config.width, dtype=self.compute_dtype, device=device)
            first = torch.zeros(n_rows, config.width, device=device)
            layers.append((cache, cache) if attends else (first, cache))
        none = torch.zeros(n_rows, dtype=torch.int64, device=device)
        return State(none, none, layers)

    def trace(
        self, ids: Tensor, state: State[Tensor] | None = None
    ) -> tuple[Tensor, Trace[Tensor]]:
        """What the head reads at each token, and all states.

        ids      (B, T) int64
        state    the state before the first token, B rows; None: a document begins
        returns  (B, T, D) features in compute_dtype, and a Trace
        """
        if state is None:
            state = self.empty_state(ids.shape[0])
        since = self._since(ids, state.since)
        # The embedding is small because the head reads it too; the stream wants unit size.
        x = F.embedding(ids, self.embedding)
        if self.config.bigram_buckets:
            x = x + F.embedding(self._buckets(ids, since, state.latest), self.bigrams)
        x = rms_norm(x.to(self.compute_dtype))
        sequences: list[tuple[Tensor, Tensor]] = []
        kept: list[int] = []
        for mixer, mlp, memory in zip(self.mixers, self.mlps, state.layers, strict=True):
            x, sequence = mixer(x, since, memory)
            x = mlp(x)
            sequences.append(sequence)
            assert isinstance(mixer, Recurrence | Attention)
            kept.append(mixer.kept)
        return rms_norm(x), Trace(since, ids, sequences, kept)

    def branch(self, document: Trace[Tensor], positions: Tensor, ids: Tensor) -> Tensor:
        """What the head reads at each token of texts that leave a document at different places.

        document   the trace of one document (B = 1) of n tokens
        positions  (N,) int64 in [0, n), the document's token that each text follows
        ids        (N, T) int64
        returns    (N, T, D) features in compute_dtype

        The same features as `trace` from the states at these positions.
        """
        before = document.since[0, positions]
        latest = document.ids[0, positions]
        since = self._since(ids, before)
        x = F.embedding(ids, self.embedding)
        if self.config.bigram_buckets:
            x = x + F.embedding(self._buckets(ids, since, latest), self.bigrams)
        x = rms_norm(x.to(self.compute_dtype))
        for mixer, mlp, (first, second) in zip(
            self.mixers, self.mlps, document.layers, strict=True
        ):
            if isinstance(mixer, Attention):
                x = mixer.branch(x, since, (first, second), positions)
            else:
                assert isinstance(mixer, Recurrence)
                reach = positions[:, None] + torch.arange(1, mixer.kept + 1, device=ids.device)
                x, _ = mixer(x, since, (first[0, positions], second[0, reach]))
            x = mlp(x)
        return rms_norm(x)

    def logits(self, features: Tensor) -> Tensor:
        """(..., D) features -> (..., V) logits, nats up to a constant, in compute_dtype."""
        return linear(features, self.embedding)

    def forward(
        self, ids: Tensor, state: State[Tensor] | None = None
    ) -> tuple[Tensor, State[Tensor]]:
        """ids (B, T) int64 -> logits (B, T, V), row t predicts token t + 1; and the next state."""
        features, trace = self.trace(ids, state)
        return self.logits(features), trace.last()

    def _buckets(self, ids: Tensor, since: Tensor, latest: Tensor) -> Tensor:
        """Where each pair of neighbours is looked up: a table of hashed pairs adds much that is
        known about frequent pairs and costs no matrix product (Svenstrup et al. 2017, arXiv
        1709.03933). (B, T) int64, bucket 0 where a document begins.
        """
        previous = torch.cat([latest[:, None], ids[:, :-1]], dim=1)
        mixed = (previous * 36313 + ids * 27191) % 1_000_003
        return torch.where(since > 1, mixed % (self.config.bigram_buckets - 1) + 1, 0)

    def _since(self, ids: Tensor, before: Tensor) -> Tensor:
        """Tokens since the document began, counted at each token. (B, T) int64, from 1."""
        n_tokens = ids.shape[1]
        at = torch.arange(n_tokens, device=ids.device)
        begins = (ids >= self.config.first_tag) & (ids <= self.config.last_tag)
        latest = torch.cummax(torch.where(begins, at, -1), dim=1).values
        carried = before[:, None] + at + 1
        return torch.where(latest >= 0, at - latest + 1, carried)
