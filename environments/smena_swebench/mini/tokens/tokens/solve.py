"""Tokens to a value."""

from tokens.scan import is_number, scan

RANK = {"+": 1, "-": 1, "*": 2, "/": 2}


def postfix(tokens):
    """Operands before their operators; what comes first binds first among equals."""
    output, stack = [], []
    for token in tokens:
        if token in RANK:
            while stack and RANK.get(stack[-1], 0) >= RANK[token]:
                output.append(stack.pop())
            stack.append(token)
        elif token == "(":
            stack.append(token)
        elif token == ")":
            while stack and stack[-1] != "(":
                output.append(stack.pop())
            if not stack:
                raise ValueError("no bracket to close")
            stack.pop()
        else:
            output.append(token)
    while stack:
        if stack[-1] == "(":
            raise ValueError("a bracket is open")
        output.append(stack.pop())
    return output


def evaluate(text, values=None):
    """The value of an expression; names stand for what ``values`` says. Nothing: 0."""
    values = {} if values is None else values
    stack = []
    for token in postfix(scan(text)):
        if token in RANK:
            if len(stack) < 2:
                raise ValueError("an operand is missing")
            right = stack.pop()
            left = stack.pop()
            stack.append(apply(token, left, right))
        elif is_number(token):
            stack.append(float(token))
        else:
            if token.lower() not in values:
                raise NameError(f"no value for {token}")
            stack.append(values[token.lower()])
    if not stack:
        return 0
    return stack[-1]


def apply(sign, left, right):
    """One operation."""
    if sign == "+":
        return left + right
    if sign == "-":
        return left - right
    if sign == "*":
        return left * right
    return left / right


def depth(tokens):
    """How deep the brackets go."""
    deepest, level = 0, 0
    for token in tokens:
        if token == "(":
            level += 1
            deepest = max(deepest, level)
        elif token == ")":
            level -= 1
    return deepest


def same(first, second):
    """Have two expressions one value, up to rounding?"""
    return abs(evaluate(first) - evaluate(second)) < 1e-9


def symbols(values, more=None):
    """A table of values, with more laid over it; the table itself stays."""
    table = dict(values or {})
    table.update(more or {})
    return table
