#include "classify/condense.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/ascii.h"

namespace postern {
namespace {

constexpr std::size_t text_limit = 40 * 1024;
constexpr std::size_t other_limit = 1024;
constexpr std::size_t most_boundaries = 50;
constexpr std::size_t longest_line = 4096;  // of which a cut part keeps a piece

// The next line without its line end (LF or CRLF), which is consumed.
std::string_view take_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

class Condenser {
 public:
  explicit Condenser(std::string_view message) : rest_(message) { out_.reserve(condensed_limit); }

  std::string run() {
    bool in_header = true;
    while (!rest_.empty() && out_.size() < condensed_limit) {
      const std::string_view line = take_line(rest_);
      if (in_header) {
        keep(line);
        if (line.empty()) {
          begin_body();
          in_header = false;
        } else if (header_.size() < condensed_limit) {
          header_.append(line) += '\n';
        }
      } else if (is_delimiter(line)) {
        keep(line);
        in_header = true;
        header_.clear();
      } else if (room_ > 0) {
        const std::string_view piece = line.substr(0, std::min(room_, longest_line));
        keep(piece);
        room_ -= std::min(room_, piece.size() + 1);
      }
    }
    if (out_.size() > condensed_limit) out_.resize(condensed_limit);
    return std::move(out_);
  }

 private:
  void keep(std::string_view line) {
    out_.append(line.substr(0, condensed_limit));
    out_ += '\n';
  }

  void begin_body() {
    const bool typed = find_ignoring_case(header_, "content-type:") != std::string::npos;
    const bool text = !typed || find_ignoring_case(header_, "text/") != std::string::npos ||
                      find_ignoring_case(header_, "message/") != std::string::npos;
    room_ = text ? text_limit : other_limit;
    const std::size_t at = find_ignoring_case(header_, "boundary=");
    if (at == std::string::npos || boundaries_.size() >= most_boundaries) return;
    std::string_view value = std::string_view(header_).substr(at + 9);
    value = value.starts_with('"') ? value.substr(1, value.find('"', 1) - 1)
                                   : value.substr(0, value.find_first_of("; \t\n"));
    if (!value.empty()) boundaries_.emplace_back(value);
  }

  // The most recent boundaries are the likeliest; few messages have more than three.
  bool is_delimiter(std::string_view line) const {
    if (!line.starts_with("--")) return false;
    line.remove_prefix(2);
    return std::any_of(boundaries_.rbegin(), boundaries_.rend(),
                       [&](const std::string& boundary) { return line.starts_with(boundary); });
  }

  std::string_view rest_;
  std::string out_;
  std::string header_;
  std::vector<std::string> boundaries_;
  std::size_t room_ = 0;  // octets that the part at hand may still add
};

std::string with_lf(std::string_view message) {
  std::string out;
  out.reserve(message.size());
  while (!message.empty()) {
    const bool ended = message.find('\n') != std::string_view::npos;
    out += take_line(message);
    if (ended) out += '\n';
  }
  return out;
}

}  // namespace

Blob condense(const Blob& message) {
  if (message.size() <= condensed_limit) return message;
  const std::string_view bytes = message.view();
  std::size_t carriage_returns = 0;
  for (std::size_t at = bytes.find("\r\n"); at != std::string_view::npos;
       at = bytes.find("\r\n", at + 2)) {
    ++carriage_returns;
  }
  if (bytes.size() - carriage_returns <= condensed_limit) return Blob::own(with_lf(bytes));
  return Blob::own(Condenser(bytes).run());
}

}  // namespace postern
