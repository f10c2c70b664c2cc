"""The words of requests: which keys, values, conditions and updates could anybody send?

Few keys and small numbers, so that conditions and transactions collide. Attributes
keep their kinds, so that most updates fit:

    n, m numbers    s text    f mark    l list    d map    t set of texts    u set of numbers
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

Typed = dict[str, Any]

TEXTS = ("a", "ab", "abc", "b", "", "ü", "\U0001f6b2")
PARTITIONS = ("pa", "pa", "pa", "pb")
SORT_KEYS = ("x", "x", "x#1", "y")
ATTRIBUTES = "nmsfldtu"

_TESTS = ("compared", "compared", "ordered", "ordered", "between", "one_of", "exists", "function", "nested")
_SPOILED_KEYS: tuple[Callable[[dict[str, Typed]], object], ...] = (
    lambda key: key.update(pk={"S": ""}),
    lambda key: key.update(pk={"N": "1"}),
    lambda key: key.update(zk={"S": "1"}),
    lambda key: key.pop("sk", None),
)


@dataclass
class Placeholders:
    """The names and values of one request, as pynamodb numbers them; some names stand for themselves."""

    random: Random
    names: dict[str, str] = field(default_factory=dict)
    values: dict[str, Typed] = field(default_factory=dict)

    def name(self, attribute: str) -> str:
        if self.random.random() < 0.1:
            return attribute
        alias = f"#{len(self.names)}"
        for known, name in self.names.items():
            if name == attribute:
                return known
        self.names[alias] = attribute
        return alias

    def value(self, typed: Typed) -> str:
        placeholder = f":{len(self.values)}"
        self.values[placeholder] = typed
        return placeholder

    def arguments(self) -> dict[str, Any]:
        defined: dict[str, Any] = {}
        if self.names:
            defined["ExpressionAttributeNames"] = self.names
        if self.values:
            defined["ExpressionAttributeValues"] = self.values
        return defined


@dataclass
class Words:
    """Parts of requests, by chance; `key_schemas` as Tables takes them."""

    random: Random
    key_schemas: Mapping[str, bool]

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    # ---------------------------------------------------------------- keys and values

    def table(self) -> str:
        """Of two tables the first, which has sort keys, more often."""
        names = list(self.key_schemas)
        return self.random.choice((names[0], *names))

    def key(self, table: str) -> dict[str, Typed]:
        key = {"pk": {"S": self.random.choice(PARTITIONS)}}
        if self.key_schemas[table]:
            key["sk"] = {"S": self.random.choice(SORT_KEYS)}
        if self.chance(0.01):
            spoiled: Callable[[dict[str, Typed]], object] = self.random.choice(_SPOILED_KEYS)
            spoiled(key)
        return key

    def number(self) -> Typed:
        text = str(self.random.randint(-3, 6))
        return {"N": self.random.choice([text, text, text, text, text + ".5", text + ".0", text + "E1"])}

    def typed(self, attribute: str) -> Typed:
        random = self.random
        match attribute:
            case "n" | "m":
                return self.number()
            case "s":
                return {"S": random.choice(TEXTS)}
            case "f":
                return random.choice([{"BOOL": True}, {"BOOL": False}, {"NULL": True}])
            case "l":
                return {"L": [self.typed(random.choice("nsf")) for _ in range(random.randint(0, 3))]}
            case "d":
                return {"M": {name: self.typed("n") for name in random.sample("xyz", random.randint(0, 3))}}
            case "t":
                return {"SS": random.sample(("a", "b", "c"), random.randint(1, 3))}
        return {"NS": random.sample(("1", "2", "3"), random.randint(1, 3))}

    def item(self, table: str) -> dict[str, Typed]:
        attributes = self.random.sample(ATTRIBUTES, self.random.choice((0, 3, 5, 8, 8)))
        return self.key(table) | {name: self.typed(name) for name in attributes}

    # ---------------------------------------------------------------- conditions

    def condition(self, used: Placeholders, depth: int = 3) -> str:
        if depth and self.chance(0.35):
            word = self.random.choice(("AND", "OR", "NOT"))
            first = self.condition(used, depth - 1)
            if word == "NOT":
                return f"(NOT {first})"
            joined = f"{first} {word} {self.condition(used, depth - 1)}"
            return f"({joined})" if self.chance(0.8) else joined
        test: Callable[[Placeholders], str] = getattr(self, f"_{self.random.choice(_TESTS)}")
        return test(used)

    def _compared(self, used: Placeholders) -> str:
        attribute = self.random.choice(ATTRIBUTES)
        sign = self.random.choice(("=", "<>"))
        return f"{used.name(attribute)} {sign} {used.value(self.typed(attribute))}"

    def _ordered(self, used: Placeholders) -> str:
        attribute = self.random.choice("nmsmn")
        sign = self.random.choice(("<", "<=", ">", ">="))
        if self.chance(0.1):
            return f"{used.name('n')} {sign} {used.name('m')}"
        sides = [used.name(attribute), used.value(self.typed(attribute))]
        if self.chance(0.1):
            sides.reverse()
        return f" {sign} ".join(sides)

    def _between(self, used: Placeholders) -> str:
        low, high = sorted(self.random.sample(range(-3, 7), 2), reverse=self.chance(0.03))
        bounds = used.value({"N": str(low)}), used.value({"N": str(high)})
        return f"{used.name(self.random.choice('nm'))} BETWEEN {bounds[0]} AND {bounds[1]}"

    def _one_of(self, used: Placeholders) -> str:
        attribute = self.random.choice("nsf")
        choices = [used.value(self.typed(attribute)) for _ in range(self.random.randint(1, 4))]
        return f"{used.name(attribute)} IN ({', '.join(choices)})"

    def _exists(self, used: Placeholders) -> str:
        function = self.random.choice(("attribute_exists", "attribute_not_exists"))
        return f"{function} ({self._place(used)})"

    def _place(self, used: Placeholders) -> str:
        return self.random.choice(
            (
                lambda: used.name("pk"),
                lambda: used.name(self.random.choice(ATTRIBUTES)),
                lambda: f"{used.name('d')}.{used.name(self.random.choice('xyz'))}",
                lambda: f"{used.name('l')}[{self.random.randint(0, 2)}]",
            )
        )()

    def _function(self, used: Placeholders) -> str:
        return self.random.choice(
            (
                lambda: f"begins_with ({used.name('s')}, {used.value(self.typed('s'))})",
                lambda: f"begins_with ({used.name('pk')}, {used.value({'S': 'p'})})",
                lambda: f"contains ({used.name('s')}, {used.value(self.typed('s'))})",
                lambda: f"contains ({used.name('t')}, {used.value(self.typed('s'))})",
                lambda: f"contains ({used.name('u')}, {used.value({'N': '2'})})",
                lambda: f"contains ({used.name('l')}, {used.value(self.typed(self.random.choice('nf')))})",
                lambda: f"attribute_type ({used.name('f')}, {used.value({'S': 'BOOL'})})",
                lambda: f"size ({used.name(self.random.choice('sltud'))}) > {used.value({'N': '1'})}",
            )
        )()

    def _nested(self, used: Placeholders) -> str:
        place = f"{used.name('d')}.{used.name(self.random.choice('xyz'))}"
        return f"{place} {self.random.choice(('=', '<>', '<', '>='))} {used.value(self.number())}"

    # ---------------------------------------------------------------- updates

    def update(self, used: Placeholders) -> str:
        clauses: dict[str, list[str]] = {}
        for attribute in self.random.sample(ATTRIBUTES, self.random.randint(1, 4)):
            clause, action = self._action(attribute, used)
            clauses.setdefault(clause, []).append(action)
        return " ".join(f"{clause} {', '.join(actions)}" for clause, actions in clauses.items())

    def _action(self, attribute: str, used: Placeholders) -> tuple[str, str]:
        name = used.name(attribute)
        if self.chance(0.1):
            return "REMOVE", name
        if self.chance(0.3):
            return "SET", f"{name} = {used.value(self.typed(attribute))}"
        match attribute:
            case "n" | "m":
                return self._numeric_action(name, used)
            case "t" | "u":
                return self.random.choice(("ADD", "DELETE")), f"{name} {used.value(self.typed(attribute))}"
            case "l":
                return self._list_action(name, used)
            case "d":
                return self._map_action(name, used)
        if self.chance(0.02):
            return "ADD", f"{name} {used.value({'N': '1'})}"
        return "SET", f"{name} = if_not_exists ({name}, {used.value(self.typed(attribute))})"

    def _numeric_action(self, name: str, used: Placeholders) -> tuple[str, str]:
        value = used.value(self.number())
        if self.chance(0.6):
            return "ADD", f"{name} {value}"
        sign = self.random.choice("+-")
        if self.chance(0.5):
            return "SET", f"{name} = if_not_exists ({name}, {used.value({'N': '0'})}) {sign} {value}"
        first = used.name("m") if self.chance(0.3) else self.random.choice((name, value))
        return "SET", f"{name} = {first} {sign} {value}"

    def _list_action(self, name: str, used: Placeholders) -> tuple[str, str]:
        if self.chance(0.2):
            return "REMOVE", f"{name}[{self.random.randint(0, 3)}]"
        more = used.value(self.typed("l"))
        if self.chance(0.5):
            return "SET", f"{name} = list_append (if_not_exists ({name}, {more}), {more})"
        place = f"{name}[{self.random.randint(0, 3)}]"
        return "SET", f"{place} = {more}"

    def _map_action(self, name: str, used: Placeholders) -> tuple[str, str]:
        place = f"{name}.{used.name(self.random.choice('xyz'))}"
        if self.chance(0.15):
            return "REMOVE", place
        value = used.value(self.number())
        return ("SET", f"{place} = {value}") if self.chance(0.8) else ("ADD", f"{place} {value}")
