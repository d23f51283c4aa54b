#include "engine/base/ids.h"

#include <array>
#include <initializer_list>
#include <optional>

#include "absl/strings/ascii.h"
#include "engine/base/check.h"
#include "engine/base/text.h"

namespace caseward {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr size_t kPartitionSymbols = 2;
constexpr size_t kSymbols = 14;  // partition and digest, without the check
constexpr uint32_t kCheckModulus = 37;
constexpr size_t kTextMax = 64;  // an id with hyphens between all symbols is shorter

// The value of a symbol; forgiving. U is no symbol.
std::optional<uint32_t> SymbolValue(char c) {
  c = absl::ascii_toupper(static_cast<unsigned char>(c));
  if (c == 'O') c = '0';
  if (c == 'I' || c == 'L') c = '1';
  const size_t at = kAlphabet.find(c);
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<uint32_t>(at);
}

// Of canonical symbols.
uint32_t CheckOf(std::string_view symbols) {
  uint32_t rest = 0;
  for (const char c : symbols)
    rest = (rest * 32 + static_cast<uint32_t>(kAlphabet.find(c))) % kCheckModulus;
  return rest;
}

std::string Canonical(char prefix, std::string_view symbols, char check) {
  return StrCat(std::string_view(&prefix, 1), "-", symbols.substr(0, 2), "-", symbols.substr(2, 6), "-",
                symbols.substr(8, 6), "-", std::string_view(&check, 1));
}

uint64_t First64(const Sha256Digest& digest) {
  uint64_t value = 0;
  for (size_t i = 0; i < 8; ++i)
    value = (value << 8) | digest[i];
  return value;
}

uint32_t SpreadOver(const Sha256Digest& digest, uint32_t partitions) {
  CHECK(partitions >= 1 && partitions <= kPartitionsMax);
  if (partitions == 1) return 0;
  return 1 + static_cast<uint32_t>(First64(digest) % (partitions - 1));
}

constexpr std::string_view kZero("\0", 1);

std::string DeriveText(char prefix, const Hasher& hasher, uint32_t partition, std::string_view principal,
                       std::string_view command_id) {
  CHECK(partition < kPartitionsMax);
  // 5 of 37 attempts need an odd check sign, so a second attempt is rare and a hundredth does not happen.
  for (uint32_t attempt = 0; attempt < 256; ++attempt) {
    const char salt[] = {prefix, static_cast<char>(attempt)};
    const Sha256Digest digest =
        hasher.Sha256({principal, kZero, command_id, kZero, std::string_view(salt, sizeof(salt))});
    std::string symbols = {kAlphabet[partition / 32], kAlphabet[partition % 32]};
    const uint64_t bits = First64(digest) >> 4;
    for (int shift = 55; shift >= 0; shift -= 5)
      symbols.push_back(kAlphabet[(bits >> shift) & 31U]);
    const uint32_t check = CheckOf(symbols);
    if (check < kAlphabet.size()) return Canonical(prefix, symbols, kAlphabet[check]);
  }
  CHECK(false && "a hasher that gives the same digest for every attempt");
  return "";
}

template <typename Id>
Id MustParse(std::string_view text) {
  absl::StatusOr<Id> id = Id::Parse(text);
  CHECK(id.ok());
  return *std::move(id);
}

absl::Status Bad(char prefix, std::string_view found) {
  return absl::InvalidArgumentError(
      StrCat("expected an id such as ", Canonical(prefix, "037K2M9QVT4XW1", 'V'), "; found ", found));
}

}  // namespace

template <char kPrefix>
absl::StatusOr<StreamId<kPrefix>> StreamId<kPrefix>::Parse(std::string_view text) {
  if (text.size() > kTextMax) return Bad(kPrefix, StrCat(text.size(), " characters"));
  if (text.size() < 2 || absl::ascii_toupper(static_cast<unsigned char>(text[0])) != kPrefix || text[1] != '-') {
    return Bad(kPrefix, "text that begins otherwise");
  }
  std::string symbols;
  for (size_t i = 2; i < text.size(); ++i) {
    if (text[i] == '-') continue;
    const std::optional<uint32_t> value = SymbolValue(text[i]);
    if (!value) return Bad(kPrefix, StrCat("a character at ", i, " that ids do not use"));
    symbols.push_back(kAlphabet[*value]);
  }
  if (symbols.size() != kSymbols + 1) {
    return Bad(kPrefix, StrCat(symbols.size(), " symbols instead of ", kSymbols + 1));
  }
  const char check = symbols.back();
  symbols.pop_back();
  const uint32_t right = CheckOf(symbols);
  if (right >= kAlphabet.size() || kAlphabet[right] != check) {
    return Bad(kPrefix, "a check symbol that does not fit: a symbol is wrong, or two are swapped");
  }
  static_assert(kPartitionSymbols == 2 && kPartitionsMax == 32 * 32);
  const auto partition = static_cast<uint32_t>(kAlphabet.find(symbols[0]) * 32 + kAlphabet.find(symbols[1]));
  return StreamId(Canonical(kPrefix, symbols, check), partition);
}

template class StreamId<'C'>;
template class StreamId<'R'>;

CaseId DeriveCaseId(const Hasher& hasher, uint32_t partition, std::string_view principal, std::string_view command_id) {
  return MustParse<CaseId>(DeriveText('C', hasher, partition, principal, command_id));
}

ResidentId DeriveResidentId(const Hasher& hasher, uint32_t partition, std::string_view principal,
                            std::string_view command_id) {
  return MustParse<ResidentId>(DeriveText('R', hasher, partition, principal, command_id));
}

uint32_t HomePartition(const Hasher& hasher, std::string_view key, uint32_t partitions) {
  return SpreadOver(hasher.Sha256({key}), partitions);
}

uint32_t ReferencePartition(const Hasher& hasher, const v1::ExternalReference& reference, uint32_t partitions) {
  return SpreadOver(hasher.Sha256({reference.system(), kZero, reference.value()}), partitions);
}

}  // namespace caseward
