#include "storage/crc32c.h"

#include <array>
#include <cstddef>

namespace caseward {
namespace {

using Table = std::array<uint32_t, 256>;

// tables[0] moves the checksum over one byte; tables[n] over that byte and n zero bytes after it.
constexpr std::array<Table, 8> MakeTables() {
  constexpr uint32_t kPolynomial = 0x82f63b78;  // Castagnoli, bits reversed
  std::array<Table, 8> tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    tables[0][byte] = crc;
  }
  for (size_t n = 1; n < 8; ++n) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint32_t before = tables[n - 1][byte];
      tables[n][byte] = (before >> 8) ^ tables[0][before & 0xff];
    }
  }
  return tables;
}
constexpr std::array<Table, 8> kTables = MakeTables();

uint32_t Byte(char c) { return static_cast<unsigned char>(c); }

uint32_t LittleEndian32(const char* p) { return Byte(p[0]) | Byte(p[1]) << 8 | Byte(p[2]) << 16 | Byte(p[3]) << 24; }

}  // namespace

uint32_t Crc32c(uint32_t crc, std::string_view bytes) {
  const char* p = bytes.data();
  size_t left = bytes.size();
  crc = ~crc;
  for (; left >= 8; p += 8, left -= 8) {
    const uint32_t low = crc ^ LittleEndian32(p);
    const uint32_t high = LittleEndian32(p + 4);
    crc = kTables[7][low & 0xff] ^ kTables[6][(low >> 8) & 0xff] ^ kTables[5][(low >> 16) & 0xff] ^
          kTables[4][low >> 24] ^ kTables[3][high & 0xff] ^ kTables[2][(high >> 8) & 0xff] ^
          kTables[1][(high >> 16) & 0xff] ^ kTables[0][high >> 24];
  }
  for (; left > 0; ++p, --left)
    crc = (crc >> 8) ^ kTables[0][(crc ^ Byte(*p)) & 0xff];
  return ~crc;
}

}  // namespace caseward
