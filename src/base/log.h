// Logger: a level, and a function that takes a finished line. Libraries own no sink.
//
// One line an event: `level event key=value key="two words"`. Values are escaped, so that no
// input can forge a line. Never log secrets; log addresses and subjects at debug level only.
//
// Thread rule: log() is safe from any thread if the sink is.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

namespace postern {

enum class LogLevel { debug, info, warning, error };

struct LogField {
  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, const char* v) : key(k), value(v) {}
  LogField(std::string_view k, std::uint64_t v) : key(k), value(std::to_string(v)) {}
  LogField(std::string_view k, int v) : key(k), value(std::to_string(v)) {}
  std::string_view key;
  std::string value;
};

class Logger {
 public:
  using Sink = std::function<void(LogLevel, std::string_view line)>;

  Logger() = default;  // says nothing
  Logger(LogLevel least, Sink sink) : least_(least), sink_(std::move(sink)) {}

  bool enabled(LogLevel level) const { return sink_ && level >= least_; }
  void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) const;
  void debug(std::string_view event, std::initializer_list<LogField> fields = {}) const;
  void info(std::string_view event, std::initializer_list<LogField> fields = {}) const;
  void warning(std::string_view event, std::initializer_list<LogField> fields = {}) const;
  void error(std::string_view event, std::initializer_list<LogField> fields = {}) const;

 private:
  LogLevel least_ = LogLevel::info;
  Sink sink_;
};

// "info" and so on; nullptr-safe inverse for configuration.
std::string_view to_string(LogLevel level);
bool parse_log_level(std::string_view text, LogLevel& level);

// Lines to standard error with an RFC 3339 time in front, one write(2) each.
Logger stderr_logger(LogLevel least);

}  // namespace postern
