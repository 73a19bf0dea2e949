#include "progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace postern {
namespace {

constexpr std::size_t bar_width = 30;
constexpr auto between_updates = std::chrono::milliseconds(100);
// Work that is done sooner needs no bar.
constexpr auto patience = std::chrono::milliseconds(500);

}  // namespace

ProgressBar::ProgressBar(std::string what)
    : what_(std::move(what)),
      terminal_(::isatty(STDERR_FILENO) == 1),
      begun_(std::chrono::steady_clock::now()),
      next_(begun_ + patience) {}

ProgressBar::~ProgressBar() {
  if (shown_) fmt::print(stderr, "\r\x1b[K");
}

void ProgressBar::show(std::uint64_t done, std::uint64_t total) {
  if (!terminal_ || total == 0) return;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + between_updates;
  shown_ = true;
  const double part = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const auto filled = static_cast<std::size_t>(part * bar_width);
  const double spent = std::chrono::duration<double>(now - begun_).count();
  const double left = part > 0 ? spent / part - spent : 0;
  fmt::print(stderr, "\r\x1b[K{} [{}{}] {}/{}, {:.0f} s left", what_, std::string(filled, '#'),
             std::string(bar_width - filled, ' '), done, total, left);
  std::fflush(stderr);
}

}  // namespace postern
