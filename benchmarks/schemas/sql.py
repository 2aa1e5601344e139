"""Statements whose meaning can be changed in marked places: text with slots."""

from __future__ import annotations

from dataclasses import dataclass

SAME = "same"  # what a slot changes whose other text means the same


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch of a statement and another text for it; `changes` is empty for "the meaning"."""

    text: str
    other: str
    changes: str = ""


Piece = str | Slot


@dataclass(frozen=True, slots=True)
class Sql:
    """A statement, or a part of one."""

    pieces: tuple[Piece, ...]

    def __str__(self) -> str:
        return "".join(piece if isinstance(piece, str) else piece.text for piece in self.pieces)

    @property
    def mutable(self) -> list[int]:
        """The numbers of the slots that change the meaning."""
        return [
            number
            for number, piece in enumerate(self.pieces)
            if isinstance(piece, Slot) and piece.changes != SAME
        ]

    def mutated(self, number: int) -> str:
        """The statement with the other text in one slot."""
        return "".join(
            str(Sql((piece,))) if isinstance(piece, str) or at != number else piece.other
            for at, piece in enumerate(self.pieces)
        )

    def otherwise(self) -> str:
        """The statement with the other text in every slot that means the same."""
        return "".join(
            piece.other if isinstance(piece, Slot) and piece.changes == SAME else str(Sql((piece,)))
            for piece in self.pieces
        )

    def change(self, number: int) -> str:
        """What a slot changes, for a person."""
        slot = self.pieces[number]
        return f"{slot.text} => {slot.other}" if isinstance(slot, Slot) else ""
