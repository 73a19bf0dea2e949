// Arbitrary octets as a stored message, in two segments and pieces of any size, against an
// encoder that goes line by line. The first three octets choose border, piece and TOP's lines.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "proto/dot_stuffing.h"

namespace {

using namespace postern;

void require(bool holds) {
  if (!holds) std::abort();
}

std::string expected(std::string_view stored, std::optional<std::uint64_t> body_lines) {
  std::string sent;
  bool in_body = false;
  while (!stored.empty()) {
    const std::size_t newline = stored.find('\n');
    std::string_view line = stored.substr(0, newline);
    stored.remove_prefix(newline == std::string_view::npos ? stored.size() : newline + 1);
    // Without LF, a CR at the very end is a bare one.
    if (newline != std::string_view::npos && line.ends_with('\r')) line.remove_suffix(1);
    if (in_body && body_lines && (*body_lines)-- == 0) break;
    if (line.starts_with('.')) sent += '.';
    sent.append(line).append("\r\n");
    if (line.empty()) in_body = true;
  }
  return sent;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const std::string stored(reinterpret_cast<const char*>(data) + 3, size - 3);
  const std::size_t border = stored.size() * data[0] / 255;
  const std::size_t piece_size = 1 + std::size_t{data[1]} * data[1];
  const std::optional<std::uint64_t> lines =
      data[2] < 128 ? std::optional<std::uint64_t>(data[2]) : std::nullopt;
  const Octets octets{stored.substr(0, border), Blob::copy(stored), border};

  WireEncoder encoder(octets, lines);
  std::string sent;
  for (bool done = false; !done;) {
    std::string piece;
    done = encoder.fill(piece, piece_size);
    require((done || !piece.empty()) && piece.size() <= piece_size + 3);
    sent += piece;
  }
  require(sent == expected(stored, lines));
  // What LIST says is what is sent, but for the dots that were put before others.
  if (!lines) {
    std::size_t stuffed = sent.starts_with('.') ? 1 : 0;
    for (auto at = sent.find("\n."); at != std::string::npos; at = sent.find("\n.", at + 1)) {
      ++stuffed;
    }
    require(sent.size() - stuffed == wire_size(octets));
  }
  return 0;
}
