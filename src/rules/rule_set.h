// RuleSet: rule files in SpamAssassin's syntax, compiled once, then immutable.
//
// A rule that cannot be understood or compiled is left out with a Diagnostic; the rest loads.
// Evaluation is linear in the message, and for what RE2 cannot express bounded by a fixed number
// of steps (rules/pcre_confirm.h).
//
// Thread rule: const and thread-safe after load(); swapped as shared_ptr<const RuleSet>.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mail/content.h"
#include "rules/diagnostic.h"
#include "rules/rule_source.h"

namespace postern {

// What is known of a rule besides how to match it.
struct RuleInfo {
  std::string name;         // "LINK_HOST_IS_ADDRESS"
  std::string description;  // of `describe`; in words a user understands
  std::int32_t points = 0;  // score in thousandths of a point (see filter/verdict.h)
  std::string file;
  int line = 0;
  bool scored = false;  // a `score` line gives the points, not the default
};

// A `test NAME ok|fail TEXT` line beside a rule: `ok` texts must hit, `fail` texts must not.
struct RuleTest {
  std::string rule;
  bool must_hit = true;
  std::string text;
  std::string file;
  int line = 0;
};

// What runs a rule's expression; none: it has none (meta rules, exists:).
enum class RegexEngine : std::uint8_t { none, re2, pcre2 };

// A rule whose expression neither engine can run.
struct LeftOutRule {
  std::string rule;
  std::string file;
  int line = 0;
  std::string why;
};

class RuleSet {
 public:
  // Reads files, and *.cf of folders in byte order. Fails only when a path cannot be read;
  // everything else is in `diagnostics`, in order of appearance.
  static Result<std::shared_ptr<const RuleSet>> load(const std::vector<std::string>& paths,
                                                     std::vector<Diagnostic>& diagnostics);
  // The same from files as they were read, in their order.
  static std::shared_ptr<const RuleSet> compile(std::span<const RuleSource> sources,
                                                std::vector<Diagnostic>& diagnostics);
  // The same from text; `name` stands for the file in diagnostics.
  static std::shared_ptr<const RuleSet> parse(std::string_view text, const std::string& name,
                                              std::vector<Diagnostic>& diagnostics);
  ~RuleSet();

  // Indexes of the rules that hit and count (not those named "__..." and not zero scores), in
  // order of definition. Appends to `hits` after clearing it.
  void evaluate(const Content& content, std::vector<std::uint32_t>& hits) const;

  // All rules that hit, sub-rules included; those with a score of zero are run, too.
  void evaluate_everything(const Content& content, std::vector<std::uint32_t>& hits) const;

  // For measuring, the rules that hit and are run in evaluate(), sub-rules included. Adds to
  // nanoseconds[i] what rule i cost, besides what all rules share; `nanoseconds` has size()
  // entries, or none on the first call.
  void measure(const Content& content, std::vector<std::uint32_t>& hits,
               std::vector<std::uint64_t>& nanoseconds) const;

  RegexEngine engine(std::uint32_t index) const;
  // How many searches for the rule ended at a limit of PCRE2, in all evaluations so far.
  std::uint64_t limits_reached(std::uint32_t index) const;
  const std::vector<LeftOutRule>& left_out() const;

  std::size_t size() const;  // rules that loaded, sub-rules included
  const RuleInfo& info(std::uint32_t index) const;
  const std::vector<RuleTest>& tests() const;
  // Runs one test line: true when the rule behaves as the line says.
  bool passes(const RuleTest& test) const;

  // Changes when any rule, score or description does: hash of the files' meaning.
  std::uint64_t version() const;

 private:
  RuleSet();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace postern
