// ProgressBar: one line on standard error while long work goes on, when it is a terminal.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace postern {

class ProgressBar {
 public:
  explicit ProgressBar(std::string what);
  ~ProgressBar();  // wipes the line

  void show(std::uint64_t done, std::uint64_t total);

 private:
  const std::string what_;
  const bool terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point begun_;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace postern
