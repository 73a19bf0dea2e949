// PcreRegex: an expression that RE2 cannot express, run by PCRE2 under limits, to confirm what its
// RE2 superset let through. The only file that sees PCRE2 is pcre_confirm.cc.
//
// Bounds: a search counts match steps (PCRE2's match limit); those of one message together are at
// most PcreBudget::message_steps. A search that reaches its limit counts as no hit. The stack of
// compiled code and the heap are limited per thread. Limits are counted in steps, never in time,
// so that the same message gives the same answer.
//
// Thread rule: const after compile(), so share it; a PcreBudget belongs to one evaluation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "rules/rule_definition.h"

namespace postern {

// What the searches for one message may still cost.
struct PcreBudget {
  static constexpr std::uint64_t message_steps = 4'000'000;
  std::uint64_t steps = message_steps;
};

class PcreRegex {
 public:
  enum class Outcome : std::uint8_t { miss, hit, limit };
  struct Found {
    Outcome outcome = Outcome::miss;
    std::size_t begin = 0, end = 0;  // offsets in the text, of a hit
  };

  // nullptr and `why` when PCRE2 cannot compile it. `bytes`: one octet is one character.
  static std::unique_ptr<const PcreRegex> compile(const RegexSource& source, bool bytes,
                                                  std::string& why);
  ~PcreRegex();
  PcreRegex(const PcreRegex&) = delete;
  PcreRegex& operator=(const PcreRegex&) = delete;

  // The first match at or after `from`; takes its steps off `budget`.
  Found find(std::string_view text, std::size_t from, PcreBudget& budget) const;

 private:
  struct Code;
  explicit PcreRegex(std::unique_ptr<Code> code);
  std::unique_ptr<Code> code_;
};

}  // namespace postern
