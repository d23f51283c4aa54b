#!/usr/bin/env python3
"""Each rule of tidy.py catches what it is for, and lets clean text pass."""
import unittest

import tidy


class TidyTest(unittest.TestCase):
    def problems(self, name, text):
        return [why for _, why in tidy.check_text(name, text)]

    def test_clean_header_passes(self):
        self.assertEqual(self.problems("engine/a.h", "// What it is.\n#pragma once\n"), [])

    def test_header_without_paragraph(self):
        self.assertTrue(self.problems("engine/a.h", "#pragma once\n"))

    def test_header_without_pragma(self):
        self.assertTrue(self.problems("engine/a.h", "// What it is.\nint x;\n"))

    def test_file_at_and_past_the_limit(self):
        at = "int x;\n" * tidy.FILE_LINES_MAX
        self.assertEqual(self.problems("engine/a.cc", at), [])
        self.assertTrue(self.problems("engine/a.cc", at + "int y;\n"))

    def test_clock_in_engine(self):
        self.assertTrue(self.problems("engine/a.cc", "auto t = absl::Clock::now();\n"))
        self.assertEqual(self.problems("services/a.cc", "auto t = std::chrono::steady_clock::now();\n"), [])

    def test_throw_and_using(self):
        self.assertTrue(self.problems("storage/a.cc", "  throw 1;\n"))
        self.assertTrue(self.problems("engine/a.cc", "using namespace std;\n"))

    def test_markdown_titles_and_links(self):
        self.assertEqual(self.problems("docs/x.md", "# One\n"), [])
        self.assertTrue(self.problems("docs/x.md", "text\n"))
        self.assertTrue(self.problems("docs/x.md", "# One\n[a](nowhere.md)\n"))
        self.assertTrue(self.problems("docs/x.md", "# One\n`engine/nowhere.h`\n"))
        self.assertEqual(self.problems("docs/x.md", "# One\n```\n# not a title\n```\n"), [])


if __name__ == "__main__":
    unittest.main()
