// Aligned columns for people. Numbers stand right, text left; a column is as wide as its widest cell. Widths count
// characters of UTF-8, not bytes.
#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace caseward::cli {

class Table {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  void Add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }
  // Writes title and rows, no trailing spaces.
  void Print(std::ostream& out) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// Characters of well-formed UTF-8.
size_t TextWidth(const std::string& text);

}  // namespace caseward::cli
