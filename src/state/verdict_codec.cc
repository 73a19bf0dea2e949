#include "state/verdict_codec.h"

#include <limits>

namespace postern {
namespace {

constexpr char version = 1;

void put_integer(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void put_signed(std::string& out, std::int32_t value) {
  const auto bits = static_cast<std::uint32_t>(value);
  put_integer(out, (bits << 1) ^ (value < 0 ? ~std::uint32_t{0} : 0));
}

void put_text(std::string& out, std::string_view text) {
  put_integer(out, text.size());
  out.append(text);
}

// Takes parts off the front. After the first part that is not there, ok() is false and all that
// follows is zero or empty.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}

  bool ok() const { return ok_; }
  bool at_end() const { return left_.empty(); }
  std::size_t left() const { return left_.size(); }

  std::uint8_t octet() {
    const std::string_view one = take(1);
    return one.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(one[0]);
  }

  std::uint64_t integer() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint64_t part = octet();
      if (shift == 63 && part > 1) break;
      value |= (part & 0x7f) << shift;
      if (part < 0x80) return ok_ ? value : 0;
    }
    ok_ = false;
    return 0;
  }

  std::int32_t signed_integer() {
    const std::uint64_t coded = integer();
    if (coded > std::numeric_limits<std::uint32_t>::max()) ok_ = false;
    const auto bits = static_cast<std::uint32_t>(coded);
    return static_cast<std::int32_t>((bits >> 1) ^ (~(bits & 1) + 1));
  }

  std::string_view text() {
    const std::uint64_t size = integer();
    if (size > left_.size()) ok_ = false;
    return ok_ ? take(static_cast<std::size_t>(size)) : std::string_view{};
  }

 private:
  std::string_view take(std::size_t count) {
    if (!ok_ || count > left_.size()) {
      ok_ = false;
      return {};
    }
    const std::string_view front = left_.substr(0, count);
    left_.remove_prefix(count);
    return front;
  }

  std::string_view left_;
  bool ok_ = true;
};

}  // namespace

std::string encode_verdict(const Verdict& verdict) {
  std::string out;
  out.push_back(version);
  out.push_back(static_cast<char>(verdict.label));
  put_signed(out, verdict.score);
  put_signed(out, verdict.required);
  put_integer(out, verdict.basis);
  put_integer(out, verdict.ledger.size());
  for (const LedgerEntry& entry : verdict.ledger) {
    put_text(out, entry.name);
    put_signed(out, entry.points);
    put_text(out, entry.description);
  }
  return out;
}

Result<Verdict> decode_verdict(std::string_view bytes) {
  Reader reader(bytes);
  if (reader.octet() != version) {
    return Error(Errc::bad_data,
                 "the stored verdict is of a version that this program cannot read");
  }
  Verdict verdict;
  const std::uint8_t label = reader.octet();
  verdict.label = static_cast<Label>(label);
  verdict.score = reader.signed_integer();
  verdict.required = reader.signed_integer();
  verdict.basis = reader.integer();
  const std::uint64_t count = reader.integer();
  // An entry takes three octets at least: a count beyond that is damage, not a reason to allocate.
  bool whole =
      reader.ok() && label <= static_cast<std::uint8_t>(Label::error) && count <= reader.left() / 3;
  if (whole) {
    verdict.ledger.resize(static_cast<std::size_t>(count));
    for (LedgerEntry& entry : verdict.ledger) {
      entry.name = reader.text();
      entry.points = reader.signed_integer();
      entry.description = reader.text();
    }
    whole = reader.ok() && reader.at_end();
  }
  if (!whole) return Error(Errc::bad_data, "the stored verdict is damaged");
  return verdict;
}

}  // namespace postern
