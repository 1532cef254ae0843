"""What the generator furnishes rooms with: which things there are, what can be done to them, where they may
lie. Kinds are written as in PDDL: CounterTop."""

from __future__ import annotations

from typing import NamedTuple


class Thing(NamedTuple):
    """A kind of object. ``can``: h heated, c cooled, w washed, s sliced, r holds other objects. ``on``: kinds
    of receptacles that may hold it."""

    can: str
    on: tuple[str, ...]


OPENABLE = frozenset({"Cabinet", "Drawer", "Fridge", "Microwave", "Safe"})
BASINS = {"SinkBasin": "Sink", "BathtubBasin": "Bathtub"}
"""Kinds whose PDDL names say whose basin they are."""

ROOMS: dict[str, dict[str, int]] = {
    "kitchen": {
        "CounterTop": 3,
        "Fridge": 1,
        "Microwave": 1,
        "SinkBasin": 1,
        "GarbageCan": 1,
        "DiningTable": 1,
        "Cabinet": 8,
        "Drawer": 6,
        "Shelf": 2,
        "StoveBurner": 4,
        "CoffeeMachine": 1,
    },
    "bathroom": {
        "SinkBasin": 2,
        "BathtubBasin": 1,
        "CounterTop": 2,
        "Cabinet": 6,
        "Drawer": 4,
        "Shelf": 3,
        "GarbageCan": 1,
        "Toilet": 1,
        "Cart": 2,
    },
    "bedroom": {
        "Bed": 1,
        "Desk": 2,
        "SideTable": 2,
        "Drawer": 8,
        "Shelf": 5,
        "Dresser": 1,
        "ArmChair": 2,
        "GarbageCan": 1,
        "Safe": 1,
    },
    "livingroom": {
        "Sofa": 2,
        "CoffeeTable": 2,
        "SideTable": 3,
        "ArmChair": 3,
        "Drawer": 6,
        "Shelf": 4,
        "Dresser": 1,
        "DiningTable": 1,
        "Cabinet": 4,
        "GarbageCan": 1,
    },
}
"""Receptacles of a room of full size."""

_TOPS = ("CounterTop", "DiningTable", "SideTable", "CoffeeTable", "Desk", "Dresser")
_SEATS = ("Sofa", "ArmChair", "Bed")
_FOOD = ("Fridge", "CounterTop", "DiningTable", "SinkBasin", "GarbageCan")
_WARE = ("Cabinet", "Shelf", "Fridge", "CounterTop", "DiningTable", "SinkBasin")
_CUTLERY = ("Drawer", "CounterTop", "DiningTable", "SinkBasin")
_BATH = ("Cabinet", "Drawer", "Shelf", "CounterTop", "Toilet", "Cart", "GarbageCan")
_SMALL = ("Drawer", "Shelf", "Safe", *_TOPS[1:])

THINGS: dict[str, dict[str, Thing]] = {
    "kitchen": {
        "Apple": Thing("hcws", (*_FOOD, "Microwave")),
        "Potato": Thing("hcws", (*_FOOD, "Microwave")),
        "Tomato": Thing("hcws", (*_FOOD, "Microwave")),
        "Egg": Thing("hcws", (*_FOOD, "Microwave")),
        "Bread": Thing("hcs", ("Fridge", "CounterTop", "DiningTable", "GarbageCan", "Microwave")),
        "Lettuce": Thing("cws", _FOOD),
        "Mug": Thing("hcwr", (*_WARE, "CoffeeMachine", "Microwave")),
        "Cup": Thing("hcwr", (*_WARE, "Microwave")),
        "Plate": Thing("hcwr", (*_WARE, "Microwave")),
        "Bowl": Thing("cwr", (*_WARE, "Microwave")),
        "Pot": Thing("cwr", ("StoveBurner", "Cabinet", "Fridge", "CounterTop", "DiningTable", "SinkBasin")),
        "Pan": Thing("cwr", ("StoveBurner", "Cabinet", "Fridge", "CounterTop", "DiningTable", "SinkBasin")),
        "Kettle": Thing("w", ("StoveBurner", "Cabinet", "CounterTop", "Shelf", "DiningTable", "SinkBasin")),
        "Fork": Thing("w", _CUTLERY),
        "Spoon": Thing("w", _CUTLERY),
        "Knife": Thing("w", _CUTLERY),
        "ButterKnife": Thing("w", _CUTLERY),
        "Spatula": Thing("w", _CUTLERY),
        "Ladle": Thing("w", (*_CUTLERY, "Cabinet")),
        "DishSponge": Thing("w", ("Cabinet", "Drawer", "CounterTop", "SinkBasin", "Shelf", "GarbageCan")),
        "SaltShaker": Thing("", ("Cabinet", "Drawer", "CounterTop", "Shelf", "DiningTable")),
        "PepperShaker": Thing("", ("Cabinet", "Drawer", "CounterTop", "Shelf", "DiningTable")),
        "SoapBottle": Thing("", ("Cabinet", "Drawer", "CounterTop", "Shelf", "GarbageCan")),
        "WineBottle": Thing("c", ("Cabinet", "Fridge", "CounterTop", "Shelf", "GarbageCan", "DiningTable")),
    },
    "bathroom": {
        "SoapBar": Thing("w", (*_BATH, "SinkBasin", "BathtubBasin")),
        "Cloth": Thing("w", (*_BATH, "SinkBasin", "BathtubBasin")),
        "DishSponge": Thing("w", (*_BATH, "SinkBasin", "BathtubBasin")),
        "HandTowel": Thing("", (*_BATH, "SinkBasin")),
        "SoapBottle": Thing("", _BATH),
        "SprayBottle": Thing("", _BATH),
        "ToiletPaper": Thing("", _BATH),
        "Candle": Thing("", _BATH),
        "TissueBox": Thing("", _BATH),
        "Plunger": Thing("", ("Cabinet", "Cart")),
    },
    "bedroom": {
        "Book": Thing("", ("Drawer", "Shelf", *_TOPS[2:], "Bed", "ArmChair")),
        "AlarmClock": Thing("", ("Shelf", *_TOPS[2:])),
        "CD": Thing("", (*_SMALL, "GarbageCan")),
        "CellPhone": Thing("", (*_SMALL, "Bed", "ArmChair")),
        "CreditCard": Thing("", (*_SMALL, "ArmChair")),
        "KeyChain": Thing("", (*_SMALL, "ArmChair")),
        "Pen": Thing("", ("Drawer", "Shelf", *_TOPS[2:], "GarbageCan")),
        "Pencil": Thing("", ("Drawer", "Shelf", *_TOPS[2:], "GarbageCan")),
        "Laptop": Thing("", (*_TOPS[2:], "Bed", "ArmChair")),
        "Mug": Thing("r", ("Shelf", *_TOPS[2:])),
        "Pillow": Thing("", ("Bed", "ArmChair")),
        "Watch": Thing("", _SMALL),
    },
    "livingroom": {
        "Book": Thing("", ("Drawer", "Shelf", *_TOPS, *_SEATS, "Cabinet")),
        "Box": Thing("r", (*_TOPS, "Sofa", "ArmChair", "Shelf", "Cabinet")),
        "CreditCard": Thing("", (*_SMALL, "Sofa", "ArmChair")),
        "KeyChain": Thing("", (*_SMALL, "Sofa", "ArmChair")),
        "Laptop": Thing("", (*_TOPS, "Sofa", "ArmChair")),
        "Newspaper": Thing("", (*_TOPS, *_SEATS, "Drawer", "Shelf", "GarbageCan")),
        "Pillow": Thing("", ("Sofa", "ArmChair")),
        "RemoteControl": Thing("", (*_SMALL, "Sofa", "ArmChair")),
        "Statue": Thing("", (*_TOPS, "Shelf")),
        "Vase": Thing("", (*_TOPS, "Shelf", "Cabinet")),
        "Watch": Thing("", _SMALL),
        "WateringCan": Thing("", (*_TOPS, "Shelf", "Drawer", "Cabinet")),
    },
}

LAMPS = {"DeskLamp": ("Desk", "SideTable", "Shelf", "Dresser", "CoffeeTable")}
"""Lamps stay where they stand."""

WHERE: dict[str, tuple[str, ...]] = {
    "pick": ("kitchen", "bathroom", "bedroom", "livingroom"),
    "look": ("bedroom", "livingroom"),
    "clean": ("kitchen", "bathroom"),
    "heat": ("kitchen",),
    "cool": ("kitchen",),
    "two": ("kitchen", "bathroom", "bedroom", "livingroom"),
}
"""Rooms in which a type of task is found."""
