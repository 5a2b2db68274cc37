"""An edit that may mend a slip, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, replace

# Kinds of repairs that change two places and keep what stands between them, or take away several lexemes.
_JOINT = frozenset(["quote", "enclose", "unwrap", "rebracket", "prompt", "join", "split", "cut"])


@dataclass(frozen=True, slots=True)
class Candidate:
    """Replace text[start:end] by `text`.

    op         what the repair does: insert, delete, replace, swap, respell, indent, a kind of
               lm_lint.joint_edits or of lm_lint.html_repairs
    removed    the lexeme that goes, "" for none
    added      the lexeme that comes
    free_bits  the first price: higher is likelier
    """

    start: int
    end: int
    text: str
    op: str
    removed: str
    added: str
    free_bits: float

    @property
    def is_joint(self) -> bool:
        """Whether it is an edit of lm_lint.joint_edits' own kinds."""
        return self.op in _JOINT

    def apply(self, text: str) -> str:
        return text[: self.start] + self.text + text[self.end :]

    def moved(self, by: int) -> Candidate:
        """The same edit in a text that begins so many code points earlier."""
        return replace(self, start=self.start + by, end=self.end + by)
