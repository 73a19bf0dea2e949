#include "rules/rule_settings.h"

#include <algorithm>

#include "base/ascii.h"

namespace postern {

void GlobList::add(std::string_view glob) {
  std::string lower = ascii_lowered(glob);
  const std::size_t wild = lower.find_first_of("*?");
  if (wild == std::string::npos) {
    exact_.insert(std::move(lower));
  } else if (lower.substr(0, 2) == "*@" && lower.find_first_of("*?", 1) == std::string::npos) {
    endings_.insert(lower.substr(1));
  } else {
    globs_.push_back(std::move(lower));
  }
}

void GlobList::remove(std::string_view glob) {
  const std::string lower = ascii_lowered(glob);
  exact_.erase(lower);
  if (!lower.empty()) endings_.erase(lower.substr(1));
  globs_.erase(std::remove(globs_.begin(), globs_.end(), lower), globs_.end());
}

bool GlobList::contains(std::string_view text) const {
  const std::string lower = ascii_lowered(text);
  if (exact_.count(lower) != 0) return true;
  const std::size_t sign = lower.rfind('@');
  if (sign != std::string::npos && endings_.count(lower.substr(sign)) != 0) return true;
  return std::any_of(globs_.begin(), globs_.end(),
                     [&lower](const std::string& glob) { return matches_glob(glob, lower); });
}

bool matches_glob(std::string_view glob, std::string_view text) {
  std::size_t g = 0, t = 0;
  std::size_t star = std::string_view::npos, retry = 0;
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      retry = t;
    } else if (g < glob.size() && (glob[g] == '?' || glob[g] == text[t])) {
      ++g;
      ++t;
    } else if (star != std::string_view::npos) {
      g = star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

}  // namespace postern
