#include "proto/dot_stuffing.h"

#include <algorithm>
#include <utility>

namespace postern {

WireEncoder::WireEncoder(Octets message, std::optional<std::uint64_t> body_lines, char nul)
    : message_(std::move(message)), body_lines_(body_lines), nul_(nul) {}

std::string_view WireEncoder::segment() const {
  return in_tail_ ? message_.tail() : std::string_view(message_.head);
}

bool WireEncoder::fill(std::string& out, std::size_t enough) {
  while (!done_ && out.size() < enough) {
    const std::string_view bytes = rest();
    if (bytes.empty()) {
      if (in_tail_) {
        finish(out);
      } else {
        in_tail_ = true;
        at_ = 0;
      }
      continue;
    }
    if (!line_begun_ && bytes.front() == '.') out += '.';
    const std::string_view window = bytes.substr(0, enough - std::min(out.size(), enough - 1));
    const std::size_t newline = window.find('\n');
    const std::string_view run = window.substr(0, newline);
    if (!run.empty()) {
      const auto begin = static_cast<std::ptrdiff_t>(out.size());
      out.append(run);
      if (nul_ != '\0') std::replace(out.begin() + begin, out.end(), '\0', nul_);
      line_is_one_cr_ = !line_begun_ && run == "\r";
      last_is_cr_ = run.back() == '\r';
      line_begun_ = true;
    }
    at_ += run.size();
    if (newline != std::string_view::npos) {
      ++at_;
      end_line(out);
    }
  }
  return done_;
}

void WireEncoder::end_line(std::string& out) {
  const bool empty = !line_begun_ || line_is_one_cr_;
  out.append(last_is_cr_ ? "\n" : "\r\n");
  line_begun_ = line_is_one_cr_ = last_is_cr_ = false;
  if (!body_lines_) return;
  if (in_body_) {
    --*body_lines_;
  } else if (empty) {
    in_body_ = true;
  }
  if (in_body_ && *body_lines_ == 0) done_ = true;
}

void WireEncoder::finish(std::string& out) {
  if (line_begun_) out.append("\r\n");
  done_ = true;
}

}  // namespace postern
