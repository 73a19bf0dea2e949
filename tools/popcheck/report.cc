#include "popcheck/report.h"

#include <fmt/format.h>

#include <algorithm>

namespace popcheck {
namespace {

std::string xml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      default: out += c >= ' ' && c <= '~' ? c : '?';
    }
  }
  return out;
}

// A reason holds what a server said: it must stay on its line.
std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

// In the description of a TAP test "#" would begin a directive.
std::string tap_text(std::string text) {
  std::string out;
  for (const char c : one_line(std::move(text))) {
    if (c == '#' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::size_t count(const std::vector<Finding>& findings, Result result) {
  return static_cast<std::size_t>(
      std::count_if(findings.begin(), findings.end(),
                    [&](const Finding& one) { return one.outcome.result == result; }));
}

std::string text_line(const Finding& one) {
  static constexpr const char* names[] = {"pass", "FAIL", "n/a "};
  std::string out = fmt::format("{} {:<5} {:<13} {}", names[static_cast<int>(one.outcome.result)],
                                one.id, one.source, one.text);
  if (!one.outcome.reason.empty()) out += ": " + one_line(one.outcome.reason);
  return out + "\n";
}

std::string tap(const std::vector<Finding>& findings) {
  std::string out = fmt::format("TAP version 13\n1..{}\n", findings.size());
  std::size_t number = 0;
  for (const Finding& one : findings) {
    const bool bad = one.outcome.result == Result::fail;
    out += fmt::format("{}ok {} - {}", bad ? "not " : "", ++number,
                       tap_text(one.id + " " + one.text + " (" + one.source + ")"));
    if (one.outcome.result == Result::not_applicable)
      out += " # SKIP " + tap_text(one.outcome.reason);
    out += '\n';
    if (bad) out += "# " + one_line(one.outcome.reason) + "\n";
  }
  return out;
}

std::string junit(const std::vector<Finding>& findings) {
  std::string out = fmt::format(
      "<?xml version=\"1.0\"?>\n<testsuite name=\"popcheck\" tests=\"{}\" failures=\"{}\" "
      "skipped=\"{}\">\n",
      findings.size(), count(findings, Result::fail), count(findings, Result::not_applicable));
  for (const Finding& one : findings) {
    out += fmt::format("<testcase classname=\"{}\" name=\"{} {}\">", xml(one.source), one.id,
                       xml(one.text));
    if (one.outcome.result == Result::fail)
      out += fmt::format("<failure message=\"{}\"/>", xml(one.outcome.reason));
    if (one.outcome.result == Result::not_applicable)
      out += fmt::format("<skipped message=\"{}\"/>", xml(one.outcome.reason));
    out += "</testcase>\n";
  }
  return out + "</testsuite>\n";
}

std::string summary(const std::vector<Finding>& findings) {
  return fmt::format("{} passed, {} failed, {} not applicable\n", count(findings, Result::pass),
                     count(findings, Result::fail), count(findings, Result::not_applicable));
}

}  // namespace popcheck
