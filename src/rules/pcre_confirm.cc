#include "rules/pcre_confirm.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/format.h>
#include <pcre2.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/ascii.h"

namespace postern {

namespace {

constexpr std::uint64_t least_steps = 1000;  // of a search's first try, besides its text
constexpr std::uint64_t retry_factor = 16;
constexpr std::uint64_t search_steps = 500'000;  // of a search, besides its text
constexpr std::uint32_t depth_limit = 1000;
constexpr std::uint32_t heap_kibibytes = 4096;
constexpr std::size_t least_stack = 32 * 1024;
constexpr std::size_t most_stack = 512 * 1024;

// What a thread searches with.
class Scratch {
 public:
  Scratch()
      : context_(pcre2_match_context_create(nullptr)),
        found_(pcre2_match_data_create(1, nullptr)),
        stack_(pcre2_jit_stack_create(least_stack, most_stack, nullptr)) {
    pcre2_jit_stack_assign(context_, nullptr, stack_);
    pcre2_set_depth_limit(context_, depth_limit);
    pcre2_set_heap_limit(context_, heap_kibibytes);
  }
  ~Scratch() {
    pcre2_jit_stack_free(stack_);
    pcre2_match_data_free(found_);
    pcre2_match_context_free(context_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  pcre2_match_context* limited_to(std::uint64_t steps) {
    pcre2_set_match_limit(context_, static_cast<std::uint32_t>(steps));
    return context_;
  }
  pcre2_match_data* found() { return found_; }

 private:
  pcre2_match_context* context_;
  pcre2_match_data* found_;
  pcre2_jit_stack* stack_;
};

Scratch& scratch() {
  thread_local Scratch instance;
  return instance;
}

void append_utf8_octets(std::uint64_t rune, std::string& out) {
  out += "(?:";
  const auto add = [&out](std::uint64_t octet) { out += fmt::format("\\x{:02x}", octet & 0xff); };
  if (rune < 0x800) {
    add(0xc0 | (rune >> 6));
  } else if (rune < 0x10000) {
    add(0xe0 | (rune >> 12));
    add(0x80 | ((rune >> 6) & 0x3f));
  } else {
    add(0xf0 | (rune >> 18));
    add(0x80 | ((rune >> 12) & 0x3f));
    add(0x80 | ((rune >> 6) & 0x3f));
  }
  add(0x80 | (rune & 0x3f));
  out += ')';
}

// Length of "\x{2019}" or "\N{U+2019}" at text[at], and its code; 0 when there is none.
std::size_t character_code(std::string_view text, std::size_t at, std::uint64_t& rune) {
  const std::size_t from = text.compare(at, 3, "\\x{") == 0     ? at + 3
                           : text.compare(at, 5, "\\N{U+") == 0 ? at + 5
                                                                : 0;
  const std::size_t close = text.find('}', at);
  if (from == 0 || close == std::string_view::npos || close - from > 6) return 0;
  const auto value = parse_hex(text.substr(from, close - from));
  if (!value || *value > 0x10ffff) return 0;
  rune = *value;
  return close + 1 - at;
}

// The pattern in PCRE2's dialect: Perl's {,n}, and characters as their octets where one octet is
// one character.
std::string pcre_form(std::string_view pattern, bool bytes) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    std::uint64_t rune = 0;
    if (pattern[i] == '\\' && bytes) {
      const std::size_t length = character_code(pattern, i, rune);
      if (length > 0 && rune > 0xff) {
        append_utf8_octets(rune, out);
        i += length - 1;
        continue;
      }
    }
    out += pattern[i];
    if (pattern[i] == '\\' && i + 1 < pattern.size()) {
      out += pattern[++i];
    } else if (pattern.compare(i, 2, "{,") == 0 && i + 2 < pattern.size() &&
               is_ascii_digit(pattern[i + 2])) {
      out += '0';
    }
  }
  return out;
}

// Where the group that closes at `close` opens; npos when the text is no expression.
std::size_t group_start(const std::string& pattern, std::size_t close) {
  std::vector<std::size_t> open;
  bool in_class = false;
  for (std::size_t i = 0; i <= close; ++i) {
    if (pattern[i] == '\\') {
      ++i;
    } else if (in_class) {
      in_class = pattern[i] != ']';
    } else if (pattern[i] == '[') {
      in_class = true;
      if (pattern.compare(i + 1, 1, "^") == 0) ++i;
      if (pattern.compare(i + 1, 1, "]") == 0) ++i;
    } else if (pattern[i] == '(') {
      open.push_back(i);
    } else if (pattern[i] == ')') {
      if (open.empty()) break;
      if (i == close) return open.back();
      open.pop_back();
    }
  }
  return std::string::npos;
}

// PCRE2 compiles a repeated group as copies of it, and no expression may exceed 64 K units. This
// turns "(?:x){5}" into "(?<r0>x)(?&r0){4}", which means the same where nothing refers to groups by
// their number.
std::string with_calls(std::string pattern) {
  static const re2::RE2 reference(R"(\\(?:[1-9]|[gk])|\((?:\?[&RP0-9+-]|\?\())");
  if (re2::RE2::PartialMatch(pattern, reference)) return pattern;
  int calls = 0;
  for (std::size_t at = pattern.size(); (at = pattern.rfind("){", at - 1)) != std::string::npos;) {
    const std::size_t from = group_start(pattern, at);
    if (from == std::string::npos || pattern.compare(from, 3, "(?:") != 0) continue;
    int times = 0;
    std::string counted = pattern.substr(at + 1, pattern.find('}', at) - at);
    if (!re2::RE2::FullMatch(counted, R"(\{(\d{1,3})\})", &times) || times < 2) continue;
    const std::string name = fmt::format("r{}", calls++);
    pattern.replace(at + 1, counted.size(), fmt::format("(?&{}){{{}}}", name, times - 1));
    pattern.replace(from, 3, fmt::format("(?<{}>", name));
    if (from == 0) break;
    at = from;
  }
  return pattern;
}

std::uint32_t options_of(const RegexSource& source, bool bytes) {
  std::uint32_t options = PCRE2_DUPNAMES;
  options |= bytes ? PCRE2_NEVER_UTF : PCRE2_UTF | PCRE2_MATCH_INVALID_UTF;
  for (const char modifier : source.modifiers) {
    if (modifier == 'i') options |= PCRE2_CASELESS;
    if (modifier == 'm') options |= PCRE2_MULTILINE;
    if (modifier == 's') options |= PCRE2_DOTALL;
    if (modifier == 'x') options |= PCRE2_EXTENDED;
  }
  return options;
}

}  // namespace

struct PcreRegex::Code {
  pcre2_code* code = nullptr;
  ~Code() { pcre2_code_free(code); }
};

PcreRegex::PcreRegex(std::unique_ptr<Code> code) : code_(std::move(code)) {}
PcreRegex::~PcreRegex() = default;

std::unique_ptr<const PcreRegex> PcreRegex::compile(const RegexSource& source, bool bytes,
                                                    std::string& why) {
  const std::string pattern = pcre_form(source.pattern, bytes);
  pcre2_compile_context* context = pcre2_compile_context_create(nullptr);
  pcre2_set_newline(context, PCRE2_NEWLINE_LF);
  pcre2_set_compile_extra_options(context, PCRE2_EXTRA_BAD_ESCAPE_IS_LITERAL);
  int error = 0;
  std::size_t at = 0;
  auto code = std::make_unique<Code>();
  const auto try_to_compile = [&](const std::string& form) {
    code->code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(form.data()), form.size(),
                               options_of(source, bytes), &error, &at, context);
  };
  try_to_compile(pattern);
  if (error == PCRE2_ERROR_PATTERN_TOO_LARGE) try_to_compile(with_calls(pattern));
  pcre2_compile_context_free(context);
  if (code->code == nullptr) {
    std::array<PCRE2_UCHAR, 200> text{};
    pcre2_get_error_message(error, text.data(), text.size());
    why = reinterpret_cast<const char*>(text.data());
    return nullptr;
  }
  // Without compiled code the interpreter runs, slower and with the same limits.
  pcre2_jit_compile(code->code, PCRE2_JIT_COMPLETE);
  return std::unique_ptr<const PcreRegex>(new PcreRegex(std::move(code)));
}

// How many steps a search took is not known, only that it stayed below its limit. So it is tried
// with a small limit first, and a limit is paid in full.
PcreRegex::Found PcreRegex::find(std::string_view text, std::size_t from,
                                 PcreBudget& budget) const {
  const std::uint64_t length = text.size() - from;
  const std::uint64_t most = length + search_steps;
  std::uint64_t limit = std::min(length + least_steps, most);
  while (true) {
    if (budget.steps < limit) return {Outcome::limit};
    budget.steps -= limit;
    const int status =
        pcre2_match(code_->code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from, 0,
                    scratch().found(), scratch().limited_to(limit));
    if (status >= 0) {
      const std::size_t* const bounds = pcre2_get_ovector_pointer(scratch().found());
      return {Outcome::hit, std::min(bounds[0], bounds[1]), bounds[1]};
    }
    if (status == PCRE2_ERROR_NOMATCH) return {Outcome::miss};
    if (status != PCRE2_ERROR_MATCHLIMIT || limit == most) return {Outcome::limit};
    limit = std::min(limit * retry_factor, most);
  }
}

}  // namespace postern
