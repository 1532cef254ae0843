"""Text to tokens."""


def is_number(token):
    """Digits, with at most one point among them."""
    return token.count(".") <= 1 and token.replace(".", "").isdigit()


def scan(text):
    """Numbers, names and single signs; spaces part them."""
    tokens, token = [], ""
    for char in comment(text or ""):
        if char.isalnum() or char == ".":
            token += char
            continue
        if token:
            tokens.append(token)
            token = ""
        if not char.isspace():
            tokens.append(char)
    if token:
        tokens.append(token)
    return tokens


def comment(text):
    """The text before a #."""
    at = text.find("#")
    return text if at < 0 else text[:at]


def unquote(raw):
    """Text of a quoted run of bytes, its quotes taken off."""
    text = raw.decode("utf-8")
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        raise ValueError("not quoted")
    return text[1:-1]


def names(tokens, known=None):
    """Names among the tokens, after the known ones, each once."""
    found = [] if known is None else list(known)
    for token in tokens:
        if token[0].isalpha() and token.lower() not in found:
            found.append(token.lower())
    return found
