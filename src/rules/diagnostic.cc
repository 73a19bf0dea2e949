#include "rules/diagnostic.h"

#include <fmt/format.h>

namespace postern {

namespace {

const char* name_of(Severity severity) {
  switch (severity) {
    case Severity::note: return "note";
    case Severity::warning: return "warning";
    case Severity::error: return "error";
  }
  return "error";
}

}  // namespace

std::string to_string(const Diagnostic& diagnostic) {
  std::string text = diagnostic.file;
  if (diagnostic.line > 0) text += fmt::format(":{}", diagnostic.line);
  if (diagnostic.column > 0) text += fmt::format(":{}", diagnostic.column);
  text += fmt::format(": {}: ", name_of(diagnostic.severity));
  if (!diagnostic.rule.empty()) text += diagnostic.rule + ": ";
  text += diagnostic.what;
  if (!diagnostic.advice.empty()) text += " (" + diagnostic.advice + ")";
  return text;
}

}  // namespace postern
