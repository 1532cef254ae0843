"""Times of day."""


def minutes(text):
    """Minutes since midnight of ``9:30``; nothing: midnight."""
    text = (text or "0:00").strip()
    hour, _, minute = text.partition(":")
    if not hour.isdigit() or not minute.isdigit():
        raise ValueError(f"not a time: {text}")
    if int(hour) > 24 or int(minute) > 59:
        raise ValueError(f"no such time: {text}")
    return int(hour) * 60 + int(minute)


def clock(total):
    """``09:30`` of 570; past midnight it begins again."""
    hour, minute = divmod(total % 1440, 60)
    return f"{hour:02d}:{minute:02d}"


def rounded(total, step=15):
    """The next full step at or after a time."""
    if step < 1:
        raise ValueError("step must be positive")
    return (total + step - 1) // step * step
