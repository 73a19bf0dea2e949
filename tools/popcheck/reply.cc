#include "popcheck/reply.h"

#include <algorithm>
#include <charconv>

namespace popcheck {
namespace {

constexpr std::size_t status_line_limit = 512;  // RFC 1939 section 3

std::string_view without_end(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

std::string_view Reply::text() const {
  const std::string_view all = without_end(line);
  const std::size_t space = all.find(' ');
  return space == std::string_view::npos ? std::string_view() : all.substr(space + 1);
}

std::string Reply::shown() const {
  if (line.empty()) return trouble.empty() ? "nothing" : trouble;
  std::string out(without_end(line));
  if (!trouble.empty()) out += " (" + trouble + ")";
  return out;
}

std::string status_line_fault(std::string_view line) {
  if (line.size() < 2 || line.substr(line.size() - 2) != "\r\n") return "it does not end in CRLF";
  if (line.size() > status_line_limit) return "it is longer than 512 octets";
  const std::string_view word = without_end(line).substr(0, line.find(' '));
  if (word != "+OK" && word != "-ERR") return "its first word is neither +OK nor -ERR";
  return {};
}

std::string unstuffed(std::string_view body) {
  std::string out;
  out.reserve(body.size());
  while (!body.empty()) {
    const std::size_t newline = body.find('\n');
    const std::size_t size = newline == std::string_view::npos ? body.size() : newline + 1;
    out += body.substr(body.front() == '.' ? 1 : 0, size - (body.front() == '.' ? 1 : 0));
    body.remove_prefix(size);
  }
  return out;
}

std::optional<std::uint64_t> decimal(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    if (text.empty()) return out;
    const std::size_t size = std::min(text.find(' '), text.size());
    out.emplace_back(text.substr(0, size));
    text.remove_prefix(size);
  }
}

std::vector<std::string> lines(std::string_view body) {
  std::vector<std::string> out;
  while (!body.empty()) {
    const std::size_t newline = std::min(body.find('\n'), body.size());
    out.emplace_back(without_end(body.substr(0, newline)));
    body.remove_prefix(std::min(newline + 1, body.size()));
  }
  return out;
}

std::optional<std::map<std::uint64_t, std::string>> listing(std::string_view body) {
  std::map<std::uint64_t, std::string> out;
  for (const std::string& line : lines(body)) {
    const std::size_t space = line.find(' ');
    if (space == std::string::npos) return std::nullopt;
    const auto number = decimal(std::string_view(line).substr(0, space));
    if (!number || *number == 0) return std::nullopt;
    if (!out.empty() && out.rbegin()->first >= *number) return std::nullopt;
    out.emplace(*number, line.substr(space + 1));
  }
  return out;
}

std::string header_of(std::string_view message) {
  if (message.substr(0, 2) == "\r\n") return "\r\n";
  const std::size_t end = message.find("\r\n\r\n");
  return std::string(end == std::string_view::npos ? message : message.substr(0, end + 4));
}

std::string wire_form(std::string_view stored) {
  std::string out;
  for (std::size_t i = 0; i < stored.size(); ++i) {
    if (stored[i] == '\n' && (i == 0 || stored[i - 1] != '\r')) out += '\r';
    out += stored[i];
  }
  if (!out.empty() && out.back() != '\n') out += "\r\n";
  return out;
}

}  // namespace popcheck
