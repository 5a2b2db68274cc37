"""The shape of a network, as a released folder's config.json tells it. It knows neither torch nor weights."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

# Beyond what is of use, and not beyond what a machine can hold.
_MOST = {
    "vocab_size": 1 << 16,
    "width": 1 << 14,
    "n_layers": 1 << 8,
    "window": 1 << 16,
    "n_heads": 1 << 10,
    "mlp_width": 1 << 16,
    "conv_width": 1 << 6,
    "bigram_buckets": 1 << 24,
    "first_tag": 1 << 16,
    "last_tag": 1 << 16,
}


@dataclass(frozen=True)
class NetworkConfig:
    """The shape of a network. `first_tag` to `last_tag` are the ids that begin a document."""

    vocab_size: int = 6144
    width: int = 256
    n_layers: int = 6
    attention_layers: tuple[int, ...] = (3,)
    window: int = 256
    n_heads: int = 4
    mlp_width: int = 704
    conv_width: int = 3
    bigram_buckets: int = 8192
    first_tag: int = 2
    last_tag: int = 4

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def parameters(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the network's parameters, by their names in model.py."""
        width = self.width
        res: dict[str, tuple[int, ...]] = {
            "embedding": (self.vocab_size, width),
            "bigrams": (self.bigram_buckets, width),
        }
        for layer in range(self.n_layers):
            mixer, mlp = f"mixers.{layer}", f"mlps.{layer}"
            res[f"{mixer}.w_in"], res[f"{mixer}.w_out"] = (3 * width, width), (width, width)
            if layer in self.attention_layers:
                res[f"{mixer}.sharpness"] = (self.n_heads,)
            else:
                res[f"{mixer}.conv"] = (self.conv_width, width)
                res[f"{mixer}.forget_bias"] = (width,)
            res[f"{mlp}.w_in"] = (2 * self.mlp_width, width)
            res[f"{mlp}.w_out"] = (width, self.mlp_width)
        return res

    def problem(self) -> str | None:
        """Why there can be no such network; None where there can be one. For a shape that somebody else wrote."""
        for name, most in _MOST.items():
            value, least = getattr(self, name), int(name != "bigram_buckets")
            if type(value) is not int or not least <= value <= most:
                return f"{name} is {value!r:.40}; a number from {least} to {most:,} was expected"
        for layer in self.attention_layers:
            if type(layer) is not int or not 0 <= layer < self.n_layers:
                return f"layer {layer!r:.40} of {self.n_layers} shall attend"
        if self.attention_layers and (self.width % (2 * self.n_heads)):
            return f"a width of {self.width} cannot be divided among {self.n_heads} heads"
        if not self.first_tag <= self.last_tag < self.vocab_size:
            return f"tags {self.first_tag} to {self.last_tag} of {self.vocab_size} tokens"
        return None

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> NetworkConfig:
        known = {name: values[name] for name in cls.__dataclass_fields__ if name in values}
        if "attention_layers" in known:
            known["attention_layers"] = tuple(known["attention_layers"])
        return cls(**known)
