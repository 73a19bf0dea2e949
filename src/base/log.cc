#include "base/log.h"

#include <unistd.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/clock.h"

namespace postern {
namespace {

bool plain(std::string_view value) {
  return !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
    return c > ' ' && c < '\x7f' && c != '"' && c != '=' && c != '\\';
  });
}

void append_value(std::string& line, std::string_view value) {
  if (plain(value)) {
    line += value;
    return;
  }
  line += '"';
  for (const char c : value) {
    const auto octet = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (octet < 0x20 || octet == 0x7f) {
      line += "\\x";
      line += to_hex(std::string_view(&c, 1));
    } else {
      line += c;
    }
  }
  line += '"';
}

}  // namespace

void Logger::log(LogLevel level, std::string_view event,
                 std::initializer_list<LogField> fields) const {
  if (!enabled(level)) return;
  std::string line(to_string(level));
  line += ' ';
  line += event;
  for (const LogField& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    append_value(line, field.value);
  }
  sink_(level, line);
}

void Logger::debug(std::string_view event, std::initializer_list<LogField> fields) const {
  log(LogLevel::debug, event, fields);
}
void Logger::info(std::string_view event, std::initializer_list<LogField> fields) const {
  log(LogLevel::info, event, fields);
}
void Logger::warning(std::string_view event, std::initializer_list<LogField> fields) const {
  log(LogLevel::warning, event, fields);
}
void Logger::error(std::string_view event, std::initializer_list<LogField> fields) const {
  log(LogLevel::error, event, fields);
}

std::string_view to_string(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warning: return "warning";
    case LogLevel::error: return "error";
  }
  return "error";
}

bool parse_log_level(std::string_view text, LogLevel& level) {
  for (const LogLevel candidate :
       {LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error}) {
    if (text == to_string(candidate)) {
      level = candidate;
      return true;
    }
  }
  return false;
}

Logger stderr_logger(LogLevel least) {
  return {least, [](LogLevel, std::string_view text) {
            std::string line = to_rfc3339(system_clock()());
            line += ' ';
            line += text;
            line += '\n';
            // A log that cannot be written has nobody left to tell.
            [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
          }};
}

}  // namespace postern
