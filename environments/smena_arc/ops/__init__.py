"""The ARC operators: small pure functions by theme, registered in :data:`OPERATORS` in a fixed order."""

from smena_arc.ops import arrange, colour, crop, draw, fill, geometry, gravity, pick, split, symmetry, tile
from smena_arc.ops.base import OPERATORS, Case, Grid, Operator, Piece, Pieces

__all__ = [
    "OPERATORS", "Case", "Grid", "Operator", "Piece", "Pieces",
    "arrange", "colour", "crop", "draw", "fill", "geometry", "gravity", "pick", "split", "symmetry", "tile",
]  # fmt: skip
