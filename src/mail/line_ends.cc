#include "mail/line_ends.h"

#include <algorithm>

namespace postern {
namespace {

// Writes `message` with LF line ends until the writer is full.
void write_lf_form(std::string_view message, ArenaWriter& out, Defects& defects) {
  std::size_t at = 0;
  while (at < message.size() && out.room() > 0) {
    const std::size_t cr = std::min(message.find('\r', at), message.size());
    out.append(message.substr(at, std::min(cr - at, out.room())));
    if (cr == message.size() || out.room() == 0) return;
    at = std::min(message.find_first_not_of('\r', cr), message.size());
    const bool ends_line = at < message.size() && message[at] == '\n';
    if (!ends_line || at - cr > 1) defects.add(Defect::bare_cr);
    if (!ends_line) out.append(message.substr(cr, std::min(at - cr, out.room())));
  }
}

}  // namespace

LfForm lf_form(std::string_view message, std::size_t limit, Arena& arena, Defects& defects) {
  // One octet more than the limit tells whether there was more.
  std::string_view text = message.substr(0, limit + 1);
  if (text.find('\r') != std::string_view::npos) {
    ArenaWriter out(arena, std::min(message.size(), limit + 1));
    write_lf_form(message, out, defects);
    text = out.view();
  }
  LfForm form{text.substr(0, limit), text.size() > limit};
  if (form.text.find('\0') != std::string_view::npos) defects.add(Defect::nul_octet);
  return form;
}

std::string_view text_with_lf(std::string_view text, Arena& arena) {
  std::size_t cr = text.find('\r');
  if (cr == std::string_view::npos) return text;
  ArenaWriter out(arena, text.size());
  while (cr != std::string_view::npos) {
    out.append(text.substr(0, cr));
    out.push_back('\n');
    text.remove_prefix(cr + 1);
    if (!text.empty() && text.front() == '\n') text.remove_prefix(1);
    cr = text.find('\r');
  }
  out.append(text);
  return out.view();
}

}  // namespace postern
