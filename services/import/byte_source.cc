#include "services/import/byte_source.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace caseward {
namespace {

constexpr size_t kBufferBytes = 64 << 10;

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, FileCloser>;

class FileSource : public ByteSource {
 public:
  FileSource(File file, std::string path, uint64_t size)
      : file_(std::move(file)), path_(std::move(path)), size_(size) {}

  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    const size_t read = std::fread(out.data(), 1, out.size(), file_.get());
    if (read < out.size() && std::ferror(file_.get()) != 0) {
      return absl::DataLossError(
          absl::StrCat(path_, ": reading failed after ", consumed_, " bytes: ", std::strerror(errno)));
    }
    consumed_ += read;
    return read;
  }
  uint64_t consumed() const override { return consumed_; }
  uint64_t size() const override { return size_; }

 private:
  File file_;
  std::string path_;
  uint64_t size_;
  uint64_t consumed_ = 0;
};

class StringSource : public ByteSource {
 public:
  explicit StringSource(std::string bytes) : bytes_(std::move(bytes)) {}
  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    const size_t n = std::min(out.size(), bytes_.size() - at_);
    std::memcpy(out.data(), bytes_.data() + at_, n);
    at_ += n;
    return n;
  }
  uint64_t consumed() const override { return at_; }
  uint64_t size() const override { return bytes_.size(); }

 private:
  std::string bytes_;
  size_t at_ = 0;
};

// Looks at the first two bytes of another source: gzip is unpacked, anything else passes through.
class MaybeGzipSource : public ByteSource {
 public:
  MaybeGzipSource(std::unique_ptr<ByteSource> packed, std::string name)
      : packed_(std::move(packed)), name_(std::move(name)) {}
  ~MaybeGzipSource() override {
    if (mode_ == Mode::kGzip) inflateEnd(&z_);
  }
  MaybeGzipSource(const MaybeGzipSource&) = delete;
  MaybeGzipSource& operator=(const MaybeGzipSource&) = delete;

  absl::StatusOr<size_t> Read(absl::Span<char> out) override {
    if (mode_ == Mode::kUnknown) {
      if (absl::Status s = Detect(); !s.ok()) return s;
    }
    return mode_ == Mode::kPlain ? ReadPlain(out) : ReadGzip(out);
  }
  uint64_t consumed() const override { return packed_->consumed(); }
  uint64_t size() const override { return packed_->size(); }

 private:
  enum class Mode { kUnknown, kPlain, kGzip };

  absl::Status Fill() {
    absl::StatusOr<size_t> n = packed_->Read(absl::MakeSpan(buffer_));
    if (!n.ok()) return n.status();
    begin_ = 0;
    end_ = *n;
    return absl::OkStatus();
  }

  absl::Status Detect() {
    if (absl::Status s = Fill(); !s.ok()) return s;
    const bool gzip = end_ >= 2 && buffer_[0] == '\x1f' && buffer_[1] == '\x8b';
    if (!gzip) {
      mode_ = Mode::kPlain;
      return absl::OkStatus();
    }
    constexpr int kGzipWindow = 15 + 16;  // zlib's way to say: expect a gzip header
    if (inflateInit2(&z_, kGzipWindow) != Z_OK) return absl::InternalError("zlib could not start");
    mode_ = Mode::kGzip;
    return absl::OkStatus();
  }

  absl::StatusOr<size_t> ReadPlain(absl::Span<char> out) {
    if (begin_ == end_) return packed_->Read(out);
    const size_t n = std::min(out.size(), end_ - begin_);
    std::memcpy(out.data(), buffer_.data() + begin_, n);
    begin_ += n;
    return n;
  }

  // One file may be several gzip members, one after the other.
  absl::StatusOr<size_t> ReadGzip(absl::Span<char> out) {
    z_.next_out = reinterpret_cast<Bytef*>(out.data());
    z_.avail_out = static_cast<uInt>(out.size());
    while (z_.avail_out == out.size()) {
      if (begin_ == end_) {
        if (absl::Status s = Fill(); !s.ok()) return s;
        if (end_ == 0) {
          if (between_members_) return 0;
          return absl::DataLossError(absl::StrCat(name_, ": the gzip stream is truncated: it ends after ", consumed(),
                                                  " packed bytes without its checksum"));
        }
      }
      if (between_members_) {
        inflateReset(&z_);
        between_members_ = false;
      }
      z_.next_in = reinterpret_cast<Bytef*>(buffer_.data() + begin_);
      z_.avail_in = static_cast<uInt>(end_ - begin_);
      const int rc = inflate(&z_, Z_NO_FLUSH);
      begin_ = end_ - z_.avail_in;
      if (rc == Z_STREAM_END) {
        between_members_ = true;
      } else if (rc != Z_OK && rc != Z_BUF_ERROR) {
        return absl::DataLossError(absl::StrCat(name_, ": the gzip stream is damaged near packed byte ",
                                                consumed() - (end_ - begin_), ": ",
                                                z_.msg == nullptr ? "zlib error" : z_.msg));
      }
    }
    return out.size() - z_.avail_out;
  }

  std::unique_ptr<ByteSource> packed_;
  std::string name_;
  Mode mode_ = Mode::kUnknown;
  z_stream z_ = {};
  bool between_members_ = false;
  std::array<char, kBufferBytes> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ByteSource>> OpenByteSource(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": expected a file; found a folder"));
  }
  File file(std::fopen(path.c_str(), "rb"));
  if (file == nullptr) return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", path));
  const uintmax_t size = std::filesystem::file_size(path, error);
  auto plain = std::make_unique<FileSource>(std::move(file), path, error ? 0 : size);
  return std::make_unique<MaybeGzipSource>(std::move(plain), path);
}

std::unique_ptr<ByteSource> BytesFromString(std::string bytes) {
  return std::make_unique<MaybeGzipSource>(std::make_unique<StringSource>(std::move(bytes)), "bytes");
}

}  // namespace caseward
