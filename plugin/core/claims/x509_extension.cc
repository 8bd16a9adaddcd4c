#include "plugin/core/claims/x509_extension.h"

#include <cstdint>

#include "attestors/base/json.h"
#include "attestors/base/quote.h"

namespace svidence::claims {
namespace {

// Tags of X.690, section 8, as far as they occur here.
constexpr std::uint8_t kInteger = 0x02;
constexpr std::uint8_t kUtf8String = 0x0c;
constexpr std::uint8_t kSequence = 0x30;

constexpr std::string_view kVersion1("\x02\x01\x01", 3);
constexpr std::size_t kShortForm = 0x80;

Status CheckText(std::string_view what, std::string_view text, std::size_t low, std::size_t high) {
  if (text.size() < low || text.size() > high) {
    return InvalidArgument(std::string(what) + " must have " + std::to_string(low) + ".." +
                           std::to_string(high) + " bytes, got " + std::to_string(text.size()));
  }
  if (!IsUtf8(text)) return InvalidArgument(std::string(what) + " must be UTF-8");
  return OkStatus();
}

Status CheckTexts(std::string_view entry, std::optional<std::string_view> proof) {
  SVIDENCE_RETURN_IF_ERROR(CheckText("entry", entry, kMinEntryBytes, kMaxEntryBytes));
  return proof ? CheckText("proof", *proof, 1, kMaxProofBytes) : OkStatus();
}

// Bytes of an element whose content has `size` bytes, at most 65535.
std::size_t ElementSize(std::size_t size) {
  return size + (size < kShortForm ? 2U : size <= 0xff ? 3U : 4U);
}

void AppendHeader(std::string& out, std::uint8_t tag, std::size_t size) {
  out += static_cast<char>(tag);
  if (size < kShortForm) {
    out += static_cast<char>(size);
  } else if (size <= 0xff) {
    out += '\x81';
    out += static_cast<char>(size);
  } else {
    out += '\x82';
    out += static_cast<char>(size >> 8U);
    out += static_cast<char>(size & 0xffU);
  }
}

// Takes elements off the front of DER that is at most 65535 bytes long.
class DerReader {
 public:
  explicit DerReader(std::string_view rest) : rest_(rest) {}

  bool done() const { return rest_.empty(); }

  // The content of the next element, which must have `tag`.
  StatusOr<std::string_view> Take(std::uint8_t tag) {
    if (rest_.size() < 2) return InvalidArgument("extension ends within an element");
    if (static_cast<std::uint8_t>(rest_.front()) != tag) {
      return InvalidArgument("extension has tag " + Quote(rest_.substr(0, 1)) + " where " +
                             std::to_string(tag) + " must stand");
    }
    rest_.remove_prefix(1);
    SVIDENCE_ASSIGN_OR_RETURN(const std::size_t size, TakeLength());
    if (size > rest_.size()) return InvalidArgument("extension ends within an element");
    const std::string_view content = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return content;
  }

 private:
  std::size_t TakeByte() {
    const auto byte = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }

  // Definite and as short as can be. Source: X.690, sections 8.1.3 and 10.1.
  StatusOr<std::size_t> TakeLength() {
    const std::size_t first = TakeByte();
    if (first < kShortForm) return first;
    const std::size_t count = first - kShortForm;
    if (count < 1 || count > 2) return InvalidArgument("extension has a length that is not DER");
    if (rest_.size() < count) return InvalidArgument("extension ends within a length");
    std::size_t size = 0;
    for (std::size_t i = 0; i < count; ++i) size = size << 8U | TakeByte();
    const std::size_t least = count == 1 ? kShortForm : 0x100;
    if (size < least) return InvalidArgument("extension has a length that is not DER");
    return size;
  }

  std::string_view rest_;
};

}  // namespace

std::string ExtensionOid(std::string_view base) { return std::string(base) + ".1"; }

StatusOr<std::string> EncodeX509Extension(std::string_view entry,
                                          std::optional<std::string_view> proof) {
  SVIDENCE_RETURN_IF_ERROR(CheckTexts(entry, proof));
  const std::size_t content =
      kVersion1.size() + ElementSize(entry.size()) + (proof ? ElementSize(proof->size()) : 0);
  const std::size_t size = ElementSize(content);
  if (size > kMaxIssuedExtensionBytes) {
    return InvalidArgument("extension must have at most " +
                           std::to_string(kMaxIssuedExtensionBytes) + " bytes, got " +
                           std::to_string(size));
  }
  std::string der;
  der.reserve(size);
  AppendHeader(der, kSequence, content);
  der += kVersion1;
  AppendHeader(der, kUtf8String, entry.size());
  der += entry;
  if (proof) {
    AppendHeader(der, kUtf8String, proof->size());
    der += *proof;
  }
  return der;
}

StatusOr<X509Extension> DecodeX509Extension(std::string_view der) {
  if (der.size() > kMaxReadExtensionBytes) {
    return InvalidArgument("extension must have at most " + std::to_string(kMaxReadExtensionBytes) +
                           " bytes, got " + std::to_string(der.size()));
  }
  DerReader outer(der);
  SVIDENCE_ASSIGN_OR_RETURN(const std::string_view content, outer.Take(kSequence));
  if (!outer.done()) return InvalidArgument("extension has bytes behind its end");

  DerReader inner(content);
  SVIDENCE_ASSIGN_OR_RETURN(const std::string_view version, inner.Take(kInteger));
  if (version != "\x01") {
    return InvalidArgument("extension must have version 1, got " + Quote(version));
  }
  SVIDENCE_ASSIGN_OR_RETURN(const std::string_view entry, inner.Take(kUtf8String));
  std::optional<std::string_view> proof;
  if (!inner.done()) {
    SVIDENCE_ASSIGN_OR_RETURN(proof, inner.Take(kUtf8String));
  }
  if (!inner.done()) return InvalidArgument("extension has an element behind its proof");
  SVIDENCE_RETURN_IF_ERROR(CheckTexts(entry, proof));

  X509Extension extension;
  extension.entry = entry;
  if (proof) extension.proof.emplace(*proof);
  return extension;
}

}  // namespace svidence::claims
