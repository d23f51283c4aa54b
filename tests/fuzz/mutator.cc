#include "tests/fuzz/mutator.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace caseward::fuzz {
namespace {

// Where parsers have their edges.
constexpr std::array<uint8_t, 12> kBytes = {0x00, 0x01, 0x7f, 0x80, 0xff, 0xc0, 0xed, '\n', '"', '{', ' ', '\t'};
constexpr std::array<std::string_view, 10> kNumbers = {
    "0",          "-1",         "1e999", "4294967296", "9223372036854775807", "99999999999999999999", "-0",
    "2147483648", "0000000001", ""};

}  // namespace

std::string Mutator::Mutate(std::string_view input) {
  std::string bytes(input);
  for (size_t changes = 1 + Below(4); changes > 0; --changes)
    ChangeOnce(bytes);
  if (bytes.size() > kMutationBytesMax) bytes.resize(kMutationBytesMax);
  return bytes;
}

Mutator::Piece Mutator::AnyPiece(const std::string& bytes) {
  const size_t at = Below(bytes.size());
  const size_t most = Below(2) == 0 ? 8 : bytes.size();
  return {.at = at, .size = std::min(bytes.size() - at, 1 + Below(most))};
}

void Mutator::ChangeOnce(std::string& bytes) {
  const Piece piece = AnyPiece(bytes);
  switch (Below(10)) {
    case 0: bytes.erase(piece.at, piece.size); return;
    case 1: bytes.resize(piece.at); return;
    case 2: bytes.insert(Below(bytes.size()), bytes.substr(piece.at, piece.size)); return;
    case 3: Repeat(bytes); return;
    case 4: Splice(bytes); return;
    case 5: ChangeNumber(bytes); return;
    case 6:
    case 7: InsertToken(bytes); return;
    case 8:
    case 9: ChangeByte(bytes); return;
  }
}

void Mutator::ChangeByte(std::string& bytes) {
  const size_t at = Below(bytes.size() + 1);
  if (at == bytes.size()) {
    bytes.push_back(static_cast<char>(chance_()));
  } else if (Below(2) == 0) {
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << Below(8)));
  } else {
    bytes[at] = static_cast<char>(kBytes[Below(kBytes.size())]);
  }
}

// A run of digits becomes a number at an edge.
void Mutator::ChangeNumber(std::string& bytes) {
  const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(Below(bytes.size()));
  const auto first = std::find_if(from, bytes.end(), is_digit);
  if (first == bytes.end()) return ChangeByte(bytes);
  const auto last = std::find_if_not(first, bytes.end(), is_digit);
  bytes.replace(first, last, kNumbers[Below(kNumbers.size())]);
}

// The same piece over and over: what nests, nests deep; what is counted, is too many.
void Mutator::Repeat(std::string& bytes) {
  const Piece piece = AnyPiece(bytes);
  const std::string one = bytes.substr(piece.at, piece.size);
  const size_t times = size_t{1} << Below(11);
  std::string many;
  for (size_t i = 0; i < times && many.size() < kMutationBytesMax; ++i)
    many += one;
  bytes.insert(piece.at, many);
}

void Mutator::InsertToken(std::string& bytes) {
  if (tokens_.empty()) return ChangeByte(bytes);
  const std::string& token = tokens_[Below(tokens_.size())];
  const Piece piece = AnyPiece(bytes);
  bytes.replace(piece.at, Below(2) == 0 ? 0 : piece.size, token);
}

void Mutator::Splice(std::string& bytes) {
  if (others_.empty()) return;
  const std::string& other = others_[Below(others_.size())];
  const Piece piece = AnyPiece(other);
  bytes.replace(Below(bytes.size()), Below(bytes.size()), other.substr(piece.at, piece.size));
}

}  // namespace caseward::fuzz
