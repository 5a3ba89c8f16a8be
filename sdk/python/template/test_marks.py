import unittest

import marks


class Marks(unittest.TestCase):
    def test_marks_are_found_with_their_lines(self):
        found = marks.in_text("a.py", "a = 1\n  # TODO: b\n# done\n")
        self.assertEqual(found, [{"path": "a.py", "line": 2, "text": "# TODO: b"}])
        body = marks.brief(found)["sections"][0]["body"]
        self.assertEqual(body, "- a.py:2: # TODO: b\n")
        self.assertEqual(marks.checkpoint(found)["metrics"][0]["value"], 1.0)

    def test_nothing_is_quoted_from_what_is_not_text(self):
        self.assertEqual(marks.in_text("a.wasm", "\0asm\n# TODO: b\n"), [])

    def test_nothing_is_said_about_nothing(self):
        self.assertEqual(marks.brief([]), {})


if __name__ == "__main__":
    unittest.main()
