#include "services/export/csv_writer.h"

namespace caseward {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
// What a spreadsheet may take for the beginning of a formula, and the apostrophe itself, so that it can be taken away.
constexpr std::string_view kNeutralised = "=+-@\t\r'";

}  // namespace

std::string CsvCell(std::string_view text) {
  std::string cell;
  if (!text.empty() && kNeutralised.find(text.front()) != std::string_view::npos) cell += '\'';
  cell += text;
  if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
  std::string quoted = "\"";
  for (const char c : cell) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

CsvWriter::CsvWriter(std::ostream& out, bool mark) : out_(out) {
  if (mark) out_ << kByteOrderMark;
}

void CsvWriter::Row(const std::vector<std::string_view>& cells) {
  for (size_t i = 0; i < cells.size(); ++i)
    out_ << (i == 0 ? "" : ",") << CsvCell(cells[i]);
  out_ << "\r\n";
}

}  // namespace caseward
