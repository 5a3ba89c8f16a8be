"""What the plugin says, as plain functions over plain data: its tests need no host."""

WORDS = ("TODO", "FIXME")


def in_text(path, text):
    """A file that holds a NUL is not text: it has no lines to quote."""
    if "\0" in text:
        return []
    return [
        {"path": path, "line": number, "text": line.strip()}
        for number, line in enumerate(text.split("\n"), start=1)
        if any(word in line for word in WORDS)
    ]


def brief(marks):
    """For whoever takes up the work: where the marks are."""
    if not marks:
        return {}
    lines = [f"- {mark['path']}:{mark['line']}: {mark['text']}\n" for mark in marks]
    return {"sections": [{"title": "Loose ends", "body": "".join(lines), "importance": 40}]}


def checkpoint(marks):
    """For the record: how many there are, and each as a finding."""
    return {
        "metrics": [
            {
                "name": "loose_ends",
                "value": float(len(marks)),
                "unit": "count",
                "better": "down",
                "threshold": None,
            }
        ],
        "findings": [
            {
                "severity": "info",
                "message": mark["text"],
                "path": mark["path"],
                "line": mark["line"],
                "hint": None,
            }
            for mark in marks
        ],
    }
