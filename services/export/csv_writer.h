// Writes CSV as RFC 4180 has it: commas, CRLF after each row, a cell in double quotes where it must be, quotes doubled.
//
// Safe in a spreadsheet: a program that opens CSV takes a cell that begins with = + - @ for a formula, and a formula
// can send the sheet elsewhere. So a cell of text that begins with one of these, with a tab or a carriage return, or
// with an apostrophe, gets one apostrophe in front. Whoever reads the file with a program takes one leading apostrophe
// away and has what was there: nothing is lost. Cells that this program makes itself (times, numbers, ids) go through
// the same door.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace caseward {

class CsvWriter {
 public:
  // With `mark`, the file begins with a byte order mark: some spreadsheets take UTF-8 for another encoding without it.
  CsvWriter(std::ostream& out, bool mark);
  void Row(const std::vector<std::string_view>& cells);

 private:
  std::ostream& out_;
};

// One cell, as it stands in the file.
std::string CsvCell(std::string_view text);

}  // namespace caseward
