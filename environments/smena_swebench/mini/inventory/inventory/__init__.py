"""What is in store, what it costs, and what to order."""

from inventory.orders import batches, label, order, parse_line, ready, reorder
from inventory.stock import Stock, average, discount, equal_price, price_of, value

__all__ = [
    "Stock",
    "average",
    "batches",
    "discount",
    "equal_price",
    "label",
    "order",
    "parse_line",
    "price_of",
    "ready",
    "reorder",
    "value",
]
