"""format=flowed text -> the lines its writer typed (RFC 3676)."""

# A soft break stands where the next word did not fit. Nearer to the margin than this the blank at a line's end is the
# writer's own, or was there in the text he answered (`Hours: `): joining would glue form lines together.
_SHORTEST_WRAP = 55


def unflow(text: str, *, is_delsp: bool) -> list[str]:
    """Part a text into lines: join soft-broken ones of equal quote depth and undo space-stuffing."""
    lines = text.split("\n")
    if " \n" not in text:  # nothing is broken softly
        return [line[1:] if line.startswith(" ") else line for line in lines]
    out: list[str] = []
    open_depth = -1  # quote depth of the last line of `out` where it ended in a soft break
    open_length = 0  # of its last typed piece
    for line in lines:
        depth, text = _parted(line)
        if depth == open_depth and text and (is_delsp or open_length + len(text.split(" ", 1)[0]) > _SHORTEST_WRAP):
            out[-1] += text
        else:
            out.append(f"{'>' * depth} {text}" if depth else text)
        is_soft = text.endswith(" ") and text != "-- "
        open_depth, open_length = (depth, len(text)) if is_soft else (-1, 0)
        if is_soft and is_delsp:
            out[-1] = out[-1][:-1]
    return out


def _parted(line: str) -> tuple[int, str]:
    if line[:1] not in (">", " "):
        return 0, line
    rest = line.lstrip(">")
    return len(line) - len(rest), rest[1:] if rest.startswith(" ") else rest
